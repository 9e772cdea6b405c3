"""From a priced signal to the terms of orders."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages import (
    OrderCanceled,
    OrderEvent,
    OrderExpired,
    OrderRejected,
    OrderType,
    Side,
    SignalKind,
    TimeInForce,
)
from rules.orders import evolve, initial_state
from rules.targets import Target, after_event, left_alone, refused, target_of
from tests.rules._market import instrument, priced
from tests.rules._orders import accepted, filled, order, said

D = Decimal
HELD_LONG = Target(quantity=D(100), protective_stop_price=D(90))


def wants(units: float, *, position: str = "0", previous: Target | None = None, **terms: Any) -> Target:
    return target_of(
        priced(units, kind=SignalKind.TARGET_QUANTITY, **terms),
        equity=D(10_000),
        instrument=instrument(),
        position=D(position),
        previous=previous,
    )


def test_a_signal_sets_a_target_with_its_terms() -> None:
    target = wants(
        100,
        order_type=OrderType.LIMIT,
        limit_price=99.999,
        time_in_force=TimeInForce.DAY,
        protective_stop_price=90.0,
    )

    assert target == Target(
        quantity=D(100),
        order_type=OrderType.LIMIT,
        limit_price=D("99.99"),
        time_in_force=TimeInForce.DAY,
        protective_stop_price=D("90.00"),
        side=Side.BUY,
        other_limit_price=D("100.00"),
    )


def test_a_weight_is_sized_by_the_equity_of_the_strategy() -> None:
    target = target_of(priced(0.5), equity=D(10_000), instrument=instrument())

    assert target == Target(quantity=D(49), side=Side.BUY)


@pytest.mark.parametrize(
    ("target", "guard"),
    [
        (Target(quantity=D(100), protective_stop_price=D(90), exit_stop_price=D(80)), D(90)),
        (Target(quantity=D(-50), protective_stop_price=D(110), exit_stop_price=D(80)), D(80)),
        (Target(quantity=D(-50), protective_stop_price=D(110)), None),
    ],
    ids=["the target's own", "the one on the way out", "none: the target's guards the other side"],
)
def test_what_is_left_alone_keeps_the_guard_that_it_has(target: Target, guard: Decimal | None) -> None:
    left = left_alone(target, D(40))

    assert left.quantity == 40
    assert left.is_left_alone
    assert left.guard_price(D(40)) == left.guard_price(D(10)) == guard
    assert left.guard_price(D(-40)) is None


def test_what_may_yet_be_held_of_what_is_left_alone_is_closed_at_the_market_under_its_guard() -> None:
    wanted = Target(quantity=D(100), order_type=OrderType.LIMIT, limit_price=D(99), protective_stop_price=D(90))

    left = left_alone(wanted, D(0))

    assert left.quantity == 0
    assert (left.order_type, left.limit_price) == (OrderType.MARKET, None)
    assert left.guard_price(D(40)) == 90


def test_prices_are_rounded_for_the_side_that_will_be_traded() -> None:
    selling = wants(50, position="100", order_type=OrderType.LIMIT, limit_price=99.991)
    stopping = wants(
        -50, order_type=OrderType.STOP_LIMIT, stop_price=95.009, limit_price=94.991, protective_stop_price=110.001
    )

    assert selling.limit_price == D("100.00")
    assert [stopping.stop_price, stopping.limit_price] == [D("95.00"), D("95.00")]
    assert stopping.protective_stop_price == D("110.01")


@given(price=st.floats(0.02, 1e6), held=st.sampled_from(["0", "200"]))
def test_no_order_for_a_target_is_worse_than_asked_whichever_side_leads_there(price: float, held: str) -> None:
    target = wants(100, position=held, order_type=OrderType.STOP_LIMIT, limit_price=price, stop_price=price)

    (bought_at, bought_from), (sold_at, sold_from) = target.prices(Side.BUY), target.prices(Side.SELL)

    assert bought_at is not None
    assert sold_at is not None
    assert float(bought_at) <= price <= float(sold_at)
    assert sold_at - bought_at in (D(0), D("0.01"))
    assert (sold_from, bought_from) == (bought_at, sold_at)


def test_a_position_that_is_left_keeps_its_guard_until_it_is_closed() -> None:
    leaving = wants(0, position="100", previous=HELD_LONG)
    flipping = wants(-50, position="100", previous=HELD_LONG, protective_stop_price=110.0)

    assert [leaving.guard_price(D(100)), leaving.protective_stop_price] == [D(90), None]
    assert [flipping.guard_price(D(100)), flipping.guard_price(D(-50))] == [D(90), D(110)]
    assert wants(0, position="60", previous=leaving).guard_price(D(60)) == 90


def test_a_wish_to_be_flat_may_bring_a_guard_of_its_own() -> None:
    assert wants(0, position="100", previous=HELD_LONG, protective_stop_price=95.0).guard_price(D(100)) == 95


@pytest.mark.parametrize("units", [0.0, math.nan])
@pytest.mark.parametrize("position", ["100", "0"])
def test_the_guard_of_a_position_never_guards_one_of_the_other_side(units: float, position: str) -> None:
    target = wants(units, position=position, previous=HELD_LONG)

    assert target.guard_price(D(1)) == 90  # also if nothing was held yet: its entry may execute
    assert target.guard_price(D(-1)) is None  # an execution was taken back


def test_a_position_that_turns_around_under_the_same_wish_has_no_stop() -> None:
    previous = wants(0.0, position="100", previous=HELD_LONG)
    assert wants(120.0, position="100", previous=previous).guard_price(D(-1)) is None


def test_what_is_wanted_of_the_other_side_and_comes_to_nothing_guards_nothing() -> None:
    held_short = Target(quantity=D(-100), protective_stop_price=D(110))

    target = wants(0.4, position="-100", previous=held_short, protective_stop_price=95.0)

    assert target.quantity == 0
    assert target.guard_price(D(-100)) == 110


def test_a_new_wish_for_the_same_side_without_a_guard_takes_the_guard_away() -> None:
    assert wants(120, position="100", previous=HELD_LONG).guard_price(D(100)) is None


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"value": math.nan}, "target_quantity is nan; it must be a number"),
        (
            {"order_type": OrderType.LIMIT, "limit_price": math.nan},
            "limit_price of the signal is nan; it must be a number above zero",
        ),
        ({"order_type": OrderType.STOP}, "stop_price of the signal is 0.0; it must be a number above zero"),
        ({"protective_stop_price": math.inf}, "protective_stop_price is inf; it must be a number above zero, or 0"),
        ({"protective_stop_price": -1.0}, "protective_stop_price is -1.0; it must be a number above zero, or 0"),
    ],
)
def test_a_signal_that_comes_to_nothing_says_why_and_leaves_the_guard(terms: dict[str, Any], reason: str) -> None:
    value = terms.pop("value", 100.0)

    target = wants(value, position="100", previous=HELD_LONG, **terms)

    assert target == Target(quantity=None, protective_stop_price=D(90), reason=reason, held=Side.BUY)
    assert target.guard_price(D(100)) == 90


def test_an_unknown_instrument_cannot_be_wanted() -> None:
    target = target_of(priced(1.0), equity=D(10_000), instrument=None, position=D(100), previous=HELD_LONG)

    reason = "instrument AAPL is unknown"
    assert target == Target(quantity=None, protective_stop_price=D(90), reason=reason, held=Side.BUY)


def test_less_than_a_lot_is_flat_and_says_so() -> None:
    assert wants(0.4) == Target(quantity=D(0), reason="less than one lot of 1", side=Side.SELL)


def test_a_target_survives_its_checkpoint() -> None:
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(HELD_LONG), type=Target) == HELD_LONG


@pytest.mark.parametrize(
    ("event", "was_canceling", "is_over"),
    [
        (said(OrderRejected, reason="no funds"), False, True),
        (said(OrderExpired), False, True),
        (said(OrderCanceled), False, True),
        (said(OrderCanceled), True, False),
        (accepted(), False, False),
    ],
)
def test_an_order_that_ended_against_our_will_is_not_tried_again(
    event: OrderEvent, was_canceling: bool, is_over: bool
) -> None:
    entry, guard = initial_state(order()), initial_state(order(protective=True))
    for state in (entry, guard):
        evolve(state, state.order)
        evolve(state, event)

    after_entry = after_event(HELD_LONG, event, entry, was_canceling=was_canceling)
    after_guard = after_event(HELD_LONG, event, guard, was_canceling=was_canceling)

    assert after_entry == msgspec.structs.replace(HELD_LONG, is_denied=is_over)
    assert after_guard == msgspec.structs.replace(HELD_LONG, is_protection_denied=is_over)
    assert (refused(HELD_LONG, entry.order) == after_entry) is is_over


def test_the_refusal_of_another_copy_of_its_order_is_none_of_the_target() -> None:
    entry, refusal = initial_state(order()), said(OrderRejected, reason="no funds")
    for event in (entry.order, filled("40", "40"), refusal):
        evolve(entry, event)

    assert after_event(HELD_LONG, refusal, entry, was_canceling=False) == HELD_LONG


def test_only_the_fill_of_its_protective_stop_stops_a_target_out() -> None:
    entry, guard = initial_state(order()), initial_state(order(protective=True))
    fill = filled("40", "40")

    assert after_event(HELD_LONG, fill, entry, was_canceling=False) == HELD_LONG
    assert after_event(HELD_LONG, fill, guard, was_canceling=False).is_stopped_out
