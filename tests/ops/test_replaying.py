"""A recorded run again: the same to the last digit, or a difference told with both sides."""

from __future__ import annotations

from pathlib import Path
from shutil import copy

import pytest

from actors.kernel import ReplayDiverged
from ops.config import StrategySettings
from ops.errors import UsageError
from ops.replaying import replay_run
from ops.summary import SUMMARY_SETTING, RunSummary
from storage import DataDirectory, DataDirectoryView
from tests.recorded import SMALL
from tests.simulated_runs import (
    CROSS_FILE,
    Killed,
    change_recorded_code,
    config_of,
    halt_for_a_while,
    kill_behind,
    run_to_end,
    run_with,
    stop_behind,
    with_latency,
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RunSummary]:
    path = tmp_path_factory.mktemp("replay") / "data"
    return path, run_to_end(path)


def test_a_run_replays_to_its_digest(run: tuple[Path, RunSummary]) -> None:
    path, summary = run

    found = replay_run(path)

    with DataDirectoryView(path) as view:
        effects = sum(1 for _ in view.journal.read_effects())
    assert (found.digest, found.recorded_digest) == (summary.digest, summary.digest)
    assert (found.inputs, found.first_seq, found.last_seq) == (summary.journal_inputs, 1, summary.journal_inputs)
    assert found.effects == effects


def test_a_run_with_latency_crashes_and_commands_replays_too(tmp_path: Path) -> None:
    crashed, halted = tmp_path / "crashed", tmp_path / "halted"
    summaries = [
        run_to_end(crashed, with_latency(config_of(), 1500.0), crash_seed=3),
        run_with(halted, halt_for_a_while(3000, 5000)),
    ]

    assert [replay_run(path).digest for path in (crashed, halted)] == [summary.digest for summary in summaries]


def test_a_run_that_was_killed_and_went_on_replays_as_one(tmp_path: Path, run: tuple[Path, RunSummary]) -> None:
    run_with(tmp_path, stop_behind(2000))
    with pytest.raises(Killed):
        run_with(tmp_path, kill_behind(5000))
    run_to_end(tmp_path)

    assert replay_run(tmp_path).digest == run[1].digest


def test_a_run_that_has_not_ended_has_nothing_to_compare_its_digest_with(tmp_path: Path) -> None:
    with pytest.raises(Killed):
        run_with(tmp_path, kill_behind(2000))

    found = replay_run(tmp_path)

    assert found.recorded_digest is None
    assert found.inputs == found.last_seq >= 1000


def test_a_part_can_be_compared_alone(run: tuple[Path, RunSummary]) -> None:
    path, summary = run
    whole = replay_run(path)

    first, second = replay_run(path, last_seq=4000), replay_run(path, first_seq=4001)

    assert first.effects + second.effects == whole.effects
    assert (first.inputs, second.inputs, first.recorded_digest) == (4000, summary.journal_inputs, None)
    assert second.digest == summary.digest


@pytest.mark.parametrize(("first", "last"), [(9, 3), (1, 10_000_000), (10_000_000, None)])
def test_a_part_that_is_not_there_is_a_misuse(run: tuple[Path, RunSummary], first: int, last: int | None) -> None:
    with pytest.raises(UsageError, match=f"nothing to replay from input {first} to "):
        replay_run(run[0], first_seq=first, last_seq=last)


def test_a_run_is_replayed_by_the_code_that_it_was_recorded_with_whatever_its_file_holds_now(
    tmp_path: Path,
) -> None:
    file = Path(copy(CROSS_FILE, tmp_path / "mine.py"))
    summary = run_to_end(tmp_path / "data", config_of(cross=StrategySettings(use=str(file))))

    file.write_text("this is no code")

    assert replay_run(tmp_path / "data").digest == summary.digest


def test_other_code_is_found_out_at_its_first_effect(tmp_path: Path) -> None:
    file = Path(copy(CROSS_FILE, tmp_path / "mine.py"))
    run_to_end(tmp_path / "data", config_of(cross=StrategySettings(use=str(file))))

    change_recorded_code(tmp_path / "data", "weight = stance *", "weight = 0.5 * stance *")

    with pytest.raises(
        ReplayDiverged,
        match=r"^input \d+ was recorded to cause OrderApproved .*-cross-1 SIM.A with "
        r"order.quantity \d+, .* and now causes OrderApproved .*-cross-1 SIM.A with order.quantity ",
    ):
        replay_run(tmp_path / "data")


def test_code_that_does_nothing_now_is_found_out_too(tmp_path: Path) -> None:
    file = Path(copy(CROSS_FILE, tmp_path / "mine.py"))
    run_to_end(tmp_path / "data", config_of(cross=StrategySettings(use=str(file))))

    change_recorded_code(tmp_path / "data", "cross.stance = stance", "return")

    with pytest.raises(ReplayDiverged, match=r"to cause OrderApproved .*-cross-1 SIM.A and now causes nothing$"):
        replay_run(tmp_path / "data")


def test_other_final_books_are_a_difference_even_with_the_same_effects(tmp_path: Path) -> None:
    summary = run_to_end(tmp_path)
    with DataDirectory.open(tmp_path, options=SMALL) as directory:
        kept = directory.state.setting(SUMMARY_SETTING)
        assert kept is not None
        other = kept.replace(summary.digest.encode(), b"ab" * 32)
        directory.state.put_settings({SUMMARY_SETTING: other})

    with pytest.raises(ReplayDiverged, match=f"the run is {'ab' * 32}, that of its replay {summary.digest}"):
        replay_run(tmp_path)


def test_an_empty_data_directory_has_no_run_to_replay(tmp_path: Path) -> None:
    with DataDirectory.open(tmp_path, options=SMALL):
        pass

    with pytest.raises(UsageError, match=f"there is no run in {tmp_path}"):
        replay_run(tmp_path)
