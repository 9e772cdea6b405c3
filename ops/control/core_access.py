"""How the control desk reaches the core: a function between two inputs, or a command until it is durable."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

from messages import AnyMessage, CommandRefused, Recorded
from ops.control.answers import CommandDone
from ops.control.held_up import HeldUp, held_up, holds_all_the_same
from ops.engine import Engine
from ops.errors import CommandFailed, EngineNotAnswering
from ops.export import RecordKind, kind_of, record

CORE_SECONDS = 5.0
"""How long the core may take to come to the end of a turn, and the disk to take a command."""

RETRY_SECONDS = 1.0
"""How long to wait for an actor that has failed at a command: its last try comes after a tenth of that."""

_POLL_SECONDS = 0.02

_T = TypeVar("_T")


class CoreAccess:
    """For the control server's loop."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    async def look(self, function: Callable[[], _T]) -> _T:
        """What a function returns that is run on the core thread between two inputs.

        Raises what it raises, and EngineNotAnswering if the core does not come to it in time; it is not run then.
        """
        future = self.engine.kernel.outside.call(function)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), CORE_SECONDS)
        except TimeoutError as error:
            raise EngineNotAnswering(
                f"the core has not come to the end of a turn within {CORE_SECONDS:g} s. Ask again: an engine that "
                "hangs is replaced by its guardian."
            ) from error

    async def command(self, make: Callable[[int], AnyMessage], *, done: str) -> CommandDone:
        """Carry out what `make` returns for the time of the core, as one input; returns when it is durable.

        `make` runs on the core thread and may refuse. Raises CommandFailed if the core itself refuses, or an actor
        fails at it. The notes tell of one that failed, where nothing is lost by that.
        """
        engine = self.engine

        def carry_out() -> tuple[int, int, AnyMessage, list[Recorded], HeldUp | None]:
            message = make(engine.kernel.clock.now_ns(engine.kernel.now_ns))
            effects = engine.command(message)
            seq = engine.kernel.seq
            return seq, engine.kernel.now_ns, message, effects, held_up(engine.kernel, message, seq)

        seq, time_ns, message, effects, held = await self.look(carry_out)
        await self._durable(seq)
        for effect in effects:
            if isinstance(effect.message, CommandRefused):
                raise CommandFailed(f"{effect.message.reason}. Nothing was changed.")
        notes = () if held is None else (await self._note(held, message, seq),)
        told = tuple(_records(seq, time_ns, message, effects))
        return CommandDone(seq=seq, text=done, records=told, notes=notes)

    async def _note(self, held: HeldUp, message: AnyMessage, seq: int) -> str:
        """What is said of a command that was held up. Raises CommandFailed if it still is, and does not hold."""
        kernel, first = self.engine.kernel, held
        deadline = time.monotonic() + RETRY_SECONDS
        while held.letter_seq is None and time.monotonic() < deadline:
            await asyncio.sleep(_POLL_SECONDS)
            found = await self.look(lambda: held_up(kernel, message, seq))
            if found is None:
                return f"{first.type} waited for {first.actor}, which had failed"
            held = found
        if holds_all_the_same(message):
            return f"it holds all the same, but {held}"
        raise CommandFailed(str(held))

    async def _durable(self, seq: int) -> None:
        try:
            await asyncio.wait_for(asyncio.wrap_future(self.engine.durable.wait(seq)), CORE_SECONDS)
        except TimeoutError as error:
            raise EngineNotAnswering(
                f"the command is input {seq}, which is not on disk after {CORE_SECONDS:g} s; it may or may not be "
                "lost if the engine ends now. Look with `understudy status`."
            ) from error


def _records(seq: int, time_ns: int, message: AnyMessage, effects: list[Recorded]) -> list[dict[str, object]]:
    told = [record(message, seq=seq, time_ns=time_ns, kind=RecordKind.INPUT)]
    for effect in effects:
        kind = kind_of(effect.message, RecordKind.EFFECT)
        told.append(record(effect.message, seq=effect.seq, time_ns=time_ns, kind=kind))
    return told
