"""What `understudy run` was asked for, in whichever process it is done, and doing it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from cli.output import print_json
from ops.config import Config, MarketSettings, SourceSettings, default_config, load_config, unsupported
from ops.errors import ConfigError
from ops.logs import logging_to
from ops.shared_page import SharedPage
from ops.summary import RunSummary

if TYPE_CHECKING:
    from ops.engine import Engine

MEBIBYTE = 1 << 20
LOCK_SECONDS = 5.0
"""How long an engine whose guardian has died may take to let go of the data directory."""
_LOCK_POLL_SECONDS = 0.05


class RunOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The options of `understudy run`, as they travel to the engine process."""

    config: str | None = None
    replay: tuple[str, ...] = ()
    root: str | None = None
    market: int | None = None
    speed: str | float | None = None
    exit_at_end: bool = False
    data_dir: str | None = None
    crash_seed: int | None = None
    as_json: bool = False
    verbose: bool = False


def configured(options: RunOptions) -> Config:
    """The whole configuration of a run. Raises UsageError and ConfigError."""
    if options.replay and options.market is not None:
        raise click.UsageError("--replay and --market are both given; a run has one source. Leave one out.")
    if options.root is not None and not options.replay:
        raise click.UsageError("--root goes with --replay. Leave it out; a configuration has root in [source].")
    source = _source(options)
    if options.config is not None:
        config = load_config(Path(options.config), source=source, environ=os.environ)
    elif source is not None:
        config = default_config(source, os.environ)
    else:
        raise click.UsageError(
            "there is no source. Give --replay PATH, --market SEED, or --config FILE that names one."
        )
    if problem := unsupported(config):
        raise ConfigError(problem)
    if options.speed is None:
        return config
    return msgspec.structs.replace(config, source=msgspec.structs.replace(config.source, speed=options.speed))


def data_dir_of(options: RunOptions, config: Config) -> Path:
    """Where journal and state are kept."""
    return Path(options.data_dir or config.storage.data_dir)


def trade(options: RunOptions, config: Config, *, page: SharedPage | None = None) -> RunSummary:
    """Run the engine in this process until it ends, logging meanwhile. Raises what `run_engine` raises."""
    from ops.running import run_engine  # noqa: PLC0415  # importing the engine takes a while
    from storage import DataDirectoryInUse  # noqa: PLC0415

    data_dir = data_dir_of(options, config)
    deadline = time.monotonic() + LOCK_SECONDS
    level = "info" if options.verbose else config.log.level
    kept = config.retention
    with logging_to(data_dir, level=level, bytes_max=kept.log_mib * MEBIBYTE, kept=kept.log_files):
        while True:
            try:
                return run_engine(
                    config,
                    data_dir=data_dir,
                    exit_at_end=options.exit_at_end,
                    crash_seed=options.crash_seed,
                    page=page,
                    serve=nullcontext if options.exit_at_end else _served(),
                    reread=lambda: configured(options),
                )
            except DataDirectoryInUse as error:
                if time.monotonic() >= deadline or not is_orphan(error.pid, data_dir):
                    raise
            time.sleep(_LOCK_POLL_SECONDS)


def _served() -> Callable[[Engine], AbstractContextManager[object]]:
    """A run that goes on until it is stopped can be asked; one that ends with its data is left alone."""
    from ops.serving import served  # noqa: PLC0415  # it brings asyncio with it

    return served


def is_orphan(pid: int, data_dir: Path) -> bool:
    """Whether this process is the engine of a guardian that has died, and so about to end."""
    from ops.processes import hold_guardian, read_daemon  # noqa: PLC0415  # hardly ever needed

    daemon = read_daemon(data_dir)
    if daemon is None or daemon.engine_pid != pid:
        return False
    guardian = hold_guardian(data_dir)
    if guardian is not None:
        guardian.close()
    return guardian is None


def say_what_came_of_it(summary: RunSummary, options: RunOptions, data_dir: Path) -> None:
    """The closing page, or the same as JSON."""
    from cli.run_summary import print_summary  # noqa: PLC0415

    if options.as_json:
        print_json(summary)
    else:
        print_summary(summary, data_dir)


def _source(options: RunOptions) -> SourceSettings | None:
    if options.replay:
        return SourceSettings(replay=options.replay, root="." if options.root is None else options.root)
    if options.market is not None:
        return SourceSettings(market=MarketSettings(seed=options.market, days=1))
    return None
