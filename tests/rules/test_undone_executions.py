"""Executions that a venue takes back or corrects, told in any order and any number of times."""

from __future__ import annotations

import random
from decimal import Decimal

import msgspec
import pytest

from messages import (
    ClientOrderId,
    ExecutionId,
    OrderEvent,
    OrderFillBusted,
    OrderFillCorrected,
    OrderFilled,
    OrderReplaced,
    OrderReplaceRejected,
    OrderReported,
    OrderStatus,
    OrderType,
    PortfolioId,
    ReplaceOrder,
    Side,
    StrategyId,
    SubmitOrder,
    Symbol,
    TimeInForce,
    VenueId,
    VenueOrderId,
)
from rules.orders import OrderState, evolve, initial_state

ORDER = SubmitOrder(
    client_order_id=ClientOrderId("b-plan-1"),
    venue_id=VenueId("live"),
    portfolio_id=PortfolioId("main"),
    strategy_id=StrategyId("plan"),
    symbol=Symbol("ABC"),
    side=Side.BUY,
    quantity=Decimal(100),
    order_type=OrderType.MARKET,
    time_in_force=TimeInForce.DAY,
    time_ns=1,
)
ABOUT = {
    "client_order_id": ORDER.client_order_id,
    "portfolio_id": ORDER.portfolio_id,
    "strategy_id": ORDER.strategy_id,
    "symbol": ORDER.symbol,
    "time_ns": 2,
}


def fill(name: str, quantity: int, filled: int) -> OrderFilled:
    """An execution after which so much is filled."""
    return OrderFilled(
        **ABOUT,  # type: ignore[arg-type]
        execution_id=ExecutionId(name),
        venue_order_id=VenueOrderId("v"),
        side=Side.BUY,
        quantity=Decimal(quantity),
        price=Decimal(10),
        cumulative_quantity=Decimal(filled),
        commission=Decimal(0),
        currency="USD",
    )


def bust(name: str, quantity: int) -> OrderFillBusted:
    """An execution taken back."""
    return OrderFillBusted(
        **ABOUT,  # type: ignore[arg-type]
        execution_id=ExecutionId(name),
        side=Side.BUY,
        quantity=Decimal(quantity),
        price=Decimal(10),
        commission=Decimal(0),
    )


def correction(name: str, earlier: str, quantity: int, was: int) -> OrderFillCorrected:
    """One execution in the place of another."""
    return OrderFillCorrected(
        **ABOUT,  # type: ignore[arg-type]
        execution_id=ExecutionId(name),
        side=Side.BUY,
        quantity=Decimal(quantity),
        price=Decimal(11),
        commission=Decimal(0),
        earlier_execution_id=ExecutionId(earlier),
        earlier_quantity=Decimal(was),
        earlier_price=Decimal(10),
        earlier_commission=Decimal(0),
    )


def sent() -> OrderState:
    """An order on its way."""
    state = initial_state(ORDER)
    evolve(state, ORDER)
    return state


def reported(filled: int, *, asked_ns: int = 2) -> OrderReported:
    """The venue's own sum, the answer to a question unless told otherwise."""
    return OrderReported(
        **ABOUT,  # type: ignore[arg-type]
        venue_order_id=VenueOrderId("v"),
        status=OrderStatus.ACCEPTED,
        quantity=ORDER.quantity,
        filled_quantity=Decimal(filled),
        asked_ns=asked_ns,
    )


def test_a_busted_execution_goes_out_of_the_books_at_its_own_price() -> None:
    state = sent()
    evolve(state, fill("x1", 10, 10))

    undone = evolve(state, bust("x1", 10)).undone

    assert undone is not None
    assert (undone.quantity, undone.price) == (Decimal(10), Decimal(10))
    assert (state.filled_quantity, state.filled_notional) == (Decimal(0), Decimal(0))


def test_a_bust_that_comes_first_keeps_its_execution_from_being_counted() -> None:
    state = sent()

    assert evolve(state, bust("x1", 10)).undone is None
    assert evolve(state, fill("x1", 10, 10)).fill is None
    assert state.filled_quantity == 0


def test_a_correction_takes_the_place_of_what_it_corrects_once() -> None:
    state = sent()
    evolve(state, fill("x1", 10, 10))

    evolution = evolve(state, correction("x2", "x1", 8, 10))
    again = evolve(state, correction("x2", "x1", 8, 10))

    assert evolution.undone is not None
    assert evolution.fill is not None
    assert again.is_ignored
    assert (state.filled_quantity, state.filled_notional) == (Decimal(8), Decimal(88))


