"""The terms of an order, read from the wire without mercy: a number where a string belongs is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from ops.drill.broker.replies import Invalid

SIDES = ("buy", "sell")
PRICES_OF_TYPE: dict[str, tuple[bool, bool]] = {
    "market": (False, False),
    "limit": (True, False),
    "stop": (False, True),
    "stop_limit": (True, True),
}
"""For each order type: does it have a limit price, does it have a stop price?"""
TIMES_IN_FORCE = ("day", "gtc", "ioc", "fok")
AT_ONCE = ("ioc", "fok")
ORDER_FIELDS = frozenset(
    ("client_order_id", "symbol", "side", "type", "time_in_force", "qty", "limit_price", "stop_price")
)
REPLACE_FIELDS = frozenset(("qty", "limit_price", "stop_price"))
ID_LENGTH_MAX = 128

_plain_decimal = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?").fullmatch


class Terms(NamedTuple):
    """What an order asks for. `qty` is the total in units, above zero; prices are on the symbol's tick."""

    symbol: str
    side: str
    type: str
    time_in_force: str
    qty: Decimal
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None

    @property
    def is_buy(self) -> bool:
        """Does it add to the position?"""
        return self.side == "buy"


class Grid(NamedTuple):
    """The steps on which quantities and prices lie: the lot of all symbols, the tick of each."""

    lot: Decimal
    ticks: Mapping[str, Decimal]


def text(value: Decimal) -> str:
    """A decimal as the wire writes it: digits and a point, never an exponent."""
    return format(value, "f")


def read_id(body: Mapping[str, object]) -> str:
    """The client order id of a submission. Raises Invalid if it is missing, no string, or too long."""
    value = body.get("client_order_id")
    if not isinstance(value, str) or not 0 < len(value) <= ID_LENGTH_MAX:
        raise Invalid(f"client_order_id is {value!r}; it must be a string of 1 to {ID_LENGTH_MAX} characters")
    return value


def read_terms(body: Mapping[str, object], grid: Grid) -> Terms:
    """The terms of a submission. Raises Invalid with the field and its value."""
    _refuse_unknown(body, ORDER_FIELDS)
    symbol = _one_of("symbol", body, tuple(grid.ticks))
    order_type = _one_of("type", body, tuple(PRICES_OF_TYPE))
    time_in_force = _one_of("time_in_force", body, TIMES_IN_FORCE)
    has_limit, has_stop = PRICES_OF_TYPE[order_type]
    if has_stop and time_in_force in AT_ONCE:
        raise Invalid(f"time_in_force is {time_in_force!r}; a {order_type} order takes day or gtc")
    for field, is_needed in (("limit_price", has_limit), ("stop_price", has_stop)):
        if is_needed != (body.get(field) is not None):
            raise Invalid(f"{field} is {body.get(field)!r}, which does not fit a {order_type} order")
    tick = grid.ticks[symbol]
    return Terms(
        symbol,
        _one_of("side", body, SIDES),
        order_type,
        time_in_force,
        _decimal("qty", body, grid.lot),
        _decimal("limit_price", body, tick) if has_limit else None,
        _decimal("stop_price", body, tick) if has_stop else None,
    )


def read_changes(body: Mapping[str, object], terms: Terms, grid: Grid) -> Terms:
    """The terms after a replace. Raises Invalid if nothing is asked, or something the order does not have."""
    _refuse_unknown(body, REPLACE_FIELDS)
    given = [field for field in ("qty", "limit_price", "stop_price") if body.get(field) is not None]
    if not given:
        raise Invalid("a replace changes qty, limit_price or stop_price; none is given")
    changed = terms._asdict()
    for field in given:
        if changed[field] is None:
            raise Invalid(f"{field} is {body[field]!r}; a {terms.type} order has none")
        changed[field] = _decimal(field, body, grid.lot if field == "qty" else grid.ticks[terms.symbol])
    return Terms(**changed)


def _refuse_unknown(body: Mapping[str, object], known: frozenset[str]) -> None:
    unknown = [field for field in body if field not in known]
    if unknown:
        raise Invalid(f"unknown fields {unknown}")


def _one_of(field: str, body: Mapping[str, object], words: tuple[str, ...]) -> str:
    value = body.get(field)
    if not isinstance(value, str) or value not in words:
        raise Invalid(f"{field} is {value!r}; it must be one of {', '.join(words)}")
    return value


def _decimal(field: str, body: Mapping[str, object], step: Decimal) -> Decimal:
    value = body.get(field)
    if not isinstance(value, str) or not _plain_decimal(value):
        raise Invalid(f"{field} is {value!r}; it must be a plain decimal string")
    number = Decimal(value)
    if number <= 0 or number % step:
        raise Invalid(f"{field} is {value!r}; it must be above zero and a multiple of {step}")
    return number
