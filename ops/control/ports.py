"""What the control server needs of an engine."""

from __future__ import annotations

from typing import Protocol

from ops.control.answers import ActorDetail, ActorLine, CommandDone, DeadLetterLine, Status, View
from ops.control.commands import Command
from ops.control.events import EventHub


class Desk(Protocol):
    """Answers for the engine. Every coroutine runs on the control server's loop and must not hold it up.

    Each raises EngineNotAnswering or TimeoutError if the core does not come to it in time.
    """

    @property
    def events(self) -> EventHub:
        """Where the engine publishes its effects."""

    async def status(self) -> Status:
        """How the engine is."""

    async def actors(self) -> tuple[ActorLine, ...]:
        """The tree, parents before children."""

    async def actor(self, name: str, *, messages: int) -> ActorDetail:
        """One actor from inside, with its last `messages`. Raises UsageError for an unknown name."""

    async def view(self) -> View:
        """All that a screen shows."""

    async def dead_letters(self) -> tuple[DeadLetterLine, ...]:
        """The messages that were set aside."""

    async def do(self, command: Command) -> CommandDone:
        """Carry out a command; returns when it is durable. Raises UnderstudyError if it cannot be."""
