"""The strategy actor: hosts one deployed strategy, and lets it see and do only what it may.

It is told market data, its fills and its timers; it tells signals. The strategy's own state is part of the
actor's, so a crash in its code is undone and tried again without anybody noticing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import index
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from actors.kernel.actor import Actor, SetAside
from actors.kernel.errors import StateLost
from actors.kernel.failure import save_state
from actors.kernel.timers import NEVER_NS
from actors.names import ROUTER, strategy_actor
from messages import (
    Bar,
    BooksAdjusted,
    OrderFillBusted,
    OrderFilled,
    Quote,
    Signal,
    StrategyId,
    Subscribe,
    Symbol,
    TimerFired,
    Trade,
    Unsubscribe,
)

if TYPE_CHECKING:
    from actors.kernel.kernel import Kernel

TIMER_STEP_NS = 1_000_000
"""A timer is at least so far away: one that is set to now, again and again, would keep time from passing."""

STATE_CHECKED_EACH = 64
"""Whether a strategy's state can be saved is tried after each of so many first messages, then once in so many."""

SET_ASIDE_KEPT = 100
"""Executions that were set aside and are remembered as counted, for when they are given once more."""

SIGNALS_AT_ONCE_MAX = 1_000
SIGNALS_PER_SYMBOL_MAX = 10
"""Signals that may answer one message: the larger of the two. More would keep all others waiting."""

_MOVES = (OrderFilled, OrderFillBusted, BooksAdjusted)
"""What moves a position, whether or not the strategy's own code can handle it."""

_encoder = msgspec.msgpack.Encoder()
_signals = msgspec.msgpack.Decoder(Signal)


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
        """Tell an opinion; it replaces the earlier one on that symbol.

        Raises TypeError for what is no signal of this strategy, or holds what a signal cannot hold, and ValueError
        for one too many in answer to one message.
        """
        limit = max(SIGNALS_AT_ONCE_MAX, SIGNALS_PER_SYMBOL_MAX * len(self._actor.symbols))
        if len(self._actor.kernel.outbox) >= limit:
            raise ValueError(f"{self._actor.strategy_id} told {limit} signals in answer to one message; tell fewer")
        if not isinstance(signal, Signal) or signal.strategy_id != self._actor.strategy_id:
            raise TypeError(f"{self._actor.strategy_id} told {signal!r}, which is no signal of its own")
        self._actor.tell(ROUTER, _signals.decode(_encoder.encode(signal)))

    def position(self, symbol: Symbol) -> float:
        """What this strategy holds of a symbol by the books, negative if short."""
        positions: dict[str, float] = self._actor.state.positions
        return positions.get(symbol, 0.0)

    def set_timer(self, name: str, due_ns: int) -> None:
        """Ask for `on_timer(name)` at `due_ns`, or a millisecond from now if that is later.

        Raises TypeError or ValueError if it is no time or no name.
        """
        due_ns = index(due_ns)
        if not 0 <= due_ns < NEVER_NS:
            raise ValueError(f"timer {name} is due at {due_ns}; give nanoseconds UTC")
        if name.encode().startswith(b"$"):
            raise ValueError(f"timer {name} begins with $, as only the engine's own do; name it otherwise")
        self._actor.set_timer(name, max(due_ns, self.now_ns + TIMER_STEP_NS))


