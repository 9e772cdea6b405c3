"""An order, or a word about one, that an actor cannot handle is not lost in silence."""

from __future__ import annotations

from decimal import Decimal

import pytest

from actors.kernel.actor import ActorStatus
from messages import (
    AcceptDifference,
    AccountDiffers,
    BooksAdjusted,
    CancelOrder,
    HaltTrading,
    MessageParked,
    OrderAccepted,
    OrderCanceled,
    OrderCancelRejected,
    OrderFilled,
    OrderNotFound,
    OrderRejected,
    OrderReported,
    OrderStatus,
    OrderType,
    OrderUnknown,
    ReleaseTrading,
    Side,
    SubmitOrder,
    Told,
    TradingHalted,
    VenueOrderId,
)
from tests.actors._trading import ABC, PORTFOLIO, Trading, only
from tests.actors.test_halts_at_a_broker import about, fill, persons_limit_order, trading_at_a_broker
from tests.actors.test_nothing_is_forgotten import account, failing, holding_ten, with_a_limit


@pytest.mark.parametrize("name", ["venue/paper", "exchange/paper"])
def test_an_order_that_could_not_be_handled_halts_its_symbol(name: str) -> None:
    trading = Trading()
    with failing(trading.kernel.actors[name], SubmitOrder):
        trading.quote(99.9, 100.1)
        trading.want(10)
        trading.wait(5)

    halted = only([each.message for each in trading.effects], TradingHalted)
    assert [each.symbol for each in halted] == [ABC]
    assert trading.portfolio.state.halted_symbols


@pytest.mark.parametrize("status", [OrderStatus.ACCEPTED, OrderStatus.UNKNOWN])
def test_an_order_whose_end_its_portfolio_could_not_handle_is_over_in_the_end(status: OrderStatus) -> None:
    trading = holding_ten()
    entry = with_a_limit(trading, 20)
    if status is OrderStatus.UNKNOWN:
        trading.broker(OrderUnknown(**about(entry, trading.now_ns), reason="no answer"))
    with failing(trading.portfolio, OrderCanceled):
        trading.broker(OrderCanceled(**about(entry, trading.now_ns), reason="by the broker"))
        trading.wait(1)
    order = trading.portfolio.state.orders[entry.client_order_id]
    trading.wait(50)
    account(trading, (ABC, "10"), cash="0")
    early = order.status

    trading.wait(20)
    account(trading, (ABC, "10"), cash="0")

    assert (early, order.status) == (status, OrderStatus.CANCELED)


def test_an_end_that_cannot_be_handled_is_asked_for_once_in_ten_minutes() -> None:
    trading = holding_ten()
    entry = with_a_limit(trading, 20)
    with failing(trading.portfolio, OrderCanceled | OrderReported):
        trading.broker(OrderCanceled(**about(entry, trading.now_ns), reason="by the broker"))
        failed = []
        for _ in range(10):
            trading.wait(70)
            account(trading, (ABC, "10"), cash=str(trading.portfolio.state.books.account.cash))
            trading.wait(5)
            failed.append(len(only([each.message for each in trading.effects], MessageParked)))

    assert failed == [2, 2, 2, 2, 2, 2, 2, 2, 3, 3]


def test_what_was_not_heard_of_is_asked_for_one_by_one() -> None:
    trading = holding_ten()
    cash = str(trading.portfolio.state.books.account.cash)
    entries = [with_a_limit(trading, 20), *only(trading.input(persons_limit_order(trading)), SubmitOrder)]
    with failing(trading.portfolio, OrderCanceled):
        for entry in entries:
            trading.broker(OrderCanceled(**about(entry, trading.now_ns), reason="by the broker"))
        trading.wait(1)
    over: list[int] = []
    for _ in range(3):
        trading.wait(61 if not over else 1)
        account(trading, (ABC, "10"), cash=cash)
        over.append(sum(not trading.portfolio.state.orders[each.client_order_id].is_open for each in entries))

    assert over == [1, 2, 2]


def test_a_broker_that_was_silent_when_it_was_asked_is_no_reason_to_ask_no_more() -> None:
    trading = holding_ten()
    (entry,) = only(trading.want(20, order_type=OrderType.LIMIT, limit_price=99.0), SubmitOrder)
    cash = str(trading.portfolio.state.books.account.cash)
    trading.wait(75)
    account(trading, (ABC, "10"), cash=cash)
    was_asked_about = [*trading.portfolio.state.link.ask_from_ns]
    with failing(trading.portfolio, OrderReported):
        trading.broker(works(entry, trading.now_ns))
        trading.wait(1)
    order = trading.portfolio.state.orders[entry.client_order_id]
    early = order.status

    trading.wait(700)
    account(trading, (ABC, "10"), cash=cash, working=(entry.client_order_id,))

    assert was_asked_about == [entry.client_order_id]
    assert (early, order.status) == (OrderStatus.UNKNOWN, OrderStatus.ACCEPTED)


