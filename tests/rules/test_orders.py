"""An order's life, as venues really tell it: late, twice, out of order, and against all sense."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages import (
    ClientOrderId,
    ExecutionId,
    OrderApproved,
    OrderCanceled,
    OrderCancelRejected,
    OrderDenied,
    OrderEvent,
    OrderExpired,
    OrderFilled,
    OrderNotFound,
    OrderRejected,
    OrderReplaced,
    OrderReplaceRejected,
    OrderStatus,
    OrderUnknown,
    Side,
)
from rules.orders import TERMINAL, TRANSITIONS, Evolution, OrderState, evolve, initial_state
from tests.rules._orders import AnyEvent, accepted, after, cancel, filled, last, order, replace, reported, said

CANCELED = said(OrderCanceled, reason="asked")
EXPIRED = said(OrderExpired)
REJECTED = said(OrderRejected, reason="no funds")
UNKNOWN = said(OrderUnknown, reason="timeout")
NOT_FOUND = said(OrderNotFound)
CANCEL_REJECTED = said(OrderCancelRejected, reason="too late")
REPLACE_REJECTED = said(OrderReplaceRejected, reason="too late")
DENIED = said(OrderDenied, order=order(), verdicts=(), reason="too large")
APPROVED = said(OrderApproved, order=order(), verdicts=())
SENT = order()

EVERYTHING: list[AnyEvent] = [
    SENT, APPROVED, DENIED, accepted(), REJECTED, CANCELED, EXPIRED, UNKNOWN, NOT_FOUND, CANCEL_REJECTED,
    REPLACE_REJECTED, cancel(), replace(quantity=Decimal(150)), replace(quantity=Decimal(20)),
    replace(limit_price=Decimal(9)), said(OrderReplaced, quantity=Decimal(150)),
    said(OrderReplaced, quantity=Decimal(20)), said(OrderReplaced, quantity=Decimal("NaN")),
    filled("40", "40"), filled("60", "100"), filled("60", "100", "other-channel"), filled("100", "100", "sum"),
    filled("30", "130"), filled("10", "0", "no-sum"), filled("10", "NaN", "nan-sum"), filled("10", "50", ""),
    filled("7", "1e30", "huge-sum"), filled("1e30", "1e30", "huge"), filled("5", "5", "odd", side=Side.SELL),
    filled("5", "25", "nan-fee", commission=Decimal("NaN")),
]  # fmt: skip


def test_an_order_goes_from_intent_to_filled() -> None:
    state = initial_state(order("100"))

    statuses = [
        evolve(state, event).after.name
        for event in (APPROVED, SENT, accepted(), filled("40", "40"), filled("60", "100"))
    ]

    assert statuses == ["INITIALIZED", "SUBMITTED", "ACCEPTED", "PARTIALLY_FILLED", "FILLED"]
    assert [state.filled_quantity, state.leaves_quantity, state.is_open] == [100, 0, False]
    assert [state.average_price, state.commission, state.venue_order_id] == [10, 2, "v1"]


def test_the_average_price_is_the_mean_of_the_fills_and_none_before_the_first() -> None:
    dear = filled("60", "100", price=Decimal(20))

    assert after(SENT).average_price is None
    assert after(SENT, filled("40", "40"), dear).average_price == 16


def test_the_same_execution_told_twice_counts_once() -> None:
    evolution = last(SENT, filled("40", "40"), filled("40", "40"))

    assert evolution == Evolution(
        before=OrderStatus.PARTIALLY_FILLED, after=OrderStatus.PARTIALLY_FILLED, is_ignored=True
    )
    state = after(SENT, filled("40", "40"), filled("40", "40"))
    assert [state.filled_quantity, state.commission, state.duplicates] == [40, 1, 1]


def test_an_execution_told_by_two_channels_under_two_names_counts_once() -> None:
    state = after(SENT, filled("40", "40", "stream-1"), filled("40", "40", "activity-9"))

    assert [state.filled_quantity, state.duplicates] == [40, 1]


def test_an_execution_told_again_with_another_sum_counts_once() -> None:
    state = after(SENT, filled("40", "40", "e1"), filled("40", "80", "e1"))

    assert [state.filled_quantity, state.duplicates] == [40, 1]


def test_executions_that_join_are_remembered_as_one_stretch() -> None:
    state = after(SENT, filled("10", "10"), filled("10", "30"), filled("10", "20"), quantity="30")

    assert state.covered == [(Decimal(0), Decimal(30))]


def test_executions_told_in_the_wrong_order_all_count() -> None:
    state = initial_state(order("100"))
    first = evolve(state, filled("60", "100"))
    second = evolve(state, filled("40", "40"))

    assert [first.missing_quantity, first.needs_query] == [40, True]
    assert [second.missing_quantity, second.needs_query, second.after] == [0, False, OrderStatus.FILLED]
    assert state.filled_quantity == 100


def test_a_sum_of_executions_of_which_one_is_known_adds_only_the_rest() -> None:
    evolution = last(SENT, filled("40", "40"), filled("100", "100", "sum", commission=Decimal(5)))

    assert evolution.fill is not None
    assert [evolution.fill.quantity, evolution.fill.commission] == [60, 3]
    assert evolution.problem == "of a fill of 100, 40 had been counted before"
    assert evolution.needs_query


def test_executions_without_a_name_are_told_apart_by_what_they_fill() -> None:
    nameless = [filled("40", "40", execution_id=ExecutionId("")), filled("60", "100", execution_id=ExecutionId(""))]

    assert after(SENT, *nameless, *nameless).filled_quantity == 100


@pytest.mark.parametrize("cumulative", ["0", "NaN", "Infinity", "-5", "3"])
def test_a_fill_with_a_senseless_sum_is_counted_and_questioned(cumulative: str) -> None:
    evolution = last(SENT, filled("40", "40"), filled("10", cumulative))

    assert evolution.fill is not None
    assert evolution.problem == f"cumulative_quantity {cumulative} cannot be after a fill of 10"
    assert evolution.needs_query


def test_a_fill_before_the_acceptance_is_not_undone_by_it() -> None:
    state = after(SENT, filled("40", "40"), accepted())

    assert [state.status, state.filled_quantity] == [OrderStatus.PARTIALLY_FILLED, 40]


def test_a_late_fill_after_the_cancel_counts_and_the_order_stays_canceled() -> None:
    state = after(SENT, accepted(), cancel(), CANCELED, filled("40", "40"))

    assert [state.status, state.filled_quantity, state.leaves_quantity] == [OrderStatus.CANCELED, 40, 0]


@pytest.mark.parametrize("ending", [CANCELED, EXPIRED, REJECTED, DENIED])
def test_late_fills_that_complete_an_ended_order_make_it_filled(ending: OrderEvent) -> None:
    start = () if ending is DENIED else (SENT,)

    assert after(*start, ending, filled("100", "100")).status is OrderStatus.FILLED


@pytest.mark.parametrize(("ending", "word"), [(REJECTED, "rejected"), (DENIED, "denied")])
def test_part_of_a_refused_order_that_fills_all_the_same_makes_it_unknown(ending: OrderEvent, word: str) -> None:
    evolution = last(ending, filled("40", "40"))

    assert [evolution.after, evolution.needs_query] == [OrderStatus.UNKNOWN, True]
    assert evolution.problem == f"the venue filled an order that was {word}"


def test_more_than_the_order_asked_for_is_counted_and_told() -> None:
    evolution = last(SENT, filled("100", "100"), filled("30", "130"))

    assert evolution.fill == filled("30", "130")
    assert [evolution.after, evolution.overfilled_quantity] == [OrderStatus.FILLED, 30]
    assert evolution.problem == "filled 130 of an order for 100"


def test_a_fill_too_large_to_be_booked_is_questioned_and_not_counted() -> None:
    evolution = last(SENT, filled("1e30", "1e30"))

    assert [evolution.fill, evolution.is_ignored, evolution.needs_query] == [None, True, True]
    assert evolution.problem == "the venue reports 1E+30 at 10, more than can be booked"


def test_a_commission_that_is_no_number_is_booked_as_none_and_told() -> None:
    evolution = last(SENT, filled("40", "40", commission=Decimal("NaN")))

    assert evolution.fill == filled("40", "40", commission=Decimal(0))
    assert evolution.problem == "commission is NaN; booked as 0"


def test_a_fill_of_the_other_side_is_booked_as_told_and_questioned() -> None:
    evolution = last(SENT, filled("40", "40", side=Side.SELL))

    assert evolution.fill is not None
    assert evolution.fill.side is Side.SELL
    assert evolution.problem == "the venue filled a SELL on a BUY order"


@pytest.mark.parametrize("ending", [CANCELED, EXPIRED, REJECTED, filled("100", "100"), NOT_FOUND])
@pytest.mark.parametrize("word", [CANCELED, EXPIRED, REJECTED, UNKNOWN, cancel(), CANCEL_REJECTED, DENIED])
def test_an_ending_is_final_whatever_else_is_said(ending: OrderEvent, word: AnyEvent) -> None:
    evolution = last(SENT, ending, word)

    assert evolution.is_ignored
    assert evolution.before is evolution.after
    assert evolution.after in TERMINAL


def test_silence_is_unknown_never_rejected_and_counts_in_full() -> None:
    state = after(SENT, UNKNOWN)

    assert [state.status, state.is_open, state.leaves_quantity] == [OrderStatus.UNKNOWN, True, 100]


@pytest.mark.parametrize("ours", [SENT, cancel(), replace(quantity=Decimal(20)), UNKNOWN, APPROVED, DENIED])
def test_nothing_that_we_say_leads_out_of_unknown(ours: AnyEvent) -> None:
    assert after(SENT, UNKNOWN, ours).status is OrderStatus.UNKNOWN


@pytest.mark.parametrize(
    ("word", "status"),
    [
        (accepted(), OrderStatus.ACCEPTED),
        (filled("40", "40"), OrderStatus.PARTIALLY_FILLED),
        (filled("100", "100"), OrderStatus.FILLED),
        (REJECTED, OrderStatus.REJECTED),
        (CANCELED, OrderStatus.CANCELED),
        (EXPIRED, OrderStatus.EXPIRED),
        (said(OrderReplaced, quantity=Decimal(50)), OrderStatus.ACCEPTED),
        (NOT_FOUND, OrderStatus.CANCELED),
    ],
)
def test_the_word_of_the_venue_leads_out_of_unknown(word: OrderEvent, status: OrderStatus) -> None:
    assert after(SENT, UNKNOWN, word).status is status


def test_a_fill_does_not_tell_what_became_of_a_cancel_that_nobody_answered() -> None:
    events = (SENT, accepted(), cancel(), UNKNOWN, filled("40", "40"))

    assert after(*events).status is OrderStatus.UNKNOWN
    assert after(*events, accepted()).status is OrderStatus.PARTIALLY_FILLED


@pytest.mark.parametrize("ending", [OrderStatus.REJECTED, OrderStatus.EXPIRED, OrderStatus.CANCELED])
def test_an_order_that_was_not_found_and_then_turns_out_to_be_over_stays_so(ending: OrderStatus) -> None:
    state = after(SENT, UNKNOWN, NOT_FOUND, reported(ending))

    assert [state.status, state.was_not_found] == [OrderStatus.CANCELED, False]


def test_an_order_that_the_venue_does_not_know_may_be_sent_again() -> None:
    assert after(SENT, UNKNOWN, NOT_FOUND, SENT).status is OrderStatus.SUBMITTED


def test_an_order_that_was_not_found_and_then_is_held_works_again_and_is_told() -> None:
    evolution = last(SENT, UNKNOWN, NOT_FOUND, accepted())

    assert evolution.after is OrderStatus.ACCEPTED
    assert evolution.problem == "the venue holds an order that it did not know before"


def test_an_order_that_was_not_found_and_then_fills_works_again() -> None:
    assert after(SENT, UNKNOWN, NOT_FOUND, filled("40", "40")).status is OrderStatus.PARTIALLY_FILLED


def test_an_accepted_order_that_the_venue_no_longer_knows_stays_and_is_questioned() -> None:
    evolution = last(SENT, accepted(), NOT_FOUND)

    assert [evolution.after, evolution.needs_query] == [OrderStatus.ACCEPTED, True]
    assert evolution.problem == "the venue does not know an order that it held before"


def test_a_cancel_that_is_refused_leaves_the_order_as_it_was_and_asks_the_venue() -> None:
    evolution = last(SENT, accepted(), filled("40", "40"), cancel(), CANCEL_REJECTED)

    assert [evolution.before, evolution.after] == [OrderStatus.PENDING_CANCEL, OrderStatus.PARTIALLY_FILLED]
    assert evolution.needs_query
    assert after(SENT, accepted(), cancel(), CANCEL_REJECTED).was_cancel_rejected
    assert not after(SENT, accepted(), cancel(), CANCEL_REJECTED, accepted()).was_cancel_rejected


def test_a_cancel_that_was_refused_may_be_asked_for_again_once_a_change_tells_that_the_order_works() -> None:
    changed = said(OrderReplaced, quantity=Decimal(150))
    doubt = said(OrderUnknown, reason="timeout")

    assert not after(SENT, accepted(), cancel(), CANCEL_REJECTED, doubt, changed).was_cancel_rejected


def test_a_cancel_before_the_acceptance_stays_pending_through_it() -> None:
    assert after(SENT, cancel()).status is OrderStatus.PENDING_CANCEL
    assert after(SENT, cancel(), accepted()).status is OrderStatus.PENDING_CANCEL
    assert after(SENT, cancel(), CANCEL_REJECTED).status is OrderStatus.SUBMITTED


def test_a_replacement_in_flight_counts_at_the_larger_quantity() -> None:
    larger, smaller = replace(quantity=Decimal(150)), replace(quantity=Decimal(20))

    assert after(SENT, accepted(), larger).leaves_quantity == 150
    assert after(SENT, accepted(), smaller).leaves_quantity == 100
    assert after(SENT, accepted(), replace(stop_price=Decimal(9))).leaves_quantity == 100


def test_a_replacement_gives_the_order_its_new_terms() -> None:
    new = said(OrderReplaced, quantity=Decimal(150), limit_price=Decimal(9), stop_price=Decimal(8))

    state = after(SENT, accepted(), replace(quantity=Decimal(150)), new)

    assert [state.quantity, state.limit_price, state.stop_price] == [150, 9, 8]
    assert [state.status, state.pending_replace] == [OrderStatus.ACCEPTED, None]


def test_a_replacement_that_is_refused_leaves_the_earlier_terms() -> None:
    state = after(SENT, accepted(), replace(quantity=Decimal(150)), REPLACE_REJECTED)

    assert [state.status, state.quantity, state.was_replace_rejected] == [OrderStatus.ACCEPTED, 100, True]


def test_a_replacement_below_what_is_filled_ends_the_order() -> None:
    new = said(OrderReplaced, quantity=Decimal(40))

    assert after(SENT, filled("40", "40"), replace(quantity=Decimal(40)), new).status is OrderStatus.FILLED


def test_an_order_filled_while_a_larger_quantity_is_in_flight_is_not_over() -> None:
    events = (SENT, accepted(), replace(quantity=Decimal(150)), filled("100", "100"))

    assert after(*events).status is OrderStatus.PENDING_REPLACE
    assert after(*events, REPLACE_REJECTED).status is OrderStatus.FILLED


def test_a_replacement_told_after_the_fill_that_it_allowed_brings_the_order_back() -> None:
    state = after(SENT, filled("100", "100"), said(OrderReplaced, quantity=Decimal(150)))

    assert [state.status, state.leaves_quantity] == [OrderStatus.PARTIALLY_FILLED, 50]


def test_what_has_executed_was_not_refused_so_it_is_asked_for() -> None:
    state = after(SENT, filled("40", "40"))

    evolution = evolve(state, REJECTED)

    assert evolution.needs_query
    assert state.status is OrderStatus.UNKNOWN
    assert state.filled_quantity == 40


def test_an_event_of_another_order_is_our_own_mistake() -> None:
    with pytest.raises(AssertionError, match="belongs to another order"):
        evolve(initial_state(order(client_order_id=ClientOrderId("b1-sma-2"))), accepted())


def test_every_status_has_its_row_in_the_table() -> None:
    assert set(TRANSITIONS) == set(OrderStatus)


@given(st.lists(st.sampled_from(EVERYTHING), max_size=25))
def test_nothing_that_is_said_in_any_order_breaks_an_order(events: list[AnyEvent]) -> None:
    state = initial_state(order("100"))
    booked = Decimal(0)

    for event in events:
        evolution = evolve(state, event)  # asserts that the transition is in the table
        booked += evolution.fill.quantity if evolution.fill else 0
        assert state.filled_quantity == booked == sum(high - low for low, high in state.covered)
        assert state.leaves_quantity >= 0
        assert state.missing_quantity >= 0
        assert state.is_open or not (state.is_cancel_pending or state.leaves_quantity)
        assert state.is_open or not state.pending_replace or state.status is OrderStatus.FILLED

    assert msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=OrderState) == state


@st.composite
def stories(draw: st.DrawFn) -> tuple[list[OrderFilled], list[AnyEvent]]:
    """The executions of an order, and how a bad day tells them: shuffled, repeated, by two channels."""
    sizes = draw(st.lists(st.integers(1, 40), min_size=1, max_size=8))
    truth: list[OrderFilled] = []
    for size in sizes:
        total = size + (truth[-1].cumulative_quantity if truth else 0)
        truth.append(filled(str(size), str(total), price=Decimal(draw(st.integers(1, 9)))))
    again = [
        msgspec.structs.replace(fill, execution_id=ExecutionId(f"x{fill.execution_id}"))
        for fill in draw(st.lists(st.sampled_from(truth), max_size=6))
    ]
    noise: list[Any] = draw(st.lists(st.sampled_from([SENT, accepted(), cancel(), CANCELED, UNKNOWN]), max_size=6))
    told = [*truth, *again, *draw(st.lists(st.sampled_from(truth), max_size=6)), *noise]
    return truth, draw(st.permutations(told))


@given(stories())
def test_every_execution_counts_exactly_once_however_it_is_told(
    story: tuple[list[OrderFilled], list[AnyEvent]],
) -> None:
    truth, told = story
    state = initial_state(order("1000"))

    booked = [fill for fill in (evolve(state, event).fill for event in told) if fill]

    assert sum(fill.quantity for fill in booked) == sum(fill.quantity for fill in truth) == state.filled_quantity
    assert state.filled_notional == sum(fill.quantity * fill.price for fill in truth)
    assert state.commission == len(truth)
    assert state.missing_quantity == 0
