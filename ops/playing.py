"""Recorded market data through actors in their first state, as a run that keeps nothing.

Each command of a person is given at its place: after as many records, and as many timers, as it came after.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from actors.kernel import CoreThread, EngineHalted, Kernel, SourceFeed, VirtualClock, Watchdog, begin
from actors.kernel.kernel import TURN_LIMIT
from actors.kernel.timers import NEVER_NS
from messages import AnyMessage, EngineStarted
from ops.deployments import replaced_code
from ops.errors import BooksError
from ops.identity import Identity
from ops.journal_source import Command, JournalSource, commands_in
from ops.reexecution import fresh_kernel
from storage import DataDirectoryView


def play_again(
    view: DataDirectoryView,
    identity: Identity,
    replaced: Mapping[str, Path],
    on_effect: Callable[[AnyMessage], None],
) -> Kernel:
    """Trade the recorded data to its end, in a kernel that keeps nothing; `on_effect` is told each effect.

    Raises StrategyError, ConfigError, EngineHalted, and what JournalSource raises.
    """
    clock = _UpTo()
    code = {name: str(path) for name, path in replaced.items()}
    deployments = replaced_code(identity.deployments, code)
    kernel = fresh_kernel(view, identity, clock=clock, deployments=deployments, on_effect=on_effect)
    kernel.feed = feed = SourceFeed(JournalSource(view.journal, identity.source_name))
    begin(kernel, _started(view), *identity.instruments)
    with CoreThread(kernel), Watchdog(kernel):
        for command in commands_in(view.journal):
            clock.until_ns = command.before_ns
            _play_up_to(kernel, feed, command)
        clock.until_ns = NEVER_NS - 1
        while not feed.end_told:
            _turn(kernel, TURN_LIMIT)
    return kernel


def _play_up_to(kernel: Kernel, feed: SourceFeed, command: Command) -> None:
    """The data before a command, the timers that had fired by then, and the command."""
    while feed.position < command.position:
        _turn(kernel, min(TURN_LIMIT, command.position - feed.position))
    _turn(kernel, 0)  # timers only
    kernel.input(command.message, command.time_ns)
    kernel.end_turn()


def _turn(kernel: Kernel, limit: int) -> None:
    kernel.turn(limit)
    if kernel.fatal is not None:
        raise EngineHalted(kernel.fatal)


def _started(view: DataDirectoryView) -> EngineStarted:
    first = next(view.journal.read(0)).taken.inputs[0]
    if not isinstance(first, EngineStarted):
        raise BooksError(
            f"the journal of {view.path} does not begin with EngineStarted but {type(first).__name__}."
        )
    return first


class _UpTo(VirtualClock):
    """Lets data and timers go as far as it is told."""

    def __init__(self) -> None:
        self.until_ns = NEVER_NS - 1

    def horizon_ns(self) -> int:
        """As far as told."""
        return self.until_ns
