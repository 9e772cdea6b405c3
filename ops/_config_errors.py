"""Words for what is wrong with a configuration: key, value, what is allowed, and the cure, in one line."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from msgspec import inspect

_UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>.*)`")
_MISSING = re.compile(r"Object missing required field `(?P<name>.*)`")
_PLACE = re.compile(r"^(?P<text>.*) - at `\$(?P<path>.*)`$", re.DOTALL)
_STEP = re.compile(r"\.(?P<key>[^.\[\]]+)|\[(?P<index>\d+|\.\.\.)\]")
_CHECKED_BY_MSGSPEC = re.compile(r"Expected |Invalid ")
_SHOWN_MAX = 60
_MOVED = {
    "engine.data_dir": "storage.data_dir",
    "engine.journal_reserve_mib": "storage.journal_reserve_mib",
}

_PLAIN: dict[type[inspect.Type], str] = {
    inspect.BoolType: "true or false",
    inspect.DateType: "a date such as 2026-01-05",
    inspect.DecimalType: "a number",
    inspect.StructType: "a table",
    inspect.DictType: "a table",
    inspect.VarTupleType: "a list",
    inspect.ListType: "a list",
}


@dataclass(frozen=True)
class _Place:
    """Where msgspec stopped: the keys as the user wrote them, and the value, type and default there."""

    keys: tuple[str, ...]
    value: Any
    kind: Any
    default: object


def explain(error: msgspec.ValidationError, *, raw: Any, kind: type) -> str:
    """What is wrong with `raw`, which msgspec would not convert to `kind`."""
    text, steps = _split(str(error))
    place = _walk(raw, kind, steps)
    path = ".".join(place.keys)
    unknown, missing = _UNKNOWN.fullmatch(text), _MISSING.fullmatch(text)
    if unknown:
        return _unknown(unknown["name"], place)
    if missing:
        key = ".".join((*place.keys, missing["name"]))
        allowed = describe(inspect.type_info(_type_of_key(place.kind, missing["name"])[0]))
        return f"{key} is missing; it must be {allowed}. Add it."
    if _CHECKED_BY_MSGSPEC.match(text):
        return refuse(path, place.value, describe(inspect.type_info(place.kind)), _cure(place.default))
    return _said_by_the_type(text, path, place.kind)


def refuse(path: str, value: object, allowed: str, cure: str) -> str:
    """`path is value; it must be allowed. cure`."""
    return f"{path} is {show(value)}; it must be {allowed}. {cure}"


def one_of(choices: Iterable[str]) -> str:
    """`"a"`, `"a" or "b"`, `"a", "b" or "c"`."""
    shown = [show(choice) for choice in choices]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} or {shown[-1]}"


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """The choice that `word` was probably meant to be."""
    close = get_close_matches(word, list(choices), n=1, cutoff=0.6)
    return close[0] if close else None


def show(value: object) -> str:
    """A value as TOML writes it, cut short if it is long."""
    match value:
        case bool():
            text = str(value).lower()
        case Enum():
            text = show(value.value)
        case str():
            text = '"' + value.replace("\n", "\\n") + '"'
        case dict():
            text = "a table"
        case list() | tuple():
            text = f"[{', '.join(show(item) for item in value)}]"
        case _:
            text = str(value)
    return text if len(text) <= _SHOWN_MAX else text[: _SHOWN_MAX - 3] + "..."


def describe(kind: inspect.Type) -> str:
    """What a value of this type may be."""
    match kind:
        case inspect.UnionType():
            return _describe_union(kind)
        case inspect.LiteralType(values=values):
            return one_of(str(value) for value in values)
        case inspect.EnumType(cls=cls):
            return one_of(str(member.value) for member in cls)
        case inspect.IntType():
            return "a whole number" + _bounds(kind)
        case inspect.FloatType():
            return "a number" + _bounds(kind)
        case inspect.StrType(min_length=least):
            return "text" if not least else "text, not empty"
        case inspect.VarTupleType(item_type=item):
            return f"a list, each item {describe(item)}"
        case _:
            return _PLAIN.get(type(kind), "a value of another kind")


def not_finite(raw: Any, path: str = "") -> Iterator[tuple[str, float]]:
    """Every `nan` and `inf`, with its key: no setting can be one."""
    if isinstance(raw, float) and not math.isfinite(raw):
        yield path, raw
    elif isinstance(raw, dict):
        for key, value in raw.items():
            yield from not_finite(value, f"{path}.{key}" if path else str(key))
    elif isinstance(raw, list):
        for index, value in enumerate(raw):
            yield from not_finite(value, f"{path}[{index}]")


def moved(raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every key that had another place in an earlier version, with its present one."""
    for old, new in _MOVED.items():
        section, key = old.split(".")
        table = raw.get(section)
        if isinstance(table, dict) and key in table:
            yield old, new


