"""An answer that lacks what is known of an order counts for nothing, whatever its sum."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from actors._retold import QUESTIONS_BEFORE_BELIEVED
from messages import ExecutionId, OrderFillBusted, OrderReported, OrderStatus, Side, VenueOrderId
from tests.actors.test_venue import Desk

BUST: dict[str, Any] = {
    "execution_id": ExecutionId("e4"),
    "side": Side.BUY,
    "quantity": Decimal(4),
    "price": Decimal(99),
    "commission": Decimal(0),
}


def answers(desk: Desk, status: OrderStatus, *, asked_ns: int | None = None, **terms: Any) -> None:
    """The broker says how the order stands, and that nothing of it is filled."""
    desk.says(
        OrderReported,
        venue_order_id=VenueOrderId("v1"),
        status=status,
        quantity=Decimal(10),
        filled_quantity=Decimal(0),
        asked_ns=desk.trading.now_ns if asked_ns is None else asked_ns,
        **terms,
    )


@pytest.mark.parametrize("tells_all", [True, False])
def test_an_answer_that_lacks_an_execution_that_was_taken_back_ends_no_question(tells_all: bool) -> None:
    desk = Desk()
    desk.fills("4", "4", "e4")
    desk.says(OrderFillBusted, **BUST)
    assert desk.order.client_order_id in desk.trading.venue.state.queries

    if tells_all:
        desk.fills("4", "4", "e4")
        desk.says(OrderFillBusted, **BUST)
    answers(desk, OrderStatus.ACCEPTED, limit_price=Decimal(99))

    is_asked = desk.order.client_order_id in desk.trading.venue.state.queries
    assert is_asked is not tells_all


def test_a_venue_that_never_tells_of_it_is_believed_in_the_end() -> None:
    desk = Desk()
    desk.fills("4", "4", "e4")
    desk.says(OrderFillBusted, **BUST)
    for _ in range(QUESTIONS_BEFORE_BELIEVED + 2):
        answers(desk, OrderStatus.CANCELED)
        desk.trading.wait(40)

    assert desk.status is desk.books is OrderStatus.CANCELED


def test_a_word_for_which_nobody_asked_answers_no_question_about_an_order_that_was_taken_back_from() -> None:
    desk = Desk()
    desk.fills("4", "4", "e4")
    desk.says(OrderFillBusted, **BUST)

    answers(desk, OrderStatus.CANCELED, asked_ns=0)

    assert desk.order.client_order_id in desk.trading.venue.state.queries
