"""Whole runs on a small simulated market, left in real data directories."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from actors.kernel import Kernel
from gateways.market import DEMO_SYMBOLS
from messages import Deployment, HaltTrading, ReleaseTrading
from ops.config import Config, MarketSettings, SourceSettings, StrategySettings, default_config
from ops.engine import Engine
from ops.identity import DEPLOYMENTS_SETTING
from ops.running import run_engine
from ops.sources import open_source
from ops.summary import RunSummary
from rules.limits import RiskLimits
from storage import DataDirectory
from tests._paths import REPOSITORY
from tests.recorded import SMALL

CROSS_FILE = REPOSITORY / "strategies" / "moving_average_cross.py"
"""The code that the default configuration plays, as a file."""

SOURCE = SourceSettings(
    market=MarketSettings(seed=7, days=1, rate=0.1, symbols=DEMO_SYMBOLS[:2]),
    speed="max",
)


class Killed(Exception):
    """Stands for the end of the process: nothing is written after it."""


def config_of(limits: RiskLimits | None = None, **strategies: StrategySettings) -> Config:
    """The default configuration on the small market, with other limits or strategies if given."""
    config = default_config(SOURCE)
    if limits is not None:
        portfolio = msgspec.structs.replace(config.portfolios["main"], limits=limits)
        config = msgspec.structs.replace(config, portfolios={"main": portfolio})
    return msgspec.structs.replace(config, strategies=strategies) if strategies else config


def with_latency(config: Config, milliseconds: float = 5000.0) -> Config:
    """The same, with orders so long under way to the venue."""
    venues = {
        name: msgspec.structs.replace(venue, latency_ms_min=milliseconds, latency_ms_max=milliseconds)
        for name, venue in config.venues.items()
    }
    return msgspec.structs.replace(config, venues=venues)


def run_to_end(path: Path, config: Config | None = None, *, crash_seed: int | None = None) -> RunSummary:
    """A run from the beginning to the end of its market."""
    return run_engine(config or config_of(), data_dir=path, exit_at_end=True, crash_seed=crash_seed)


def change_recorded_code(path: Path, old: str, new: str) -> None:
    """Let the run in a data directory have been recorded with other code than it was."""
    with DataDirectory.open(path, options=SMALL) as directory:
        kept = msgspec.msgpack.decode(directory.state.setting(DEPLOYMENTS_SETTING) or b"", type=list[Deployment])
        assert all(old in each.code for each in kept), f"the code of the run does not hold {old!r}"
        changed = [msgspec.structs.replace(each, code=each.code.replace(old, new)) for each in kept]
        directory.state.put_settings({DEPLOYMENTS_SETTING: msgspec.msgpack.encode(changed)})


def run_with(path: Path, after_turn: Callable[[Kernel], None], config: Config | None = None) -> RunSummary:
    """A run, begun or gone on with, in which something happens between turns."""
    config = config or config_of()
    with DataDirectory.open(path, options=SMALL) as directory:
        engine = Engine(directory, config, open_source(config.source))
        engine.after_turn = after_turn
        return engine.run(exit_at_end=True)


def stop_behind(seq: int) -> Callable[[Kernel], None]:
    """End the run in order, with a checkpoint, once it is behind this input."""
    return lambda kernel: kernel.stop("a test") if kernel.seq >= seq else None


def kill_behind(seq: int) -> Callable[[Kernel], None]:
    """End the run without a checkpoint."""

    def kill(kernel: Kernel) -> None:
        if kernel.seq >= seq:
            raise Killed

    return kill


def halt_for_a_while(begin_seq: int, end_seq: int) -> Callable[[Kernel], None]:
    """A person halts trading behind one input, and releases it behind another."""
    due: list[tuple[int, type[HaltTrading | ReleaseTrading]]] = [
        (begin_seq, HaltTrading),
        (end_seq, ReleaseTrading),
    ]

    def command(kernel: Kernel) -> None:
        if due and kernel.seq >= due[0][0]:
            _, kind = due.pop(0)
            kernel.ingress.put_control(kind(kernel.now_ns, "lunch"))

    return command
