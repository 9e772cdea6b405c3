"""The commands about actors and the engine itself: drills, restarts, dead letters, checkpoints, the end."""

from __future__ import annotations

import asyncio
import time

from actors.kernel import Actor, ActorStatus, hang_plan, poison_plan
from messages import AnyMessage, CodecError, CrashActor, DeadLetter, RestartActor, Told, decode
from ops.control import commands
from ops.control.answers import CommandDone
from ops.control.core_access import CORE_SECONDS, CoreAccess
from ops.control.strategy_commands import unknown
from ops.errors import CommandFailed, EngineNotAnswering, UsageError

_POLL_SECONDS = 0.02


class ActorCommands:
    """Carries them out on an engine."""

    def __init__(self, access: CoreAccess) -> None:
        self._access = access
        self._engine = access.engine

    async def stop(self, command: commands.Stop) -> CommandDone:
        """End in order. Returns before it has ended."""
        self._engine.stop(command.reason or "asked to stop")
        return CommandDone(seq=0, text="the engine ends in order")

    async def kill(self, command: commands.Kill) -> CommandDone:
        """A drill. Raises UsageError for an actor that is not there, or may not run and so cannot fail."""
        if command.how == "crash":

            def make(_: int) -> AnyMessage:
                return CrashActor(self._running(command.actor).actor_urn)

            return await self._access.command(make, done=f"{command.actor} crashed, as asked, and was rebuilt")
        plan = hang_plan if command.how == "hang" else poison_plan
        await self._access.look(lambda: plan(self._running(command.actor)))
        fate = "hang on" if command.how == "hang" else "fail on"
        return CommandDone(seq=0, text=f"{command.actor} will {fate} its next message")

    async def restart(self, command: commands.Restart) -> CommandDone:
        """Let it run again. Raises UsageError for an actor that is not there, or runs."""

        def make(_: int) -> AnyMessage:
            actor = self.find(command.actor)
            if actor.status is ActorStatus.RUNNING:
                raise UsageError(f"{command.actor} is running. Nothing is to be done.")
            return RestartActor(actor.actor_urn)

        return await self._access.command(make, done=f"{command.actor} runs again")

    async def checkpoint(self, _: commands.TakeCheckpoint) -> CommandDone:
        """Store a checkpoint. Returns when it is durable."""
        engine = self._engine
        seq = await self._access.look(engine.checkpoint_now)
        deadline = time.monotonic() + CORE_SECONDS
        while engine.checkpoint_seq < seq:
            if time.monotonic() > deadline:
                raise EngineNotAnswering(
                    f"the checkpoint at input {seq} is not on disk after {CORE_SECONDS:g} s. Look at the logs."
                )
            await asyncio.sleep(_POLL_SECONDS)
        return CommandDone(seq=0, text=f"a checkpoint stands behind input {seq}")

    async def retry_dead_letter(self, command: commands.RetryDeadLetter) -> CommandDone:
        """Tell it to its actor once more. Raises UsageError; CommandFailed if the actor fails at it again."""
        letter, _ = await self.letter(command.seq, command.actor)
        try:
            decode(letter.message)
        except CodecError as error:
            raise UsageError(
                f"the message of input {command.seq} for {command.actor} cannot be told again: {error}. Drop it."
            ) from error

        def make(_: int) -> AnyMessage:
            return Told(self.find(command.actor).actor_urn, letter.message)

        try:
            done = await self._access.command(make, done=f"told to {command.actor} again")
        except CommandFailed:
            if await self._is_set_aside_anew(letter):
                await self._forget(letter)
            raise
        await self._forget(letter)
        return done

    async def drop_dead_letter(self, command: commands.DropDeadLetter) -> CommandDone:
        """Forget it. Raises UsageError."""
        letter, _ = await self.letter(command.seq, command.actor)
        await self._forget(letter)
        return CommandDone(seq=0, text=f"dropped the message of input {command.seq} for {command.actor}")

    async def letters(self) -> list[tuple[DeadLetter, bool]]:
        """All that was set aside, oldest first, and whether it is stored already."""
        state = self._engine.directory.state
        stored = await asyncio.to_thread(state.dead_letters)
        fresh = await self._access.look(lambda: list(self._engine.kernel.dead_letters))
        return [*((letter, True) for letter in stored), *((letter, False) for letter in fresh)]

    async def letter(self, seq: int, actor: str) -> tuple[DeadLetter, bool]:
        """One of them. Raises UsageError."""
        for letter, is_durable in await self.letters():
            if (letter.seq, letter.actor) == (seq, actor):
                return letter, is_durable
        raise UsageError(
            f"no message of input {seq} for {actor} was set aside. List them: `understudy dead-letters ls`."
        )

    def find(self, name: str) -> Actor:
        """The actor of that name. For the core thread. Raises UsageError, naming the nearest."""
        actor = self._engine.kernel.actors.get(name)
        if actor is None:
            raise UsageError(unknown("actor", name, list(self._engine.kernel.actors)))
        return actor

    def _running(self, name: str) -> Actor:
        actor = self.find(name)
        if actor.status is not ActorStatus.RUNNING:
            raise UsageError(f"{name} is {actor.status.value} and cannot fail. First: `understudy restart {name}`.")
        return actor

    async def _is_set_aside_anew(self, letter: DeadLetter) -> bool:
        said = (letter.actor, letter.message)
        return any(each.seq > letter.seq and (each.actor, each.message) == said for each, _ in await self.letters())

    async def _forget(self, letter: DeadLetter) -> None:
        engine = self._engine

        def take_out() -> None:
            letters = engine.kernel.dead_letters
            letters[:] = [each for each in letters if (each.seq, each.actor) != (letter.seq, letter.actor)]

        await self._access.look(take_out)
        await asyncio.to_thread(engine.directory.state.drop_dead_letter, letter.seq, letter.actor)
        engine.letters[letter.actor] -= 1
