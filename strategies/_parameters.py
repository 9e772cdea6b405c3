"""Words for parameters that a strategy does not take: key, value, what is allowed, and the cure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

import msgspec
from msgspec import inspect
from msgspec.structs import FieldInfo, fields

from strategies.base import StrategyParameters

_WORDS: dict[type[inspect.Type], str] = {
    inspect.BoolType: "true or false",
    inspect.IntType: "a whole number",
    inspect.FloatType: "a number",
    inspect.DecimalType: "a number",
    inspect.StrType: "text",
    inspect.ListType: "a list",
    inspect.VarTupleType: "a list",
    inspect.TupleType: "a list",
    inspect.DictType: "a table",
    inspect.StructType: "a table",
}


def explain_parameters(kind: type[StrategyParameters], given: Mapping[str, Any], error: Exception) -> str:
    """What is wrong with `given`, which could not become `kind` because of `error`; the first fault found."""
    known = {field.encode_name: field for field in fields(kind)}
    for key, value in given.items():
        if key not in known:
            return _unknown(key, list(known))
        problem = _wrong_type(known[key], value)
        if problem is not None:
            return problem
    for key, field in known.items():
        if field.required and key not in given:
            return f"{key} is missing; it must be {_allowed(field.type)}. Add it."
    return f"{_said(error)}. Correct it."


def _unknown(key: str, known: list[str]) -> str:
    near = get_close_matches(key, known, n=1)
    if near:
        return f"{key} is not one of them. Did you mean {near[0]}?"
    return f"{key} is not one of them; there are {', '.join(known) or 'none'}. Remove it."


def _wrong_type(field: FieldInfo, value: Any) -> str | None:
    try:
        msgspec.convert(value, field.type)
    except msgspec.ValidationError as error:
        if "Expected `" in str(error) or "Invalid" in str(error):
            allowed = _allowed(field.type)
            return f"{field.encode_name} is {value!r}; it must be {allowed}. Correct it{_or_default(field)}."
        return f"{field.encode_name} is {value!r}: {_said(error)}. Correct it{_or_default(field)}."
    return None


def _or_default(field: FieldInfo) -> str:
    if field.default is msgspec.NODEFAULT:
        return ""
    return f", or leave it out for {field.default!r}"


def _allowed(annotation: Any) -> str:
    kind = inspect.type_info(annotation)
    if isinstance(kind, inspect.LiteralType):
        return "one of " + ", ".join(repr(value) for value in kind.values)
    if isinstance(kind, inspect.VarTupleType | inspect.ListType):
        return f"a list, each {_WORDS.get(type(kind.item_type), 'as declared')}"
    return _WORDS.get(type(kind), str(annotation))


def _said(error: Exception) -> str:
    """The text of a `__post_init__`, without the place that msgspec adds."""
    return re.sub(r" - at `\$.*`$", "", str(error)).rstrip(".")
