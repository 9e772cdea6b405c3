"""What must not be forgotten at a broker, whatever fails or crosses on its way: halts, cancels, connections."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest

from actors.kernel import CoreThread
from actors.kernel.actor import Actor, ActorStatus
from actors.venue import RESEND_MAX_AGE_NS
from messages import (
    SECOND_NS,
    AcceptDifference,
    AccountReported,
    CancelOrder,
    ClientOrderId,
    CommandRefused,
    CrashActor,
    ExecutionId,
    HaltTrading,
    HeldPosition,
    OrderAccepted,
    OrderCanceled,
    OrderCancelRejected,
    OrderFillBusted,
    OrderNotFound,
    OrderRejected,
    OrderReplaceRejected,
    OrderReported,
    OrderStatus,
    OrderType,
    QuarantineActor,
    QueryOrder,
    ReleaseTrading,
    ReplaceOrder,
    RequestCancel,
    RestartActor,
    Side,
    SubmitOrder,
    Symbol,
    Told,
    VenueConnected,
    VenueDisconnected,
    VenueOrderId,
    encode,
)
from tests.actors._trading import ABC, PAPER, PORTFOLIO, STRATEGY, Trading, only
from tests.actors.test_account_link import report
from tests.actors.test_halts_at_a_broker import about, fill, persons_limit_order, trading_at_a_broker
from tests.actors.test_venue import Desk

XYZ = Symbol("XYZ")
PRICED: dict[str, Any] = {"price": Decimal(10), "commission": Decimal(0)}


@contextmanager
def failing(actor: Actor, kind: Any) -> Iterator[None]:
    """The actor fails at every message of that kind."""
    handle = type(actor).on_receive

    def receive(message: Any) -> Any:
        if isinstance(message, kind):
            raise RuntimeError("cannot")
        return handle(actor, message)

    actor.__dict__["on_receive"] = receive
    yield
    del actor.__dict__["on_receive"]


@contextmanager
def held(trading: Trading, actor: Actor) -> Iterator[None]:
    """The actor waits for its restart; then it goes on."""
    trading.kernel.failures.hold(actor, ActorStatus.BACKING_OFF)
    yield
    with CoreThread(trading.kernel):
        trading.kernel.failures.resume(actor)
    trading.pass_time()


def holding_ten() -> Trading:
    """A portfolio at a broker that holds 10."""
    trading = trading_at_a_broker()
    (entry,) = only(trading.want(10), SubmitOrder)
    fill(trading, entry, 10)
    trading.second += 1
    return trading


def with_a_limit(trading: Trading, quantity: float = 10) -> SubmitOrder:
    """A limit order that the broker has accepted."""
    entry: SubmitOrder
    (entry,) = only(trading.want(quantity, order_type=OrderType.LIMIT, limit_price=99.0), SubmitOrder)
    trading.broker(OrderAccepted(**about(entry, trading.now_ns), venue_order_id=VenueOrderId("v")))
    return entry


def with_a_persons_entry_that_is_not_found() -> tuple[Trading, SubmitOrder]:
    """It is too old to be sent again, and over."""
    trading = trading_at_a_broker()
    entry: SubmitOrder
    (entry,) = only(trading.input(persons_limit_order(trading)), SubmitOrder)
    trading.wait(RESEND_MAX_AGE_NS // SECOND_NS + 1)
    for _ in range(4):
        trading.broker(OrderNotFound(**about(entry, trading.now_ns)))
        trading.wait(11)
    return trading, entry


def account(
    trading: Trading, *positions: tuple[Symbol, str], cash: str, working: tuple[ClientOrderId, ...] = ()
) -> list[Any]:
    """What the account holds, and which orders work in it."""
    trading.second += 1
    return trading.input(
        AccountReported(
            venue_id=PAPER,
            portfolio_id=PORTFOLIO,
            time_ns=trading.now_ns,
            venue_time_ns=trading.now_ns,
            cash=Decimal(cash),
            positions=tuple(HeldPosition(symbol, Decimal(quantity)) for symbol, quantity in positions),
            open_orders=working,
        )
    )


def working(desk: Desk, *, filled: int = 0) -> list[Any]:
    """The venue reports that the order works."""
    return desk.says(
        OrderReported,
        venue_order_id=VenueOrderId("v1"),
        status=OrderStatus.ACCEPTED,
        quantity=Decimal(10),
        filled_quantity=Decimal(filled),
        limit_price=Decimal("99.00"),
    )


def test_a_signal_does_not_take_back_the_exit_of_a_flatten() -> None:
    trading = holding_ten()
    (leaving,) = only(trading.input(HaltTrading(trading.now_ns, "stop", flatten=True)), SubmitOrder)
    trading.broker(OrderAccepted(**about(leaving, trading.now_ns), venue_order_id=VenueOrderId("v")))

    assert only(trading.want(10), CancelOrder) == []


def test_a_flatten_that_waits_for_the_account_is_done_whatever_is_signalled_meanwhile() -> None:
    trading = holding_ten()
    trading.input(VenueDisconnected(venue_id=PAPER, time_ns=trading.now_ns, reason="gone"))
    trading.input(HaltTrading(trading.now_ns, "stop", flatten=True))
    trading.want(10)
    trading.input(VenueConnected(venue_id=PAPER, time_ns=trading.now_ns))

    sent = report(trading, quantity="10", cash=str(trading.portfolio.state.books.account.cash))

    assert [order.quantity for order in only(sent, SubmitOrder)] == [10]


def test_only_what_was_told_again_and_again_is_accepted() -> None:
    trading = trading_at_a_broker()
    (entry,) = only(trading.want(10), SubmitOrder)
    for _ in range(3):
        account(trading, (XYZ, "5"), cash="100000")
    account(trading, (XYZ, "5"), (ABC, "10"), cash="99000")  # the word of its execution is on the way

    trading.input(AcceptDifference(portfolio_id=PORTFOLIO, time_ns=trading.now_ns, reason="mine"))
    sent = fill(trading, entry, 10)

    assert trading.held() == 10
    assert only(sent, SubmitOrder) == []


@pytest.mark.parametrize("plays", [True, False], ids=["while it plays", "while it is kept out"])
def test_a_strategy_is_told_what_was_gone_of_its_position_when_a_difference_is_accepted(plays: bool) -> None:
    trading = holding_ten()
    for _ in range(3):
        account(trading, (ABC, "4"), cash=str(trading.portfolio.state.books.account.cash))
    if not plays:
        trading.input(QuarantineActor(trading.strategy.actor_urn, "look"))

    trading.input(AcceptDifference(portfolio_id=PORTFOLIO, time_ns=trading.now_ns, reason="a person sold six"))
    trading.input(RestartActor(trading.strategy.actor_urn))
    trading.input(CrashActor(trading.strategy.actor_urn))

    assert trading.portfolio.standing.held(STRATEGY, ABC) == 4
    assert trading.strategy.strategy.context.position(ABC) == 4.0


def test_what_differs_for_the_first_time_is_not_accepted() -> None:
    trading = trading_at_a_broker()
    account(trading, (XYZ, "5"), cash="100000")

    told = trading.input(AcceptDifference(portfolio_id=PORTFOLIO, time_ns=trading.now_ns, reason="mine"))

    assert [each.reason for each in only(told, CommandRefused)] == ["they differ, but not for long enough yet"]


def test_an_entry_that_turns_up_after_it_was_to_be_canceled_is_canceled() -> None:
    desk = Desk()
    desk.cancels()
    for _ in range(6):
        desk.trading.wait(11)
        desk.says(OrderNotFound)
    assert desk.status is OrderStatus.CANCELED

    assert len(only(desk.accepts(), CancelOrder)) == 1


def test_a_persons_entry_that_turns_up_in_a_halt_is_canceled() -> None:
    trading, entry = with_a_persons_entry_that_is_not_found()
    was_over = not trading.portfolio.state.orders[entry.client_order_id].is_open
    trading.input(HaltTrading(trading.now_ns, "stop", flatten=True))

    told = trading.broker(OrderAccepted(**about(entry, trading.now_ns), venue_order_id=VenueOrderId("v")))
    fill(trading, entry, 4)
    sold = trading.broker(OrderCanceled(**about(entry, trading.now_ns), reason="requested"))

    assert was_over
    assert [(each.side, each.quantity) for each in only(sold, SubmitOrder)] == [(Side.SELL, 4)]
    assert [each.client_order_id for each in only(told, CancelOrder)] == [entry.client_order_id]


def test_a_persons_entry_that_turns_up_in_a_halt_that_closes_nothing_is_canceled_too() -> None:
    trading, entry = with_a_persons_entry_that_is_not_found()
    trading.input(HaltTrading(trading.now_ns, "stop"))

    told = trading.broker(OrderAccepted(**about(entry, trading.now_ns), venue_order_id=VenueOrderId("v")))

    assert [each.client_order_id for each in only(told, CancelOrder)] == [entry.client_order_id]


@pytest.mark.parametrize("name", ["portfolio/main", "router"])
def test_a_connection_is_not_lost_by_who_fails_at_it(name: str) -> None:
    trading = trading_at_a_broker()
    trading.input(VenueDisconnected(venue_id=PAPER, time_ns=trading.now_ns, reason="gone"))
    trading.second += 1

    with failing(trading.kernel.actors[name], VenueConnected):
        trading.input(VenueConnected(venue_id=PAPER, time_ns=trading.now_ns))
        trading.wait(60)
    report(trading)

    assert trading.portfolio.link.hold == ""


def test_connections_keep_their_order_ahead_of_mail_that_waits() -> None:
    trading = trading_at_a_broker()
    with_a_limit(trading)
    with held(trading, trading.portfolio):
        for message in (
            VenueDisconnected(venue_id=PAPER, time_ns=trading.now_ns, reason="gone"),
            VenueConnected(venue_id=PAPER, time_ns=trading.now_ns),
            VenueDisconnected(venue_id=PAPER, time_ns=trading.now_ns, reason="gone again"),
        ):
            trading.input(message)

    assert trading.portfolio.link.hold == "the venue is not connected: gone again"
    assert len(only(trading.wait(31), CancelOrder)) == 1


def test_a_report_of_before_the_connection_lets_nothing_go() -> None:
    trading = trading_at_a_broker()
    with held(trading, trading.portfolio):
        account(trading, cash="100000")
        trading.second += 1
        trading.input(VenueDisconnected(venue_id=PAPER, time_ns=trading.now_ns, reason="gone"))
        trading.input(VenueConnected(venue_id=PAPER, time_ns=trading.now_ns))

    assert trading.portfolio.link.hold == "books and venue are being compared"


def test_a_connection_of_long_ago_is_not_told_once_more() -> None:
    trading = trading_at_a_broker()
    gone = VenueDisconnected(venue_id=PAPER, time_ns=trading.now_ns, reason="gone")

    told = trading.input(Told("portfolio/main", encode(gone)))

    assert len(only(told, CommandRefused)) == 1
    assert trading.portfolio.link.hold == ""


def test_a_cancel_that_the_venues_actor_cannot_handle_is_asked_for_again() -> None:
    desk = Desk()
    desk.accepts()
    with failing(desk.trading.venue, CancelOrder):
        desk.trading.input(HaltTrading(desk.trading.now_ns, "stop"))
        desk.trading.wait(1)

    desk.fills("3", "3", "x1")
    assert len(only(working(desk, filled=3), CancelOrder)) == 1


def test_a_replace_that_is_refused_is_asked_about_so_that_no_portfolio_stays_in_doubt() -> None:
    desk = Desk()
    desk.accepts()
    desk.trading.broker(desk.change("20"))

    told = desk.says(OrderReplaceRejected, reason="no")

    assert len(only(told, ReplaceOrder)) == 0
    assert desk.trading.venue.state.queries


def test_a_cancel_of_what_is_over_is_answered_with_its_end() -> None:
    trading = holding_ten()
    entry = with_a_limit(trading, 20)
    with failing(trading.portfolio, OrderCanceled):
        trading.broker(OrderCanceled(**about(entry, trading.now_ns), reason="by the broker"))
        trading.wait(1)

    sent = trading.input(HaltTrading(trading.now_ns, "stop", flatten=True)) + trading.wait(1)

    assert trading.portfolio.state.orders[entry.client_order_id].status is OrderStatus.CANCELED
    assert [order.quantity for order in only(sent, SubmitOrder)] == [10]


def test_an_order_of_before_the_last_halt_does_not_leave_for_that_its_portfolio_obeyed_the_one_before() -> None:
    trading = trading_at_a_broker()
    before = len(only([each.message for each in trading.effects], SubmitOrder))
    with held(trading, trading.venue):
        trading.input(HaltTrading(trading.now_ns, "one"))
        trading.input(ReleaseTrading(trading.now_ns, "go on"))
        trading.second += 1
        trading.want(10)
        trading.second += 1
        trading.input(HaltTrading(trading.now_ns, "two"))

    assert len(only([each.message for each in trading.effects], SubmitOrder)) == before


@pytest.mark.parametrize("is_refused", [False, True])
def test_a_persons_cancel_is_asked_for_until_it_is_done(is_refused: bool) -> None:
    desk = Desk()
    desk.accepts()
    wanted = RequestCancel(
        portfolio_id=PORTFOLIO,
        client_order_id=desk.order.client_order_id,
        time_ns=desk.trading.now_ns,
        reason="no",
    )
    assert len(only(desk.trading.input(wanted), CancelOrder)) == 1
    if is_refused:
        desk.says(OrderCancelRejected, reason="too many requests")
    else:
        desk.trading.wait(11)

    assert len(only(working(desk) + desk.trading.wait(11), CancelOrder)) == 1


def test_a_venue_that_refuses_every_cancel_is_not_flooded() -> None:
    desk = Desk()
    desk.accepts()
    desk.trading.input(HaltTrading(desk.trading.now_ns, "stop"))

    asked = []
    for _ in range(20):
        asked += desk.says(OrderCancelRejected, reason="auction") + working(desk) + desk.trading.wait(1)

    assert len(only(asked, CancelOrder)) == 2


def test_a_halt_closes_nothing_any_more_once_its_exit_was_refused_and_signals_count_again() -> None:
    trading = holding_ten()
    (leaving,) = only(trading.input(HaltTrading(trading.now_ns, "stop", flatten=True)), SubmitOrder)
    trading.broker(OrderRejected(**about(leaving, trading.now_ns), reason="no"))
    trading.wait(60)
    trading.quote(99.9, 100.1)

    assert [order.quantity for order in only(trading.want(0), SubmitOrder)] == [10]


def test_an_end_that_is_told_again_says_nothing_of_what_is_wanted_now() -> None:
    trading = holding_ten()
    entry = with_a_limit(trading, 20)
    with held(trading, trading.portfolio):
        fill(trading, entry, 10)
        trading.input(HaltTrading(trading.now_ns, "stop", flatten=True))

    target = trading.portfolio.standing.plot(entry.strategy_id, ABC).target
    assert target is not None
    assert not target.is_denied


def test_a_halt_that_a_portfolio_fails_at_cancels_what_works_all_the_same() -> None:
    trading = trading_at_a_broker()
    with_a_limit(trading)
    with failing(trading.portfolio, HaltTrading):
        told = trading.input(HaltTrading(trading.now_ns, "stop")) + trading.wait(1)

    assert trading.portfolio.state.entries_blocked == "stop"
    assert len(only(told, CancelOrder)) == 1


def test_a_late_answer_that_an_order_is_not_found_is_of_its_question_and_no_proof() -> None:
    desk = Desk()
    desk.trading.wait(11)
    asked_ns = desk.order.time_ns + 9_000_000_000

    for _ in range(4):
        desk.says(OrderNotFound, asked_ns=asked_ns)

    assert desk.status is OrderStatus.UNKNOWN
    assert only(desk.trading.wait(1), QueryOrder)


@pytest.mark.parametrize("was_held", [True, False])
def test_what_is_over_is_asked_for_until_it_is_told_unless_the_venue_never_held_it(was_held: bool) -> None:
    desk = Desk()
    if was_held:
        desk.fills("10", "10", "x1")
        desk.says(OrderFillBusted, execution_id=ExecutionId("x1"), side=Side.BUY, quantity=Decimal(10), **PRICED)
    else:
        desk.says(OrderCancelRejected, reason="no")
        desk.cancels()
        desk.says(OrderCancelRejected, reason="no")
        desk.says(OrderRejected, reason="no")
    for _ in range(3):
        desk.says(OrderNotFound)

    assert bool(desk.trading.venue.state.queries) is was_held


def test_an_exit_is_canceled_in_a_halt_once_what_it_was_to_close_is_gone() -> None:
    trading = holding_ten()
    trading.input(HaltTrading(trading.now_ns, "stop"))
    leaving = with_a_limit(trading, -10)
    cash = str(trading.portfolio.state.books.account.cash)
    told = [message for _ in range(3) for message in account(trading, cash=cash)]
    assert only(told, CancelOrder) == []

    told = trading.input(AcceptDifference(portfolio_id=PORTFOLIO, time_ns=trading.now_ns, reason="sold by hand"))

    assert [each.client_order_id for each in only(told, CancelOrder)] == [leaving.client_order_id]


def test_what_is_asked_at_a_connection_counts_though_the_gateway_is_ahead_of_the_core() -> None:
    trading = trading_at_a_broker()
    trading.input(VenueDisconnected(venue_id=PAPER, time_ns=trading.now_ns, reason="gone"))
    trading.input(VenueConnected(venue_id=PAPER, time_ns=trading.now_ns + 1_000_000))

    trading.input(
        AccountReported(
            venue_id=PAPER,
            portfolio_id=PORTFOLIO,
            time_ns=trading.now_ns + 2_000_000,
            venue_time_ns=trading.now_ns + 1_000_000,
            cash=Decimal(100_000),
            positions=(),
            open_orders=(),
            asked_ns=trading.now_ns,
        )
    )

    assert trading.portfolio.link.hold == ""
