"""The venue's actor: orders at a broker from intent to outcome, above all when the broker says nothing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from actors.venue import ANSWER_TIMEOUT_NS, CLOSED_KEPT, QUERY_DELAYS_NS
from messages import (
    Alert,
    CancelOrder,
    CrashActor,
    HaltTrading,
    OrderAccepted,
    OrderCanceled,
    OrderCancelRejected,
    OrderEvent,
    OrderExpired,
    OrderFilled,
    OrderNotFound,
    OrderRejected,
    OrderReplaced,
    OrderReplaceRejected,
    OrderReported,
    OrderStatus,
    OrderType,
    OrderUnknown,
    QueryOrder,
    ReplaceOrder,
    SignalKind,
    SubmitOrder,
    Symbol,
    TradingHalted,
    VenueConnected,
    VenueOrderId,
)
from tests.actors._trading import ABC, PORTFOLIO, SECOND_NS, START_NS, STRATEGY, Trading, only
from tests.messages._samples import FILL

TIMEOUT = ANSWER_TIMEOUT_NS // SECOND_NS


class Desk:
    """A portfolio with one order at a broker that answers only when the test does."""

    def __init__(self) -> None:
        self.trading = Trading(simulated=False)
        self.trading.quote(99.99, 100.01)
        effects = self.trading.want(
            10, order_type=OrderType.LIMIT, limit_price=99.0, kind=SignalKind.TARGET_QUANTITY
        )
        self.order: SubmitOrder = only(effects, SubmitOrder)[0]

    @property
    def status(self) -> OrderStatus:
        """As the venue's actor sees it."""
        status: OrderStatus = self.trading.venue.state.orders[self.order.client_order_id].status
        return status

    @property
    def books(self) -> OrderStatus:
        """As the portfolio sees it."""
        status: OrderStatus = self.trading.portfolio.state.orders[self.order.client_order_id].status
        return status

    def says(self, kind: type[OrderEvent], **terms: Any) -> list[Any]:
        """The broker says something of the order; what effects it had."""
        return self.trading.broker(
            kind(
                **{
                    "client_order_id": self.order.client_order_id,
                    "portfolio_id": PORTFOLIO,
                    "strategy_id": STRATEGY,
                    "symbol": ABC,
                    "time_ns": self.trading.now_ns,
                    **terms,
                }
            )
        )

    def fills(self, quantity: str, cumulative: str, execution: str) -> list[Any]:
        """The broker reports an execution."""
        terms = {name: getattr(FILL, name) for name in ("venue_order_id", "commission", "currency")}
        return self.says(
            OrderFilled,
            **terms,
            side=self.order.side,
            execution_id=execution,
            quantity=Decimal(quantity),
            price=Decimal("99.00"),
            cumulative_quantity=Decimal(cumulative),
        )

    def accepts(self) -> list[Any]:
        """The broker holds the order."""
        return self.says(OrderAccepted, venue_order_id=VenueOrderId("v1"))

    def cancels(self) -> list[Any]:
        """A person halts trading, so the order is canceled."""
        return only(self.trading.input(HaltTrading(self.trading.now_ns, "halt")), CancelOrder)

    def change(self, quantity: str) -> ReplaceOrder:
        """A command to change the order's quantity."""
        return ReplaceOrder(
            client_order_id=self.order.client_order_id,
            venue_id=self.order.venue_id,
            symbol=ABC,
            time_ns=START_NS,
            quantity=Decimal(quantity),
        )

    def silence(self) -> list[Any]:
        """Nobody says anything until the order is UNKNOWN."""
        return self.trading.wait(TIMEOUT)

    def query_times(self, until_seconds: int) -> list[int]:
        """When the broker was asked, in nanoseconds after the order was sent."""
        asked = self.trading.wait(until_seconds)
        return [query.time_ns - self.order.time_ns for query in only(asked, QueryOrder)]


def test_an_answer_in_time_ends_the_wait() -> None:
    desk = Desk()
    desk.trading.wait(TIMEOUT - 1)

    desk.accepts()

    assert only(desk.trading.wait(600), QueryOrder) == []
    assert (desk.status, desk.books) == (OrderStatus.ACCEPTED, OrderStatus.ACCEPTED)


