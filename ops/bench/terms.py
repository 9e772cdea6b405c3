"""What one measurement is asked to do: one struct for each kind, as a parent process writes it to its child."""

from __future__ import annotations

from enum import Enum

import msgspec


class Road(Enum):
    """How far an input goes before it has caused an order."""

    EMIT = "emit"
    """Router, symbol, and an actor that emits an order for every quote."""
    FULL = "full"
    """Router, symbol, strategy, risk, venue, fills and books; one quote in twenty makes an order."""


class Phase(Enum):
    """Recovery needs something to recover from, made once and measured several times."""

    PREPARE = "prepare"
    MEASURE = "measure"


class MessagesTerms(msgspec.Struct, frozen=True, kw_only=True, tag="messages"):
    """`actors` in two rows, besides the entry; `inputs` are measured, after a tenth of them to warm up."""

    actors: int
    inputs: int


class ThroughputTerms(msgspec.Struct, frozen=True, kw_only=True, tag="throughput"):
    """`strategies` for each of `symbols`; `inputs` are measured, after a run of `warm_up_inputs` elsewhere."""

    symbols: int
    strategies: int
    inputs: int
    warm_up_inputs: int


class LatencyTerms(msgspec.Struct, frozen=True, kw_only=True, tag="latency"):
    """`rate` inputs a second over `symbols`; what is sent within `warm_up_seconds` is not counted.

    `stall_ms` above 0 makes one handler sleep so long, once, in the middle of what is counted.
    """

    road: Road
    rate: int
    seconds: float
    warm_up_seconds: float
    symbols: int = 100
    stall_ms: float = 0.0
    floor_samples: int = 500


class ActorsTerms(msgspec.Struct, frozen=True, kw_only=True, tag="actors"):
    """`actors` are started, and told `messages` each to fill what they keep for a restart."""

    actors: int
    messages: int


class RecoveryTerms(msgspec.Struct, frozen=True, kw_only=True, tag="recovery"):
    """A journal of `inputs`; with checkpoints every `checkpoint_inputs`, or none if that is 0."""

    phase: Phase
    inputs: int
    checkpoint_inputs: int


class RestartTerms(msgspec.Struct, frozen=True, kw_only=True, tag="restart"):
    """Each of `symbols` and the strategy on it is crashed once."""

    symbols: int


class ServedTerms(msgspec.Struct, frozen=True, kw_only=True, tag="served"):
    """An engine with its control socket, on `rate` quotes a second over `symbols` for `seconds`.

    Without `halts` a view and ten clients watch it in the middle third; with them, one client asks and halts it.
    """

    rate: int
    seconds: float
    symbols: int = 20
    halts: bool = False


Terms = MessagesTerms | ThroughputTerms | LatencyTerms | ActorsTerms | RecoveryTerms | RestartTerms | ServedTerms


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One measurement and the directory that it may fill."""

    terms: Terms
    directory: str
