"""Whether what a command became was handled, or waits for an actor that may not run, or was set aside.

An actor that fails at a message is given it three times, with a pause before the last: so a command that is durable
may not have been carried out yet, and may never be.
"""

from __future__ import annotations

from typing import NamedTuple

from actors.kernel import ActorStatus, Kernel
from messages import (
    AnyMessage,
    ChangeLimits,
    CodecError,
    HaltTrading,
    PauseStrategy,
    Told,
    UndeployStrategy,
    decode,
)

_PARTS = ("request", "signal")
"""Fields in which a message carries the one that it was made of."""


class HeldUp(NamedTuple):
    """A message of a command that `actor` has not handled; `letter_seq` names its dead letter, if it is one."""

    type: str
    actor: str
    letter_seq: int | None = None

    def __str__(self) -> str:
        if self.letter_seq is None:
            return (
                f"{self.type} waits for {self.actor}, which has failed and may yet carry it out. "
                f"Look before you repeat it: understudy inspect {self.actor}"
            )
        return (
            f"{self.type} was set aside by {self.actor}, which failed at it: "
            f"understudy dead-letters show {self.letter_seq} {self.actor}"
        )


def held_up(kernel: Kernel, command: AnyMessage, seq: int) -> HeldUp | None:
    """Where the command that became input `seq` is held up; `None` if nowhere. For the core thread.

    One that tells an actor something once more is held up where that is.
    """
    meant = _message(command.message) if isinstance(command, Told) else command
    if meant is None:
        return None
    for name, actor in kernel.actors.items():
        if actor.status is ActorStatus.BACKING_OFF:
            for waiting in actor.mailbox:
                if _is_of(waiting, meant):
                    return HeldUp(type(waiting).__name__, name)
    for letter in kernel.dead_letters:
        if letter.seq >= seq and (parked := _message(letter.message)) is not None and _is_of(parked, meant):
            return HeldUp(type(parked).__name__, letter.actor, letter.seq)
    return None


def holds_all_the_same(command: AnyMessage) -> bool:
    """Whether an actor obeys a command that it fails at: what keeps positions from being opened, and no more."""
    match command:
        case HaltTrading(flatten=closes) | UndeployStrategy(close=closes):
            return not closes
        case _:
            return isinstance(command, PauseStrategy | ChangeLimits)


def _is_of(message: object, command: AnyMessage) -> bool:
    return message == command or any(getattr(message, part, None) == command for part in _PARTS)


def _message(data: bytes) -> AnyMessage | None:
    try:
        return decode(data)
    except CodecError:  # it could not be encoded when it was set aside
        return None
