"""The base class of strategies, and all that a strategy may know of the engine.

A strategy is told market data, its fills and its timers through the hooks that it overrides, and answers with
signals. Which hooks it overrides decides what it is told. What it remembers it keeps in `self.state`, a declared
struct, so that the engine can save it between any two messages and bring it back after a crash; whatever else it
keeps on `self` is lost then. It sees no clock: `self.now_ns` is the time of the message that it is handling.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Protocol

import msgspec

from messages import (
    TIMEFRAMES_NS,
    Bar,
    OrderFilled,
    OrderType,
    Quote,
    Signal,
    SignalKind,
    StrategyId,
    Symbol,
    TimeInForce,
    Trade,
)

Timeframe = Literal["1s", "1m", "5m", "1h", "1d"]
"""Length of the bars that a strategy is told, as written in its parameters."""


class StrategyParameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of a strategy's settings: units in names, defaults where safe, checks in `__post_init__`.

    A strategy that overrides `on_bar` has a setting `timeframe: Timeframe`.
    """


class StrategyState(msgspec.Struct):
    """Base of what a strategy remembers: numbers, text, lists, dicts, indicators and other structs of these."""


class Subscriptions(msgspec.Struct, frozen=True):
    """What a strategy wants to be told of its symbols: each quote and trade, bars of these lengths."""

    ticks: bool = False
    timeframes_ns: tuple[int, ...] = ()


class StrategyContext(Protocol):
    """What the engine gives a strategy; in backtest, paper and live alike."""

    @property
    def now_ns(self) -> int:
        """Time of the message being handled, nanoseconds UTC."""

    def emit(self, signal: Signal) -> None:
        """Tell an opinion; it replaces the earlier one on that symbol."""

    def position(self, symbol: Symbol) -> float:
        """What this strategy holds of a symbol by the books, in units, negative if short."""

    def set_timer(self, name: str, due_ns: int) -> None:
        """Ask for `on_timer(name)` at `due_ns`; the same name again moves the timer."""


class Strategy:
    """Base of every strategy; a subclass declares `Parameters`, perhaps `State`, and overrides hooks.

    `symbols` are those that it plays, in the order of its configuration.
    """

    Parameters: ClassVar[type[StrategyParameters]] = StrategyParameters
    State: ClassVar[type[StrategyState]] = StrategyState
    parameters: Any
    state: Any

    def __init__(
        self,
        strategy_id: StrategyId,
        parameters: StrategyParameters,
        symbols: tuple[Symbol, ...],
        context: StrategyContext,
    ) -> None:
        self.strategy_id = strategy_id
        self.parameters = parameters
        self.symbols = symbols
        self.context = context
        self.state = self.new_state()

    def new_state(self) -> StrategyState:
        """What it remembers at first: `State()`. Override it where that depends on the parameters."""
        return self.State()

    def on_start(self) -> None:
        """It begins; called once in its life, not after a restart. The place for a first timer."""

    def on_bar(self, bar: Bar) -> None:
        """A bar of one of its symbols has ended."""

    def on_quote(self, quote: Quote) -> None:
        """Best bid or ask of one of its symbols changed; a side that nobody offers has price 0."""

    def on_trade(self, trade: Trade) -> None:
        """A public print of one of its symbols."""

    def on_fill(self, fill: OrderFilled) -> None:
        """One of its orders executed, in part or whole; `position` knows of it already."""

    def on_timer(self, name: str) -> None:
        """A timer that it set is due."""

    def subscriptions(self) -> Subscriptions:
        """What it wants to be told: by default what its hooks and its `timeframe` say."""
        own = type(self)
        lengths: tuple[int, ...] = ()
        if own.on_bar is not Strategy.on_bar:
            lengths = (TIMEFRAMES_NS[self.parameters.timeframe],)
        ticks = own.on_quote is not Strategy.on_quote or own.on_trade is not Strategy.on_trade
        return Subscriptions(ticks, lengths)

    @property
    def now_ns(self) -> int:
        """Time of the message being handled, nanoseconds UTC."""
        return self.context.now_ns

    def position(self, symbol: Symbol) -> float:
        """What it holds of a symbol, in units of the instrument, negative if short."""
        return self.context.position(symbol)

    def set_timer(self, name: str, due_ns: int) -> None:
        """Ask for `on_timer(name)` at `due_ns`; the same name again moves the timer."""
        self.context.set_timer(name, due_ns)

    def target_weight(
        self,
        symbol: Symbol,
        weight: float,
        *,
        reason: str,
        protective_stop_price: float = 0.0,
        order_type: OrderType = OrderType.MARKET,
        limit_price: float = 0.0,
        stop_price: float = 0.0,
        time_in_force: TimeInForce = TimeInForce.GTC,
    ) -> None:
        """Want a position worth `weight` times the strategy's equity; 0 is flat, negative short.

        It replaces what was wanted of the symbol before. A `protective_stop_price` above 0 asks the portfolio to
        keep a stop order there for as long as the position is open. Prices are in quote currency; `reason` is
        shown wherever the order is explained.
        """
        self.context.emit(
            Signal(
                strategy_id=self.strategy_id,
                symbol=symbol,
                time_ns=self.context.now_ns,
                kind=SignalKind.TARGET_WEIGHT,
                value=weight,
                order_type=order_type,
                limit_price=limit_price,
                stop_price=stop_price,
                time_in_force=time_in_force,
                protective_stop_price=protective_stop_price,
                reason=reason,
            )
        )

    def target_quantity(
        self,
        symbol: Symbol,
        quantity: float,
        *,
        reason: str,
        protective_stop_price: float = 0.0,
        order_type: OrderType = OrderType.MARKET,
        limit_price: float = 0.0,
        stop_price: float = 0.0,
        time_in_force: TimeInForce = TimeInForce.GTC,
    ) -> None:
        """Want a position of `quantity` units; the rest as in `target_weight`."""
        self.context.emit(
            Signal(
                strategy_id=self.strategy_id,
                symbol=symbol,
                time_ns=self.context.now_ns,
                kind=SignalKind.TARGET_QUANTITY,
                value=quantity,
                order_type=order_type,
                limit_price=limit_price,
                stop_price=stop_price,
                time_in_force=time_in_force,
                protective_stop_price=protective_stop_price,
                reason=reason,
            )
        )
