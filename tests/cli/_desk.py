"""A running engine as the commands see it: the real control server on a real socket, with a desk in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from messages import Recorded
from ops.control.answers import (
    ActorDetail,
    ActorLine,
    CommandDone,
    Concern,
    DeadLetterLine,
    HandledMessage,
    LaneLine,
    Status,
    View,
)
from ops.control.commands import Command
from ops.control.events import EventHub, Subscription, Wanted
from ops.control.server import ControlServer
from ops.errors import UnderstudyError, UsageError

NOON_NS = 1_767_614_400_000_000_000  # 2026-01-05T12:00:00Z


class TalkativeHub(EventHub):
    """Tells every new watcher the same events, and ends its stream then if `ends`."""

    def __init__(self) -> None:
        super().__init__()
        self.effects: list[Recorded] = []
        self.ends = False

    def subscribe(self, wanted: Wanted) -> Subscription:
        """A watcher who is told at once."""
        subscription = super().subscribe(wanted)
        if self.effects:
            self.publish(self.effects)
        if self.ends:
            asyncio.get_running_loop().call_soon(self.close)
        return subscription


class MemoryDesk:
    """Answers with what it holds, and keeps what it was told to do."""

    def __init__(self) -> None:
        self.events = TalkativeHub()
        self.status_now = status()
        self.lines: tuple[ActorLine, ...] = tree(symbols=3)
        self.letters: tuple[DeadLetterLine, ...] = (letter(7, "strategy/cross"), letter(7, "router"))
        self.told: list[Command] = []
        self.refusal: UnderstudyError | None = None
        self.notes: tuple[str, ...] = ()

    async def status(self) -> Status:
        """The status that is set."""
        return self.status_now

    async def actors(self) -> tuple[ActorLine, ...]:
        """The lines that are set."""
        return self.lines

    async def actor(self, name: str, *, messages: int) -> ActorDetail:
        """One of the lines, with messages counted down to the last."""
        found = [line for line in self.lines if line.name == name]
        if not found:
            raise UsageError(f"there is no actor {name}. Did you mean strategy/cross?")
        return ActorDetail(
            line=found[0],
            state={"own": {"bars": 12}, "empty": {}},
            messages=tuple(
                HandledMessage(time_ns=NOON_NS, type="Bar", fields={"symbol": "SIM.A", "close": 100 - left})
                for left in range(messages)
            ),
            timers={"bars": NOON_NS},
            children=(),
        )

    async def view(self) -> View:
        """No command asks for it."""
        raise UsageError("this desk has no view")

    async def dead_letters(self) -> tuple[DeadLetterLine, ...]:
        """The letters that are set."""
        return self.letters

    async def do(self, command: Command) -> CommandDone:
        """Keep the command, or refuse it if so set."""
        if self.refusal is not None:
            raise self.refusal
        self.told.append(command)
        return CommandDone(seq=len(self.told), text=f"done: {type(command).__name__}.", notes=self.notes)


@contextmanager
def serving(desk: MemoryDesk, data_dir: Path) -> Iterator[None]:
    """The desk is asked on the control socket of this directory."""
    server = ControlServer(desk, data_dir)
    server.start()
    try:
        yield
    finally:
        server.stop()


def actor(name: str, *, depth: int = 2, **other: Any) -> ActorLine:
    """An actor that runs and has had no trouble, but for what is given."""
    line = ActorLine(
        name=name,
        kind="supervisor" if name == "root" else name.partition("/")[0],
        depth=depth,
        status="running",
        mailbox=0,
        oldest_age_seconds=None,
        handled=1_000,
        rate=2.5,
        crashes=0,
        restarts=0,
        parked=0,
        undelivered=0,
        conflated=0,
        checkpoint_age_seconds=4.0,
    )
    return msgspec.structs.replace(line, **other)


def tree(*, symbols: int) -> tuple[ActorLine, ...]:
    """A small engine with so many symbols."""
    return (
        actor("root", depth=0),
        actor("supervisor/market", depth=1),
        actor("router"),
        *(actor(f"symbol/S{number}") for number in range(symbols)),
        actor("supervisor/strategies", depth=1),
        actor("strategy/cross", mailbox=3, oldest_age_seconds=0.125, crashes=2, restarts=1),
    )


def letter(seq: int, name: str) -> DeadLetterLine:
    """A message that the actor could not handle."""
    return DeadLetterLine(
        seq=seq,
        actor=name,
        time_ns=NOON_NS,
        type="Bar",
        message={"type": "Bar", "symbol": "SIM.A", "close": 100.5},
        error="ZeroDivisionError: division by zero",
        traceback="Traceback (most recent call last):\n  one line\nZeroDivisionError: division by zero\n",
        is_durable=False,
    )


def status(**other: Any) -> Status:
    """An engine that trades and lacks nothing, but for what is given."""
    found = Status(
        protocol=1,
        version="0.1.0",
        data_dir="data",
        book="4fk2p9",
        epoch=3,
        state="trading",
        engine_pid=0,
        guardian_pid=None,
        engine_starts=1,
        clean_start=True,
        hung_actor=None,
        started_ns=NOON_NS,
        uptime_seconds=7_500.0,
        recovery_seconds=0.25,
        replayed_inputs=345,
        source="market-7",
        source_ended=False,
        seq=1_234_567,
        durable_seq=1_234_560,
        time_ns=NOON_NS,
        lag_seconds=0.0,
        inputs_per_second=1_000.0,
        messages_per_second=3_000.0,
        lanes=(
            LaneLine(lane="control", waiting=0, limit=1_000, total=2, rate=0.0, conflated=0, dropped=0),
            LaneLine(lane="market", waiting=40, limit=10_000, total=1_000_000, rate=999.5, conflated=17, dropped=0),
        ),
        actors=27,
        actors_not_running=0,
        restarts=1,
        dead_letters=2,
        conflated=17,
        refused=3,
        orders_sent=120,
        orders_approved=121,
        fills=118,
        denied=2,
        halted={},
        halted_symbols={},
        checkpoint_seq=1_234_000,
        checkpoint_age_seconds=12.0,
        journal_bytes=12_900_000,
        disk_free_bytes=43_000_000_000,
        memory_bytes=85_000_000,
        open_files=23,
        threads=9,
        slow_handlers=0,
        warnings=(Concern(subject="market", text="40 waiting is above 30"),),
    )
    return msgspec.structs.replace(found, **other)
