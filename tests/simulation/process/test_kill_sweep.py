"""A few kills of the sweep: enough to see that it kills where it says, and that the engine comes back whole."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ops.drill.process.kill_sweep import BOUNDARIES, boundary_called, sweep_kills
from ops.drill.process.stracing import calls_of, spread, why_not_traceable

needs_strace = pytest.mark.skipif(bool(why_not_traceable()), reason=why_not_traceable() or "strace works")


@needs_strace
def test_an_engine_killed_at_boundaries_loses_and_doubles_nothing(tmp_path: Path) -> None:
    sweep = sweep_kills(tmp_path, most=4, quotes=40)

    assert sweep.faults == ()
    assert (sweep.orders_lost, sweep.orders_doubled) == (0, 0)
    assert sweep.kills >= 2
    assert sweep.kills + sweep.untouched == 4
    assert set(sweep.reached) <= set(BOUNDARIES)
    assert sweep.method == "killed by strace before a system call"
    assert sweep.orders > 0
    assert sweep.orders_synced_before_sent


@needs_strace
def test_a_run_that_hangs_is_a_fault_of_its_place_and_the_sweep_goes_on(tmp_path: Path) -> None:
    sweep = sweep_kills(tmp_path, most=2, quotes=20, run_seconds=0.05)

    assert [fault.split(": ")[1].split(" (")[0] for fault in sweep.faults] == [
        "a run that was not killed did not end within 0.05 s"
    ] * 2
    assert all(" (understudy drill --process kills --at " in fault for fault in sweep.faults)
    assert (sweep.kills, sweep.untouched) == (0, 2)


@needs_strace
def test_one_boundary_can_be_killed_at_again(tmp_path: Path) -> None:
    sweep = sweep_kills(tmp_path, at=boundary_called("sendto:3"), quotes=40)

    assert (sweep.boundaries, sweep.reached, sweep.faults) == (1, {"sendto": 1}, ())


@needs_strace
def test_a_boundary_that_no_run_comes_to_is_told_as_not_done(tmp_path: Path) -> None:
    sweep = sweep_kills(tmp_path, at=boundary_called("fallocate:9999"), quotes=20)

    assert (sweep.faults, sweep.skipped) == ((), "no run came to fallocate number 9999")


@needs_strace
def test_a_run_that_ends_with_an_error_before_its_boundary_is_a_fault(tmp_path: Path) -> None:
    sweep = sweep_kills(tmp_path, at=boundary_called("sendto:3"), quotes=20, program="raise SystemExit('broken')")

    assert sweep.faults[0].startswith(
        "killed before sendto number 3: a run that was not killed ends with code 1: broken"
    )


def test_a_moment_can_be_killed_at_with_strace_and_without(tmp_path: Path) -> None:
    sweep = sweep_kills(tmp_path, at=boundary_called("moment:20"), quotes=20)

    assert (sweep.boundaries, sweep.reached, sweep.faults) == (1, {"moment": 1}, ())
    assert sweep.method.startswith("killed at moments 20 ms apart")


@pytest.mark.parametrize("name", ["sendto", "sendto:", "sendto:0", "sendto:x", "send:3", ":3"])
def test_what_is_no_boundary_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"no boundary is called '{name}'"):
        boundary_called(name)


@needs_strace
def test_calls_are_counted_for_each_thread_and_kind(tmp_path: Path) -> None:
    program = "import os; os.write(1, b'a'); os.write(1, b'b'); os.fsync(os.open('file', os.O_CREAT | os.O_RDWR))"
    command = ["env", "-C", str(tmp_path), sys.executable, "-c", program]

    calls = list(calls_of(command, ["write", "fsync"], tmp_path / "trace"))

    assert [(call.name, call.number) for call in calls] == [("write", 1), ("write", 2), ("fsync", 1)]


@pytest.mark.parametrize(
    ("most", "chosen"), [(None, [1, 2, 3, 4, 5]), (9, [1, 2, 3, 4, 5]), (3, [1, 3, 5]), (2, [1, 5]), (1, [3])]
)
def test_what_is_chosen_of_many_is_spread_evenly(most: int | None, chosen: list[int]) -> None:
    assert spread([1, 2, 3, 4, 5], most) == chosen
