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


@pytest.mark.parametrize("tells_all", [True, False])
def test_an_answer_that_lacks_an_execution_that_was_taken_back_ends_no_question(tells_all: bool) -> None:
    desk = Desk()
    desk.fills("4", "4", "e4")
    desk.says(OrderFillBusted, **BUST)
    assert desk.order.client_order_id in desk.trading.venue.state.queries

    if tells_all:
        desk.fills("4", "4", "e4")
        desk.says(OrderFillBusted, **BUST)
    desk.says(
        OrderReported,
        venue_order_id=VenueOrderId("v1"),
        status=OrderStatus.ACCEPTED,
        quantity=Decimal(10),
        filled_quantity=Decimal(0),
        limit_price=Decimal(99),
        asked_ns=desk.trading.now_ns,
    )

    is_asked = desk.order.client_order_id in desk.trading.venue.state.queries
    assert is_asked is not tells_all


def test_a_venue_that_never_tells_of_it_is_believed_in_the_end() -> None:
    desk = Desk()
    desk.fills("4", "4", "e4")
    desk.says(OrderFillBusted, **BUST)
    for _ in range(QUESTIONS_BEFORE_BELIEVED + 2):
        desk.says(
            OrderReported,
            venue_order_id=VenueOrderId("v1"),
            status=OrderStatus.CANCELED,
            quantity=Decimal(10),
            filled_quantity=Decimal(0),
            asked_ns=desk.trading.now_ns,
        )
        desk.trading.wait(40)

    assert desk.status is desk.books is OrderStatus.CANCELED