def test_an_entry_that_executes_in_a_halt_is_canceled_though_it_was_missed_that_the_first_cancel_was_lost() -> None:
    trading = holding_ten()
    entry = with_a_limit(trading, 20)
    trading.input(HaltTrading(trading.now_ns, "stop"))
    with failing(trading.portfolio, OrderUnknown):
        trading.broker(OrderUnknown(**about(entry, trading.now_ns), reason="no answer"))
        trading.broker(works(entry, trading.now_ns))
        trading.wait(1)
    trading.wait(70)
    fill(trading, entry, 5)

    told = account(trading, (ABC, "15"), cash="0", working=(entry.client_order_id,))

    assert [each.client_order_id for each in only(told, CancelOrder)] == [entry.client_order_id]


def test_an_order_is_not_in_doubt_by_what_was_missed_before_its_cancel_was_asked_for() -> None:
    trading = holding_ten()
    entry = with_a_limit(trading, 20)
    with failing(trading.portfolio, OrderUnknown):
        trading.broker(OrderUnknown(**about(entry, trading.now_ns), reason="no answer"))
        trading.broker(works(entry, trading.now_ns))
        trading.wait(1)
    trading.wait(70)
    trading.input(HaltTrading(trading.now_ns, "stop"))
    order = trading.portfolio.state.orders[entry.client_order_id]
    seen = []
    for seconds in (0, 61):
        trading.wait(seconds)
        account(trading, (ABC, "10"), cash="0", working=(entry.client_order_id,))
        seen.append(order.status)

    assert seen == [OrderStatus.PENDING_CANCEL, OrderStatus.UNKNOWN]


def test_an_order_of_which_the_books_lack_an_execution_is_asked_for_until_that_is_booked_and_then_canceled() -> (
    None
):
    trading = holding_ten()
    entry = with_a_limit(trading, 20)
    trading.input(HaltTrading(trading.now_ns, "stop"))
    with failing(trading.portfolio, OrderFilled):
        fill(trading, entry, 5)
        trading.wait(1)
    trading.broker(OrderUnknown(**about(entry, trading.now_ns), reason="no answer"))
    trading.broker(works(entry, trading.now_ns, filled=5))
    order = trading.portfolio.state.orders[entry.client_order_id]
    (letter,) = only([each.message for each in trading.effects], MessageParked)
    seen = []
    for _ in range(2):
        trading.wait(61)
        account(trading, (ABC, "15"), cash="0", working=(entry.client_order_id,))
        seen.append(order.status)
        trading.input(Told(letter.actor, letter.message))

    assert seen == [OrderStatus.UNKNOWN, OrderStatus.PENDING_CANCEL]


def test_a_cancel_is_sent_again_once_it_is_heard_that_the_answer_to_the_first_was_lost_here() -> None:
    trading = holding_ten()
    entry = with_a_limit(trading, 20)
    trading.input(HaltTrading(trading.now_ns, "stop"))
    with failing(trading.portfolio, OrderCancelRejected):
        trading.broker(OrderCancelRejected(**about(entry, trading.now_ns), reason="busy"))
        trading.broker(works(entry, trading.now_ns))
        trading.wait(1)
    early = trading.portfolio.state.orders[entry.client_order_id].status
    trading.wait(70)

    told = account(trading, (ABC, "10"), cash="0", working=(entry.client_order_id,))

    assert early is OrderStatus.PENDING_CANCEL
    assert [each.client_order_id for each in only(told, CancelOrder)] == [entry.client_order_id]


def test_an_execution_that_was_set_aside_is_a_difference_while_its_order_works() -> None:
    trading = holding_ten()
    (entry,) = only(trading.want(20, order_type=OrderType.LIMIT, limit_price=99.0), SubmitOrder)
    trading.wait(10)  # nobody answers: it is unknown
    with failing(trading.portfolio, OrderFilled):
        fill(trading, entry, 4)
        trading.broker(works(entry, trading.now_ns, filled=4))
        trading.wait(1)
    told = []
    for _ in range(60):
        trading.wait(2)
        told += account(trading, (ABC, "14"), cash="0", working=(entry.client_order_id,))
    accepted = trading.input(
        AcceptDifference(portfolio_id=PORTFOLIO, time_ns=trading.now_ns, reason="the broker is right")
    )

    assert {(each.ours, each.theirs) for each in only(told, AccountDiffers) if each.symbol == ABC} == {(10, 14)}
    assert [each.amount for each in only(accepted, BooksAdjusted) if each.symbol == ABC] == [4]


