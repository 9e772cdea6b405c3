"""JSON lines: one object a line, of which only what was asked for is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import compress
from operator import attrgetter
from typing import Any, cast

import msgspec

from gateways.replay._description import Match
from gateways.replay._plan import FilePlan
from gateways.replay._records import Built, RecordBuilder, RecordPlan
from gateways.replay._times import TimeParser

_CACHED_MATCHES_MAX = 4096
_NO_KIND = -1
_TIME = attrgetter("time_ns")


class JsonLinesParser:
    """One JSON object a line, perhaps behind a prefix; a match decides which kind of record it is, if any."""

    def __init__(self, plan: FilePlan, times: TimeParser) -> None:
        self._prefix = plan.prefix
        self._builders = [RecordBuilder(record, times) for record in plan.records]
        self._matches = plan.matches
        paths = [path for record in plan.records for path in record.columns.values() if not self._is_prefix(path)]
        shape = _Shape([*paths, *(match.path for match in plan.matches)])
        self._decode = msgspec.json.Decoder(shape.type).decode
        self._blank = shape.type()
        self._fields = [self._getters(record, shape) for record in plan.records]
        self._matched = [shape.match_getter(match.path) for match in plan.matches]
        self._known: dict[tuple[Any, ...], int] = {}

    def parse(self, content: str) -> Built:
        lines = content.split("\n")
        if not lines[-1]:
            lines.pop()
        prefixes: list[str] = []
        if self._prefix is not None:
            halves = [line.partition(self._prefix) for line in lines]
            prefixes = [half[0] for half in halves]
            lines = [half[2] for half in halves]
        try:
            values = list(map(self._decode, lines))
        except msgspec.ValidationError:
            values = list(map(self._decode_other, lines))
        return self._join(values, prefixes, self._kinds_of(values))

    def rows(self, content: str) -> list[str]:
        return content.split("\n")

    def fault(self, row: str) -> str:
        prefix, _, text = row.partition(self._prefix) if self._prefix is not None else ("", "", row)
        try:
            value = self._decode(text)
        except msgspec.ValidationError as error:
            return f"the line has another structure than told ({error})"
        except msgspec.DecodeError as error:
            return f"the line is not JSON ({error})"
        (kind,) = self._kinds_of([value])
        columns = {}
        for field, getter in self._fields[kind].items():
            columns[field] = [prefix if getter is None else _forgiving(getter)(value)]
        return self._builders[kind].fault(columns) or "the line cannot be read"

    def _join(self, values: list[Any], prefixes: list[str], kinds: list[int]) -> Built:
        """Build each kind's records in one go, then put them back into the order of the lines."""
        slots: list[Any] = [None] * len(values)
        ignored = kinds.count(_NO_KIND)
        for kind, builder in enumerate(self._builders):
            indexes = [index for index, its_kind in enumerate(kinds) if its_kind == kind]
            if not indexes:
                continue
            chosen = [values[index] for index in indexes]
            columns: dict[str, Sequence[Any]] = {}
            for field, getter in self._fields[kind].items():
                columns[field] = (
                    [prefixes[index] for index in indexes] if getter is None else [*map(getter, chosen)]
                )
            if builder.plan.symbol is None:
                wanted = builder.wanted(columns["symbol"])
                indexes = [*compress(indexes, wanted)]
            built = builder.build(columns)
            ignored += built.ignored
            for index, record in zip(indexes, built.records, strict=True):
                slots[index] = record
        records = [*filter(None, slots)]
        return Built([*map(_TIME, records)], records, ignored)

    def _kinds_of(self, values: Sequence[Any]) -> list[int]:
        """For each line the index of the record that it is, `_NO_KIND` if of none."""
        if not self._matches:
            return [0] * len(values)
        keys = [*zip(*[map(getter, values) for getter in self._matched], strict=True)]
        try:
            kinds = [*map(self._known.get, keys)]
        except TypeError:  # a list or an object where the match looks for text
            kinds = [self._known.get(key) if _is_plain(key) else _NO_KIND for key in keys]
        if None in kinds:
            kinds = [self._learn(key) if kind is None else kind for kind, key in zip(kinds, keys, strict=True)]
        return cast(list[int], kinds)

    def _learn(self, key: tuple[Any, ...]) -> int:
        kind = next((i for i, match in enumerate(self._matches) if _matches(match, key[i])), _NO_KIND)
        if len(self._known) >= _CACHED_MATCHES_MAX:
            self._known.clear()
        self._known[key] = kind
        return kind

    def _decode_other(self, line: str) -> Any:
        """A line that may have a structure of its own, as long as nothing is to be made of it."""
        try:
            return self._decode(line)
        except msgspec.ValidationError:
            value = msgspec.json.decode(line)
            key = [_value_at(value, match.path) for match in self._matches]
            if not key or any(map(_matches, self._matches, key)):
                raise
            return self._blank

    def _getters(self, record: RecordPlan, shape: _Shape) -> dict[str, Callable[[Any], Any] | None]:
        return {
            field: None if self._is_prefix(path) else shape.getter(path) for field, path in record.columns.items()
        }

    def _is_prefix(self, path: str) -> bool:
        return self._prefix is not None and path == "prefix"


class _Shape:
    """A type with just the fields that some dotted paths reach, so that all other JSON is passed over unread."""

    def __init__(self, paths: Sequence[str]) -> None:
        tree: dict[str, Any] = {}
        for path in paths:
            node = tree
            for name in path.split("."):
                node = node.setdefault(name, {})
        self._names = {name: f"f{index}" for index, name in enumerate(sorted(_names(tree)))}
        self.type = self._type(tree)

    def getter(self, path: str) -> Callable[[Any], Any]:
        """Reads the value at a path; raises AttributeError where it is absent half-way, None at its end."""
        return attrgetter(".".join(self._names[name] for name in path.split(".")))

    def match_getter(self, path: str) -> Callable[[Any], Any]:
        """Reads the value at a path, None where it is absent or not a plain value."""
        getter = self.getter(path)
        return getter if "." not in path else _forgiving(getter)

    def _type(self, tree: dict[str, Any]) -> Any:
        if not tree:
            return Any
        fields = [(self._names[name], self._type(branch) | None, None) for name, branch in tree.items()]
        rename = {self._names[name]: name for name in tree}
        return msgspec.defstruct("Line", fields, rename=rename, gc=False)


def _names(tree: dict[str, Any]) -> set[str]:
    return set(tree).union(*(_names(branch) for branch in tree.values()))


def _value_at(value: Any, path: str) -> Any:
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _is_plain(key: tuple[Any, ...]) -> bool:
    return not any(isinstance(value, list | dict) for value in key)


def _forgiving(getter: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        try:
            found = getter(value)
        except AttributeError:
            return None
        return found if isinstance(found, str | int | float) else None

    return read


def _matches(match: Match, value: Any) -> bool:
    if not isinstance(value, str):
        return match.equals is not None and value is not None and str(value) == match.equals
    return (
        (match.equals is not None and value == match.equals)
        or (match.starts_with is not None and value.startswith(match.starts_with))
        or (match.ends_with is not None and value.endswith(match.ends_with))
    )
