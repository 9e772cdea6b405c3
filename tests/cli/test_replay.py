"""replay: the same run again, and what other code would have done."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copy

import pytest
from click.testing import CliRunner, Result

from cli.main import main
from ops.config import StrategySettings
from ops.summary import RunSummary
from tests.simulated_runs import CROSS_FILE, change_recorded_code, config_of, run_to_end


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RunSummary]:
    path = tmp_path_factory.mktemp("replay") / "data"
    return path, run_to_end(path)


def test_a_replay_tells_what_it_compared_and_the_digest(run: tuple[Path, RunSummary]) -> None:
    path, summary = run

    lines = _run(path).stdout.splitlines()

    assert lines[0].startswith(f"{summary.journal_inputs:,} inputs replayed in ")
    assert lines[1].endswith(f"inputs 1 to {summary.journal_inputs:,} compared: each is as it was recorded")
    assert lines[2] == f"digest {summary.digest}, as recorded"


def test_a_part_of_a_replay_has_a_digest_of_its_own(run: tuple[Path, RunSummary]) -> None:
    told = json.loads(_run(run[0], "--from", "2000", "--to", "3000", "--json").stdout)

    assert (told["first_seq"], told["last_seq"], told["recorded_digest"]) == (2000, 3000, None)


def test_a_difference_is_one_line_and_exit_code_1(tmp_path: Path) -> None:
    file = Path(copy(CROSS_FILE, tmp_path / "mine.py"))
    run_to_end(tmp_path / "data", config_of(cross=StrategySettings(use=str(file))))
    change_recorded_code(tmp_path / "data", "weight = stance *", "weight = 0.5 * stance *")

    result = _run(tmp_path / "data")

    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    assert " was recorded to cause " in result.stderr
    assert " and now causes " in result.stderr


def test_unchanged_code_would_have_decided_the_same(run: tuple[Path, RunSummary]) -> None:
    path, summary = run

    text = _run(path, "--strategy", str(CROSS_FILE)).stdout

    assert "Every decision would have been the same." in text
    assert text.count(summary.digest) == 2


def test_other_words_for_the_same_decisions_are_told_apart(run: tuple[Path, RunSummary], tmp_path: Path) -> None:
    wordy = tmp_path / "wordy.py"
    wordy.write_text(CROSS_FILE.read_text().replace("fast average", "the fast average"))

    lines = _run(run[0], "--strategy", str(wordy)).stdout.splitlines()

    assert "Every decision would have been the same." in lines
    assert lines[-1].split()[-1] != run[1].digest


def test_a_what_if_shows_both_runs_and_the_first_decisions_that_differ(run: tuple[Path, RunSummary]) -> None:
    path, summary = run

    lines = _run(path, "--strategy", "cross=breakout").stdout.splitlines()

    rows = {line.split()[0]: line.split()[1:] for line in lines if line}
    assert rows["orders"][0] == str(summary.orders)
    assert int(rows["orders"][2]) == int(rows["orders"][1]) - summary.orders
    assert {"realized_pnl", "equity", "fills"} <= rows.keys()
    shown = [line for line in lines if line.startswith(("  - 20", "  + 20"))]
    assert len(shown) == 10
    assert any("SubmitOrder buy" in line for line in shown)


def test_a_what_if_in_json_lists_every_change(run: tuple[Path, RunSummary]) -> None:
    told = json.loads(_run(run[0], "--strategy", "breakout", "--json").stdout)

    assert {change["run"] for change in told["changed"]} == {"before", "after"}
    assert (told["before"]["orders"], told["before"]["digest"]) == (run[1].orders, run[1].digest)


def test_a_what_if_plays_the_whole_run(run: tuple[Path, RunSummary]) -> None:
    result = _run(run[0], "--strategy", "breakout", "--to", "9")

    assert result.exit_code == 2
    assert result.stderr.startswith("understudy: --strategy plays the whole run. Leave out --from and --to.")


def _run(data_dir: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["replay", *arguments, "--data-dir", str(data_dir)])
