"""What is wrong is told in one line that names it, with an exit code; `docs/errors.md` is the list, and is true.

Each row of that list has a function here of the same name, which brings the situation about with real files and a
real process. `...` in a message stands for any text, as in the README.
"""

from __future__ import annotations

import random
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests._console import matches
from tests._paths import REPOSITORY
from tests.acceptance._command import (
    COMMAND,
    RUN,
    TO_THE_END,
    Ended,
    environment,
    file_bytes,
    run,
    run_and_kill,
    running,
    understudy,
    wait,
)
from tests.recorded import small_run, write_data_directory

ERRORS = REPOSITORY / "docs" / "errors.md"
_ROW = re.compile(
    r"^\| (?P<situation>[^|]+?) \| (?P<code>\d) \| (?P<ticks>`+) ?(?P<message>.+?) ?(?P=ticks) \|$", re.MULTILINE
)

MARKET = "[source.market]\nseed = 4\ndays = 1\nrate = 0.4\n"
ALPACA = """
[source.alpaca]
symbols = ["AAPL"]

[venue.paper]
kind = "alpaca"
key_id = { env = "KEY_ID" }
secret_key = { env = "SECRET_KEY" }
"""
BARS = (
    "time,open,high,low,close,volume",
    "2026-01-05T14:31:00Z,10,11,9,10.5,1000",
    "2026-01-05T14:32:00Z,10,11,9,10.5,1000",
    "2026-01-05T14:33:00Z,10,11,9,10.5,1000",
)
DESCRIPTION = (
    'files = ["bars.csv"]\nformat = "csv"\nkind = "bar"\nsymbol = "ABC"\ntimeframe = "1m"\nstamp = "end"\n'
)
STRATEGY = """
from strategies import Strategy, StrategyParameters, StrategyState, Timeframe


class Mine(Strategy):
    class Parameters(StrategyParameters, frozen=True):
        timeframe: Timeframe = "1m"

    def on_bar(self, bar):
        pass
"""

Situation = Callable[[Path], Ended]
SITUATIONS: dict[str, Situation] = {}


@dataclass(frozen=True)
class Row:
    """One line of the list."""

    situation: str
    code: int
    message: str


def rows() -> Iterator[Row]:
    for row in _ROW.finditer(ERRORS.read_text()):
        yield Row(row["situation"], int(row["code"]), row["message"].replace("\\|", "|"))


def situation(name: str) -> Callable[[Situation], Situation]:
    """Marks a function that brings about the situation of that name in an empty folder."""

    def keep(function: Situation) -> Situation:
        SITUATIONS[name] = function
        return function

    return keep


def trade(folder: Path, *arguments: object) -> Ended:
    return understudy(*RUN, *arguments, *TO_THE_END, "--data-dir", "data", cwd=folder)


def with_config(folder: Path, text: str) -> Ended:
    (folder / "market.toml").write_text(text)
    return trade(folder, "--config", "market.toml")


def with_strategy(folder: Path, source: str) -> Ended:
    (folder / "mine.py").write_text(source)
    return with_config(folder, f'{MARKET}[strategy.mine]\nuse = "mine.py"\n')


def with_bars(folder: Path, *lines: str, description: str = DESCRIPTION) -> Ended:
    (folder / "bars.csv").write_text("\n".join(lines) + "\n")
    (folder / "bars.toml").write_text(description)
    return trade(folder, "--replay", "bars.toml")


@situation("The configuration is no TOML")
def _(folder: Path) -> Ended:
    return with_config(folder, "[source\nmarket = { seed = 4 }\n")


@situation("The configuration has an unknown key")
def _(folder: Path) -> Ended:
    return with_config(folder, "[source]\nmarkte = { seed = 4 }\n")


@situation("A setting is of the wrong kind")
def _(folder: Path) -> Ended:
    return with_config(folder, f"{MARKET}[portfolio.main]\ncash = true\n")


@situation("The configuration is not there")
def _(folder: Path) -> Ended:
    return trade(folder, "--config", "market.toml")


@situation("A key has moved")
def _(folder: Path) -> Ended:
    return with_config(folder, f'{MARKET}[engine]\ndata_dir = "elsewhere"\n')