def _describe_union(kind: inspect.UnionType) -> str:
    types = [each for each in kind.types if not isinstance(each, inspect.NoneType)]
    if any(isinstance(each, inspect.FloatType) for each in types):
        types = [each for each in types if not isinstance(each, inspect.IntType)]
    words = list(dict.fromkeys(describe(each) for each in types))
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _bounds(kind: inspect.IntType | inspect.FloatType) -> str:
    limits = (
        ("above", kind.gt),
        ("of at least", kind.ge),
        ("below", kind.lt),
        ("of at most", kind.le),
    )
    said = [f"{words} {limit}" for words, limit in limits if limit is not None]
    return f" {' and '.join(said)}" if said else ""


def _split(text: str) -> tuple[str, list[str]]:
    place = _PLACE.match(text)
    if place is None:
        return text, []
    return place["text"], [step["key"] or step["index"] for step in _STEP.finditer(place["path"])]


def _walk(raw: Any, kind: Any, steps: list[str]) -> _Place:
    """Follow msgspec's path through the raw values and their types.

    msgspec writes `[...]` for a key that the user chose; it is the first whose value does not convert.
    """
    keys: list[str] = []
    default: object = msgspec.NODEFAULT
    for step in steps:
        kind, default = _bare(kind, raw), msgspec.NODEFAULT
        if get_origin(kind) is dict:
            kind = get_args(kind)[1]
            key = next(name for name, value in raw.items() if not _converts(value, kind))
            raw = raw[key]
            keys.append(key)
        elif get_origin(kind) in (tuple, list):
            raw, kind = raw[int(step)], get_args(kind)[0]
            keys[-1] += f"[{step}]"
        else:
            kind, default = _type_of_key(kind, step)
            raw = raw[step]
            keys.append(step)
    return _Place(tuple(keys), raw, _bare(kind, raw), default)


def _bare(kind: Any, raw: Any) -> Any:
    """The type of a table or list without `None` and annotations; of several tables, the one that `raw` names."""
    if get_origin(kind) is Annotated:
        return _bare(get_args(kind)[0], raw) if not _is_scalar(kind) else kind
    if get_origin(kind) not in (UnionType, Union):
        return kind
    members = [each for each in get_args(kind) if each is not type(None)]
    if len(members) == 1:
        return _bare(members[0], raw)
    named = [each for each in _tables(kind) if isinstance(raw, dict) and raw.get(_tag_field(each)) == _tag(each)]
    return named[0] if named else kind


def _is_scalar(kind: Any) -> bool:
    return get_origin(get_args(kind)[0]) is None


def _tables(kind: Any) -> list[Any]:
    members = get_args(kind) if get_origin(kind) in (UnionType, Union) else (kind,)
    return [each for each in members if isinstance(each, type) and issubclass(each, msgspec.Struct)]


def _tag_field(table: Any) -> str | None:
    field: str | None = table.__struct_config__.tag_field
    return field


def _tag(table: Any) -> object:
    return table.__struct_config__.tag


def _type_of_key(kind: Any, key: str) -> tuple[Any, object]:
    """The type and the default of one key of a table; the key that chooses between tables is a choice of tags."""
    tables = _tables(kind)
    if any(_tag_field(table) == key for table in tables):
        return Literal[tuple(_tag(table) for table in tables)], msgspec.NODEFAULT
    field = _fields(kind)[key]
    return field.type, field.default


def _fields(kind: Any) -> dict[str, msgspec.structs.FieldInfo]:
    return {field.encode_name: field for table in _tables(kind) for field in msgspec.structs.fields(table)}


def _converts(value: Any, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True


def _unknown(name: str, place: _Place) -> str:
    known = [*_fields(place.kind), *(field for field in map(_tag_field, _tables(place.kind)) if field)]
    path = ".".join((*place.keys, name))
    meant = nearest(name, known)
    hint = f"did you mean {meant}?" if meant else "remove it."
    where = f"[{'.'.join(place.keys)}]" if place.keys else "The file"
    return f"{path} is not a setting; {hint} {where} may hold {', '.join(sorted(known))}."


def _said_by_the_type(text: str, path: str, kind: Any) -> str:
    """A refusal of a table's own check: it names its key first, and the cure is to correct it."""
    key = text.split(" ", 1)[0]
    where = f"{path}.{text}" if key in _fields(kind) else f"{path}: {text}"
    return where if where.endswith(".") else f"{where}. Correct it."


def _cure(default: object) -> str:
    if default is None:
        return "Leave it out for none."
    if default is msgspec.NODEFAULT or isinstance(default, msgspec.Struct):
        return "Correct it."
    return f"Leave it out for {show(default)}."
