"""From a block of a file to records: text with delimiters, JSON lines, or rows of cells.

A parser reads a whole block with a few calls that run in C; it raises one of `FAULTS` if any row in it is bad, and
is then given the rows one by one (`rows`, `parse`), so that only bad data pays for finding out where it is bad.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from itertools import compress
from operator import attrgetter
from typing import Any, Protocol, cast

import msgspec

from gateways.replay._description import Match
from gateways.replay._plan import FilePlan
from gateways.replay._records import Built, Columns, RecordBuilder, RecordPlan
from gateways.replay._times import TimeParser

FAULTS = (ValueError, TypeError, OverflowError, AttributeError, msgspec.DecodeError)
"""What parsing raises on a bad row."""

_CACHED_MATCHES_MAX = 4096
_NO_KIND = -1
_TIME = attrgetter("time_ns")


class Parser(Protocol):
    """Makes records of a block's content."""

    def parse(self, content: Any) -> Built:
        """All records, in the order of the file. Raises one of `FAULTS`."""

    def rows(self, content: Any) -> list[Any]:
        """The content cut into single rows, each fit for `parse`; an empty one is blank."""

    def fault(self, row: Any) -> str:
        """What is wrong with a row that could not be parsed."""


class DelimitedParser:
    """Rows of csv, tsv or the like, whose columns are `header`."""

    def __init__(self, record: RecordPlan, plan: FilePlan, *, header: Sequence[str], times: TimeParser) -> None:
        self._builder = RecordBuilder(record, times)
        self._delimiter = plan.delimiter
        self._width = len(header)
        self._indexes = {field: list(header).index(column) for field, column in record.columns.items()}

    def parse(self, content: str) -> Built:
        return self._builder.build(self._columns(content))

    def rows(self, content: str) -> list[str]:
        return content.split("\n")

    def fault(self, row: str) -> str:
        width = len(next(csv.reader([row], delimiter=self._delimiter)))
        if width != self._width:
            return f"the row has {width} cells instead of {self._width}"
        return self._builder.fault(self._columns(row)) or "the row cannot be read"

    def _columns(self, text: str) -> Columns:
        """Cut a block into columns: each end of line becomes a cell of its own, so one split and slices do it."""
        if '"' in text:
            return self._quoted_columns(text)
        if "\r" in text:
            text = text.replace("\r\n", "\n").removesuffix("\r")
        if not text.endswith("\n"):
            text += "\n"
        delimiter, width = self._delimiter, self._width
        count, step = text.count("\n"), width + 1
        cells = text.replace("\n", f"{delimiter}\n{delimiter}").split(delimiter)
        end = count * step
        if len(cells) != end + 1 or cells[width:end:step].count("\n") != count:
            raise ValueError("a row has too few or too many cells")
        return {field: cells[index:end:step] for field, index in self._indexes.items()}

    def _quoted_columns(self, text: str) -> Columns:
        rows = csv.reader(text.splitlines(), delimiter=self._delimiter, strict=True)
        try:
            columns = list(zip(*rows, strict=True))
        except csv.Error as error:
            raise ValueError(str(error)) from None
        if len(columns) != self._width:
            raise ValueError("a row has too few or too many cells")
        return {field: columns[index] for field, index in self._indexes.items()}


class CellsParser:
    """Rows that are cells already, from a typed file or a JSON array."""

    def __init__(self, record: RecordPlan, *, header: Sequence[str], times: TimeParser) -> None:
        self._builder = RecordBuilder(record, times)
        self._width = len(header)
        self._indexes = {field: list(header).index(column) for field, column in record.columns.items()}

    def parse(self, content: list[tuple[Any, ...]]) -> Built:
        return self._builder.build(self._columns(content))

    def rows(self, content: list[tuple[Any, ...]]) -> list[list[tuple[Any, ...]]]:
        return [[row] for row in content]

    def fault(self, row: list[tuple[Any, ...]]) -> str:
        if len(row[0]) != self._width:
            return f"the row has {len(row[0])} cells instead of {self._width}"
        return self._builder.fault(self._columns(row)) or "the row cannot be read"

    def _columns(self, rows: list[tuple[Any, ...]]) -> Columns:
        columns = list(zip(*rows, strict=True))
        if len(columns) != self._width:
            raise ValueError("a row has too few or too many cells")
        return {field: columns[index] for field, index in self._indexes.items()}


class JsonLinesParser:
    """One JSON object a line, perhaps behind a prefix; a match decides which kind of record it is, if any."""

    def __init__(self, plan: FilePlan, times: TimeParser) -> None:
        self._prefix = plan.prefix
        self._builders = [RecordBuilder(record, times) for record in plan.records]
        self._matches = plan.matches
        paths = [path for record in plan.records for path in record.columns.values() if not self._is_prefix(path)]
        shape = _Shape([*paths, *(match.path for match in plan.matches)])
        self._decode = msgspec.json.Decoder(shape.type).decode
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
        values = list(map(self._decode, lines))
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
        kinds = [*map(self._known.get, keys)]
        if None in kinds:
            kinds = [self._learn(key) if kind is None else kind for kind, key in zip(kinds, keys, strict=True)]
        return cast(list[int], kinds)

    def _learn(self, key: tuple[Any, ...]) -> int:
        kind = next((i for i, match in enumerate(self._matches) if _matches(match, key[i])), _NO_KIND)
        if len(self._known) >= _CACHED_MATCHES_MAX:
            self._known.clear()
        self._known[key] = kind
        return kind

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