def test_a_busted_correction_that_comes_first_undoes_what_it_had_corrected_when_that_is_heard() -> None:
    state = sent()
    evolve(state, fill("x1", 10, 10))
    evolve(state, bust("x2", 8))

    evolve(state, correction("x2", "x1", 8, 10))

    assert state.filled_quantity == 0


def with_a_gap() -> OrderState:
    """An order of whose executions the second, of 10, was not told."""
    state = sent()
    evolve(state, fill("x1", 10, 10))
    evolve(state, fill("x3", 20, 40))
    return state


@pytest.mark.parametrize(
    "event", [correction("c3", "x3", 20, 20), correction("c3", "x3", 15, 20), bust("x3", 20), bust("x1", 10)]
)
def test_what_is_missing_still_is_when_something_else_is_taken_back(event: OrderEvent) -> None:
    state = with_a_gap()

    assert evolve(state, event).missing_quantity == 10


def test_a_correction_of_what_was_missing_closes_the_gap() -> None:
    state = with_a_gap()

    assert evolve(state, correction("c2", "x2", 10, 10)).missing_quantity == 0
    assert state.filled_quantity == 40


def test_an_execution_that_overlaps_in_part_behind_a_bust_is_new_and_counts_whole() -> None:
    state = sent()
    for event in (fill("x1", 3, 3), fill("x2", 3, 6), fill("x4", 1, 7), bust("x2", 3)):
        evolve(state, event)

    evolve(state, fill("x3", 3, 6))

    assert state.filled_quantity == 7


def test_the_rest_of_an_execution_that_was_told_before_an_earlier_bust_counts_when_told_again() -> None:
    state = sent()
    for event in (fill("x1", 10, 10), fill("x2", 1, 11), fill("x3", 2, 12)):
        evolve(state, event)
    assert state.filled_quantity == 12

    evolve(state, bust("x2", 1))
    evolve(state, fill("x3", 2, 12))

    assert state.filled_quantity == 12
    assert state.executions[ExecutionId("x3")] == 2


@pytest.mark.parametrize("later", [0, 3])
def test_whatever_executed_since_hides_none_of_it(later: int) -> None:
    state = sent()
    events = [fill("x1", 10, 10), fill("x2", 1, 11), fill("x3", 2, 12), fill("x4", 3, 15)]
    for event in events[: 3 + bool(later)]:
        evolve(state, event)

    evolve(state, bust("x2", 1))
    for _ in range(2):
        evolve(state, fill("x3", 2, 12))

    assert state.filled_quantity == 12 + later


def test_a_report_that_tells_an_execution_and_not_that_it_was_taken_back_is_of_before_that() -> None:
    state = sent()
    for event in (fill("x1", 3, 3), fill("x2", 3, 6), fill("x4", 3, 9), bust("x2", 3)):
        evolve(state, event)

    evolve(state, fill("x2", 3, 6))
    assert evolve(state, reported(6)).needs_query

    for event in (fill("x2", 3, 6), bust("x2", 3)):
        evolve(state, event)
    assert not evolve(state, reported(6)).needs_query


def test_what_is_missing_is_not_settled_by_a_sum_that_nobody_asked_for() -> None:
    state = sent()
    evolve(state, fill("x2", 3, 6))

    assert evolve(state, reported(3, asked_ns=0)).missing_quantity == 3
    assert evolve(state, reported(3)).missing_quantity == 0


def test_a_correction_of_the_price_alone_leaves_each_execution_in_its_place() -> None:
    state = with_a_gap()
    evolve(state, correction("c3", "x3", 20, 20))

    evolve(state, fill("x2", 10, 20))

    assert state.filled_quantity == 40
    assert state.missing_quantity == 0


@pytest.mark.parametrize(("quantity", "status"), [(100, OrderStatus.FILLED), (101, OrderStatus.ACCEPTED)])
def test_a_filled_order_is_open_again_once_it_was_raised_whatever_is_left_of_its_executions(
    quantity: int, status: OrderStatus
) -> None:
    state = sent()
    evolve(state, fill("x1", 100, 100))
    evolve(state, bust("x1", 100))

    evolve(state, OrderReplaced(**ABOUT, quantity=Decimal(quantity)))  # type: ignore[arg-type]

    assert state.status is status


CHANGE = ReplaceOrder(
    client_order_id=ORDER.client_order_id,
    venue_id=ORDER.venue_id,
    symbol=ORDER.symbol,
    time_ns=2,
    quantity=Decimal(100),
    limit_price=Decimal(9),
)

