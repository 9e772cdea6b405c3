"""An order that counted as over and turns out to be working is counted, and dealt with, as working."""

from __future__ import annotations

from typing import Any

from messages import CancelOrder, OrderAccepted, OrderNotFound, OrderStatus, SubmitOrder, VenueOrderId
from tests.actors._trading import ABC, STRATEGY, Trading, only


def test_an_order_that_the_venue_holds_after_all_is_canceled_as_the_strategy_wanted() -> None:
    trading = Trading(simulated=False)
    trading.quote(99.99, 100.01)
    order: SubmitOrder = only(trading.want(10), SubmitOrder)[0]
    terms: dict[str, Any] = {
        "client_order_id": order.client_order_id,
        "portfolio_id": order.portfolio_id,
        "strategy_id": order.strategy_id,
        "symbol": order.symbol,
        "time_ns": trading.now_ns,
    }
    trading.want(0)
    trading.wait(10)
    for _ in range(3):
        trading.broker(OrderNotFound(**terms))
    state = trading.portfolio.state
    assert state.orders[order.client_order_id].status is OrderStatus.CANCELED

    effects = trading.broker(OrderAccepted(**terms, venue_order_id=VenueOrderId("v1")))

    assert state.plots[ABC][STRATEGY].open_orders == [order.client_order_id]
    assert [each.client_order_id for each in only(effects, CancelOrder)] == [order.client_order_id]
    assert state.closed == trading.venue.state.closed == []
