"""What is to be closed is closed, and what is held is guarded, whatever becomes of the orders of before."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from messages import (
    Alert,
    AlertLevel,
    CancelOrder,
    ClosePositions,
    CommandRefused,
    ExecutionId,
    HaltTrading,
    OrderAccepted,
    OrderCanceled,
    OrderCancelRejected,
    OrderExpired,
    OrderFillBusted,
    OrderFillCorrected,
    OrderRejected,
    OrderReported,
    OrderStatus,
    OrderType,
    PauseStrategy,
    ReleaseTrading,
    RequestCancel,
    Side,
    StrategyQuarantined,
    SubmitOrder,
    UndeployStrategy,
    VenueOrderId,
)
from tests.actors._trading import PORTFOLIO, Trading, only
from tests.actors.test_account_link import connected, report
from tests.actors.test_halts_at_a_broker import (
    about,
    fill,
    persons_limit_order,
    persons_market_order,
    trading_at_a_broker,
)
from tests.actors.test_nothing_is_forgotten import holding_ten

PRICED: dict[str, Any] = {"price": Decimal(100), "commission": Decimal(0)}


def accept(trading: Trading, order: SubmitOrder) -> list[Any]:
    return trading.broker(OrderAccepted(**about(order, trading.now_ns), venue_order_id=VenueOrderId("v")))


def cancel(trading: Trading, order: SubmitOrder) -> list[Any]:
    return trading.broker(OrderCanceled(**about(order, trading.now_ns), reason=""))


def flatten(trading: Trading) -> list[Any]:
    """A person halts and wants everything closed, some seconds later."""
    trading.second += 5
    return trading.input(HaltTrading(trading.now_ns, "kill", flatten=True))


def sold(effects: list[Any]) -> list[Decimal]:
    """The quantities of the exits that leave."""
    return [each.quantity for each in only(effects, SubmitOrder) if each.side is Side.SELL and not each.protective]


def guarded() -> tuple[Trading, SubmitOrder]:
    """Ten are held under a stop at 95."""
    trading = trading_at_a_broker()
    (entry,) = only(trading.want(10, protective_stop_price=95.0), SubmitOrder)
    (stop,) = only(fill(trading, entry, 10), SubmitOrder)
    accept(trading, stop)
    trading.second += 5
    return trading, stop


@pytest.mark.parametrize("word", [PauseStrategy, StrategyQuarantined])
@pytest.mark.parametrize("by", ["a halt", "a person"])
def test_a_strategy_that_is_put_out_of_the_game_takes_nobodys_exit_back(by: str, word: Any) -> None:
    trading = holding_ten()
    closes = ClosePositions(portfolio_id=PORTFOLIO, time_ns=trading.now_ns)
    (leaving,) = only(flatten(trading) if by == "a halt" else trading.input(closes), SubmitOrder)
    accept(trading, leaving)

    effects = trading.input(word(strategy_id=leaving.strategy_id, time_ns=trading.now_ns, reason="so"))
    fill(trading, leaving, 10)

    assert only(effects, CancelOrder) == []
    assert trading.held() == 0


def closing() -> tuple[Trading, SubmitOrder]:
    """A person has the ten that are held closed, and the exit works."""
    trading = holding_ten()
    leaving: SubmitOrder
    closes = ClosePositions(portfolio_id=PORTFOLIO, time_ns=trading.now_ns)
    (leaving,) = only(trading.input(closes), SubmitOrder)
    accept(trading, leaving)
    return trading, leaving


def test_what_a_strategy_wants_next_takes_the_close_of_a_person_back() -> None:
    trading, leaving = closing()

    assert [each.client_order_id for each in only(trading.want(10), CancelOrder)] == [leaving.client_order_id]


@pytest.mark.parametrize("is_kept", [True, False])
def test_who_undeploys_a_strategy_says_what_becomes_of_what_is_being_closed(is_kept: bool) -> None:
    trading, leaving = closing()

    effects = trading.input(
        UndeployStrategy(strategy_id=leaving.strategy_id, time_ns=trading.now_ns, close=not is_kept)
    )

    assert [each.client_order_id for each in only(effects, CancelOrder)] == [leaving.client_order_id] * is_kept


def test_a_flatten_amid_a_close_leaves_the_close_what_it_was() -> None:
    trading, leaving = closing()
    flatten(trading)
    trading.input(ReleaseTrading(trading.now_ns, "go on"))

    effects = trading.input(PauseStrategy(strategy_id=leaving.strategy_id, time_ns=trading.now_ns, reason="so"))

    assert only(effects, CancelOrder) == []


def test_a_close_amid_a_flatten_leaves_the_flatten_what_it_was() -> None:
    trading = holding_ten()
    (leaving,) = only(flatten(trading), SubmitOrder)
    accept(trading, leaving)
    trading.input(ClosePositions(portfolio_id=PORTFOLIO, time_ns=trading.now_ns))

    wanted = trading.want(10)
    ended = trading.broker(OrderExpired(**about(leaving, trading.now_ns), reason="the day is over"))

    assert only(wanted, CancelOrder) == []
    assert [each.level for each in only(ended, Alert)] == [AlertLevel.CRITICAL]


@pytest.mark.parametrize("kind", [OrderCanceled, OrderExpired])
def test_the_end_of_an_entry_of_before_keeps_no_flatten_from_its_exit(kind: Any) -> None:
    trading = holding_ten()
    (entry,) = only(trading.want(15, order_type=OrderType.LIMIT, limit_price=99.0), SubmitOrder)
    accept(trading, entry)
    flatten(trading)
    trading.broker(OrderCancelRejected(**about(entry, trading.now_ns), reason="it is over"))

    assert sold(trading.broker(kind(**about(entry, trading.now_ns), reason=""))) == [10]


def test_a_person_who_cancels_an_entry_of_before_keeps_no_flatten_from_its_exit() -> None:
    trading = holding_ten()
    (entry,) = only(trading.want(15, order_type=OrderType.LIMIT, limit_price=99.0), SubmitOrder)
    accept(trading, entry)
    flatten(trading)
    wish = RequestCancel(
        client_order_id=entry.client_order_id, portfolio_id=PORTFOLIO, time_ns=trading.now_ns, reason="so"
    )
    trading.input(wish)

    assert sold(cancel(trading, entry)) == [10]


@pytest.mark.parametrize("how", ["a signal", "a person"])
def test_the_refusal_of_an_entry_that_was_in_doubt_keeps_no_exit_from_leaving(how: str) -> None:
    trading = holding_ten()
    (entry,) = only(trading.want(15), SubmitOrder)
    trading.wait(11)
    if how == "a signal":
        trading.want(0)
    else:
        trading.input(ClosePositions(portfolio_id=PORTFOLIO, time_ns=trading.now_ns))

    effects = trading.broker(
        OrderReported(
            **about(entry, trading.now_ns),
            venue_order_id=VenueOrderId("v"),
            status=OrderStatus.REJECTED,
            quantity=Decimal(5),
            filled_quantity=Decimal(0),
            reason="no buying power",
            asked_ns=trading.now_ns,
        )
    )

    assert sold(effects) == [10]


def test_the_exit_that_a_halt_canceled_is_no_reason_to_deny_the_one_of_its_flatten() -> None:
    trading = holding_ten()
    (leaving,) = only(flatten(trading), SubmitOrder)
    accept(trading, leaving)
    trading.second += 1
    trading.input(HaltTrading(trading.now_ns, "kill", flatten=True))

    assert sold(cancel(trading, leaving)) == [10]


@pytest.mark.parametrize("how", ["a flatten", "a signal"])
def test_what_a_stop_leaves_while_it_makes_way_for_an_exit_is_closed(how: str) -> None:
    trading, stop = guarded()
    if how == "a flatten":
        flatten(trading)
    else:
        trading.want(0)
    fill(trading, stop, 3)

    assert sold(cancel(trading, stop)) == [7]


@pytest.mark.parametrize("terms", [{"order_type": OrderType.LIMIT, "limit_price": 99.0}, {}])
def test_what_an_entry_executes_for_a_strategy_that_has_paused_is_closed_at_the_market(
    terms: dict[str, Any],
) -> None:
    trading = trading_at_a_broker()
    (entry,) = only(trading.want(10, protective_stop_price=95.0, **terms), SubmitOrder)
    accept(trading, entry)
    trading.input(PauseStrategy(strategy_id=entry.strategy_id, time_ns=trading.now_ns, reason="so"))

    (leaving,) = only(fill(trading, entry, 10), SubmitOrder)
    effects = trading.broker(OrderRejected(**about(leaving, trading.now_ns), reason="no"))

    assert (leaving.side, leaving.order_type, leaving.quantity) == (Side.SELL, OrderType.MARKET, 10)
    (stop,) = only(effects, SubmitOrder)
    assert (stop.protective, stop.stop_price, stop.quantity) == (True, 95, 10)


def test_an_order_that_is_held_and_of_which_a_copy_is_refused_counts_on() -> None:
    trading, stop = guarded()
    trading.want(0, order_type=OrderType.LIMIT, limit_price=104.0)
    (leaving,) = only(cancel(trading, stop), SubmitOrder)
    accept(trading, leaving)

    effects = trading.broker(OrderRejected(**about(leaving, trading.now_ns), reason="held for orders"))

    assert only(effects, SubmitOrder) == []
    assert trading.portfolio.state.orders[leaving.client_order_id].status is OrderStatus.UNKNOWN


def test_the_refusal_of_an_exit_that_is_being_canceled_ends_no_flatten() -> None:
    trading, stop = guarded()
    flatten(trading)
    (leaving,) = only(cancel(trading, stop), SubmitOrder)
    accept(trading, leaving)
    (taken_back,) = only(fill(trading, stop, 10), CancelOrder)  # after its cancel: the exit would open a position
    for refused in (
        OrderCancelRejected(**about(leaving, trading.now_ns), reason="it is rejected"),
        OrderRejected(**about(leaving, trading.now_ns), reason="no money"),
        OrderReported(
            **about(leaving, trading.now_ns),
            venue_order_id=VenueOrderId("v"),
            status=OrderStatus.REJECTED,
            quantity=leaving.quantity,
            filled_quantity=Decimal(0),
            asked_ns=trading.now_ns,
        ),
    ):
        trading.broker(refused)

    bust = OrderFillBusted(
        **about(stop, trading.now_ns),
        execution_id=ExecutionId(f"x-{stop.client_order_id}"),
        side=Side.SELL,
        quantity=Decimal(10),
        **PRICED,
    )

    assert taken_back.client_order_id == leaving.client_order_id
    assert sold(trading.broker(bust)) == [10]


def test_a_persons_order_takes_no_flatten_back() -> None:
    trading = trading_at_a_broker()
    (entry,) = only(trading.input(persons_market_order(trading, Side.BUY, 10)), SubmitOrder)
    fill(trading, entry, 10)
    trading.second += 5
    (waiting,) = only(trading.input(persons_limit_order(trading)), SubmitOrder)
    accept(trading, waiting)
    flatten(trading)

    effects = trading.input(persons_market_order(trading, Side.SELL, 2))

    assert [type(each) for each in effects] == [CommandRefused]
    assert sold(cancel(trading, waiting)) == [10]


def test_a_persons_exit_is_canceled_in_a_halt_once_what_it_was_to_close_is_gone() -> None:
    trading = trading_at_a_broker()
    wish = msgspec.structs.replace(persons_limit_order(trading), limit_price=Decimal(101))
    (entry,) = only(trading.input(wish), SubmitOrder)
    fill(trading, entry, 10)
    trading.second += 5
    trading.input(HaltTrading(trading.now_ns, "kill"))
    trading.second += 1
    wish = msgspec.structs.replace(wish, side=Side.SELL, limit_price=Decimal(102), time_ns=trading.now_ns)
    (leaving,) = only(trading.input(wish), SubmitOrder)
    accept(trading, leaving)

    effects = trading.broker(
        OrderFillBusted(
            **about(entry, trading.now_ns),
            **PRICED,
            execution_id=ExecutionId(f"x-{entry.client_order_id}"),
            side=Side.BUY,
            quantity=Decimal(10),
        )
    )

    assert [each.client_order_id for each in only(effects, CancelOrder)] == [leaving.client_order_id]


def test_what_a_stop_sold_is_not_bought_back_though_its_correction_comes_first() -> None:
    trading, stop = guarded()

    effects = trading.broker(
        OrderFillCorrected(
            **about(stop, trading.now_ns),
            **PRICED,
            execution_id=ExecutionId("E2"),
            earlier_execution_id=ExecutionId("E1"),
            side=Side.SELL,
            quantity=Decimal(10),
            earlier_quantity=Decimal(10),
            earlier_price=Decimal(94),
            earlier_commission=Decimal(0),
        )
    )

    assert trading.held() == 0
    assert only(effects, SubmitOrder) == []


def test_an_account_that_is_blocked_when_the_connection_comes_is_told_once() -> None:
    trading = connected()

    told = [report(trading, blocked=True), report(trading, blocked=True)]

    texts = [[each.text for each in only(effects, Alert) if each.level is AlertLevel.CRITICAL] for effects in told]
    assert texts == [["the venue has blocked the account"], []]


@pytest.mark.parametrize("is_flatten", [True, False])
def test_a_flatten_whose_exit_is_refused_is_told_to_a_person(is_flatten: bool) -> None:
    trading = holding_ten()
    effects = flatten(trading) if is_flatten else trading.want(0)
    (leaving,) = only(effects, SubmitOrder)

    told = trading.broker(OrderRejected(**about(leaving, trading.now_ns), reason="no borrow"))

    texts = [each.text for each in only(told, Alert) if each.level is AlertLevel.CRITICAL]
    text = f"10 ABC of {leaving.strategy_id} are not closed: the exit was rejected: no borrow"
    assert texts == ([text] if is_flatten else [])


def test_a_wish_that_is_repeated_is_not_ordered_again_and_again_while_the_broker_refuses_it() -> None:
    trading = trading_at_a_broker()
    (first,) = only(trading.want(10), SubmitOrder)
    for _ in range(9):
        trading.want(10)
        trading.broker(OrderRejected(**about(first, trading.now_ns), reason="no"))

    sent = only([each.message for each in trading.effects], SubmitOrder)
    assert [each.client_order_id for each in sent] == [first.client_order_id]


@pytest.mark.parametrize("kind", [OrderCanceled, OrderExpired])
def test_an_order_that_a_repeated_wish_kept_and_that_ends_at_the_broker_is_not_sent_again(kind: Any) -> None:
    trading = trading_at_a_broker()
    terms: dict[str, Any] = {"order_type": OrderType.LIMIT, "limit_price": 99.0}
    (entry,) = only(trading.want(10, **terms), SubmitOrder)
    accept(trading, entry)
    trading.second += 5
    trading.want(10, **terms)

    assert only(trading.broker(kind(**about(entry, trading.now_ns), reason="")), SubmitOrder) == []


def test_an_order_that_is_refused_twice_is_refused() -> None:
    trading, stop = guarded()
    refusal = OrderRejected(**about(stop, trading.now_ns), reason="no")
    trading.broker(refusal)

    effects = trading.broker(refusal)

    assert trading.portfolio.state.orders[stop.client_order_id].status is OrderStatus.REJECTED
    assert any("are not guarded any more" in each.text for each in only(effects, Alert))


def test_a_price_that_is_corrected_later_does_not_stop_the_next_wish_out() -> None:
    trading, stop = guarded()
    fill(trading, stop, 10)
    trading.second += 5
    (entry,) = only(trading.want(10, order_type=OrderType.LIMIT, limit_price=99.0), SubmitOrder)
    accept(trading, entry)

    effects = trading.broker(
        OrderFillCorrected(
            **about(stop, trading.now_ns),
            execution_id=ExecutionId("E2"),
            earlier_execution_id=ExecutionId(f"x-{stop.client_order_id}"),
            side=Side.SELL,
            quantity=Decimal(10),
            price=Decimal(94),
            commission=Decimal(0),
            earlier_quantity=Decimal(10),
            earlier_price=Decimal(95),
            earlier_commission=Decimal(0),
        )
    )

    assert only(effects, CancelOrder) == []