REFUSED = OrderReplaceRejected(**ABOUT, reason="filled")  # type: ignore[arg-type]


def counted_twice(*asked: ReplaceOrder) -> OrderState:
    """An order that was filled since an execution of 60 counted twice, and of which 60 are filled since."""
    state = sent()
    for command in asked:
        evolve(state, command)
    evolve(state, fill("x1", 60, 60))
    evolve(state, correction("x3", "x2", 60, 60))  # of x1, which x2 had corrected
    assert state.status is OrderStatus.FILLED
    evolve(state, correction("x2", "x1", 60, 60))
    return state


@pytest.mark.parametrize("word", [OrderStatus.ACCEPTED, OrderStatus.PENDING_CANCEL, OrderStatus.UNKNOWN])
def test_an_order_that_was_counted_twice_works_on_once_an_answer_says_so(word: OrderStatus) -> None:
    state = counted_twice()

    evolve(state, msgspec.structs.replace(reported(60, asked_ns=3), status=word))

    assert state.status is OrderStatus.PARTIALLY_FILLED


def test_it_is_in_doubt_while_the_venue_changes_it_as_was_asked_before_it_filled() -> None:
    state = counted_twice()
    changing = msgspec.structs.replace(reported(60, asked_ns=3), status=OrderStatus.PENDING_REPLACE)

    for asked_ns in (3, 4):
        evolution = evolve(state, msgspec.structs.replace(changing, asked_ns=asked_ns))
        assert (state.status, evolution.needs_query) == (OrderStatus.UNKNOWN, True)

    evolve(state, reported(60, asked_ns=5))
    assert state.status is OrderStatus.PARTIALLY_FILLED


def test_a_word_that_may_hide_a_change_keeps_in_doubt_what_was_to_be_changed_as_it_filled() -> None:
    strange = msgspec.structs.replace(reported(60, asked_ns=3), status=OrderStatus.UNKNOWN)
    state = counted_twice(CHANGE)
    assert (state.status, state.pending_replace is not None) == (OrderStatus.FILLED, True)

    evolve(state, strange)
    assert state.status is OrderStatus.UNKNOWN
    evolve(state, REFUSED)
    evolve(state, msgspec.structs.replace(strange, asked_ns=4))
    assert (state.status, state.pending_replace) == (OrderStatus.PARTIALLY_FILLED, None)


def test_the_refusal_of_a_change_does_not_open_an_order_that_filled() -> None:
    state = counted_twice(CHANGE)

    evolve(state, REFUSED)

    assert (state.status, state.pending_replace) == (OrderStatus.FILLED, None)


@pytest.mark.parametrize("asked_ns", [0, 2])
def test_it_is_asked_for_once_more_if_that_may_be_of_before_it_was_filled(asked_ns: int) -> None:
    state = counted_twice()

    assert evolve(state, reported(60, asked_ns=asked_ns)).needs_query
    assert state.status is OrderStatus.FILLED


def test_it_stays_filled_if_the_venue_says_so() -> None:
    state = counted_twice()

    evolve(state, msgspec.structs.replace(reported(60, asked_ns=3), status=OrderStatus.FILLED))

    assert state.status is OrderStatus.FILLED


@pytest.mark.parametrize("seed", range(60))
def test_told_in_any_order_and_then_asked_for_the_sum_comes_out(seed: int) -> None:
    draw = random.Random(seed)
    records: list[OrderEvent] = []
    standing: dict[str, int] = {}
    filled = 0
    for number in range(draw.randrange(2, 9)):
        if standing and draw.random() < 0.3:
            name = draw.choice(sorted(standing))
            quantity = standing.pop(name)
            filled -= quantity
            records.append(bust(name, quantity))
        elif standing and draw.random() < 0.2:
            name = draw.choice(sorted(standing))
            was = standing.pop(name)
            quantity = draw.randrange(1, was + 1)
            standing[f"c{number}"] = quantity
            filled += quantity - was
            records.append(correction(f"c{number}", name, quantity, was))
        else:
            quantity = draw.randrange(1, 10)
            filled += quantity
            standing[f"x{number}"] = quantity
            records.append(fill(f"x{number}", quantity, filled))
    heard = [each for each in records if draw.random() < 0.7]
    draw.shuffle(heard)
    state = sent()
    for each in heard + [each for each in heard if draw.random() < 0.3]:
        evolve(state, each)

    for _ in range(3):  # the answers to three questions: all executions in order, and the sum
        for record in records:
            evolve(state, record)
        evolve(state, reported(filled))

    assert state.filled_quantity == filled, f"seed {seed}"
    assert state.missing_quantity <= 0
