"""What the simulated venue cannot handle: no order is left without an end, or an answer, for ever."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from actors.kernel import Actor
from gateways.simulated import NoSlippage, SimulatedVenueSettings
from messages import (
    CancelOrder,
    HaltTrading,
    OrderReplaceRejected,
    OrderStatus,
    OrderType,
    ReleaseTrading,
    ReplaceOrder,
    SubmitOrder,
    Subscribed,
    TimeInForce,
    TimerFired,
    Told,
    encode,
)
from tests.actors._trading import ABC, Trading, only

DAY_SECONDS = 86_400
DELAYED = SimulatedVenueSettings(slippage=NoSlippage(), latency_ms_min=500, latency_ms_max=500)


def exchange_of(trading: Trading) -> Actor:
    return trading.kernel.actors["exchange/paper"]


def spoil(actor: Actor, kind: type) -> None:
    """Let the actor fail at whatever is of that kind, until it is healed."""

    def failing(message: Any) -> Any:
        if isinstance(message, kind):
            raise RuntimeError("cannot")
        return type(actor).on_receive(actor, message)

    actor.__dict__["on_receive"] = failing


def heal(actor: Actor) -> None:
    del actor.__dict__["on_receive"]


def statuses(trading: Trading, order: SubmitOrder) -> tuple[OrderStatus, OrderStatus]:
    """How the order stands for its venue's actor, and for its portfolio."""
    order_id = order.client_order_id
    return trading.venue.state.orders[order_id].status, trading.portfolio.state.orders[order_id].status


def both(status: OrderStatus) -> tuple[OrderStatus, OrderStatus]:
    return status, status


def with_a_resting_order(settings: SimulatedVenueSettings | None = None) -> tuple[Trading, SubmitOrder]:
    trading = Trading(venue_settings=settings)
    trading.quote(99.9, 100.1)
    (order,) = only(trading.want(10, order_type=OrderType.LIMIT, limit_price=99.0), SubmitOrder)
    trading.wait(1)
    return trading, order


@pytest.mark.parametrize("settings", [None, DELAYED], ids=["at once", "delayed"])
@pytest.mark.parametrize("kind", [CancelOrder, (CancelOrder, TimerFired)], ids=["the cancel", "and its arrival"])
def test_a_cancel_that_was_set_aside_is_carried_out_before_the_market_comes(settings: Any, kind: Any) -> None:
    trading, order = with_a_resting_order(settings)
    spoil(exchange_of(trading), kind)
    trading.input(HaltTrading(trading.now_ns, "look"))
    trading.wait(5)
    heal(exchange_of(trading))
    trading.wait(361)

    trading.quote(98.0, 98.2)

    assert statuses(trading, order) == both(OrderStatus.CANCELED)
    assert trading.held() == 0


def test_an_order_that_was_set_aside_is_rejected() -> None:
    trading = Trading()
    trading.quote(99.9, 100.1)
    spoil(exchange_of(trading), SubmitOrder)

    (order,) = only(trading.want(10), SubmitOrder)

    assert statuses(trading, order) == both(OrderStatus.REJECTED)
    assert trading.portfolio.state.halted_symbols


@pytest.mark.parametrize("settings", [None, DELAYED], ids=["at once", "delayed"])
def test_a_change_that_was_set_aside_is_refused_and_the_order_canceled(settings: Any) -> None:
    trading = Trading(venue_settings=settings)
    trading.quote(99.9, 100.1)
    trading.want(10, protective_stop_price=95.0)
    trading.wait(1)
    trading.wait(1)
    spoil(exchange_of(trading), ReplaceOrder)

    effects = trading.want(10, protective_stop_price=97.0) + trading.wait(1) + trading.wait(1)

    (refused,) = only(effects, OrderReplaceRejected)
    assert (refused.portfolio_id, refused.strategy_id, refused.symbol) == ("main", "plan", ABC)
    stops = [each for each in trading.venue.state.orders.values() if each.order.protective and each.is_open]
    assert [each.stop_price for each in stops] == [Decimal("97.0")]


def test_a_change_that_was_set_aside_before_its_order_arrived_is_refused_to_whose_order_it_is() -> None:
    trading = Trading(venue_settings=DELAYED)
    trading.quote(99.9, 100.1)
    (order,) = only(trading.want(10), SubmitOrder)
    change = ReplaceOrder(
        client_order_id=order.client_order_id, venue_id=order.venue_id, symbol=ABC, time_ns=trading.now_ns
    )
    spoil(exchange_of(trading), ReplaceOrder)

    effects = trading.input(Told("venue/paper", encode(change)))

    assert [each.portfolio_id for each in only(effects, OrderReplaceRejected)] == ["main"]


def test_orders_whose_symbols_answer_was_set_aside_are_rejected_and_later_ones_go_through() -> None:
    trading = Trading()
    trading.quote(99.9, 100.1)
    spoil(exchange_of(trading), Subscribed)
    (order,) = only(trading.want(10), SubmitOrder)
    heal(exchange_of(trading))
    lost = statuses(trading, order)
    trading.input(ReleaseTrading(trading.now_ns, "looked"))
    trading.quote(99.9, 100.1)

    trading.want(5)

    assert lost == both(OrderStatus.REJECTED)
    assert trading.held() == 5


def test_orders_whose_arrival_was_set_aside_are_rejected_and_later_ones_go_through() -> None:
    trading = Trading(venue_settings=DELAYED)
    trading.quote(99.9, 100.1)
    (order,) = only(trading.want(10), SubmitOrder)
    spoil(exchange_of(trading), TimerFired)
    trading.wait(1)
    heal(exchange_of(trading))
    lost = statuses(trading, order)
    trading.input(ReleaseTrading(trading.now_ns, "looked"))
    trading.quote(99.9, 100.1)

    trading.want(5)
    trading.wait(1)

    assert lost == both(OrderStatus.REJECTED)
    assert trading.held() == 5


def test_an_order_expires_though_its_timer_was_set_aside() -> None:
    trading = Trading()
    trading.quote(99.9, 100.1)
    terms: dict[str, Any] = {"order_type": OrderType.LIMIT, "limit_price": 99.0}
    (order,) = only(trading.want(10, time_in_force=TimeInForce.DAY, **terms), SubmitOrder)
    spoil(exchange_of(trading), TimerFired)
    trading.wait(DAY_SECONDS)
    heal(exchange_of(trading))

    trading.wait(361)

    assert statuses(trading, order) == both(OrderStatus.EXPIRED)


@pytest.mark.parametrize("kind", [CancelOrder, ReplaceOrder], ids=lambda kind: kind.__name__)
def test_a_command_about_an_order_that_the_venue_does_not_know_is_answered_to_nobody(kind: type) -> None:
    trading = Trading()
    trading.quote(99.9, 100.1)
    command = kind(client_order_id="who-1", venue_id="paper", symbol=ABC, time_ns=trading.now_ns)

    effects = trading.input(Told("exchange/paper", encode(command)))

    assert effects == []
    assert trading.kernel.restarts == 0
