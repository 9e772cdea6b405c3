"""An order that counted as filled by an execution that had been taken back goes on as the venue has it."""

from __future__ import annotations

from decimal import Decimal

from actors._retold import QUESTIONS_BEFORE_BELIEVED
from messages import (
    CancelOrder,
    ExecutionId,
    OrderCanceled,
    OrderFillBusted,
    OrderFillCorrected,
    OrderNotFound,
    OrderReported,
    OrderStatus,
    QueryOrder,
    RequestCancel,
    Side,
    VenueOrderId,
)
from tests.actors._trading import PORTFOLIO, only
from tests.actors.test_nothing_is_forgotten import failing
from tests.actors.test_venue import Desk


def corrects(desk: Desk, name: str, earlier: str) -> None:
    """Of an execution of six the broker tells another price."""
    terms = {"quantity": Decimal(6), "price": Decimal(99), "commission": Decimal(0)}
    desk.says(
        OrderFillCorrected,
        execution_id=ExecutionId(name),
        side=Side.BUY,
        earlier_execution_id=ExecutionId(earlier),
        **terms,
        **{f"earlier_{key}": value for key, value in terms.items()},
    )


def answers(desk: Desk, *, asked_ns: int | None = None) -> None:
    """Asked for the order, now unless told otherwise, the broker tells all of it: six are filled, and it works."""
    desk.trading.second += 1
    desk.fills("6", "6", "x1")
    corrects(desk, "x2", "x1")
    corrects(desk, "x3", "x2")
    desk.says(
        OrderReported,
        venue_order_id=VenueOrderId("v1"),
        status=OrderStatus.ACCEPTED,
        quantity=Decimal(10),
        filled_quantity=Decimal(6),
        limit_price=Decimal(99),
        asked_ns=desk.trading.now_ns if asked_ns is None else asked_ns,
    )


def counted_twice(desk: Desk) -> None:
    """The second correction comes first: for a moment twelve of ten count as filled."""
    desk.accepts()
    desk.fills("6", "6", "x1")
    corrects(desk, "x3", "x2")
    assert desk.status is OrderStatus.FILLED
    corrects(desk, "x2", "x1")


def test_it_works_on_for_its_portfolio_too() -> None:
    desk = Desk()
    counted_twice(desk)

    answers(desk)

    assert desk.status is desk.books is OrderStatus.PARTIALLY_FILLED


def test_a_person_who_had_canceled_it_is_obeyed_then() -> None:
    desk = Desk()
    desk.accepts()
    wish = RequestCancel(
        client_order_id=desk.order.client_order_id, portfolio_id=PORTFOLIO, time_ns=desk.trading.now_ns, reason="no"
    )
    desk.trading.input(wish)
    counted_twice(desk)
    before = len(desk.trading.effects)

    answers(desk)

    assert len(only([each.message for each in desk.trading.effects[before:]], CancelOrder)) == 1


def test_a_portfolio_for_which_it_was_over_by_then_has_it_canceled() -> None:
    desk = Desk()
    desk.accepts()
    desk.fills("6", "6", "x1")
    with failing(desk.trading.portfolio, OrderFillCorrected):
        corrects(desk, "x3", "x2")
        desk.trading.wait(1)
    corrects(desk, "x2", "x1")
    desk.cancels()
    desk.trading.wait(1)
    assert (desk.status, desk.books) == (OrderStatus.FILLED, OrderStatus.CANCELED)
    before = len(desk.trading.effects)

    answers(desk)

    assert desk.status is OrderStatus.PENDING_CANCEL
    assert len(only([each.message for each in desk.trading.effects[before:]], CancelOrder)) == 1


def test_an_answer_that_may_be_of_before_it_was_filled_is_no_reason_to_cancel_it() -> None:
    desk = Desk()
    counted_twice(desk)
    before = len(desk.trading.effects)

    for _ in range(3):
        answers(desk, asked_ns=1)

    assert only([each.message for each in desk.trading.effects[before:]], CancelOrder) == []
    assert desk.status is OrderStatus.FILLED


def test_of_an_order_that_is_over_and_unknown_to_the_venue_the_questions_end() -> None:
    desk = Desk()
    desk.accepts()
    desk.fills("4", "4", "e4")
    bust = {"side": Side.BUY, "quantity": Decimal(4), "price": Decimal(99), "commission": Decimal(0)}
    desk.says(OrderFillBusted, execution_id=ExecutionId("e4"), **bust)
    desk.says(OrderCanceled, reason="so")
    for _ in range(QUESTIONS_BEFORE_BELIEVED):
        desk.says(OrderNotFound, asked_ns=desk.trading.now_ns)

    assert only(desk.trading.wait(600), QueryOrder) == []
    assert desk.status is OrderStatus.CANCELED
