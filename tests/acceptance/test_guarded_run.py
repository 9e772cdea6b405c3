"""`understudy run` as it is given every day: a guardian, an engine below it, and what happens when either falls."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ops.processes import HeldProcess, lock_owner, read_daemon
from storage import DataDirectoryView
from tests._paths import REPOSITORY
from tests.acceptance._command import (
    COMMAND,
    DEADLINE_SECONDS,
    TO_THE_END,
    Summary,
    environment,
    last_seq,
    run,
    start,
    understudy,
    wait,
    wait_for_input,
    wait_until,
)

MARKET = """
[engine]
checkpoint_interval_inputs = 2000

[source.market]
seed = 21
days = 1
rate = 0.4
symbols = [{ symbol = "CALM", price = 90 }, { symbol = "WILD", price = 30, annual_volatility = 0.6 }]

[strategy.revert]
use = "mean_reversion"
capital = 0.4
"""
HANGS_IN_C = """
from messages import Bar
from strategies import Strategy, StrategyParameters, StrategyState, Timeframe


class Broken(Strategy):
    class Parameters(StrategyParameters, frozen=True):
        timeframe: Timeframe = "1m"

    class State(StrategyState):
        bars: int = 0

    def on_bar(self, bar: Bar) -> None:
        self.state.bars += 1
        if self.state.bars > 50:
            sum(range(10**13))
