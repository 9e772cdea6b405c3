"""The lines of the books: one order, one execution, one position, one portfolio."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from messages import OrderStatus, OrderType, Side, TimeInForce

ZERO = Decimal(0)


class OrderLine(msgspec.Struct, kw_only=True):
    """One order as it stands. `time_ns` is when it was decided, `updated_ns` when it last changed."""

    client_order_id: str
    time_ns: int
    updated_ns: int
    portfolio_id: str
    strategy_id: str
    symbol: str
    side: Side
    order_type: OrderType
    time_in_force: TimeInForce
    quantity: Decimal
    limit_price: Decimal | None
    stop_price: Decimal | None
    protective: bool
    status: OrderStatus
    filled_quantity: Decimal = ZERO
    average_price: Decimal | None = None
    commission: Decimal = ZERO
    venue_id: str
    venue_order_id: str | None = None
    reason: str = ""


class FillLine(msgspec.Struct, kw_only=True, frozen=True):
    """One execution, counted once."""

    time_ns: int
    execution_id: str
    client_order_id: str
    portfolio_id: str
    strategy_id: str
    symbol: str
    side: Side
    quantity: Decimal
    price: Decimal
    commission: Decimal
    currency: str


class PositionLine(msgspec.Struct, kw_only=True, frozen=True):
    """What one strategy holds of one symbol; it stays when flat, for what it has realised."""

    portfolio_id: str
    strategy_id: str
    symbol: str
    quantity: Decimal
    average_price: Decimal | None
    mark_price: Decimal | None
    realized_pnl: Decimal
    unrealized_pnl: Decimal | None
    commission: Decimal


class PortfolioLine(msgspec.Struct, kw_only=True, frozen=True):
    """A portfolio's money. `equity` and `unrealized_pnl` are `None` while a held symbol has no mark."""

    portfolio_id: str
    currency: str
    cash: Decimal
    equity: Decimal | None
    realized_pnl: Decimal
    unrealized_pnl: Decimal | None
    commission: Decimal
    orders: int
    fills: int
    open_positions: int
