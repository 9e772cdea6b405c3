from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from gateways.broker import answers
from messages import (
    AnyMessage,
    ExecutionId,
    OrderAccepted,
    OrderCancelRejected,
    OrderFillBusted,
    OrderFillCorrected,
    OrderFilled,
    OrderRejected,
    OrderReplaced,
    OrderReplaceRejected,
    OrderReported,
    OrderStatus,
    OrderUnknown,
    Side,
    VenueOrderId,
)
from tests.gateways.broker._words import ABOUT, NOW_NS, execution_update, order, translator, update


def reported(status: OrderStatus, *, filled: str = "0", reason: str = "") -> OrderReported:
    """An ending, with how much is filled."""
    said = order()
    return OrderReported(
        **ABOUT,
        venue_order_id=VenueOrderId(said["id"]),
        status=status,
        quantity=Decimal(said["qty"]),
        filled_quantity=Decimal(filled),
        limit_price=Decimal(said["limit_price"]),
        stop_price=None if said["stop_price"] is None else Decimal(said["stop_price"]),
        reason=reason,
    )


CHANGES: list[tuple[dict[str, Any], AnyMessage]] = [
    (update("new"), OrderAccepted(**ABOUT, venue_order_id=VenueOrderId("broker-1"))),
    (update("canceled", status="canceled", reason="asked"), reported(OrderStatus.CANCELED, reason="asked")),
    (update("expired", status="expired", filled_qty="3"), reported(OrderStatus.EXPIRED, filled="3")),
    (update("rejected"), OrderRejected(**ABOUT, reason="rejected")),
    (
        update("replaced", qty="50", stop_price=None),
        OrderReplaced(**ABOUT, quantity=Decimal(50), limit_price=Decimal("10.25")),
    ),
    (update("order_cancel_rejected", reason="filled"), OrderCancelRejected(**ABOUT, reason="filled")),
    (update("order_replace_rejected", reason="filled"), OrderReplaceRejected(**ABOUT, reason="filled")),
]


@pytest.mark.parametrize(("said", "event"), CHANGES)
def test_an_update_becomes_the_event_that_it_tells(said: dict[str, Any], event: AnyMessage) -> None:
    assert translator().update(said, NOW_NS) == [event]


@pytest.mark.parametrize("event", ["fill", "partial_fill"])
def test_a_fill_is_told_with_what_is_filled_in_all(event: str) -> None:
    told = translator().update(execution_update(event, cum_qty="70"), NOW_NS)

    assert told == [
        OrderFilled(
            **ABOUT,
            execution_id=ExecutionId("x1"),
            venue_order_id=VenueOrderId("broker-1"),
            side=Side.BUY,
            quantity=Decimal(40),
            price=Decimal("10.22"),
            cumulative_quantity=Decimal(70),
            commission=Decimal("0.40"),
            currency="USD",
        )
    ]


def test_a_bust_names_the_execution_that_it_takes_back() -> None:
    said = execution_update("trade_bust", kind="bust", execution_id="x2", previous_execution_id="x1", cum_qty="0")

    (told,) = translator().update(said, NOW_NS)

    assert told == OrderFillBusted(
        **ABOUT,
        execution_id=ExecutionId("x1"),
        side=Side.BUY,
        quantity=Decimal(40),
        price=Decimal("10.22"),
        commission=Decimal("0.40"),
    )


def test_a_correction_repeats_what_the_execution_was() -> None:
    reading = translator()
    reading.update(execution_update("fill"), NOW_NS)
    said = execution_update(
        "trade_correct", kind="correct", execution_id="x2", previous_execution_id="x1", qty="30", cum_qty="30"
    )

    (told,) = reading.update(said, NOW_NS)

    assert isinstance(told, OrderFillCorrected)
    assert (told.execution_id, told.quantity) == ("x2", Decimal(30))
    assert (told.earlier_execution_id, told.earlier_quantity) == ("x1", Decimal(40))


def test_a_correction_of_what_was_not_told_leaves_the_order_unknown() -> None:
    said = execution_update("trade_correct", kind="correct", execution_id="x2", previous_execution_id="x1")

    (told,) = translator().update(said, NOW_NS)

    assert isinstance(told, OrderUnknown)


def test_only_so_many_executions_are_remembered_and_the_latest_are_among_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(answers, "EXECUTIONS_KEPT", 2)
    reading = translator()
    for count in range(1, 6):
        reading.update(execution_update("fill", execution_id=f"x{count}"), NOW_NS)

    corrected = [
        reading.update(
            execution_update("trade_correct", kind="correct", execution_id="y", previous_execution_id=earlier),
            NOW_NS,
        )[0]
        for earlier in ("x5", "x4", "x1")
    ]

    assert [type(each) for each in corrected] == [OrderFillCorrected, OrderFillCorrected, OrderUnknown]


@pytest.mark.parametrize("event", ["pending_cancel", "pending_replace", "held", "suspended", "made_up"])
def test_words_that_change_nothing_tell_nothing(event: str) -> None:
    assert translator().update(update(event), NOW_NS) == []


@pytest.mark.parametrize("order_id", ["by-hand", "0ther-plan-7", "b00k", "b00k-plan-x", ""])
def test_other_peoples_orders_tell_nothing(order_id: str) -> None:
    assert translator().update(update("canceled", client_order_id=order_id), NOW_NS) == []


@pytest.mark.parametrize(
    "said",
    [{}, {"event": "new"}, {"event": "new", "order": None}, {"event": "new", "order": {"client_order_id": 7}}, []],
)
def test_what_names_no_order_of_ours_tells_nothing(said: Any) -> None:
    assert translator().update(said, NOW_NS) == []


@pytest.mark.parametrize(
    "said",
    [
        execution_update("fill", qty="NaN"),
        execution_update("fill", client_order_id="b00k-plan-8"),
        update("fill"),
        update("new", id=None),
        update("replaced", qty="-1"),
        {"order": order()},
        {"order": order(), "event": []},
    ],
)
def test_an_update_of_ours_that_cannot_be_read_leaves_its_order_to_be_asked_for(said: dict[str, Any]) -> None:
    (told,) = translator().update(said, NOW_NS)

    assert isinstance(told, OrderUnknown)