class StrategyActor(Actor):
    """Hosts the strategy that `make` returns for a context; the beacon shows `number` while its code runs."""

    has_foreign_state = True

    def __init__(
        self,
        kernel: Kernel,
        *,
        strategy_id: StrategyId,
        symbols: Sequence[Symbol],
        make: Callable[[Context], HostedStrategy],
        number: int = 0,
    ) -> None:
        self.strategy_id = strategy_id
        self.symbols = tuple(symbols)
        self._number = number
        self._host(make(Context(self)))
        super().__init__(kernel, strategy_actor(strategy_id))

    def _host(self, strategy: HostedStrategy) -> None:
        self.strategy = strategy
        self._state_type = _state_type(type(strategy.new_state()))
        self._states = msgspec.msgpack.Decoder(self._state_type)
        self._handlers: dict[type, Callable[[Any], None]] = {
            Bar: strategy.on_bar,
            Quote: strategy.on_quote,
            Trade: strategy.on_trade,
            OrderFilled: self._on_fill,
            OrderFillBusted: self._count,
            BooksAdjusted: self._count,
            TimerFired: self._on_timer,
        }

    def carried_over(self, make: Callable[[Context], HostedStrategy]) -> tuple[HostedStrategy, Any]:
        """The strategy that other code makes, and this one's state as that code reads it. Changes nothing.

        A field that the other state does not have is dropped, one that is new begins with its default. Raises
        StateLost if the state cannot be carried over, and whatever the code raises.
        """
        strategy = make(Context(self))
        kind = _state_type(type(strategy.new_state()))
        try:
            return strategy, msgspec.msgpack.decode(_encoder.encode(self.state), type=kind)
        except (msgspec.MsgspecError, ValueError, TypeError) as error:
            raise StateLost(f"the state of {self.actor_urn} does not fit the other code: {error}") from error

    def play_on(self, strategy: HostedStrategy, state: Any) -> None:
        """Go on with another strategy and state, as `carried_over` gave them, and with what it wants to be told."""
        before, wanted = self.strategy.subscriptions(), strategy.subscriptions()
        self._host(strategy)
        self.state = state
        self.on_restore()
        save_state(self)
        self.checkpointed_at = None
        if (wanted.ticks, tuple(wanted.timeframes_ns)) != (before.ticks, tuple(before.timeframes_ns)):
            self.unsubscribe()
            self._subscribe(wanted)

    def new_state(self) -> msgspec.Struct:
        """The strategy's first state, and no positions."""
        return self._state_type(own=self.strategy.new_state(), positions={})

    def on_restore(self) -> None:
        """Give the strategy its state back."""
        self.strategy.state = self.state.own

    def on_start(self) -> None:
        """Subscribe to what the strategy wants, then let it begin."""
        beacon = self.kernel.beacon
        beacon[0] = self._number
        try:
            self._subscribe(self.strategy.subscriptions())
            self.strategy.on_start()
            self._check_state()
        finally:
            beacon[0] = 0

    def on_receive(self, message: Any) -> None:
        """Hand the message to the strategy's hook for it, and light the beacon meanwhile."""
        handler = self._handlers.get(message.__class__)
        if handler is None:
            return
        beacon = self.kernel.beacon
        beacon[0] = self._number
        try:
            handler(message)
        finally:
            beacon[0] = 0
        handled = self.handled
        if handled < STATE_CHECKED_EACH or not handled % STATE_CHECKED_EACH:
            self._check_state()
        elif self.strategy.state is not self.state.own:
            self.state.own = self.strategy.state

    def on_state_lost(self, saved: bytes | None, handled: Sequence[Any]) -> None:
        """What it holds is not its own code's to lose: its positions go on."""
        if saved is not None:
            counted = msgspec.msgpack.decode(saved, type=_Counted)
            self.state.positions, self.state.set_aside = counted.positions, counted.set_aside
        for message in handled:
            if isinstance(message, SetAside):
                self._count_set_aside(message.message)
            else:
                self._count(message)

    def on_poison(self, message: Any) -> None:
        """An execution counts, whatever the strategy's own code made of it, and once, if it is given once more."""
        super().on_poison(message)
        self._count_set_aside(message)

    def on_undelivered(self, message: Any) -> bool:
        """So does one while it is quarantined: a protective stop's, say."""
        self._count(message)
        return isinstance(message, _MOVES)

    def unsubscribe(self) -> None:
        """Ask for nothing any more."""
        for symbol in self.symbols:
            self.tell(ROUTER, Unsubscribe(symbol, self.actor_urn))

    def _subscribe(self, wanted: Subscriptions) -> None:
        lengths = tuple(wanted.timeframes_ns)
        for symbol in self.symbols:
            self.tell(ROUTER, Subscribe(symbol, self.actor_urn, ticks=wanted.ticks, timeframes_ns=lengths))

    def _check_state(self) -> None:
        """Here, and not where it is saved, because when that happens is no function of the inputs."""
        self.state.own = self.strategy.state
        try:
            self._states.decode(_encoder.encode(self.state))
        except Exception as error:
            raise StateLost(f"the state of {self.actor_urn} cannot be saved: {error}") from error

    def _count(self, message: Any) -> None:
        """Move the position by an execution, back by one that was undone, or by what the books were adjusted by."""
        if message in self.state.set_aside:
            return
        match message:
            case OrderFilled():
                self._move(message.symbol, message.side.sign * float(message.quantity))
            case OrderFillBusted():
                self._move(message.symbol, -message.side.sign * float(message.quantity))
            case BooksAdjusted(symbol=symbol, parts=parts) if symbol is not None:
                for part in parts:
                    if part.strategy_id == self.strategy_id:
                        self._move(symbol, float(part.quantity))

    def _count_set_aside(self, message: Any) -> None:
        self._count(message)
        if isinstance(message, _MOVES) and message not in self.state.set_aside:
            self.state.set_aside.append(message)
            del self.state.set_aside[:-SET_ASIDE_KEPT]

    def _move(self, symbol: Symbol, quantity: float) -> None:
        positions = self.state.positions
        held = positions.get(symbol, 0.0) + quantity
        positions[symbol] = 0.0 if abs(held) < 1e-12 else held

    def _on_fill(self, fill: OrderFilled) -> None:
        self._count(fill)
        self.strategy.on_fill(fill)

    def _on_timer(self, timer: TimerFired) -> None:
        self.strategy.on_timer(timer.name)


class _Counted(msgspec.Struct):
    """What of a saved state is the actor's own, whatever the strategy made of the rest."""

    positions: dict[str, float]
    set_aside: list[OrderFilled | OrderFillBusted | BooksAdjusted] = msgspec.field(default_factory=list)


@lru_cache(maxsize=64)
def _state_type(own: type[msgspec.Struct]) -> type[msgspec.Struct]:
    """State of an actor that hosts a strategy with this state: the strategy's own, and what it holds.

    Executions that were `set_aside` have been counted.
    """
    return msgspec.defstruct("StrategyActorState", [("own", own)], bases=(_Counted,), module=__name__, kw_only=True)
