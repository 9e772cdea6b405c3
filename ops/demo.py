"""The demonstration: its configuration, the engine it starts, and what came of it.

prepare -> DemoEngine.start -> a view, or lines -> DemoEngine.stop -> DemoSummary
"""

from __future__ import annotations

import errno
import os
import re
import shlex
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

import msgspec
from msgspec.structs import replace

from ops.books_check import NOT_CHECKED, Agreement, ToldPortfolio, Verdict, check_at_rest
from ops.control.answers import View
from ops.data_files import remove_data_files
from ops.errors import UnderstudyError, UsageError
from ops.processes import serving_process
from ops.tui.attachment import Absent, Happened, News, Seen
from ops.tui.ticker import ticker_line
from storage import StorageError

CONFIG_NAME = "demo.toml"
_BEGINNING = "# What `understudy demo` runs."
STOP_SECONDS = 30.0
_ENDS_US = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_WORDS_AT_THE_END = 500
"""Characters of what a failed engine said that are told."""

CONFIG = """\
# What `understudy demo` runs. Change it while the demo runs, then: understudy reload --data-dir {data_dir}
# The market is invented: the same seed is the same market, to the last quote. It never closes.

[engine]
checkpoint_interval_seconds = 15

[source]
speed = 60.0
market = {{ seed = {seed}, days = 3650, continuous = true, rate = 0.5 }}

[portfolio.steady]
cash = 100000

[portfolio.swift]
cash = 100000

[portfolio.swift.limits]
max_position_fraction = 0.3
max_order_value_fraction = 0.3

# What its strategies leave of a portfolio's cash, here a fifth, is free for `understudy deploy`.
[strategy.basket]
use = "rebalancing"
portfolio = "steady"
symbols = ["SIM.A", "SIM.C", "SIM.E", "SIM.G"]
capital = 0.5
parameters = {{ timeframe = "1s", drift_band_fraction = 0.01 }}

[strategy.reversion]
use = "mean_reversion"
portfolio = "steady"
symbols = ["SIM.B", "SIM.D", "SIM.F", "SIM.H"]
capital = 0.3
parameters = {{ period = 8, max_bars_held = 30 }}

[strategy.cross]
use = "moving_average_cross"
portfolio = "swift"
symbols = ["SIM.A", "SIM.B", "SIM.C", "SIM.D"]
capital = 0.4
parameters = {{ fast_period = 3, slow_period = 7 }}

[strategy.breakout]
use = "breakout"
portfolio = "swift"
symbols = ["SIM.E", "SIM.F", "SIM.G", "SIM.H"]
capital = 0.4
parameters = {{ entry_period = 6, atr_period = 4 }}
"""


class EngineEnd(msgspec.Struct, frozen=True, kw_only=True):
    """What is read of the summary that `understudy run --json` prints at its end."""

    orders: int
    fills: int
    denied: int
    restarts: int
    dead_letters: int
    currency: str | None
    cash: Decimal | None
    equity: Decimal | None
    portfolios: tuple[ToldPortfolio, ...]


class DemoSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What a demo has come to. Orders, fills, denied and restarts count from the beginning of its data directory.

    `first_position_seconds` is since the command was given, `None` if none was seen; `engine_starts` counts the
    engine processes of this time. Money is summed over both portfolios. Counts and `books_agree` are `None` if the
    engine ended before it had begun.
    """

    data_dir: str
    seconds: float
    first_position_seconds: float | None
    currency: str | None = None
    cash: Decimal | None = None
    equity: Decimal | None = None
    orders: int | None = None
    fills: int | None = None
    denied: int | None = None
    restarts: int | None = None
    dead_letters: int | None = None
    engine_starts: int
    books_agree: bool | None = None
    books: str
    next: tuple[str, ...]


def prepare(data_dir: Path, *, seed: int, fresh: bool) -> Path:
    """The configuration of a demo that begins in this directory, or goes on there.

    With `fresh` what an earlier demo left is removed, and nothing else. Raises UsageError if an engine runs there,
    if the directory holds something else, or another market, or cannot be one; OSError.
    """
    if (pid := serving_process(data_dir)) is not None:
        raise UsageError(
            f"process {pid} runs an engine on {data_dir} already. Watch it: understudy top --data-dir {data_dir}, "
            f"or end it: understudy stop --data-dir {data_dir}"
        )
    config = data_dir / CONFIG_NAME
    begun = _begun(config)
    if begun is None and data_dir.is_dir() and any(data_dir.iterdir()):
        raise UsageError(f"{data_dir} holds something else than a demo. Name another folder with --data-dir.")
    if begun is not None and fresh:
        remove_data_files(data_dir)
    elif begun and int(begun) != seed:
        raise UsageError(
            f"the demo in {data_dir} was begun with --seed {begun}, not {seed}. "
            f"Give that, or --fresh to begin anew."
        )
    if begun is None or fresh:
        _begin(data_dir, config, seed)
    return config


def _begun(config: Path) -> str | None:
    """The seed that the demo of this configuration was begun with, empty if it names none; `None` if none was."""
    if not config.is_file() or not (text := config.read_text("utf-8", "replace")).startswith(_BEGINNING):
        return None
    seed = re.search(r"\bseed = (\d+)", text)
    return seed[1] if seed else ""


def _begin(data_dir: Path, config: Path, seed: int) -> None:
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        config.write_text(CONFIG.format(data_dir=data_dir, seed=seed), "utf-8")
    except OSError as error:
        reason = os.strerror(errno.ENOTDIR) if isinstance(error, FileExistsError) else error.strerror
        raise UsageError(
            f"{data_dir} cannot be used as a data directory: {reason}. Name a folder that can be written to, "
            f"or one that does not exist yet."
        ) from error


class DemoEngine:
    """An engine and its guardian as a child of this process, in a session of its own: a key here ends only us."""

    def __init__(self, command: Sequence[str], environment: dict[str, str]) -> None:
        """`command` is `understudy run ... --json`."""
        self._command = command
        self._environment = environment
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  # open as long as the engine
        self._told = tempfile.TemporaryFile()  # noqa: SIM115
        self._child: subprocess.Popen[bytes] | None = None
        self._is_told_to_end = False

    def start(self) -> None:
        """Start it. A signal that comes meanwhile is taken afterwards, when `stop` can end what was started."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDS_US)  # in the child until its guardian takes them
        try:
            self._child = subprocess.Popen(  # noqa: S603  # our own command
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=self._told,
                stderr=self._said,
                start_new_session=True,
                env={**os.environ, **self._environment},
            )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    @property
    def has_ended(self) -> bool:
        """Whether there is nothing left to watch."""
        return self._child is None or self._child.poll() is not None

    def stop(self) -> EngineEnd | None:
        """End it in order, and wait; interrupted by Ctrl-C, at once. `None` if it ended before it had begun.

        Raises UnderstudyError if it failed.
        """
        code = self._end()
        self._told.seek(0)
        self._said.seek(0)
        told, said = self._told.read(), self._said.read().decode(errors="replace").strip()
        self._told.close()
        self._said.close()
        if code is None or (code == -signal.SIGTERM and self._is_told_to_end and not told):
            return None
        try:
            return msgspec.json.decode(told, type=EngineEnd)
        except msgspec.DecodeError:
            words = said[-_WORDS_AT_THE_END:] or "it said nothing"
            raise UnderstudyError(f"the engine ended with exit code {code}: {words}") from None

    def _end(self) -> int | None:
        """Its exit code; `None` if it was never started."""
        if self._child is None:
            return None
        try:
            self._terminate(self._child)
            return self._wait(self._child)
        except KeyboardInterrupt:
            self._terminate(self._child)
            return self._wait(self._child)

    def _terminate(self, child: subprocess.Popen[bytes]) -> None:
        if child.poll() is None:
            self._is_told_to_end = True
            child.send_signal(signal.SIGTERM)

    def _wait(self, child: subprocess.Popen[bytes]) -> int:
        try:
            return child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._terminate(child)  # the second one is immediate, and safe too
            return child.wait()