def test_silence_makes_an_order_unknown_for_its_portfolio_too() -> None:
    desk = Desk()
    desk.trading.wait(TIMEOUT - 1)

    effects = desk.trading.wait(1)

    assert [type(effect) for effect in effects] == [OrderUnknown, QueryOrder]
    assert effects[0].reason == "no answer within 10 s"
    assert (desk.status, desk.books) == (OrderStatus.UNKNOWN, OrderStatus.UNKNOWN)


def test_an_unknown_order_is_asked_for_ever_more_seldom_until_the_longest_wait_repeats() -> None:
    desk = Desk()

    asked = desk.query_times(120)

    expected = [ANSWER_TIMEOUT_NS]
    for delay_ns in (*QUERY_DELAYS_NS, *QUERY_DELAYS_NS[-1:] * 3):
        expected.append(expected[-1] + delay_ns)
    assert asked == [time_ns for time_ns in expected if time_ns <= 120 * SECOND_NS]


def test_an_unknown_order_is_told_as_unknown_once() -> None:
    desk = Desk()

    effects = desk.trading.wait(120)

    assert len(only(effects, OrderUnknown)) == 1


@pytest.mark.parametrize(
    ("kind", "terms", "status"),
    [
        (OrderAccepted, {"venue_order_id": "v1"}, OrderStatus.ACCEPTED),
        (OrderRejected, {"reason": "no"}, OrderStatus.REJECTED),
        (OrderExpired, {}, OrderStatus.EXPIRED),
        (OrderCanceled, {}, OrderStatus.CANCELED),
    ],
)
def test_only_the_venues_word_ends_unknown_and_with_it_the_asking(
    kind: type[OrderEvent], terms: dict[str, Any], status: OrderStatus
) -> None:
    desk = Desk()
    desk.silence()

    desk.says(kind, **terms)

    assert desk.status is status
    assert only(desk.trading.wait(120), QueryOrder) == []


def test_once_or_twice_not_found_proves_nothing() -> None:
    desk = Desk()
    desk.silence()

    effects = desk.says(OrderNotFound) + desk.says(OrderNotFound)

    assert only(effects, SubmitOrder) == []
    assert (desk.status, desk.books) == (OrderStatus.UNKNOWN, OrderStatus.UNKNOWN)


def test_after_not_found_the_next_question_comes_soon_however_long_the_order_was_unknown() -> None:
    desk = Desk()
    desk.trading.wait(300)
    asked_ns = desk.trading.now_ns - desk.order.time_ns

    desk.says(OrderNotFound)

    assert desk.query_times(1) == [asked_ns + QUERY_DELAYS_NS[1]]


def test_the_third_not_found_sends_the_same_order_again_and_waits_for_its_answer() -> None:
    desk = Desk()
    desk.silence()
    desk.says(OrderNotFound)
    desk.says(OrderNotFound)

    effects = desk.says(OrderNotFound)
    again = desk.silence()

    assert effects == [desk.order]
    assert [type(effect) for effect in again] == [OrderUnknown, QueryOrder]
    assert desk.trading.venue.state.sent == 1


def test_not_found_is_not_believed_while_the_request_may_still_be_on_its_way() -> None:
    desk = Desk()
    desk.trading.wait(1)
    desk.cancels()

    for _ in range(4):
        desk.says(OrderNotFound)
    assert desk.status is OrderStatus.PENDING_CANCEL
    assert desk.query_times(TIMEOUT - 1) == [ANSWER_TIMEOUT_NS]
    desk.says(OrderNotFound)

    assert (desk.status, desk.books) == (OrderStatus.CANCELED, OrderStatus.CANCELED)


def test_not_found_is_not_believed_soon_after_a_new_connection_whatever_the_clock_says() -> None:
    desk = Desk()
    desk.trading.wait(300)
    connected = VenueConnected(venue_id=desk.order.venue_id, time_ns=desk.trading.now_ns)
    desk.trading.input(connected)

    early = [effect for _ in range(4) for effect in desk.says(OrderNotFound)]
    desk.trading.wait(TIMEOUT)
    late = desk.says(OrderNotFound)

    assert early == []
    assert [type(effect) for effect in late if not isinstance(effect, QueryOrder)] == [OrderNotFound]


