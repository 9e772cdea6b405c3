"""The strategy actor: hosts one deployed strategy, and lets it see and do only what it may.

It is told market data, its fills and its timers; it tells signals. The strategy's own state is part of the
actor's, so a crash in its code is undone and tried again without anybody noticing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from actors.kernel.actor import Actor
from actors.names import ROUTER, strategy_actor
from messages import Bar, OrderFilled, Quote, Signal, StrategyId, Subscribe, Symbol, TimerFired, Trade

if TYPE_CHECKING:
    from actors.kernel.kernel import Kernel


class Subscriptions(Protocol):
    """What a strategy wants to be told of its symbols."""

    @property
    def ticks(self) -> bool:
        """Each quote and trade."""

    @property
    def timeframes_ns(self) -> tuple[int, ...]:
        """Bars of these lengths."""


class HostedStrategy(Protocol):
    """What the actor needs of a strategy; `strategies.Strategy` is one."""

    state: Any

    def new_state(self) -> msgspec.Struct:
        """The state it begins with."""

    def subscriptions(self) -> Subscriptions:
        """What it wants to be told."""

    def on_start(self) -> None:
        """Its first moment."""

    def on_bar(self, bar: Bar, /) -> None:
        """A bar has closed."""

    def on_quote(self, quote: Quote, /) -> None:
        """A quote."""

    def on_trade(self, trade: Trade, /) -> None:
        """A public print."""

    def on_fill(self, fill: OrderFilled, /) -> None:
        """One of its orders executed."""

    def on_timer(self, name: str, /) -> None:
        """A timer that it set is due."""


class Context:
    """All that a strategy sees of the engine."""

    def __init__(self, actor: StrategyActor) -> None:
        self._actor = actor

    @property
    def now_ns(self) -> int:
        """Time of the message being handled, nanoseconds UTC."""
        return self._actor.kernel.now_ns

    def emit(self, signal: Signal) -> None:
        """Tell an opinion; it replaces the earlier one on that symbol."""
        self._actor.tell(ROUTER, signal)

    def position(self, symbol: Symbol) -> float:
        """What this strategy holds of a symbol by its fills, negative if short."""
        positions: dict[str, float] = self._actor.state.positions
        return positions.get(symbol, 0.0)

    def set_timer(self, name: str, due_ns: int) -> None:
        """Ask for `on_timer(name)` at `due_ns`."""
        self._actor.set_timer(name, due_ns)


class StrategyActor(Actor):
    """Hosts the strategy that `make` returns for a context."""

    def __init__(
        self,
        kernel: Kernel,
        *,
        strategy_id: StrategyId,
        symbols: Sequence[Symbol],
        make: Callable[[Context], HostedStrategy],
    ) -> None:
        self.strategy_id = strategy_id
        self.symbols = tuple(symbols)
        self.strategy = make(Context(self))
        self._state_type = _state_type(type(self.strategy.new_state()))
        super().__init__(kernel, strategy_actor(strategy_id))
        strategy = self.strategy
        self._handlers: dict[type, Callable[[Any], None]] = {
            Bar: strategy.on_bar,
            Quote: strategy.on_quote,
            Trade: strategy.on_trade,
            OrderFilled: self._on_fill,
            TimerFired: self._on_timer,
        }

    def new_state(self) -> msgspec.Struct:
        """The strategy's first state, and no positions."""
        return self._state_type(own=self.strategy.new_state(), positions={})

    def on_restore(self) -> None:
        """Give the strategy its state back."""
        self.strategy.state = self.state.own

    def on_start(self) -> None:
        """Subscribe to what the strategy wants, then let it begin."""
        wanted = self.strategy.subscriptions()
        for symbol in self.symbols:
            self.tell(
                ROUTER,
                Subscribe(symbol, self.actor_urn, ticks=wanted.ticks, timeframes_ns=tuple(wanted.timeframes_ns)),
            )
        self.strategy.on_start()

    def on_receive(self, message: Any) -> None:
        """Hand the message to the strategy's hook for it."""
        handler = self._handlers.get(message.__class__)
        if handler is not None:
            handler(message)

    def _on_fill(self, fill: OrderFilled) -> None:
        positions = self.state.positions
        held = positions.get(fill.symbol, 0.0) + fill.side.sign * float(fill.quantity)
        positions[fill.symbol] = 0.0 if abs(held) < 1e-12 else held
        self.strategy.on_fill(fill)

    def _on_timer(self, timer: TimerFired) -> None:
        self.strategy.on_timer(timer.name)


@lru_cache(maxsize=64)
def _state_type(own: type[msgspec.Struct]) -> type[msgspec.Struct]:
    """State of an actor that hosts a strategy with this state: the strategy's own, and what it holds."""
    return msgspec.defstruct("StrategyActorState", [("own", own), ("positions", dict[str, float])], module=__name__)
