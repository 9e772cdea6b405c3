"""The types of a configuration's tables and keys, as errors and environment variables ask for them."""

from __future__ import annotations

from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from msgspec.structs import FieldInfo


def bare(kind: Any, raw: Any) -> Any:
    """The type of a table or list without `None` and annotations; of several tables, the one that `raw` names."""
    if get_origin(kind) is Annotated:
        return bare(get_args(kind)[0], raw) if not _is_scalar(kind) else kind
    if get_origin(kind) not in (UnionType, Union):
        return kind
    members = [each for each in get_args(kind) if each is not type(None)]
    if len(members) == 1:
        return bare(members[0], raw)
    named = [each for each in tables_of(kind) if isinstance(raw, dict) and raw.get(_tag_field(each)) == _tag(each)]
    return named[0] if named else kind


def is_mapping(kind: Any) -> bool:
    """Whether a table's keys are the user's own, such as ids."""
    return get_origin(kind) is dict


def value_type(mapping: Any) -> Any:
    """The type of what such a table holds."""
    return get_args(mapping)[1]


def tables_of(kind: Any) -> list[Any]:
    """The tables that a type allows, without `None`."""
    members = get_args(kind) if get_origin(kind) in (UnionType, Union) else (kind,)
    return [each for each in members if isinstance(each, type) and issubclass(each, msgspec.Struct)]


def keys_of(kind: Any) -> list[str]:
    """Every key that a table may hold, the one that chooses between tables last."""
    tags = dict.fromkeys(tag for tag in map(_tag_field, tables_of(kind)) if tag)
    return [*_fields(kind), *tags]


def type_of_key(kind: Any, key: str) -> tuple[Any, object]:
    """The type and the default of one key of a table; the key that chooses between tables is a choice of tags."""
    tables = tables_of(kind)
    if any(_tag_field(table) == key for table in tables):
        return Literal[tuple(_tag(table) for table in tables)], msgspec.NODEFAULT
    field = _fields(kind)[key]
    if field.default_factory is not msgspec.NODEFAULT:
        return field.type, field.default_factory()
    return field.type, field.default


def _is_scalar(kind: Any) -> bool:
    return get_origin(get_args(kind)[0]) is None


def _fields(kind: Any) -> dict[str, FieldInfo]:
    return {field.encode_name: field for table in tables_of(kind) for field in msgspec.structs.fields(table)}


def _tag_field(table: Any) -> str | None:
    field: str | None = table.__struct_config__.tag_field
    return field


def _tag(table: Any) -> object:
    return table.__struct_config__.tag