class Watch:
    """What a demo notes of the news while it runs; `began` is a monotonic time."""

    def __init__(self, began: float) -> None:
        self.began = began
        self.first_position_seconds: float | None = None
        self.engine_starts = 1
        self.verdict: Verdict = NOT_CHECKED
        self._is_trading = False

    def lines(self, news: News) -> Iterator[str]:
        """Take note, and say it in lines of text: the engine's state, the first position, orders and fills."""
        match news:
            case Seen(view=view, verdict=verdict):
                self.verdict = verdict
                self.engine_starts = max(self.engine_starts, view.status.engine_starts)
                if not self._is_trading:
                    self._is_trading = True
                    yield self._timed(f"the engine is {view.status.state}, process {view.status.engine_pid}")
                if self.first_position_seconds is None and (held := _first_position(view)):
                    self.first_position_seconds = self.seconds
                    yield self._timed(f"first position: {held}")
            case Absent():
                if self._is_trading:
                    self._is_trading = False
                    yield self._timed("the engine does not answer; its guardian starts another")
            case Happened(record=record):
                if (told := ticker_line(record)) is not None:
                    yield self._timed(f"{told.word:<7} {told.text}")

    @property
    def seconds(self) -> float:
        """Since the command was given."""
        return time.monotonic() - self.began

    def _timed(self, text: str) -> str:
        return f"{self.seconds:6.2f} s  {text}"


def summed_up(data_dir: Path, run: EngineEnd | None, watch: Watch) -> DemoSummary:
    """What the demo has come to, the books checked once more at rest; `run` is what `DemoEngine.stop` told."""
    summary = DemoSummary(
        data_dir=str(data_dir),
        seconds=round(watch.seconds, 3),
        first_position_seconds=watch.first_position_seconds,
        engine_starts=watch.engine_starts,
        books="books not checked: the engine ended before it had begun",
        next=_next_commands(data_dir),
    )
    if run is None:
        return summary
    try:
        verdict = check_at_rest(data_dir, run.portfolios)
    except (UnderstudyError, StorageError) as error:
        verdict = Verdict(agreement=Agreement.UNKNOWN, seq=0, text=f"books not checked: {error}")
    return replace(
        summary,
        currency=run.currency,
        cash=run.cash,
        equity=run.equity,
        orders=run.orders,
        fills=run.fills,
        denied=run.denied,
        restarts=run.restarts,
        dead_letters=run.dead_letters,
        books_agree=verdict.agreement is Agreement.AGREE,
        books=verdict.text,
    )


def _next_commands(data_dir: Path) -> tuple[str, ...]:
    where = f"--data-dir {shlex.quote(str(data_dir))}"
    return (
        f"understudy demo {where}",
        f"understudy portfolio {where}",
        f"understudy fills {where}",
        f"understudy why basket-1 {where}",
        f"understudy replay {where}",
        "understudy init understudy.toml",
    )


def _first_position(view: View) -> str:
    held = [each for line in view.portfolios for each in line.positions if each.quantity]
    if not held:
        return ""
    first = held[0].strategy_id
    holds = ", ".join(f"{each.quantity:f} {each.symbol}" for each in held if each.strategy_id == first)
    return f"{first} holds {holds}"
