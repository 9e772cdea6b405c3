"""Random values of every message, made from the types themselves."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec import inspect

from messages import MESSAGE_TYPES, OrderType

INT64 = st.integers(-(2**63), 2**63 - 1)
DECIMALS = st.decimals(allow_nan=False, allow_infinity=False) | st.sampled_from(
    [Decimal("1.10"), Decimal("-0.00"), Decimal("1E+6"), Decimal("1e-18"), Decimal("123456789012345678.123456789")]
)
POSITIVE = DECIMALS.filter(lambda number: number > 0)
MUST_BE_POSITIVE = frozenset({"quantity", "limit_price", "stop_price", "tick_size", "lot_size", "multiplier"})


def values_of(kind: inspect.Type, field: str = "") -> st.SearchStrategy[Any]:
    """Any value of a type, as msgspec sees types; decimals of some fields are above zero."""
    match kind:
        case inspect.StructType(cls=cls):
            return structs(cls)
        case inspect.EnumType(cls=cls):
            return st.sampled_from(list(cls))
        case inspect.UnionType(types=types):
            return st.one_of([values_of(each, field) for each in types])
        case inspect.VarTupleType(item_type=item):
            return st.lists(values_of(item), max_size=3).map(tuple)
        case inspect.ListType(item_type=item):
            return st.lists(values_of(item), max_size=3)
        case inspect.DictType(key_type=key, value_type=value):
            return st.dictionaries(values_of(key), values_of(value), max_size=3)
        case inspect.DecimalType():
            return POSITIVE if field in MUST_BE_POSITIVE else DECIMALS
        case _:
            return PLAIN[type(kind)]


PLAIN: dict[type[inspect.Type], st.SearchStrategy[Any]] = {
    inspect.IntType: INT64,
    inspect.FloatType: st.floats(),
    inspect.StrType: st.text(max_size=8),
    inspect.BytesType: st.binary(max_size=8),
    inspect.BoolType: st.booleans(),
    inspect.NoneType: st.none(),
}


@cache
def structs(cls: type[msgspec.Struct]) -> st.SearchStrategy[Any]:
    """Any value of a struct that its own checks let pass."""
    described = inspect.type_info(cls)
    assert isinstance(described, inspect.StructType)
    given = {field.name: values_of(field.type, field.name) for field in described.fields}
    return st.fixed_dictionaries(given).map(_with_prices).map(lambda fields: cls(**fields))


def messages() -> st.SearchStrategy[Any]:
    """Any message that can be stored."""
    return st.sampled_from(MESSAGE_TYPES).flatmap(structs)


def _with_prices(fields: dict[str, Any]) -> dict[str, Any]:
    """An order has the prices that its type asks for."""
    if "protective" in fields and fields["order_type"] is not OrderType.MARKET:
        for name in ("limit_price", "stop_price"):
            fields[name] = fields[name] or Decimal("0.01")
    return fields