def test_not_found_is_not_believed_while_what_was_sent_again_may_still_be_on_its_way() -> None:
    desk = Desk()
    desk.silence()
    for _ in range(3):
        desk.says(OrderNotFound)
    desk.cancels()

    for _ in range(4):
        desk.says(OrderNotFound)
    early = desk.status
    desk.trading.wait(TIMEOUT)
    desk.says(OrderNotFound)

    assert early is OrderStatus.PENDING_CANCEL
    assert (desk.status, desk.books) == (OrderStatus.CANCELED, OrderStatus.CANCELED)


def test_an_order_that_was_sent_again_and_fills_counts_once() -> None:
    desk = Desk()
    desk.silence()
    for _ in range(3):
        desk.says(OrderNotFound)

    for _ in range(2):  # both sendings arrived, or one answer came over two channels
        desk.fills("10", "10", "x1")

    assert desk.trading.held() == 10
    assert desk.status is OrderStatus.FILLED


def test_any_word_between_not_found_answers_starts_the_count_anew() -> None:
    desk = Desk()
    desk.silence()
    desk.says(OrderNotFound)
    desk.says(OrderNotFound)
    desk.accepts()

    effects = desk.says(OrderNotFound) + desk.says(OrderNotFound)

    assert only(effects, SubmitOrder) == []
    assert desk.status is OrderStatus.ACCEPTED


def test_an_order_that_has_filled_in_part_is_never_sent_again() -> None:
    desk = Desk()
    desk.fills("4", "4", "x1")

    effects = [effect for _ in range(6) for effect in desk.says(OrderNotFound)]

    assert only(effects, SubmitOrder) == []
    assert desk.trading.held() == 4


def test_an_order_that_is_not_found_but_was_to_be_canceled_is_over() -> None:
    desk = Desk()
    desk.silence()
    canceled = desk.cancels()

    effects = [effect for _ in range(3) for effect in desk.says(OrderNotFound)]

    assert len(canceled) == 1
    assert only(effects, SubmitOrder) == []
    assert (desk.status, desk.books) == (OrderStatus.CANCELED, OrderStatus.CANCELED)


def test_a_cancel_of_an_unknown_order_is_sent_and_the_order_stays_unknown_until_the_venue_tells() -> None:
    desk = Desk()
    desk.silence()

    sent = desk.cancels()
    unanswered = desk.status
    desk.says(OrderCanceled)

    assert len(sent) == 1
    assert unanswered is OrderStatus.UNKNOWN
    assert (desk.status, desk.books) == (OrderStatus.CANCELED, OrderStatus.CANCELED)


def test_a_cancel_that_nobody_answers_makes_the_order_unknown() -> None:
    desk = Desk()
    desk.accepts()
    desk.cancels()

    effects = desk.silence()

    assert [type(effect) for effect in effects] == [OrderUnknown, QueryOrder]


def test_a_cancel_that_is_refused_is_asked_about_because_the_order_has_probably_filled() -> None:
    desk = Desk()
    desk.accepts()
    desk.cancels()

    effects = desk.says(OrderCancelRejected, reason="already filled")

    assert len(only(effects, QueryOrder)) == 1


def test_a_fill_that_comes_after_the_cancel_is_booked() -> None:
    desk = Desk()
    desk.accepts()
    desk.cancels()
    desk.says(OrderCanceled)

    desk.fills("3", "3", "x1")

    assert desk.trading.held() == 3
    assert desk.status is OrderStatus.CANCELED


def test_a_gap_between_executions_is_asked_about_until_it_is_closed() -> None:
    desk = Desk()
    desk.accepts()

    gap = desk.fills("2", "6", "x2")
    closed = desk.fills("4", "4", "x1")

    assert len(only(gap, QueryOrder)) == 1
    assert only(closed, QueryOrder) == []
    assert desk.trading.held() == 6
    assert only(desk.trading.wait(120), QueryOrder) == []


