"""How the control desk reaches the core: a function between two inputs, or a command until it is durable."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from messages import AnyMessage, CommandRefused, Recorded
from ops.control.answers import CommandDone
from ops.engine import Engine
from ops.errors import CommandFailed, EngineNotAnswering
from ops.export import RecordKind, kind_of, record

CORE_SECONDS = 5.0
"""How long the core may take to come to the end of a turn, and the disk to take a command."""

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

        `make` runs on the core thread and may refuse. Raises CommandFailed if the core itself refuses.
        """
        engine = self.engine

        def carry_out() -> tuple[int, int, AnyMessage, list[Recorded]]:
            message = make(engine.kernel.clock.now_ns(engine.kernel.now_ns))
            effects = engine.command(message)
            return engine.kernel.seq, engine.kernel.now_ns, message, effects

        seq, time_ns, message, effects = await self.look(carry_out)
        await self._durable(seq)
        for effect in effects:
            if isinstance(effect.message, CommandRefused):
                raise CommandFailed(f"{effect.message.reason}. Nothing was changed.")
        return CommandDone(seq=seq, text=done, records=tuple(_records(seq, time_ns, message, effects)))

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
