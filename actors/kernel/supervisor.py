"""Supervisors: who restarts whom, how often, and what happens when that is not enough.

Erlang's rules. A supervisor knows nothing of what its children do. It is told of a failure at once, in the turn
in which it happened, so that a restart that works is seen by nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from actors.kernel.actor import Actor
from messages import Alert, AlertLevel
from rules.restarts import (
    GiveUp,
    RestartAfter,
    RestartHistory,
    RestartNow,
    RestartPolicy,
    affected_children,
    decide_restart,
)

if TYPE_CHECKING:
    from actors.kernel.kernel import Kernel


class ChildFailed(msgspec.Struct, frozen=True):
    """A child's handler raised. `beyond_hope` is set if trying again was given up already."""

    child: str
    error: str
    beyond_hope: str | None = None


class ChildReleased(msgspec.Struct, frozen=True):
    """A person let a child play again."""

    child: str


class Restarted(msgspec.Struct, frozen=True):
    """Go on at once; `siblings` are rebuilt too."""

    siblings: tuple[str, ...]


class RestartLater(msgspec.Struct, frozen=True):
    """Go on after `delay_ns`; `siblings` are rebuilt too."""

    delay_ns: int
    siblings: tuple[str, ...] = ()


class GaveUp(msgspec.Struct, frozen=True):
    """Too many failures: keep the child out (`quarantine`), or count as failed oneself."""

    reason: str
    quarantine: bool = False


class SupervisorState(msgspec.Struct):
    """When each child was restarted."""

    histories: dict[str, RestartHistory] = msgspec.field(default_factory=dict)


class Supervisor(Actor):
    """Restarts its children by `policy`. With `quarantine`, a child beyond restarting is kept out and the
    others go on; without, the failure goes up to this supervisor's own.
    """

    State = SupervisorState

    def __init__(
        self, kernel: Kernel, name: str, *, policy: RestartPolicy | None = None, quarantine: bool = False
    ) -> None:
        super().__init__(kernel, name)
        self.policy = policy or RestartPolicy()
        self.quarantine = quarantine
        self.children: list[str] = []

    def supervise(self, children: Sequence[Actor]) -> None:
        """Take charge of these, in start order."""
        for child in children:
            child.supervisor = self
            self.children.append(child.actor_urn)

    def on_receive(self, message: Any) -> None:
        """A failure that is handled again, because this supervisor itself is being rebuilt."""
        if isinstance(message, ChildFailed):
            self.decide(message)
        elif isinstance(message, ChildReleased):
            self.release(message.child)

    def decide(self, message: ChildFailed) -> Restarted | RestartLater | GaveUp:
        """What a child's failure calls for."""
        if message.beyond_hope is not None:
            return self._give_up(message.child, message.beyond_hope)
        history = self.state.histories.setdefault(message.child, RestartHistory())
        siblings = self._siblings(message.child)
        match decide_restart(history, self.policy, now_ns=self.now_ns, actor=message.child):
            case RestartNow():
                return Restarted(siblings)
            case RestartAfter(delay_ns=delay_ns):
                return RestartLater(delay_ns, siblings)
            case GiveUp(reason=reason):
                return self._give_up(message.child, f"{reason}; the last error: {message.error}")

    def release(self, child: str) -> None:
        """A person lets a child play again: what it did before counts no more."""
        self.state.histories.pop(child, None)
        self.on_release(child)

    def on_quarantine(self, child: str, reason: str) -> None:
        """A child was put out of the game. Subclasses tell those who depend on it."""

    def on_release(self, child: str) -> None:
        """A person let a child play again. Subclasses tell those who depend on it."""

    def _give_up(self, child: str, reason: str) -> GaveUp:
        if self.quarantine:
            alert = Alert(
                level=AlertLevel.CRITICAL, subject=child, text=f"quarantined: {reason}", time_ns=self.now_ns
            )
            self.emit(alert)
            self.on_quarantine(child, reason)
        return GaveUp(reason, self.quarantine)

    def _siblings(self, child: str) -> tuple[str, ...]:
        affected = affected_children(self.policy.strategy, self.children, child)
        return tuple(name for name in affected if name != child)
