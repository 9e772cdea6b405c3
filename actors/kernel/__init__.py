"""The kernel: actors on one deterministic core thread, journaled, supervised, recovered."""

from __future__ import annotations

from actors.kernel.actor import Actor, ActorStatus, NoState, Ref
from actors.kernel.clock import Clock, PacedClock, RealClock, VirtualClock, monotonic_ns
from actors.kernel.committer import Committer
from actors.kernel.drills import crash_plan, hang_plan, lose_plan, poison_plan
from actors.kernel.errors import (
    CoreThreadMisuse,
    EngineHalted,
    HandlerBroken,
    InjectedCrash,
    KernelError,
    NotJournalable,
    ReplayDiverged,
    StateLost,
)
from actors.kernel.failure import save_state
from actors.kernel.feed import SourceFeed
from actors.kernel.future import KernelFuture
from actors.kernel.ingress import Ingress
from actors.kernel.kernel import CoreThread, Kernel
from actors.kernel.ports import Gateway, Journal, Source, StateStore
from actors.kernel.recovery import (
    begin,
    go_on,
    is_same_effect,
    recover,
    replay,
    restore_checkpoint,
    same_effects,
    take_checkpoint,
)
from actors.kernel.registry import passing_actors
from actors.kernel.supervisor import Supervisor
from actors.kernel.tracing import Delivery, trace
from actors.kernel.watchdog import Watchdog

__all__ = [
    "Actor",
    "ActorStatus",
    "Clock",
    "Committer",
    "CoreThread",
    "CoreThreadMisuse",
    "Delivery",
    "EngineHalted",
    "Gateway",
    "HandlerBroken",
    "Ingress",
    "InjectedCrash",
    "Journal",
    "Kernel",
    "KernelError",
    "KernelFuture",
    "NoState",
    "NotJournalable",
    "PacedClock",
    "RealClock",
    "Ref",
    "ReplayDiverged",
    "Source",
    "SourceFeed",
    "StateLost",
    "StateStore",
    "Supervisor",
    "VirtualClock",
    "Watchdog",
    "begin",
    "crash_plan",
    "go_on",
    "hang_plan",
    "is_same_effect",
    "lose_plan",
    "monotonic_ns",
    "passing_actors",
    "poison_plan",
    "recover",
    "replay",
    "restore_checkpoint",
    "same_effects",
    "save_state",
    "take_checkpoint",
    "trace",
]
