"""A small trading session that a drill disturbs: two strategies on a short market, orders at a practice broker.

All of it lies in one folder: the market, the configuration, a data directory for each engine that is begun anew.
"""

from __future__ import annotations

import random
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ops.drill.process.broker_client import PracticeBroker
from ops.drill.process.in_time import RUN_SECONDS, run_in_time
from ops.own_process import python

PRICES = ("ABC=100", "XYZ=50")
RULES = (
    '{"commission_per_share": "0.01", "max_slice": "15", "cancel_delay_ns": 3000000, "wash_trade_refusal": false}'
)
"""Commissions that show a fill counted twice, fills in parts, cancels that may come too late."""

VENUE = "practice"
PORTFOLIO = "main"

_UNDERSTUDY = "from cli.main import main; main()"
_STEP_NS = 10_000_000
_START_NS = 1_700_000_000_000_000_000
_DESCRIPTION = """files = ["quotes.csv"]
format = "csv"
kind = "quote"
symbols = ["ABC", "XYZ"]

[columns]
symbol = "symbol"

[time]
format = "epoch-ns"
"""
_CONFIG = """[engine]
checkpoint_interval_inputs = {checkpoint_inputs}

[source]
replay = ["{folder}/quotes.toml"]

[venue.practice]
kind = "practice"
url = "{url}"

[portfolio.main]
venue = "practice"

[strategy.one]
use = "{strategy}"
symbols = ["ABC", "XYZ"]
capital = 0.5
parameters = {{ every = 5 }}

[strategy.two]
use = "{strategy}"
symbols = ["ABC"]
capital = 0.5
parameters = {{ every = 7, first = 3 }}
"""


@dataclass(frozen=True, slots=True)
class Session:
    """A session's folder, ready to be traded. `program` is what the interpreter is told to run: `understudy`."""

    folder: Path
    program: str = _UNDERSTUDY

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.folder / "session.toml"

    def data_dir(self, name: str) -> Path:
        """Where the engine of that name keeps its data."""
        return self.folder / name

    def command(self, data_dir: Path) -> list[str]:
        """What a user types to trade the session to its end, or to go on with it.

        Without a guardian: who disturbs the engine is who starts it again.
        """
        options = ["--config", str(self.config), "--data-dir", str(data_dir), "--exit-at-end", "--no-guardian"]
        return python("-c", self.program, "run", *options)

    def run(self, data_dir: Path, *, seconds: float = RUN_SECONDS) -> subprocess.CompletedProcess[str]:
        """Trade, undisturbed. Raises subprocess.TimeoutExpired."""
        return run_in_time(self.command(data_dir), seconds=seconds)


def prepare_session(
    folder: Path, broker: PracticeBroker, *, quotes: int, checkpoint_inputs: int = 60, seed: int = 1
) -> Session:
    """Write a session of so many quotes, 10 ms apart, for engines that trade at a broker."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "quotes.csv").write_text(_market(quotes, seed), "utf-8")
    (folder / "quotes.toml").write_text(_DESCRIPTION, "utf-8")
    session = Session(folder)
    strategy = Path(__file__).with_name("eager.py")
    session.config.write_text(
        _CONFIG.format(checkpoint_inputs=checkpoint_inputs, folder=folder, url=broker.url, strategy=strategy),
        "utf-8",
    )
    return session


def _market(quotes: int, seed: int) -> str:
    drawing = random.Random(seed)  # noqa: S311  # a market, no secret
    cents = {"ABC": 10_000, "XYZ": 5_000}
    lines = ["time,symbol,bid,ask,bid_size,ask_size"]
    for count in range(quotes):
        symbol = ("ABC", "XYZ")[count % 2]
        cents[symbol] += drawing.randint(-3, 3)
        bid, ask = (f"{(cents[symbol] + away) / 100:.2f}" for away in (-1, 1))
        lines.append(f"{_START_NS + count * _STEP_NS},{symbol},{bid},{ask},1000,1000")
    return "\n".join([*lines, ""])
