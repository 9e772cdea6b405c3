"""`understudy run`: a data directory opened, an engine on it, signals, and what is said at the end."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import msgspec

from ops.config import Config, check_symbols
from ops.drill.crashes import CrashEveryActor
from ops.engine import Engine
from ops.identity import Identity, check_same, stored_identity
from ops.live_config import applied_config, come_to, keep_applied
from ops.shared_page import SharedPage
from ops.sources import OpenedSource, open_source
from ops.summary import SUMMARY_SETTING, RunSummary
from ops.venue_links import connected
from storage import DataDirectory, FileOptions

MEBIBYTE = 1 << 20
_SIGNALS = (signal.SIGINT, signal.SIGTERM)

_logger = logging.getLogger(__name__)


def run_engine(
    config: Config,
    *,
    data_dir: Path,
    exit_at_end: bool,
    crash_seed: int | None = None,
    page: SharedPage | None = None,
    serve: Callable[[Engine], AbstractContextManager[object]] = nullcontext,
    reread: Callable[[], Config] | None = None,
) -> RunSummary:
    """Run until the source ends or a signal comes.

    A run that has ended before is not run again: its journal is verified and its summary told once more.

    `crash_seed` makes every actor crash once on the way. `page` is shared with the guardian, if there is one.
    `serve` is entered for as long as the engine runs; `reread` gives the configuration as it is then. A run that
    goes on until it is stopped takes what can change live of a changed configuration. Raises what storage, feeds,
    strategies and engine raise.
    """
    opened = open_source(config.source)
    check_symbols(config, [each.symbol for each in opened.instruments])
    options = FileOptions(reserve_bytes=config.storage.journal_reserve_mib * MEBIBYTE)
    with DataDirectory.open(data_dir, options=options) as directory:
        if exit_at_end and (ended := _ended_before(directory, config, opened)) is not None:
            return ended
        with _ended_by_signals():
            at_first = None if exit_at_end else take_changes
            engine = Engine(directory, config, opened, page=page, at_first=at_first)
        engine.reread = reread
        if crash_seed is not None:
            engine.after_turn = CrashEveryActor(engine.kernel, crash_seed).after_turn
        with _stopped_by_signals(engine), connected(engine), serve(engine):
            return engine.run(exit_at_end=exit_at_end)


def take_changes(engine: Engine) -> None:
    """Let an engine that starts again take what can change live of a changed configuration.

    What was changed is durable before it is kept as applied: a process that dies in between changes it again.
    """
    directory, asked = engine.directory, engine.config
    engine.config = come_to(engine, asked, applied_config(directory, engine.begun_with))
    engine.committer.flush()
    keep_applied(directory, engine.config)


def _ended_before(directory: DataDirectory, config: Config, opened: OpenedSource) -> RunSummary | None:
    stored = stored_identity(directory)
    kept = directory.state.setting(SUMMARY_SETTING)
    if stored is None or kept is None:
        return None
    asked = Identity.asked(config, opened.instruments, opened.default_timeframe, opened.source.name)
    check_same(directory.path, stored, asked, whole=True)
    summary = msgspec.json.decode(kept, type=RunSummary)
    if summary.journal_inputs != directory.journal.last_seq:
        return None
    directory.journal.verify()  # what is told again must still stand there
    return summary


@contextmanager
def _stopped_by_signals(engine: Engine) -> Iterator[None]:
    """The first SIGINT or SIGTERM ends the engine in order; a second one ends the process at once.

    That is safe: what was accepted is durable, and the next start recovers.
    """

    def stop(number: int, _frame: object) -> None:
        engine.stop(f"signal {signal.Signals(number).name}")
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_DFL)

    with _handled_by(stop):
        yield


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """A signal ends the process at once: recovery writes nothing, and the next one begins anew.

    As an exception it could arise in an actor's handler, and would pass for that actor's own failure.
    """
    with _handled_by(signal.SIG_DFL):
        yield


@contextmanager
def _handled_by(handler: Any) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
