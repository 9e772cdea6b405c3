"""Which actor handled what, on whose word: a trace of the kernel for as long as a `with` lasts.

Nothing of it is in the kernel: actors are wrapped one by one, so a kernel that is not traced pays nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from actors.kernel.actor import Actor
from actors.kernel.kernel import Kernel

_Told = dict[str, list[tuple[Any, int]]]
"""By actor: messages on their way to it, each with the index of the delivery that told it."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message that an actor handled to the end.

    `told` is what it told, recorded and set timers for meanwhile. `told_by` is the index in the trace of the
    delivery that told it; `None` if it came from outside, or from an actor's start.
    """

    actor: str
    message: Any
    told: tuple[Any, ...]
    told_by: int | None


@contextmanager
def trace(kernel: Kernel) -> Iterator[list[Delivery]]:
    """The deliveries of a kernel, oldest first, growing as they happen.

    What an actor handles again to be rebuilt after a failure is not in it, nor is an attempt that failed.
    """
    deliveries: list[Delivery] = []
    under_way: _Told = {name: [] for name in kernel.actors}
    taps = [_Tap(actor, deliveries, under_way) for actor in kernel.actors.values()]
    try:
        yield deliveries
    finally:
        for tap in taps:
            tap.remove()


class _Tap:
    """Stands before one actor's `on_receive`, and before the drill that may be armed there."""

    def __init__(self, actor: Actor, deliveries: list[Delivery], under_way: _Told) -> None:
        self._actor = actor
        self._deliveries = deliveries
        self._under_way = under_way
        self._outbox = actor.kernel.outbox
        self._armed = actor.__dict__.get("on_receive")
        actor.__dict__["on_receive"] = self

    def __call__(self, message: Any) -> Any:
        actor = self._actor
        handler = self._armed or type(actor).on_receive.__get__(actor)
        try:
            reply = handler(message)
        finally:
            if "on_receive" not in actor.__dict__:  # an armed drill has gone off and taken itself away
                self._armed = None
                actor.__dict__["on_receive"] = self
        if actor.kernel.outbox is self._outbox:  # a rebuild is told into another one
            self._note(message)
        return reply

    def remove(self) -> None:
        """Leave the actor as it would be without."""
        self._actor.__dict__.pop("on_receive", None)
        if self._armed is not None:
            self._actor.__dict__["on_receive"] = self._armed

    def _note(self, message: Any) -> None:
        told_by = self._teller_of(message)
        index = len(self._deliveries)
        for target, sent in self._outbox:
            if isinstance(target, Actor):
                self._under_way[target.actor_urn].append((sent, index))
        told = tuple(sent for _, sent in self._outbox)
        self._deliveries.append(Delivery(self._actor.actor_urn, message, told, told_by))

    def _teller_of(self, message: Any) -> int | None:
        waiting = self._under_way[self._actor.actor_urn]
        for place, (sent, index) in enumerate(waiting):
            if sent is message:
                del waiting[place]
                return index
        return None
