"""What steers the engine, and what the engine itself reports."""

from __future__ import annotations

from enum import Enum

from messages._base import Message, StrategyId, Symbol


class TimerFired(Message, frozen=True, gc=False, array_like=True, tag=True):
    """A timer that `actor` set is due. Timers are inputs: they are journaled like market data."""

    actor: str
    name: str
    due_ns: int


class Told(Message, frozen=True, gc=False, array_like=True, tag=True):
    """A message that a thread outside the core told to one actor, by the actor's name."""

    actor: str
    message: bytes


class CrashActor(Message, frozen=True, gc=False, array_like=True, tag=True):
    """Make an actor fail as if its handler had raised; a drill."""

    actor: str


class RestartActor(Message, frozen=True, gc=False, array_like=True, tag=True):
    """Start a failed or quarantined actor again."""

    actor: str


class HaltTrading(Message, frozen=True, gc=False, array_like=True, tag=True):
    """Open no new position anywhere, and cancel working entry orders, until released; `flatten` closes all too."""

    time_ns: int
    reason: str
    flatten: bool = False


class ReleaseTrading(Message, frozen=True, gc=False, array_like=True, tag=True):
    """A person lets trading go on."""

    time_ns: int
    reason: str


class StopEngine(Message, frozen=True, gc=False, array_like=True, tag=True):
    """End in order."""

    reason: str = ""


class Subscribe(Message, frozen=True, gc=False, array_like=True, tag=True):
    """Ask a symbol for market data: each valid record as the feed gave it (`ticks`), `Mark`, bars of these lengths.

    For `ticks` the symbol answers with whether it is halted, its latest record if it has one, and `Subscribed`.
    """

    symbol: Symbol
    subscriber: str
    ticks: bool = False
    marks: bool = False
    timeframes_ns: tuple[int, ...] = ()


class Subscribed(Message, frozen=True, gc=False, array_like=True, tag=True):
    """A symbol's answer to a subscription of ticks: what it knew has been told, new data follows."""

    symbol: Symbol
    time_ns: int


class Unsubscribe(Message, frozen=True, gc=False, array_like=True, tag=True):
    """Take back what `Subscribe` asked for: `ticks`, `marks` or bars; all of it where none is named."""

    symbol: Symbol
    subscriber: str
    ticks: bool = False
    marks: bool = False
    timeframes_ns: tuple[int, ...] = ()


class AlertLevel(Enum):
    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class Alert(Message, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """Something a person should know. `subject` names the actor, order or symbol concerned."""

    level: AlertLevel
    subject: str
    text: str
    time_ns: int


class ActorRestarted(Message, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """A crashed actor runs again with its state rebuilt."""

    actor: str
    time_ns: int
    restarts: int
    error: str


class MessageParked(Message, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """A message that keeps crashing its receiver was set aside as a dead letter."""

    actor: str
    time_ns: int
    message: bytes
    error: str


class StrategyQuarantined(Message, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """A strategy failed too often and is kept out of the game until a person restarts it."""

    strategy_id: StrategyId
    time_ns: int
    reason: str


class EngineStarted(Message, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """The first input of every journal: the configuration that the run is a function of, as JSON."""

    time_ns: int
    config: bytes
    code_version: str


class SourceEnded(Message, frozen=True, gc=False, array_like=True, tag=True):
    """A replayable source has no more records."""

    source: str
    time_ns: int
