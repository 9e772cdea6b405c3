"""From the text of a description to a `DataSet`, with one clear line for whatever is wrong in it.

msgspec decodes and checks; since its errors name neither the nearest known key nor the allowed values, a value that
it refuses is walked down to the one key at fault.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
from msgspec import inspect

from gateways.errors import DescriptionInvalid, FeedMissing
from gateways.replay._description import DataSet

_WORDS: dict[type, str] = {
    inspect.StrType: "text in quotes",
    inspect.DecimalType: "a number",
    inspect.IntType: "a whole number",
    inspect.BoolType: "true or false",
    inspect.ListType: "a list in [brackets]",
    inspect.DictType: "a table",
    inspect.StructType: "a table",
}


def load_description(path: Path) -> DataSet:
    """The description in a TOML file. Raises FeedMissing, DescriptionInvalid."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise FeedMissing(f"{path}: there is no such file. Give the path of a description (.toml).") from None
    except UnicodeDecodeError as error:
        raise DescriptionInvalid(f"{path}: not UTF-8 text ({error.reason}). Save it as UTF-8.") from None
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DescriptionInvalid(f"{path}: not valid TOML: {error}. Correct it there.") from None
    try:
        return msgspec.convert(document, DataSet)
    except msgspec.ValidationError as error:
        _find_fault(document, inspect.type_info(DataSet), where="", path=path)
        raise DescriptionInvalid(f"{path}: {error}. Correct that key.") from None


def wrong(path: Path, key: str, value: object, *, cure: str) -> DescriptionInvalid:
    """The error for a key whose value cannot be used."""
    return DescriptionInvalid(f"{path}: {key} is {show(value)}; {cure}")


def nearest(word: str, known: Iterable[str]) -> str:
    """` Did you mean ...?`, or nothing if no known word is near."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f" Did you mean {close[0]!r}?" if close else ""


def show(value: object) -> str:
    """A value as it stands in TOML, near enough."""
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if isinstance(value, str | int | float) else f"a {type(value).__name__}"


def _find_fault(value: Any, kind: inspect.Type, *, where: str, path: Path) -> None:
    """Raise for the first key below `value` that does not fit; return if all do."""
    match kind:
        case inspect.UnionType():
            _find_fault(value, _alternative(value, kind), where=where, path=path)
        case inspect.StructType() if isinstance(value, dict):
            _check_struct(value, kind, where=where, path=path)
        case inspect.DictType() if isinstance(value, dict):
            for key, item in value.items():
                _find_fault(item, kind.value_type, where=_join(where, key), path=path)
        case inspect.ListType() if isinstance(value, list):
            for index, item in enumerate(value):
                _find_fault(item, kind.item_type, where=f"{where}[{index}]", path=path)
        case inspect.EnumType():
            allowed = [member.value for member in kind.cls]
            if value not in allowed:
                hint = nearest(str(value), allowed)
                raise wrong(path, where, value, cure=f"allowed: {', '.join(allowed)}.{hint}")
        case _:
            _check_leaf(value, kind, where=where, path=path)


def _check_struct(value: dict[str, Any], kind: inspect.StructType, *, where: str, path: Path) -> None:
    fields = {field.encode_name: field for field in kind.fields}
    for key, item in value.items():
        if key not in fields:
            hint = nearest(key, fields) or f" Known keys: {', '.join(sorted(fields))}."
            raise DescriptionInvalid(f"{path}: {_join(where, key)} = {show(item)}: no such key.{hint}")
    for key, field in fields.items():
        if key in value:
            _find_fault(value[key], field.type, where=_join(where, key), path=path)
        elif field.required:
            raise DescriptionInvalid(f"{path}: {_join(where, key)} is missing. Add it.")


def _check_leaf(value: Any, kind: inspect.Type, *, where: str, path: Path) -> None:
    fits = {
        inspect.StrType: isinstance(value, str),
        inspect.DecimalType: _is_number(value),
        inspect.IntType: isinstance(value, int),
        inspect.NoneType: value is None,
    }
    if not fits.get(type(kind), False):
        word = _WORDS.get(type(kind), "another value")
        raise wrong(path, where, value, cure=f"it must be {word}.")


def _is_number(value: Any) -> bool:
    try:
        msgspec.convert(value, Decimal)
    except msgspec.ValidationError:
        return False
    return True


def _alternative(value: Any, kind: inspect.UnionType) -> inspect.Type:
    """The type among several that the value was meant for."""
    rest = [kind_ for kind_ in kind.types if not isinstance(kind_, inspect.NoneType)]
    tables = [kind_ for kind_ in rest if isinstance(kind_, inspect.StructType)]
    return tables[0] if tables and isinstance(value, dict) else rest[0]


def _join(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key
