"""What waits in the mailboxes of actors that may not run: market data gives way to newer, all else stays.

told to a full mailbox, market data -> no other of its kind and symbol waits behind the head, but for one that was
                                       the head, which is left alone, until something went ahead of it
anything else                       -> it waits until the actor may run again
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from actors.kernel import kernel as kernel_module
from actors.kernel.actor import Actor
from actors.kernel.mailbox import MAILBOX_LIMIT, HeldMailbox, Mailbox
from actors.names import ROUTER
from messages import (
    AnyMessage,
    Bar,
    HaltTrading,
    Mark,
    Quote,
    ReleaseTrading,
    Told,
    Trade,
    VenueConnected,
    VenueDisconnected,
    decode,
)

NARROW_MAILBOX = 2
"""How many messages a mailbox holds where data come faster than they are taken."""

_OLD_SOON = (Quote, Trade, Mark, Bar)
"""What is worth nothing once a newer one has come."""

_AHEAD = (HaltTrading, ReleaseTrading, VenueConnected, VenueDisconnected)
"""What goes ahead of mail that waits."""


class Mailboxes:
    """The mail that waits in the engines of one simulation, and how much of it may.

    `fail` is told the number of an invariant, and how it was broken.
    """

    def __init__(self, fail: Callable[[str, str], None], *, are_narrow: bool) -> None:
        self._fail = fail
        self._limit = NARROW_MAILBOX if are_narrow else MAILBOX_LIMIT
        self._waiting: dict[str, tuple[Mailbox, list[object]]] = {}
        self._heads: dict[str, AnyMessage] = {}
        self._were_heads: dict[str, set[tuple[object, ...]]] = {}
        self._is_told_again = False

    def bound(self) -> None:
        """What the kernel takes from its module is set for each simulation: several run in one process."""
        kernel_module.MAILBOX_LIMIT = self._limit  # type: ignore[attr-defined]  # imported there

    def see_command(self, message: AnyMessage) -> None:
        """Somebody gives a message that was set aside once more: it waits, whatever else does."""
        self._is_told_again |= isinstance(message, Told) and isinstance(decode(message.message), _OLD_SOON)

    def look(self, actors: Iterable[Actor]) -> None:
        """Between two turns."""
        held = [actor for actor in actors if isinstance(actor.mailbox, HeldMailbox)]
        self._see_heads(held)
        for actor in held:
            self._see_what_stays(actor)
            if actor.actor_urn != ROUTER and not self._is_told_again:  # to it all inputs come, and none gives way
                self._see_bound(actor)
        self._waiting = {each.actor_urn: (each.mailbox, _lasting(each.mailbox)) for each in held}

    def _see_heads(self, held: Iterable[Actor]) -> None:
        """Which market data was the head of its mailbox, and has something ahead of it now."""
        heads, were_heads = self._heads, self._were_heads
        self._heads, self._were_heads = {}, {}
        for actor in held:
            name, first = actor.actor_urn, next(iter(actor.mailbox), None)
            kinds = self._were_heads[name] = were_heads.get(name, set())
            before = heads.get(name)
            if isinstance(first, _AHEAD) and isinstance(before, _OLD_SOON):
                kinds.add(_kind(before))
            elif first is not None:
                self._heads[name] = first

    def _see_what_stays(self, actor: Actor) -> None:
        box, before = self._waiting.get(actor.actor_urn, (None, []))
        if box is not actor.mailbox:
            return
        there = set(map(id, actor.mailbox))
        for message in before:
            if id(message) not in there:
                self._fail("I13", f"{type(message).__name__} waited for {actor.actor_urn}, and is gone")

    def _see_bound(self, actor: Actor) -> None:
        """Whatever stands beyond the bound has come when the mailbox was full, and what came since in its place."""
        waiting = [each for each in actor.mailbox if not isinstance(each, _AHEAD)]
        counts = Counter(_kind(each) for each in waiting[1:] if isinstance(each, _OLD_SOON))
        counts.subtract(self._were_heads[actor.actor_urn])
        for message in waiting[self._limit :]:
            if isinstance(message, _OLD_SOON) and counts[_kind(message)] > 1:
                self._fail(
                    "I13",
                    f"{len(waiting)} messages wait for {actor.actor_urn}, old {type(message).__name__}s of them",
                )
                return


def _lasting(mailbox: Iterable[object]) -> list[object]:
    return [each for each in mailbox if not isinstance(each, _OLD_SOON)]


def _kind(message: Quote | Trade | Mark | Bar) -> tuple[object, ...]:
    return type(message), message.symbol, getattr(message, "timeframe_ns", 0)
