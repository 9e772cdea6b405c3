"""No order breaks a limit as somebody else would compute it, no input makes a control raise, none is idle."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messages import OrderApproved, OrderType, Side, SubmitOrder
from rules.controls import CONTROLS
from rules.risk import RiskContext, RiskLimits, judge_order
from tests.rules._market import context, instrument
from tests.rules._orders import NOON_NS, order

D = Decimal
ODD = st.sampled_from([D("NaN"), D("Infinity"), D("-1"), D("1e400"), D("-0"), D("sNaN")])
AMOUNTS = st.one_of(st.decimals(-1000, 30_000, places=2), ODD)
UNITS = st.one_of(st.integers(-60, 60).map(D), ODD)
OPEN = st.one_of(st.integers(0, 30).map(D), ODD)
PRICES = st.one_of(st.floats(80, 120), st.sampled_from([0.0, math.nan, math.inf, -1.0, 1e300, 5e-324]))
ORDERS = st.builds(
    lambda quantity, side, price, order_type, protective: order(
        str(quantity), side, order_type=order_type, limit_price=price, stop_price=price, protective=protective
    ),
    st.one_of(st.integers(1, 120), st.sampled_from(["0.5", "1e300"])),
    st.sampled_from(Side),
    st.decimals(80, 120, places=2),
    st.sampled_from(OrderType),
    st.booleans(),
)
CONTEXTS = st.fixed_dictionaries(
    {
        "equity": st.one_of(AMOUNTS, st.none()),
        "cash": st.one_of(AMOUNTS, st.none()),
        "cash_held": st.one_of(AMOUNTS, st.none()),
        "other_gross_exposure": st.one_of(AMOUNTS, st.none()),
        "position": UNITS,
        "strategy_position": UNITS,
        "open_buy_quantity": OPEN,
        "open_sell_quantity": OPEN,
        "bid": PRICES,
        "ask": PRICES,
        "last": PRICES,
    }
)
LIMITS = st.builds(
    RiskLimits,
    max_position_fraction=st.decimals("0.1", 3, places=2),
    max_gross_exposure_fraction=st.decimals("0.1", 3, places=2),
    max_order_value=st.one_of(st.none(), st.decimals(100, 9000, places=0)),
    allow_margin=st.booleans(),
    allow_short=st.booleans(),
)


@settings(max_examples=400)
@given(ORDERS, CONTEXTS, LIMITS)
def test_an_order_that_passes_breaks_no_limit_as_recomputed_from_outside(
    submit: SubmitOrder, known: dict[str, Any], limits: RiskLimits
) -> None:
    given_context = context(**known)

    verdict = judge_order(submit, limits=limits, context=given_context)

    if isinstance(verdict, OrderApproved):
        assert breaches(submit, given_context, limits) == []


def breaches(submit: SubmitOrder, known: RiskContext, limits: RiskLimits) -> list[str]:
    """What a broker would hold against the order, in exact fractions and by other code than ours."""
    sign = 1 if submit.side is Side.BUY else -1
    quantity, position = Fraction(submit.quantity), Fraction(known.position)
    of_strategy = Fraction(known.strategy_position)
    buys, sells = Fraction(known.open_buy_quantity), Fraction(known.open_sell_quantity)
    against = sells if sign < 0 else buys
    closes = quantity + against <= -sign * of_strategy and (
        submit.protective or quantity + against <= -sign * position
    )
    found = []
    if sign < 0 and not limits.allow_short and quantity + sells > of_strategy:
        found.append("sells more than the strategy has")
    if closes:
        return found
    has_limit = submit.order_type in (OrderType.LIMIT, OrderType.STOP_LIMIT)
    market = Fraction((known.ask if sign > 0 else known.bid) or known.last)
    market = Fraction(str(float(market)))  # the shortest text that reads back as the float
    price = Fraction(submit.limit_price or 0) if sign > 0 and has_limit else market
    assert known.equity is not None
    assert known.other_gross_exposure is not None
    equity = Fraction(known.equity)
    after = (position + quantity + buys) if sign > 0 else (position - quantity - sells)
    if abs(after) * price > Fraction(limits.max_position_fraction) * equity:
        found.append("position")
    if abs(after) * price + Fraction(known.other_gross_exposure) > (
        Fraction(limits.max_gross_exposure_fraction) * equity
    ):
        found.append("gross exposure")
    if limits.max_order_value is not None and quantity * price > Fraction(limits.max_order_value):
        found.append("order value")
    if sign > 0 and not limits.allow_margin:
        assert known.cash is not None
        assert known.cash_held is not None
        if Fraction(known.cash) - Fraction(known.cash_held) - quantity * price < Fraction(limits.min_cash):
            found.append("cash")
    return found


def only_denied_by() -> dict[str, tuple[SubmitOrder, dict[str, Any], dict[str, Any]]]:
    """For each control an order that it alone denies: without the control, it would leave."""
    buy, at_market = order("10"), {"bid": 100.0, "ask": 100.0}
    far = order("10", order_type=OrderType.LIMIT, limit_price=D(94))
    held = {"position": D(10)}
    late = {"price_time_ns": NOON_NS - 10**12}
    return {
        "instrument": (buy, {"instrument": instrument(symbol="MSFT")}, {}),
        "currency": (buy, {"currency": "EUR"}, {}),
        "numbers": (order("10", stop_price=D("NaN")), {}, {}),
        "halted": (buy, {"halted": True}, {}),
        "entries": (buy, {"entries_blocked": "killed"}, {}),
        "price": (order("10", Side.SELL), {**held, "bid": math.nan}, {}),
        "price_age": (buy, late, {}),
        "grid": (order("10.5"), {}, {}),
        "price_collar": (far, at_market, {}),
        "order_value": (buy, {}, {"max_order_value": D(1)}),
        "order_value_fraction": (buy, {}, {"max_order_value_fraction": D("0.01")}),
        "position": (buy, {}, {"max_position_fraction": D("0.01")}),
        "gross_exposure": (buy, {"other_gross_exposure": D(9999)}, {}),
        "cash": (buy, {"cash": D(1)}, {}),
        "short": (order("10", Side.SELL), {}, {}),
        "duplicate": (buy, {"is_id_known": True}, {}),
    }


@pytest.mark.parametrize("name", [control.__name__ for control in CONTROLS])
def test_no_control_could_be_left_out_unnoticed(name: str) -> None:
    submit, known, limits = only_denied_by()[name]
    if name == "numbers":  # a fault that all arithmetic controls refuse as well
        known = {"position": D(0), **known}

    verdict = judge_order(submit, limits=RiskLimits(**limits), context=context(**known))

    denied_by = [each.control for each in verdict.verdicts if not each.passed]
    assert denied_by == [name] or (name == "numbers" and denied_by[0] == name)
