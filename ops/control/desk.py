"""Answers for one engine: what the control server asks, read beside the core or between two of its inputs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from actors.kernel import Actor
from ops.control import commands
from ops.control.actor_commands import ActorCommands
from ops.control.answers import ActorDetail, ActorLine, CommandDone, DeadLetterLine, Status, View
from ops.control.config_commands import ConfigCommands
from ops.control.core_access import CoreAccess
from ops.control.events import EventHub
from ops.control.lines import actor_line, actor_lines, status_line, symbol_lines
from ops.control.pictures import fill_row, handled_messages, state_of, take_picture
from ops.control.strategy_commands import StrategyCommands
from ops.control.trading_commands import TradingCommands
from ops.dead_letters import letter_line
from ops.engine import Engine
from ops.monitor import Monitor
from ops.tree import walk


class EngineDesk:
    """Satisfies `ops.control.ports.Desk`."""

    def __init__(self, engine: Engine, monitor: Monitor) -> None:
        self.events = EventHub()
        self._engine = engine
        self._monitor = monitor
        self._access = access = CoreAccess(engine)
        strategies, trading = StrategyCommands(access), TradingCommands(access)
        self._actors = actors = ActorCommands(access)
        self._doers: dict[type, Callable[[Any], Awaitable[CommandDone]]] = {
            commands.Stop: actors.stop,
            commands.Kill: actors.kill,
            commands.Restart: actors.restart,
            commands.TakeCheckpoint: actors.checkpoint,
            commands.RetryDeadLetter: actors.retry_dead_letter,
            commands.DropDeadLetter: actors.drop_dead_letter,
            commands.Deploy: strategies.deploy,
            commands.Undeploy: strategies.undeploy,
            commands.Pause: strategies.pause,
            commands.Resume: strategies.resume,
            commands.ReloadStrategy: strategies.reload,
            commands.ReloadConfig: ConfigCommands(access, strategies).reload,
            commands.SendSignal: trading.signal,
            commands.PlaceOrder: trading.order,
            commands.Cancel: trading.cancel,
            commands.Close: trading.close,
            commands.Accept: trading.accept,
            commands.Halt: trading.halt,
            commands.Release: trading.release,
        }

    async def status(self) -> Status:
        """How the engine is."""
        return status_line(self._engine, self._monitor)

    async def actors(self) -> tuple[ActorLine, ...]:
        """The tree, parents before children."""
        return actor_lines(self._engine, self._monitor)

    async def actor(self, name: str, *, messages: int) -> ActorDetail:
        """One actor from inside. Raises UsageError for an unknown name."""
        engine, kernel = self._engine, self._engine.kernel

        def look() -> tuple[Actor, int, dict[str, Any], Any, dict[str, int]]:
            actor = self._actors.find(name)
            depth = next(depth for depth, each in walk(kernel) if each is actor)
            timers = {each.name: each.due_ns for each in kernel.timers.entries() if each.actor == name}
            return actor, depth, state_of(kernel, name), handled_messages(kernel, name, messages), timers

        actor, depth, state, handled, timers = await self._access.look(look)
        return ActorDetail(
            line=actor_line(engine, self._monitor, actor, depth, engine.checkpoint_age_seconds),
            state=state,
            messages=handled,
            timers=timers,
            children=tuple(getattr(actor, "children", ())),
        )

    async def view(self) -> View:
        """All that a screen shows: the books and orders of one moment of the core, the rest as of now."""
        engine = self._engine
        picture = await self._access.look(lambda: take_picture(engine))
        status = status_line(engine, self._monitor)
        return View(
            seq=picture.seq,
            durable_seq=status.durable_seq,
            time_ns=picture.time_ns,
            status=status,
            symbols=symbol_lines(engine, self._monitor),
            strategies=picture.strategies,
            portfolios=picture.portfolios,
            orders=picture.orders,
            fills=tuple(fill_row(each) for each in reversed(list(engine.fills))),
            actors=actor_lines(engine, self._monitor),
        )

    async def dead_letters(self) -> tuple[DeadLetterLine, ...]:
        """The messages that were set aside."""
        found = await self._actors.letters()
        return tuple(letter_line(letter, is_durable=is_durable) for letter, is_durable in found)

    async def do(self, command: commands.Command) -> CommandDone:
        """Carry out a command; returns when it is durable. Raises UnderstudyError."""
        return await self._doers[type(command)](command)