def test_an_order_that_was_refused_here_does_not_leave_when_its_letter_is_given_once_more() -> None:
    trading = trading_at_a_broker()
    with failing(trading.venue, SubmitOrder):
        trading.want(10)
        trading.wait(1)
    (letter,) = only([each.message for each in trading.effects], MessageParked)

    again = trading.input(Told(letter.actor, letter.message))

    assert only(again, SubmitOrder) == only(again, MessageParked) == []


def test_an_entry_that_has_waited_for_longer_than_a_minute_does_not_leave() -> None:
    trading = trading_at_a_broker()
    trading.kernel.failures.hold(trading.venue, ActorStatus.BACKING_OFF)
    trading.want(10)
    trading.quote(99.9, 100.1, after=61)

    trading.kernel.failures.resume(trading.venue)
    effects = trading.pass_time()

    assert only(effects, SubmitOrder) == []
    assert [each.reason for each in only(effects, OrderRejected)] == ["it has waited too long to leave"]


def works(order: SubmitOrder, time_ns: int, *, filled: int = 0) -> OrderReported:
    """The broker says that the order works."""
    return OrderReported(
        **about(order, time_ns),
        venue_order_id=VenueOrderId("v"),
        status=OrderStatus.ACCEPTED,
        quantity=order.quantity,
        filled_quantity=Decimal(filled),
        limit_price=order.limit_price,
        asked_ns=time_ns,
    )


def test_an_order_that_works_and_of_which_its_portfolio_could_not_handle_that_works_there_in_the_end() -> None:
    trading = holding_ten()
    (entry,) = only(trading.want(20, order_type=OrderType.LIMIT, limit_price=99.0), SubmitOrder)
    with failing(trading.portfolio, OrderAccepted):
        trading.broker(OrderAccepted(**about(entry, trading.now_ns), venue_order_id=VenueOrderId("v")))
        trading.wait(1)
    order, cash = trading.portfolio.state.orders[entry.client_order_id], trading.portfolio.state.books.account.cash
    early = order.status
    trading.wait(70)

    account(trading, (ABC, "10"), cash=str(cash), working=(entry.client_order_id,))

    assert (early, order.status) == (OrderStatus.SUBMITTED, OrderStatus.ACCEPTED)


def test_an_order_that_never_left_is_over_for_a_portfolio_that_could_not_handle_its_refusal() -> None:
    trading = trading_at_a_broker()
    trading.kernel.failures.hold(trading.venue, ActorStatus.BACKING_OFF)
    trading.want(10)
    trading.input(HaltTrading(trading.now_ns, "stop"))
    with failing(trading.portfolio, OrderRejected):
        trading.kernel.failures.resume(trading.venue)
        trading.wait(1)
    (order,) = trading.portfolio.state.orders.values()
    early = order.status
    trading.wait(70)

    account(trading, cash=str(trading.portfolio.state.books.account.cash))

    assert (early, order.status) == (OrderStatus.PENDING_CANCEL, OrderStatus.REJECTED)


def test_an_order_that_was_not_found_may_turn_up_though_that_was_set_aside_first() -> None:
    trading = trading_at_a_broker()
    (entry,) = only(trading.want(10, order_type=OrderType.LIMIT, limit_price=99.0), SubmitOrder)
    with failing(trading.portfolio, OrderNotFound):
        trading.want(0)
        for _ in range(6):
            trading.wait(11)
            trading.broker(OrderNotFound(**about(entry, trading.now_ns)))
        trading.wait(2)
    trading.wait(70)
    account(trading, cash="100000")
    order = trading.portfolio.state.orders[entry.client_order_id]
    told = (order.status, order.was_not_found)

    trading.broker(OrderAccepted(**about(entry, trading.now_ns), venue_order_id=VenueOrderId("v")))

    assert told == (OrderStatus.CANCELED, True)
    assert order.is_open


def test_nothing_is_done_in_a_symbol_of_which_an_execution_could_not_be_booked_until_a_release() -> None:
    trading = holding_ten()
    (exit_,) = only(trading.want(0), SubmitOrder)
    with failing(trading.portfolio, OrderFilled):
        fill(trading, exit_, 10)
        trading.wait(1)
    trading.second += 1

    shut = trading.want(5, protective_stop_price=90.0) + trading.input(
        HaltTrading(trading.now_ns, "stop", flatten=True)
    )
    trading.broker(OrderCanceled(**about(exit_, trading.now_ns), reason="over"))
    trading.input(ReleaseTrading(trading.now_ns, "looked"))
    trading.second += 1
    released = trading.want(5)

    assert only(shut, SubmitOrder) == []
    assert [(order.side, order.quantity) for order in only(released, SubmitOrder)] == [(Side.SELL, 5)]
