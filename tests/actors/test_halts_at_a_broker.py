"""A halt while orders are at a broker: what may leave does, and what was approved before the halt does not."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from actors.kernel.actor import ActorStatus
from messages import (
    CancelOrder,
    ClientOrderId,
    ExecutionId,
    HaltTrading,
    OrderCanceled,
    OrderFilled,
    OrderRejected,
    OrderType,
    RequestOrder,
    Side,
    StrategyId,
    SubmitOrder,
)
from tests.actors._trading import ABC, PORTFOLIO, Trading, only
from tests.actors.test_account_link import connected, report
from tests.messages._samples import FILL


def trading_at_a_broker() -> Trading:
    """Connected, and in agreement with the broker."""
    trading = connected()
    report(trading)
    return trading


def persons_limit_order(trading: Trading) -> RequestOrder:
    """A person wants to buy ten, and no dearer than 99."""
    return RequestOrder(
        portfolio_id=PORTFOLIO,
        strategy_id=StrategyId("manual"),
        symbol=ABC,
        time_ns=trading.now_ns,
        side=Side.BUY,
        quantity=Decimal(10),
        order_type=OrderType.LIMIT,
        limit_price=Decimal(99),
    )


def persons_market_order(trading: Trading, side: Side, quantity: int) -> RequestOrder:
    """A person wants to trade at once."""
    wish = persons_limit_order(trading)
    return msgspec.structs.replace(
        wish, side=side, quantity=Decimal(quantity), order_type=OrderType.MARKET, limit_price=None
    )


def fill(trading: Trading, order: SubmitOrder, quantity: int) -> list[Any]:
    """The broker executes the first so many of an order."""
    terms = {name: getattr(FILL, name) for name in ("venue_order_id", "commission", "currency")}
    return trading.broker(
        OrderFilled(
            **about(order, trading.now_ns),
            **terms,
            execution_id=ExecutionId(f"x-{order.client_order_id}"),
            side=order.side,
            quantity=Decimal(quantity),
            price=FILL.price,
            cumulative_quantity=Decimal(quantity),
        )
    )


def about(order: SubmitOrder, time_ns: int) -> dict[str, Any]:
    """What every event of an order begins with."""
    return {
        "client_order_id": ClientOrderId(order.client_order_id),
        "portfolio_id": PORTFOLIO,
        "strategy_id": order.strategy_id,
        "symbol": ABC,
        "time_ns": time_ns,
    }


def test_a_flatten_sends_the_exit_of_what_is_held_to_the_broker() -> None:
    trading = trading_at_a_broker()
    (entry,) = only(trading.want(10), SubmitOrder)
    fill(trading, entry, 10)

    effects = trading.input(HaltTrading(trading.now_ns, "stop", flatten=True))

    (exit_order,) = only(effects, SubmitOrder)
    assert (exit_order.side, exit_order.quantity, exit_order.order_type) == (Side.SELL, 10, OrderType.MARKET)


def test_a_flatten_also_closes_what_an_entry_executes_while_it_is_being_canceled() -> None:
    trading = trading_at_a_broker()
    (entry,) = only(trading.want(10, order_type=OrderType.LIMIT, limit_price=99.0), SubmitOrder)
    effects = trading.input(HaltTrading(trading.now_ns, "stop", flatten=True))
    assert [each.client_order_id for each in only(effects, CancelOrder)] == [entry.client_order_id]

    fill(trading, entry, 4)
    effects = trading.broker(OrderCanceled(**about(entry, trading.now_ns), reason="requested"))

    assert [(each.side, each.quantity) for each in only(effects, SubmitOrder)] == [(Side.SELL, 4)]


def test_a_flatten_also_closes_what_a_persons_first_order_executes_while_it_is_being_canceled() -> None:
    trading = trading_at_a_broker()
    (entry,) = only(trading.input(persons_limit_order(trading)), SubmitOrder)
    trading.input(HaltTrading(trading.now_ns, "stop", flatten=True))

    fill(trading, entry, 4)
    effects = trading.broker(OrderCanceled(**about(entry, trading.now_ns), reason="requested"))

    assert [(each.side, each.quantity) for each in only(effects, SubmitOrder)] == [(Side.SELL, 4)]


def test_an_order_that_waited_for_its_venue_when_the_halt_came_never_leaves() -> None:
    trading = trading_at_a_broker()
    trading.kernel.failures.hold(trading.venue, ActorStatus.BACKING_OFF)
    assert only(trading.want(10), SubmitOrder) == []
    trading.input(HaltTrading(trading.now_ns, "stop"))

    trading.kernel.failures.resume(trading.venue)
    effects = trading.pass_time()

    assert only(effects, SubmitOrder) == []
    assert [each.reason for each in only(effects, OrderRejected)] == ["trading was halted before it left"]


def test_an_exit_that_is_decided_after_the_halt_leaves_behind_the_orders_that_may_not() -> None:
    trading = trading_at_a_broker()
    (entry,) = only(trading.want(10), SubmitOrder)
    fill(trading, entry, 10)
    trading.kernel.failures.hold(trading.venue, ActorStatus.BACKING_OFF)
    trading.want(15)
    trading.input(HaltTrading(trading.now_ns, "stop", flatten=True))

    trading.kernel.failures.resume(trading.venue)
    effects = trading.pass_time()

    assert len(only(effects, OrderRejected)) == 1
    assert [(each.side, each.quantity) for each in only(effects, SubmitOrder)] == [(Side.SELL, 10)]
