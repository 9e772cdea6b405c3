"""Words for what is wrong with a configuration: key, value, what is allowed, and the cure, in one line."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum
from typing import Any, get_args, get_origin

import msgspec
from msgspec import inspect

from ops._config_types import bare, keys_of, type_of_key
from ops.printable import printable
from ops.secrets import ALLOWED as A_SECRET
from ops.secrets import SecretRef

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
    """Where msgspec stopped: the keys as the user wrote them, and the value, type and default there.

    `within_secret` is the path of the secret's reference that it lies in, if it does: its value is never shown.
    """

    keys: tuple[str, ...]
    value: Any
    kind: Any
    default: object
    within_secret: str | None


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
        allowed = describe(inspect.type_info(type_of_key(place.kind, missing["name"])[0]))
        return f"{key} is missing; it must be {allowed}. Add it."
    if place.within_secret and _CHECKED_BY_MSGSPEC.match(text):
        return plain_secret(place.within_secret)
    if _CHECKED_BY_MSGSPEC.match(text):
        return refuse(path, place.value, describe(inspect.type_info(place.kind)), cure_for(place.default))
    return _said_by_the_type(text, path, place.kind)


def plain_secret(path: str) -> str:
    """A secret's place holds something else, which may be the secret: it is not shown."""
    return (
        f"{path} is not shown; it must be {A_SECRET}. Put the secret there, and keep it out of the configuration."
    )


def is_secret(kind: Any) -> bool:
    """Whether a setting of this type is a reference to a secret."""
    return bare(kind, None) is SecretRef


def refuse(path: str, value: object, allowed: str, cure: str) -> str:
    """`path is value; it must be allowed. cure`."""
    return f"{path} is {show(value)}; it must be {allowed}. {cure}"


def cure_for(default: object) -> str:
    """What to do about a value that is not allowed, where this is the default."""
    if default is None:
        return "Leave it out for none."
    if default is msgspec.NODEFAULT or isinstance(default, msgspec.Struct | dict):
        return "Correct it."
    return f"Leave it out for {show(default)}."


def one_of(choices: Iterable[str]) -> str:
    """`"a"`, `"a" or "b"`, `"a", "b" or "c"`."""
    shown = [show(choice) for choice in choices]
    if not shown:
        return "left out, for there is none to choose"
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
            text = '"' + printable(value) + '"'
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
        case inspect.StructType(cls=cls) if cls is SecretRef:
            return A_SECRET
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


def moved_to(path: str) -> str | None:
    """Where a key is now that had this place in an earlier version."""
    return _MOVED.get(path)


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
    secret: str | None = None
    for step in steps:
        kind, default = bare(kind, raw), msgspec.NODEFAULT
        if get_origin(kind) is dict:
            kind = get_args(kind)[1]
            key = next(name for name, value in raw.items() if not _converts(value, kind))
            raw = raw[key]
            keys.append(key)
        elif get_origin(kind) in (tuple, list):
            raw, kind = raw[int(step)], get_args(kind)[0]
            keys[-1] += f"[{step}]"
        else:
            kind, default = type_of_key(kind, step)
            raw = raw[step]
            keys.append(step)
        if bare(kind, raw) is SecretRef:
            secret = ".".join(keys)
    return _Place(tuple(keys), raw, bare(kind, raw), default, secret)


def _converts(value: Any, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True


def _unknown(name: str, place: _Place) -> str:
    known = keys_of(place.kind)
    path = ".".join((*place.keys, name))
    meant = nearest(name, known)
    hint = f"did you mean {meant}?" if meant else "remove it."
    where = f"[{'.'.join(place.keys)}]" if place.keys else "The file"
    return f"{path} is not a setting; {hint} {where} may hold {', '.join(sorted(known))}."


def _said_by_the_type(text: str, path: str, kind: Any) -> str:
    """A refusal of a table's own check: it names its key first, and the cure is to correct it."""
    key = text.split(" ", 1)[0]
    where = f"{path}.{text}" if key in keys_of(kind) else f"{path}: {text}"
    return where if where.endswith(".") else f"{where}. Correct it."