def test_a_change_of_an_order_that_is_over_or_not_known_is_not_sent() -> None:
    desk = Desk()
    desk.says(OrderRejected, reason="no")
    unknown = msgspec.structs.replace(desk.change("5"), client_order_id="b00k-plan-99")

    assert [type(each) for each in desk.trading.broker(desk.change("5"))] == [OrderReplaceRejected]
    assert desk.trading.broker(unknown) == []


def test_a_replace_is_sent_and_its_answer_told() -> None:
    desk = Desk()
    desk.accepts()

    sent = desk.trading.broker(desk.change("7"))
    waiting = desk.status
    desk.says(OrderReplaced, quantity=Decimal(7), limit_price=Decimal("99.00"))

    assert sent == [desk.change("7")]
    assert (waiting, desk.status) == (OrderStatus.PENDING_REPLACE, OrderStatus.ACCEPTED)
    assert desk.trading.venue.state.orders[desk.order.client_order_id].quantity == 7
    asked = only(desk.trading.wait(120), QueryOrder)
    assert desk.order.client_order_id not in {query.client_order_id for query in asked}


def test_an_event_of_no_order_of_ours_is_told_to_a_person_and_counted() -> None:
    desk = Desk()

    effects = desk.says(OrderAccepted, client_order_id="else-plan-1", venue_order_id="v9")

    assert [alert.text for alert in only(effects, Alert)] == [
        "the venue told OrderAccepted of else-plan-1, which is no order of ours"
    ]
    assert desk.trading.venue.state.stray_events == 1


def test_what_an_actor_of_a_venue_cannot_handle_halts_the_symbol() -> None:
    desk = Desk()
    handle = desk.trading.venue.on_receive

    def stumbling(message: Any) -> None:
        handle(message)
        assert not isinstance(message, OrderAccepted), "stumbled"

    desk.trading.venue.__dict__["on_receive"] = stumbling

    effects = desk.accepts()

    assert [halt.reason for halt in only(effects, TradingHalted)] == [
        "OrderAccepted of b00k-plan-1 could not be handled"
    ]
    assert desk.trading.portfolio.state.halted_symbols[Symbol("ABC")]


def test_a_refused_order_that_works_after_all_is_looked_at_twice_and_canceled() -> None:
    desk = Desk()
    desk.says(OrderRejected, reason="no")

    asked = desk.says(OrderAccepted, venue_order_id="v1")
    works = {
        "venue_order_id": "v1",
        "status": OrderStatus.ACCEPTED,
        "quantity": Decimal(10),
        "filled_quantity": Decimal(0),
    }
    asked_again = desk.says(OrderReported, **works)
    canceled = desk.says(OrderReported, **works)

    assert [len(only(each, QueryOrder)) for each in (asked, asked_again, canceled)] == [1, 1, 0]
    assert [len(only(each, CancelOrder)) for each in (asked, asked_again, canceled)] == [0, 0, 1]


def test_only_the_latest_closed_orders_are_remembered() -> None:
    desk = Desk()
    for number in range(2, CLOSED_KEPT + 4):
        copy = msgspec.structs.replace(desk.order, client_order_id=f"b00k-plan-{number}")
        desk.trading.broker(copy)
        desk.says(OrderRejected, client_order_id=copy.client_order_id, reason="no")

    state = desk.trading.venue.state
    assert len(state.closed) == CLOSED_KEPT
    assert len(state.orders) == CLOSED_KEPT + 1
    assert "b00k-plan-2" not in state.orders


def test_an_order_is_never_taken_twice() -> None:
    desk = Desk()

    desk.trading.broker(desk.order)

    assert desk.trading.kernel.dead_letters[0].error == "AssertionError: b00k-plan-1 was submitted twice"
    assert desk.trading.venue.state.sent == 1


def test_a_crash_in_the_middle_of_unknown_changes_nothing() -> None:
    def asked(*, crashing: bool) -> tuple[list[int], Any]:
        desk = Desk()
        desk.silence()
        if crashing:
            desk.trading.input(CrashActor("venue/paper"))
        return desk.query_times(60), desk.trading.venue.state

    assert asked(crashing=True) == asked(crashing=False)