@situation("A variable is of the wrong kind")
def _(folder: Path) -> Ended:
    variables = environment(UNDERSTUDY_PORTFOLIO__MAIN__CASH="much")
    process = subprocess.Popen(
        [*COMMAND, *RUN, "--market", "4"],
        cwd=folder,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    return wait(process)


@situation("A secret is written into the configuration")
def _(folder: Path) -> Ended:
    return with_config(folder, ALPACA.replace('{ env = "KEY_ID" }', '"PK0123456789"'))


@situation("The configuration asks for Alpaca")
def _(folder: Path) -> Ended:
    return with_config(folder, ALPACA)


@situation("There is no source")
def _(folder: Path) -> Ended:
    return trade(folder)


@situation("What is to be replayed is not there")
def _(folder: Path) -> Ended:
    return trade(folder, "--replay", "bars.toml")


@situation("A file that a description names is not there")
def _(folder: Path) -> Ended:
    (folder / "bars.toml").write_text(DESCRIPTION)
    return trade(folder, "--replay", "bars.toml")


@situation("A description has an unknown key")
def _(folder: Path) -> Ended:
    return with_bars(folder, *BARS, description=f'{DESCRIPTION}timeframes = "1m"\n')


@situation("A cell is no number")
def _(folder: Path) -> Ended:
    return with_bars(folder, *BARS[:2], "2026-01-05T14:32:00Z,ten,11,9,10.5,1000", BARS[3])


@situation("A row is too short")
def _(folder: Path) -> Ended:
    return with_bars(folder, *BARS[:3], "2026-01-05T14:33:00Z,10,11,9,10.5")


@situation("Time goes back")
def _(folder: Path) -> Ended:
    return with_bars(folder, BARS[0], BARS[1], BARS[3], BARS[2])


@situation("A file has no rows")
def _(folder: Path) -> Ended:
    return with_bars(folder, BARS[0])


@situation("A price is negative")
def _(folder: Path) -> Ended:
    return with_bars(folder, *BARS[:2], "2026-01-05T14:32:00Z,10,11,-9,10.5,1000", BARS[3])


@situation("A price is NaN")
def _(folder: Path) -> Ended:
    return with_bars(folder, *BARS[:2], "2026-01-05T14:32:00Z,10,11,9,nan,1000", BARS[3])


@situation("A strategy's file has a syntax error")
def _(folder: Path) -> Ended:
    return with_strategy(folder, "class Mine:\n    def on_bar(self, bar)\n        pass\n")


@situation("A strategy reads a clock")
def _(folder: Path) -> Ended:
    return with_strategy(folder, f"import time\n{STRATEGY}")


@situation("A strategy keeps something outside its state")
def _(folder: Path) -> Ended:
    return with_strategy(folder, STRATEGY.replace("pass", "self.bars = 1"))


@situation("A strategy cannot be made")
def _(folder: Path) -> Ended:
    return with_strategy(folder, f"{STRATEGY}\n    def new_state(self):\n        raise KeyError('no state')\n")


@situation("A strategy's file is not there")
def _(folder: Path) -> Ended:
    return with_config(folder, f'{MARKET}[strategy.mine]\nuse = "mine.py"\n')


@situation("A strategy's parameter is of the wrong kind")
def _(folder: Path) -> Ended:
    return with_config(folder, f'{MARKET}[strategy.mine.parameters]\nfast_period = "ten"\n')


@situation("A strategy has no such parameter")
def _(folder: Path) -> Ended:
    return with_config(folder, f"{MARKET}[strategy.mine.parameters]\nfsat_period = 10\n")


@situation("A strategy's symbol is not in the data")
def _(folder: Path) -> Ended:
    return with_config(folder, f'{MARKET}[strategy.mine]\nsymbols = ["SIM.Q"]\n')


@situation("Another engine has the data directory")
def _(folder: Path) -> Ended:
    (folder / "market.toml").write_text(MARKET)
    with running("--config", folder / "market.toml", "--speed", 1, data_dir=folder / "data"):
        return trade(folder, "--config", "market.toml")


@situation("The data directory was begun with another configuration")
def _(folder: Path) -> Ended:
    with_bars(folder, *BARS)
    (folder / "market.toml").write_text('[source]\nreplay = ["bars.toml"]\n[portfolio.main]\ncash = 5_000\n')
    return trade(folder, "--config", "market.toml")


@situation("The data directory was begun with other data")
def _(folder: Path) -> Ended:
    with_bars(folder, *BARS)
    return trade(folder, "--market", 4)


@situation("A file has changed since the run was begun")
def _(folder: Path) -> Ended:
    times = [datetime(2026, 1, 5, tzinfo=UTC) + timedelta(minutes=minute) for minute in range(3_000)]
    many = [f"{time.isoformat()},10,11,9,10.5,1000" for time in times]
    with_bars(folder, BARS[0], *many, "2026-02-05T14:31:00Z,ten,11,9,10.5,1000")
    return with_bars(folder, BARS[0], *many[1:])


@situation("The data directory is a file")
def _(folder: Path) -> Ended:
    (folder / "data").write_text("")
    return with_bars(folder, *BARS)


@situation("The data directory cannot be written to")
def _(folder: Path) -> Ended:
    return on_a_disk(folder, "size=64k,ro", "run --no-guardian --config market.toml")


@situation("The disk has no room for a journal")
def _(folder: Path) -> Ended:
    return on_a_disk(folder, "size=6m", "run --no-guardian --config market.toml")


@situation("The disk is full")
def _(folder: Path) -> Ended:
    return on_a_disk(folder, "size=18m", "run --no-guardian --config market.toml")


@situation("A byte of the journal has changed")
def _(folder: Path) -> Ended:
    (folder / "market.toml").write_text(MARKET)
    run_and_kill("--config", folder / "market.toml", data_dir=folder / "data", at_seq=20_000)
    flip_a_byte_of_a_batch(folder / "data" / "journal")
    return trade(folder, "--config", "market.toml")


@situation("The state file is cut short")
def _(folder: Path) -> Ended:
    with_bars(folder, *BARS)
    state = folder / "data" / "state.mdb"
    state.write_bytes(state.read_bytes()[:5_000])
    return trade(folder, "--replay", "bars.toml")


@situation("The journal is gone, and its checkpoints are not")
def _(folder: Path) -> Ended:
    with_bars(folder, *BARS)
    shutil.rmtree(folder / "data" / "journal")
    return trade(folder, "--replay", "bars.toml")


@situation("There is no data directory to read")
def _(folder: Path) -> Ended:
    return understudy("orders", "--data-dir", "data", cwd=folder)


@pytest.mark.parametrize("row", list(rows()), ids=lambda row: row.situation)
def test_what_is_wrong_is_told_in_one_line(row: Row, tmp_path: Path) -> None:
    ended = SITUATIONS[row.situation](tmp_path)

    assert matches(ended.stderr, f"understudy: {row.message}"), ended.stderr
    assert ended.code == row.code


def test_the_list_of_errors_has_every_situation_once() -> None:
    assert sorted(row.situation for row in rows()) == sorted(SITUATIONS)


def test_a_refused_price_is_counted_and_the_run_goes_on(tmp_path: Path) -> None:
    nan, negative = "2026-01-05T14:32:00Z,10,11,9,nan,1000", "2026-01-05T14:33:00Z,-10,11,9,10.5,1000"

    summary = with_bars(tmp_path, *BARS[:2], nan, negative).summary()

    assert (summary["ended"], summary["inputs"]) == (True, 3)
    assert summary["refused"] == {"not_finite": 1, "not_positive": 1}


def test_a_mistake_leaves_nothing_behind_that_its_correction_meets(tmp_path: Path) -> None:
    wrong = with_strategy(tmp_path, "class Mine:\n    def on_bar(self, bar)\n        pass\n")

    assert wrong.code == 2
    assert with_config(tmp_path, MARKET).summary()["ended"]


def test_a_run_that_filled_the_disk_goes_on_to_the_same_digest_once_there_is_space(tmp_path: Path) -> None:
    again = on_a_disk(
        tmp_path,
        "size=18m",
        "run --no-guardian --config market.toml > /dev/null 2> /dev/null",
        "run --no-guardian --config market.toml > /dev/null 2> /dev/null",
        "more-space",
        "run --no-guardian --config market.toml",
    )
    undisturbed = run("--config", tmp_path / "market.toml", data_dir=tmp_path / "undisturbed")

    resumed = again.summary()
    assert resumed["resumed_from"] > 1_000
    assert (resumed["digest"], resumed["cash"]) == (undisturbed["digest"], undisturbed["cash"])


def test_a_damaged_day_is_named_and_the_others_can_be_read(tmp_path: Path) -> None:
    write_data_directory(tmp_path / "data", small_run(), days=("2026-01-05", "2026-01-06"))
    first = tmp_path / "data" / "journal" / "2026-01-05.mdb"
    flip_a_byte(first, at=first.read_bytes().rindex(b"PortfolioOpened"))
    before = file_bytes(tmp_path / "data")

    verified = understudy("journal", "verify", "--data-dir", "data", cwd=tmp_path)
    exported = understudy("journal", "export", "--json", "--after", 3, "--data-dir", "data", cwd=tmp_path)

    assert verified.code == 1
    assert verified.stderr.startswith(
        "understudy: journal file data/journal/2026-01-05.mdb is damaged from input 1: "
    )
    assert (exported.code, exported.stdout.count("\n")) == (0, 9)
    changed = {name for name, data in file_bytes(tmp_path / "data").items() if data != before[name]}
    assert [name for name in changed if not name.endswith("-lock")] == []


def test_a_changed_byte_of_the_state_costs_nothing_but_time(tmp_path: Path) -> None:
    config = tmp_path / "market.toml"
    config.write_text(f"[engine]\ncheckpoint_interval_inputs = 2000\n{MARKET.replace('0.4', '0.1')}")
    undisturbed = run("--config", config, data_dir=tmp_path / "undisturbed")
    killed = run_and_kill("--config", config, data_dir=tmp_path / "killed", at_seq=15_000)
    assert killed.code == -signal.SIGKILL
    for seed in range(1, 5):
        print(f"seed {seed}")
        data_dir = tmp_path / f"data-{seed}"
        shutil.copytree(tmp_path / "killed", data_dir)
        state = data_dir / "state.mdb"
        flip_a_byte(
            state, at=random.Random(seed).choice([at for at, byte in enumerate(state.read_bytes()) if byte])
        )

        ended = understudy(*RUN, "--config", config, *TO_THE_END, "--data-dir", data_dir)
        if ended.code == 1:
            assert "move it away" in ended.stderr
            state.unlink()
            ended = understudy(*RUN, "--config", config, *TO_THE_END, "--data-dir", data_dir)

        summary = ended.summary()
        assert (summary["digest"], summary["equity"]) == (undisturbed["digest"], undisturbed["equity"])


def flip_a_byte_of_a_batch(journal: Path) -> None:
    """Change one byte of a quote that is in the middle of the journal's only day."""
    (file,) = journal.glob("*.mdb")
    found = [match.start() for match in re.finditer(b"SIM.A", file.read_bytes())]
    flip_a_byte(file, at=found[len(found) // 2])


def flip_a_byte(file: Path, *, at: int) -> None:
    data = bytearray(file.read_bytes())
    data[at] ^= 1
    file.write_bytes(data)


def on_a_disk(folder: Path, options: str, *commands: str) -> Ended:
    """Give commands, one after another, with a small disk of their own at `data`; how the last one ended.

    The disk is a tmpfs in a namespace of users and mounts. Skips the test where those are not permitted.
    """
    (folder / "market.toml").write_text(MARKET)
    (folder / "data").mkdir()
    program = " ".join(f"'{word}'" for word in COMMAND)
    steps = [f"mount -t tmpfs -o {options} none data || exit 99"]
    for command in commands:
        name, _, rest = command.partition(" ")
        if name == "more-space":
            steps.append("mount -o remount,size=200m data")
        else:
            steps.append(f"{program} {name} {' '.join(TO_THE_END)} --data-dir data {rest}")
    process = subprocess.Popen(
        ["unshare", "--user", "--map-root-user", "--mount", "bash", "-c", "\n".join(steps)],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    ended = wait(process)
    if ended.code == 99 or "unshare" in ended.stderr:
        pytest.skip(f"a small disk cannot be made here: {ended.stderr.strip()}")
    return ended
