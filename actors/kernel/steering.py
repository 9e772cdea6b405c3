"""Inputs that are no business of the entry actor: timers, what a person tells one actor, and the engine's own.

`handlers` maps the type of an input to the function that carries it out, between two handlers of actors. Who wires
an engine adds those that change which actors there are.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from actors.kernel.actor import Actor, ActorStatus
from actors.kernel.failure import FailureHandler, describe
from actors.kernel.supervisor import ChildFailed, Supervisor
from messages import (
    CommandRefused,
    CrashActor,
    EngineStarted,
    QuarantineActor,
    RestartActor,
    StopEngine,
    TimerFired,
    Told,
    decode,
)

if TYPE_CHECKING:
    from actors.kernel.kernel import Kernel

_logger = logging.getLogger(__name__)


class Steering:
    """One for each kernel, on the core thread."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self.handlers: dict[type, Callable[[Any], None]] = {
            TimerFired: self._on_timer,
            Told: self._on_told,
            CrashActor: self._on_crash,
            RestartActor: self._on_restart,
            QuarantineActor: self._on_quarantine,
            EngineStarted: self._on_started,
            StopEngine: self._on_stop,
        }

    def refuse(self, subject: str, reason: str) -> None:
        """Record that what a person wanted could not be done."""
        kernel = self._kernel
        kernel.effect_sink.append(CommandRefused(subject=subject, time_ns=kernel.now_ns, reason=reason))

    def _on_timer(self, timer: TimerFired) -> None:
        kernel = self._kernel
        kernel.timers.cancel(timer.actor, timer.name)
        if timer.name == FailureHandler.RESUME_TIMER:
            self._steer(timer.actor, timer, kernel.failures.resume)
        else:
            kernel.deliver(timer.actor, timer)

    def _on_told(self, told: Told) -> None:
        self._kernel.deliver(told.actor, decode(told.message))

    def _on_crash(self, message: CrashActor) -> None:
        self._steer(message.actor, message, self._kernel.failures.crash)

    def _on_restart(self, message: RestartActor) -> None:
        self._steer(message.actor, message, self._restart)

    def _on_quarantine(self, message: QuarantineActor) -> None:
        self._steer(message.actor, message, lambda actor: self._quarantine(actor, message.reason))

    def _on_started(self, _: EngineStarted) -> None:
        for actor in list(self._kernel.actors.values()):
            self._start_or_keep_out(actor)

    def _on_stop(self, message: StopEngine) -> None:
        self._kernel.stopping = message.reason or "asked to stop"

    def _steer(self, name: str, message: Any, act: Callable[[Actor], None]) -> None:
        actor = self._kernel.actors.get(name)
        if actor is None:
            self._kernel.failures.park_unaddressed(name, message)
        else:
            act(actor)

    def _restart(self, actor: Actor) -> None:
        kernel = self._kernel
        never_started = actor.status is not ActorStatus.RUNNING and not actor.handled
        was_quarantined = actor.status is ActorStatus.QUARANTINED
        kernel.failures.resume(actor)
        if was_quarantined and isinstance(actor.supervisor, Supervisor):
            kernel.failures.release(actor.supervisor, actor.actor_urn)
        if never_started:
            self._start_or_keep_out(actor)

    def _quarantine(self, actor: Actor, reason: str) -> None:
        """Keep an actor out, if its supervisor can do that; what was waiting for it is thrown away."""
        kernel, supervisor = self._kernel, actor.supervisor
        if not isinstance(supervisor, Supervisor) or not supervisor.quarantine:
            self.refuse(actor.actor_urn, f"{actor.actor_urn} is no actor that the engine can do without")
        elif actor.status is not ActorStatus.QUARANTINED:
            kernel.timers.cancel(actor.actor_urn, FailureHandler.RESUME_TIMER)
            kernel.failures.quarantine(actor, supervisor, reason)

    def _start_or_keep_out(self, actor: Actor) -> None:
        """An actor that cannot start is quarantined if its supervisor does that; else the engine cannot go on."""
        kernel = self._kernel
        try:
            kernel.start(actor)
        except BaseException as error:  # SystemExit from a strategy must not end the engine
            _logger.exception("on_start failed actor=%s", actor.actor_urn)
            kernel.failures.note(actor, error)
            reason = f"on_start failed: {describe(error)}"
            kernel.outbox.clear()
            kernel.failures.rebuild(actor)
            supervisor = actor.supervisor
            if isinstance(supervisor, Supervisor) and supervisor.quarantine:
                supervisor.decide(ChildFailed(actor.actor_urn, reason, beyond_hope=reason))
                kernel.flush_outbox()
                kernel.failures.hold(actor, ActorStatus.QUARANTINED)
            else:
                kernel.failures.hold(actor, ActorStatus.BACKING_OFF)
                kernel.fatal = f"{actor.actor_urn}: {reason}"
