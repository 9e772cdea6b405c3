"""What a person tells a running engine. Each is an input: journaled, and replayed like market data.

A person's wish becomes one of these only after it was checked against the engine as it is; the actors check again,
and answer a wish that cannot be met with `CommandRefused`.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from messages._base import ClientOrderId, Message, PortfolioId, StrategyId, Symbol
from messages.orders import OrderType, Side, TimeInForce


class Deployment(msgspec.Struct, frozen=True, gc=False, array_like=True, kw_only=True):
    """All that a strategy at work is made of.

    `use` is the name of a ready-made one or the file that `code` was read from; `code` is the file's text, empty
    for a ready-made one. `capital` is a fraction of the portfolio's starting cash; `parameters` are JSON. `number`
    tells deployments apart for ever, `reloads` counts changes of the code.
    """

    strategy_id: StrategyId
    portfolio_id: PortfolioId
    use: str
    symbols: tuple[Symbol, ...]
    capital: Decimal
    parameters: bytes = b"{}"
    code: str = ""
    number: int = 0
    reloads: int = 0


class DeployStrategy(Message, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """Put a strategy into the game."""

    deployment: Deployment
    time_ns: int


class UndeployStrategy(Message, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """Take a strategy out of the game; what it holds stays under its stops, or is closed (`close`)."""

    strategy_id: StrategyId
    time_ns: int
    close: bool = False


class PauseStrategy(Message, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """Ignore a strategy's signals and cancel its entries, until it is resumed."""

    strategy_id: StrategyId
    time_ns: int
    reason: str = ""


class ResumeStrategy(Message, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """Listen to a strategy again, from its next signal on."""

    strategy_id: StrategyId
    time_ns: int


class ReloadStrategy(Message, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """Give a running strategy other code, and its state as it is."""

    strategy_id: StrategyId
    time_ns: int
    use: str
    code: str


class ChangeLimits(Message, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """Judge a portfolio's orders by other limits from now on; `limits` are all of them, as JSON."""

    portfolio_id: PortfolioId
    time_ns: int
    limits: bytes


class RequestOrder(Message, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """A person's own order, before risk. It is kept in the ledger of `strategy_id`, which is no strategy's."""

    portfolio_id: PortfolioId
    strategy_id: StrategyId
    symbol: Symbol
    time_ns: int
    side: Side
    quantity: Decimal
    order_type: OrderType = OrderType.MARKET
    time_in_force: TimeInForce = TimeInForce.GTC
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    reason: str = ""


class OrderRequestPriced(Message, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """A person's order with the market at which it is judged; the fields are those of `SignalPriced`."""

    request: RequestOrder
    bid: float
    ask: float
    last: float
    price_time_ns: int
    halted: bool = False
    interval_ns: int = 0


class RequestCancel(Message, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """A person wants what is left of an order canceled, and not sent again."""

    client_order_id: ClientOrderId
    portfolio_id: PortfolioId
    time_ns: int
    reason: str = ""


class ClosePositions(Message, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """Close at the market what a portfolio holds: of one symbol or all, of one strategy or all."""

    portfolio_id: PortfolioId
    time_ns: int
    symbol: Symbol | None = None
    strategy_id: StrategyId | None = None
    reason: str = ""


class QuarantineActor(Message, frozen=True, gc=False, array_like=True, tag=True):
    """Keep an actor out of the game: the process had to be replaced while its code ran."""

    actor: str
    reason: str


class StrategyReleased(Message, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """A person let a quarantined strategy play again."""

    strategy_id: StrategyId
    time_ns: int


class CommandRefused(Message, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """What a person wanted could not be done; nothing was changed."""

    subject: str
    time_ns: int
    reason: str
