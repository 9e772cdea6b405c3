"""What the judge sees of protective stops that lie where nobody wanted them."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from messages import ReplaceOrder, Side
from ops.control.strategy_commands import MANUAL
from ops.drill.judge.guard_conduct import GuardConduct
from tests.messages._samples import ORDER, QUOTE

STEP = 0.01
MARKET = msgspec.structs.replace(QUOTE, symbol=ORDER.symbol, bid=100.0, ask=101.0)
STOP = msgspec.structs.replace(ORDER, protective=True)


def _said(*prices: str, side: Side = Side.SELL, strategy_id: str = "s1") -> list[str]:
    """What is said of a stop that is sent at the first of these prices, and changed to the others."""
    said: list[str] = []
    conduct = GuardConduct(STEP, lambda rule, _: said.append(rule))
    conduct.see_input(MARKET)
    conduct.see_input(msgspec.structs.replace(MARKET, bid=200.0, ask=201.0))
    first, *others = map(Decimal, prices)
    change = ReplaceOrder(
        client_order_id=STOP.client_order_id, venue_id=STOP.venue_id, symbol=STOP.symbol, time_ns=1
    )
    conduct.see_effect(msgspec.structs.replace(STOP, side=side, stop_price=first, strategy_id=strategy_id))
    for price in others:
        conduct.see_effect(msgspec.structs.replace(change, stop_price=price))
    return said


@pytest.mark.parametrize("price", ["99.00", "98.995", "95.00", "190.00"])
def test_a_stop_some_steps_below_the_bid_of_a_quote_guards_a_long_position(price: str) -> None:
    assert _said(price) == []
    assert _said("98.00", price) == []


def test_a_price_that_falls_short_of_a_tick_by_its_arithmetic_is_that_of_a_tick_lower() -> None:
    said: list[str] = []
    conduct = GuardConduct(0.03, lambda rule, _: said.append(rule))
    conduct.see_input(msgspec.structs.replace(MARKET, bid=27.0, ask=27.02))
    conduct.see_effect(msgspec.structs.replace(STOP, side=Side.SELL, stop_price=Decimal("26.18")))

    assert said == []


@pytest.mark.parametrize("price", ["102.01", "106.05", "207.03"])
def test_one_above_the_ask_guards_a_short_position_and_no_long_one(price: str) -> None:
    assert _said(price, side=Side.BUY) == []
    assert _said(price) == ["C30"]
    assert _said("98.00", price) == ["C30"]


def test_a_stop_that_nobody_asked_for_is_seen_unless_it_is_a_persons() -> None:
    assert _said("99.50") == ["C30"]
    assert _said("99.50", strategy_id=MANUAL) == []
