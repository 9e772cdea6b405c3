"""From floats to money, and from an opinion to a quantity."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages import OrderType, Side, SignalKind
from rules.sizing import (
    LARGEST,
    Rounding,
    SizedTarget,
    target_quantity,
    to_decimal,
    to_limit_price,
    to_lots,
    to_quantity,
    to_stop_price,
    to_tick,
)
from tests.rules._market import instrument, priced

NO_NUMBERS = [math.nan, math.inf, -math.inf, 1e16, -1e300]
TICKS = st.sampled_from(["0.01", "0.05", "0.25", "0.00001", "1", "0.03", "0.015625"]).map(Decimal)
PRICES = st.floats(1e-6, 1e9)


@given(st.floats(-1e15, 1e15))
def test_a_float_becomes_the_decimal_that_it_is_written_as(value: float) -> None:
    number = to_decimal(value)

    assert number is not None
    assert float(number) == value


@pytest.mark.parametrize("value", NO_NUMBERS)
def test_no_number_never_becomes_money(value: float) -> None:
    assert to_decimal(value) is None
    assert to_tick(value, instrument(), Rounding.NEAREST) is None
    assert to_quantity(value, instrument()) is None


@pytest.mark.parametrize("price", [0.0, -0.0, -1.0, 0.004])
def test_a_price_at_or_below_zero_is_no_price(price: float) -> None:
    assert to_tick(price, instrument(), Rounding.DOWN) is None


def test_a_price_of_more_ticks_than_can_be_counted_is_no_price() -> None:
    assert to_tick(1e15, instrument(tick_size=Decimal("1e-9")), Rounding.UP) is None


@pytest.mark.parametrize(
    ("price", "rounding", "tick"),
    [
        (10.018, Rounding.DOWN, "10.01"),
        (10.012, Rounding.UP, "10.02"),
        (10.01, Rounding.UP, "10.01"),
        (10.0149, Rounding.NEAREST, "10.01"),
        (10.015, Rounding.NEAREST, "10.02"),
        (0.004, Rounding.UP, "0.01"),
        (0.1 + 0.2, Rounding.DOWN, "0.30"),
    ],
)
def test_a_price_goes_to_the_tick_in_the_direction_asked_for(price: float, rounding: Rounding, tick: str) -> None:
    assert str(to_tick(price, instrument(), rounding)) == tick


@given(PRICES, TICKS)
def test_rounding_never_moves_a_price_by_a_whole_tick(price: float, tick: Decimal) -> None:
    terms = instrument(tick_size=tick)
    exact = Decimal(repr(price))

    down, up = to_tick(price, terms, Rounding.DOWN), to_tick(price, terms, Rounding.UP)
    near = to_tick(price, terms, Rounding.NEAREST)

    assert up is not None
    assert up % tick == 0
    assert exact <= up < exact + tick
    assert down is None or (down % tick == 0 and exact - tick < down <= exact)
    assert near is None or abs(near - exact) * 2 <= tick


@given(PRICES, TICKS)
def test_limits_never_get_worse_and_stops_are_never_touched_earlier(price: float, tick: Decimal) -> None:
    terms = instrument(tick_size=tick)
    exact = Decimal(repr(price))

    assert (to_limit_price(price, terms, Side.BUY) or 0) <= exact <= (to_limit_price(price, terms, Side.SELL) or 0)
    assert (to_stop_price(price, terms, Side.SELL) or 0) <= exact <= (to_stop_price(price, terms, Side.BUY) or 0)


@given(st.floats(-1e9, 1e9), st.sampled_from(["1", "100", "0.001", "0.3"]).map(Decimal))
def test_a_quantity_is_rounded_toward_zero_to_whole_lots(value: float, lot: Decimal) -> None:
    exact = Decimal(repr(value))

    quantity = to_quantity(value, instrument(lot_size=lot))

    assert quantity is not None
    assert quantity % lot == 0
    assert abs(exact) - lot < abs(quantity) <= abs(exact)
    assert quantity * exact >= 0


@pytest.mark.parametrize("quantity", ["NaN", "Infinity", "1e16"])
def test_what_is_too_large_to_be_held_has_no_lots(quantity: str) -> None:
    assert to_lots(Decimal(quantity), instrument()) is None


def test_a_wish_for_no_whole_lot_is_plain_zero() -> None:
    assert str(to_quantity(-0.5, instrument())) == "0"


@pytest.mark.parametrize(
    ("value", "terms", "quantity"),
    [
        (1.0, {}, "99"),  # 10,000 at the ask of 101
        (-1.0, {}, "-101"),  # at the bid of 99
        (0.5, {}, "49"),
        (1.0, {"ask": 0.0}, "100"),  # nobody offers: by the last price
        (1.0, {"order_type": OrderType.LIMIT, "limit_price": 80.0}, "125"),
        (1.0, {"order_type": OrderType.STOP, "stop_price": 125.0}, "80"),
        (1.0, {"order_type": OrderType.STOP_LIMIT, "stop_price": 110.0, "limit_price": 125.0}, "80"),
        (-7.9, {"kind": SignalKind.TARGET_QUANTITY}, "-7"),
    ],
)
def test_a_signal_asks_for_a_quantity(value: float, terms: dict[str, Any], quantity: str) -> None:
    sized = target_quantity(priced(value, **terms), equity=Decimal(10_000), instrument=instrument())

    assert sized == SizedTarget(Decimal(quantity))


def test_the_multiplier_makes_a_contract_dearer() -> None:
    sized = target_quantity(priced(1.0), equity=Decimal(10_000), instrument=instrument(multiplier=Decimal(10)))

    assert sized == SizedTarget(Decimal(9))


def test_a_wish_to_be_flat_needs_neither_price_nor_equity() -> None:
    sized = target_quantity(priced(0.0, bid=0, ask=0, last=0), equity=None, instrument=instrument())

    assert sized == SizedTarget(Decimal(0))


def test_a_wish_for_less_than_a_lot_says_so() -> None:
    sized = target_quantity(priced(0.01), equity=Decimal(10_000), instrument=instrument())

    assert sized == SizedTarget(Decimal(0), "less than one lot of 1")


@pytest.mark.parametrize("value", NO_NUMBERS)
def test_a_signal_that_is_no_number_asks_for_nothing(value: float) -> None:
    sized = target_quantity(priced(value), equity=Decimal(10_000), instrument=instrument())

    assert sized == SizedTarget(None, f"target_weight is {value}; it must be a number")


@pytest.mark.parametrize("price", [math.nan, math.inf, -1.0, 0.0])
def test_without_a_price_no_weight_can_be_sized(price: float) -> None:
    sized = target_quantity(priced(1.0, ask=price, last=price), equity=Decimal(10_000), instrument=instrument())

    assert sized == SizedTarget(None, "no price of AAPL to size by")


@pytest.mark.parametrize("equity", [None, "0", "-5", "NaN", "Infinity", "1e16"])
def test_without_equity_no_weight_can_be_sized(equity: str | None) -> None:
    known = None if equity is None else Decimal(equity)

    sized = target_quantity(priced(1.0), equity=known, instrument=instrument())

    assert sized == SizedTarget(None, f"equity of sma is {known}; it must be above zero")


def test_a_price_so_small_that_the_quantity_cannot_be_held_is_refused() -> None:
    sized = target_quantity(priced(1.0, ask=1e-300), equity=Decimal(10_000), instrument=instrument())

    assert sized == SizedTarget(None, "target_weight 1.0 comes to 1.00e+304 units; too many to hold")


@given(st.floats(0, 3), st.floats(0.01, 1e6), st.decimals(1, 10**9, places=2))
def test_a_sized_position_never_costs_more_than_its_weight_of_equity(
    weight: float, ask: float, equity: Decimal
) -> None:
    sized = target_quantity(priced(weight, ask=ask), equity=equity, instrument=instrument())

    assert sized.quantity is not None
    assert sized.quantity * Decimal(repr(ask)) <= Decimal(repr(weight)) * equity


def test_the_largest_number_is_still_a_number() -> None:
    assert to_decimal(1e15) == LARGEST
