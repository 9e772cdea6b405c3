"""Orders and what venues say of them, short enough to read in a test."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from messages import (
    CancelOrder,
    ClientOrderId,
    ExecutionId,
    OrderAccepted,
    OrderEvent,
    OrderFilled,
    OrderReported,
    OrderStatus,
    OrderType,
    PortfolioId,
    ReplaceOrder,
    Side,
    StrategyId,
    SubmitOrder,
    Symbol,
    TimeInForce,
    VenueId,
    VenueOrderId,
)
from rules.orders import Evolution, OrderState, evolve, initial_state

AnyEvent = OrderEvent | SubmitOrder | CancelOrder | ReplaceOrder
NOON_NS = 43_200_000_000_000
SYMBOL = Symbol("AAPL")
ORDER_ID = ClientOrderId("b1-sma-1")
IDENTITY: dict[str, Any] = {
    "client_order_id": ORDER_ID,
    "portfolio_id": PortfolioId("main"),
    "strategy_id": StrategyId("sma"),
    "symbol": SYMBOL,
    "time_ns": NOON_NS,
}
ADDRESS: dict[str, Any] = {
    "client_order_id": ORDER_ID,
    "venue_id": VenueId("sim"),
    "symbol": SYMBOL,
    "time_ns": NOON_NS,
}


def order(quantity: str = "100", side: Side = Side.BUY, **terms: Any) -> SubmitOrder:
    """A market order for the strategy `sma`, unless told otherwise."""
    fields: dict[str, Any] = {
        **IDENTITY,
        "venue_id": VenueId("sim"),
        "side": side,
        "quantity": Decimal(quantity),
        "order_type": OrderType.MARKET,
        "time_in_force": TimeInForce.GTC,
    }
    return SubmitOrder(**{**fields, **terms})


def said(event: type[OrderEvent], **fields: Any) -> OrderEvent:
    """What the venue said of the order."""
    return event(**IDENTITY, **fields)


def accepted() -> OrderAccepted:
    return OrderAccepted(**IDENTITY, venue_order_id=VenueOrderId("v1"))


def filled(quantity: str, cumulative: str, execution: str = "", **fields: Any) -> OrderFilled:
    """A fill at 10 with a commission of 1, named after its cumulative quantity unless told otherwise."""
    values: dict[str, Any] = {
        **IDENTITY,
        "execution_id": ExecutionId(execution or f"e{cumulative}"),
        "venue_order_id": VenueOrderId("v1"),
        "side": Side.BUY,
        "quantity": Decimal(quantity),
        "price": Decimal(10),
        "cumulative_quantity": Decimal(cumulative),
        "commission": Decimal(1),
        "currency": "USD",
    }
    return OrderFilled(**{**values, **fields})


def cancel() -> CancelOrder:
    return CancelOrder(**ADDRESS)


def replace(**terms: Any) -> ReplaceOrder:
    return ReplaceOrder(**ADDRESS, **terms)


def reported(status: OrderStatus = OrderStatus.ACCEPTED, *, quantity: str = "100", filled: str = "0") -> OrderEvent:
    """The venue's answer to a question about the order."""
    return said(
        OrderReported,
        venue_order_id=VenueOrderId("v"),
        status=status,
        quantity=Decimal(quantity),
        filled_quantity=Decimal(filled),
    )


def after(*events: AnyEvent, quantity: str = "100") -> OrderState:
    """The state of an order behind these events."""
    state = initial_state(order(quantity))
    for event in events:
        evolve(state, event)
    return state


def last(*events: AnyEvent) -> Evolution:
    """What the last of these events did to an order."""
    state = after(*events[:-1])
    return evolve(state, events[-1])
