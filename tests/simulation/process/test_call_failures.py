"""A few failing system calls: the engine ends clearly or goes on, and comes back whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ops.drill.process.call_failures import fail_calls
from ops.drill.process.endings import FAULTY
from ops.drill.process.stracing import failing_at, has_failed, why_not_traceable

needs_strace = pytest.mark.skipif(bool(why_not_traceable()), reason=why_not_traceable() or "strace works")


@needs_strace
def test_an_engine_whose_calls_fail_ends_clearly_or_goes_on_and_comes_back_whole(tmp_path: Path) -> None:
    came_of_it = fail_calls(tmp_path, most=3, quotes=40)

    assert came_of_it.faults == ()
    assert came_of_it.runs == 3
    assert came_of_it.untouched < 3
    assert not {each.value for each in FAULTY} & came_of_it.endings.keys()
    assert (came_of_it.orders_lost, came_of_it.orders_doubled) == (0, 0)


@needs_strace
@pytest.mark.parametrize(("number", "is_reached"), [(2, True), (3, False)])
def test_a_call_fails_only_if_the_program_comes_so_far(tmp_path: Path, number: int, is_reached: bool) -> None:
    program = f"import os; file = os.open({str(tmp_path)!r}, os.O_RDONLY); os.fsync(file); os.fsync(file)"
    trace_file = tmp_path / "trace"

    ended = subprocess.run(
        failing_at(
            [sys.executable, "-c", program], "fsync", number, error="EIO", for_ever=True, trace_file=trace_file
        ),
        capture_output=True,
        text=True,
        check=False,
    )

    assert has_failed(trace_file) is is_reached
    assert ("Input/output error" in ended.stderr) is is_reached
