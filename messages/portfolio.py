"""What a portfolio tells about itself."""

from __future__ import annotations

from decimal import Decimal

from messages._base import Message, PortfolioId, StrategyId, Symbol


class PortfolioOpened(Message, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """A portfolio started with this cash; the first line of its books."""

    portfolio_id: PortfolioId
    currency: str
    cash: Decimal
    time_ns: int


class TradingHalted(Message, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """A portfolio stopped trading a symbol (or, with no symbol, anything) until a person releases it."""

    portfolio_id: PortfolioId
    time_ns: int
    reason: str
    symbol: Symbol | None = None


class PositionReport(Message, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """One strategy's net holding of one symbol. `average_price` is `None` when flat."""

    portfolio_id: PortfolioId
    strategy_id: StrategyId
    symbol: Symbol
    quantity: Decimal
    average_price: Decimal | None
    mark_price: Decimal | None
    realized_pnl: Decimal
    unrealized_pnl: Decimal | None
    commission: Decimal


class PortfolioReport(Message, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """A portfolio's books at one moment. `equity` is `None` while a held symbol has no mark."""

    portfolio_id: PortfolioId
    currency: str
    cash: Decimal
    equity: Decimal | None
    realized_pnl: Decimal
    unrealized_pnl: Decimal | None
    commission: Decimal
    positions: tuple[PositionReport, ...]
    halted: bool = False
