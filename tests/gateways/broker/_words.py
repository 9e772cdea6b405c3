"""What a broker says in these tests: the bodies of its protocol, and a translator for them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from gateways.broker import Translator
from messages import (
    CancelOrder,
    ClientOrderId,
    OrderType,
    PortfolioId,
    QueryAccount,
    QueryOrder,
    ReplaceOrder,
    Side,
    StrategyId,
    SubmitOrder,
    Symbol,
    TimeInForce,
    VenueId,
)

NOW_NS = 1_700_000_000_000_000_000
ABC = Symbol("ABC")
VENUE = VenueId("live")
MAIN = PortfolioId("main")
ORDER_ID = ClientOrderId("b00k-plan-7")
ABOUT: dict[str, Any] = {
    "client_order_id": ORDER_ID,
    "portfolio_id": MAIN,
    "strategy_id": StrategyId("plan"),
    "symbol": ABC,
    "time_ns": NOW_NS,
}

SUBMIT = SubmitOrder(
    client_order_id=ORDER_ID,
    venue_id=VENUE,
    portfolio_id=MAIN,
    strategy_id=StrategyId("plan"),
    symbol=ABC,
    side=Side.BUY,
    quantity=Decimal("1E+2"),
    order_type=OrderType.STOP_LIMIT,
    time_in_force=TimeInForce.GTC,
    time_ns=NOW_NS - 5,
    limit_price=Decimal("10.25"),
    stop_price=Decimal("10.20"),
)
CANCEL = CancelOrder(client_order_id=ORDER_ID, venue_id=VENUE, symbol=ABC, time_ns=NOW_NS - 5)
REPLACE = ReplaceOrder(
    client_order_id=ORDER_ID, venue_id=VENUE, symbol=ABC, time_ns=NOW_NS - 5, quantity=Decimal(50)
)
QUERY = QueryOrder(client_order_id=ORDER_ID, venue_id=VENUE, symbol=ABC, time_ns=NOW_NS - 5)
QUERY_ACCOUNT = QueryAccount(venue_id=VENUE, portfolio_id=MAIN, time_ns=NOW_NS - 5, since_ns=NOW_NS - 60)


def translator() -> Translator:
    return Translator(venue_id=VENUE, portfolio_id=MAIN, book="b00k", currency="USD")


def order(**changed: Any) -> dict[str, Any]:
    """An order as the broker tells it."""
    return {
        "id": "broker-1",
        "client_order_id": ORDER_ID,
        "symbol": "ABC",
        "side": "buy",
        "type": "stop_limit",
        "time_in_force": "gtc",
        "qty": "100",
        "filled_qty": "0",
        "avg_price": None,
        "limit_price": "10.25",
        "stop_price": "10.20",
        "status": "new",
        "reason": None,
        "submitted_ns": NOW_NS - 3,
        "updated_ns": NOW_NS - 2,
        **changed,
    }


def execution(**changed: Any) -> dict[str, Any]:
    """The record of an execution as the broker tells it."""
    return {
        "kind": "fill",
        "execution_id": "x1",
        "previous_execution_id": None,
        "client_order_id": ORDER_ID,
        "symbol": "ABC",
        "side": "buy",
        "qty": "40",
        "price": "10.22",
        "commission": "0.40",
        "cum_qty": "40",
        "time_ns": NOW_NS - 1,
        **changed,
    }


def update(event: str, **changed: Any) -> dict[str, Any]:
    """An update of the stream that is no execution."""
    return {"event": event, "time_ns": NOW_NS - 1, "order": order(**changed)}


def execution_update(event: str, **changed: Any) -> dict[str, Any]:
    """An update of the stream that tells an execution."""
    return {**update(event), "execution": execution(**changed)}


def account(**changed: Any) -> dict[str, Any]:
    """An account as the broker tells it."""
    return {
        "time_ns": NOW_NS - 9,
        "cash": "-12.50",
        "buying_power": "100",
        "status": "ACTIVE",
        "positions": [{"symbol": "ABC", "qty": "-3"}],
        "open_orders": [ORDER_ID, "by-hand"],
        "executions": [],
        **changed,
    }