"""
KILLS = 6


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("config") / "market.toml"
    path.write_text(MARKET)
    return path


@pytest.fixture(scope="module")
def undisturbed(config: Path, tmp_path_factory: pytest.TempPathFactory) -> Summary:
    return run("--config", config, data_dir=tmp_path_factory.mktemp("undisturbed"))


@contextmanager
def guarded(*arguments: object, data_dir: Path) -> Iterator[subprocess.Popen[str]]:
    """A guarded run whose engine certainly trades. Killing the guardian ends both."""
    process = start("run", *arguments, "--json", "--data-dir", data_dir)
    try:
        assert wait_for_input(process, data_dir, 1), process.communicate()[1]
        assert wait_until(process, (data_dir / "daemon.json").exists)
        yield process
    finally:
        process.kill()
        process.communicate()


def engine_pid(data_dir: Path) -> int:
    daemon = read_daemon(data_dir)
    assert daemon is not None
    assert daemon.engine_pid is not None
    return daemon.engine_pid


def messages_of(data_dir: Path) -> list[str]:
    lines = (data_dir / "log" / "guardian.jsonl").read_text().splitlines()
    return [json.loads(line)["message"] for line in lines]


def test_a_run_with_a_guardian_says_and_does_what_one_without_does(
    config: Path, undisturbed: Summary, tmp_path: Path
) -> None:
    ended = understudy("run", "--config", config, *TO_THE_END, "--data-dir", tmp_path)

    assert ended.stderr == ""
    assert ended.summary()["digest"] == undisturbed["digest"]
    assert not (tmp_path / "daemon.json").exists()


def test_an_engine_that_is_killed_again_and_again_comes_to_the_same_end(
    config: Path, undisturbed: Summary, tmp_path: Path
) -> None:
    total = undisturbed["journal_inputs"]
    process = start("run", "--config", config, *TO_THE_END, "--data-dir", tmp_path)
    killed: set[int] = set()
    for number in range(1, KILLS + 1):
        assert wait_for_input(process, tmp_path, number * total // (KILLS * 2))
        assert wait_until(process, lambda: lock_owner(tmp_path) not in {None, *killed})
        owner = lock_owner(tmp_path)
        assert owner is not None
        os.kill(owner, signal.SIGKILL)
        killed.add(owner)
    ended = wait(process)

    assert ended.summary()["digest"] == undisturbed["digest"]
    assert len(killed) == KILLS
    ends = [each for each in messages_of(tmp_path) if each.startswith("the engine process was ended by SIGKILL.")]
    assert len(ends) == KILLS


def test_an_engine_whose_guardian_is_killed_ends_in_order_and_the_next_run_goes_on(
    config: Path, undisturbed: Summary, tmp_path: Path
) -> None:
    with (
        guarded("--config", config, "--speed", 3600, data_dir=tmp_path) as process,
        HeldProcess(engine_pid(tmp_path)) as orphan,
    ):
        process.kill()
        ended = understudy("run", "--config", config, *TO_THE_END, "--data-dir", tmp_path)

        assert orphan.wait(0)
    assert ended.summary()["resumed_from"] is not None
    assert ended.summary()["digest"] == undisturbed["digest"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_engine_and_guardian_in_order(number: signal.Signals, config: Path, tmp_path: Path) -> None:
    with guarded("--config", config, "--speed", 3600, data_dir=tmp_path) as process:
        process.send_signal(number)
        ended = wait(process)

    assert ended.summary()["journal_inputs"] == last_seq(tmp_path)
    with DataDirectoryView(tmp_path) as view:
        assert view.is_clean
    assert not (tmp_path / "daemon.json").exists()


def test_a_strategy_that_hangs_in_c_is_set_aside_and_the_others_trade_on(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text(HANGS_IN_C)
    config = tmp_path / "market.toml"
    config.write_text(f'{MARKET}\n[strategy.broken]\nuse = "{tmp_path}/broken.py"\ncapital = 0.3\n')

    ended = understudy("run", "--config", config, *TO_THE_END, "--data-dir", tmp_path / "data")

    status = {actor["name"]: actor["status"] for actor in ended.summary()["actors"]}
    assert (status["strategy/broken"], status["strategy/revert"]) == ("quarantined", "running")
    assert ended.summary()["ended"]
    assert ended.stderr.count("did not answer and was killed") == 1


def test_an_error_that_another_engine_would_meet_too_ends_the_run_at_once(config: Path, tmp_path: Path) -> None:
    with guarded("--config", config, "--speed", 1, data_dir=tmp_path):
        ended = understudy("run", "--config", config, "--data-dir", tmp_path)

        assert (ended.code, ended.stdout) == (1, "")
        assert ended.stderr == (
            f"understudy: data directory {tmp_path} is in use by process {engine_pid(tmp_path)}. "
            "Stop that engine first, or choose another directory.\n"
        )


def test_a_closing_page_that_cannot_be_written_ends_the_run_at_once(config: Path, tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, "run", "--config", str(config), *TO_THE_END, "--data-dir", str(tmp_path)],
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=DEADLINE_SECONDS,
        )

    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith("understudy: standard output cannot be written (No space left on device). ")
    assert sum(each.startswith("engine started") for each in messages_of(tmp_path)) == 1


def test_a_misuse_is_told_before_any_engine_is_started(tmp_path: Path) -> None:
    ended = understudy("run", "--data-dir", tmp_path / "data")

    assert (ended.code, ended.stderr.count("\n")) == (2, 1)
    assert not (tmp_path / "data").exists()


def test_the_guardian_that_takes_the_commands_place_stays_small(config: Path, tmp_path: Path) -> None:
    with guarded("--config", config, "--speed", 1, data_dir=tmp_path) as process:
        status = Path(f"/proc/{process.pid}/status").read_text()

    resident = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))
    assert resident < 20 * 1024


def test_an_engine_that_hangs_in_c_without_a_guardian_ends_all_the_same() -> None:
    script = """
import os
import signal
from cli.engine import Lifeline
from ops.shared_page import SharedPage
signal.signal(signal.SIGTERM, lambda *_: None)  # as an engine's own, which cannot run within the call into C
ours, theirs = os.pipe()
Lifeline(ours, SharedPage.private(), dead_man_seconds=0.3).start()
os.close(theirs)
sum(range(10**13))
"""

    done = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, check=False, timeout=60)

    assert done.returncode == -signal.SIGPROF
