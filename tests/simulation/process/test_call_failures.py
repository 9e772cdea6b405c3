"""A few failing system calls: the engine ends clearly or goes on, and comes back whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.drill.process.call_failures import fail_calls
from ops.drill.process.endings import Ending
from ops.drill.process.stracing import why_not_traceable


@pytest.mark.skipif(bool(why_not_traceable()), reason=why_not_traceable() or "strace works")
def test_an_engine_whose_calls_fail_ends_clearly_or_goes_on_and_comes_back_whole(tmp_path: Path) -> None:
    came_of_it = fail_calls(tmp_path, most=3, quotes=40)

    assert came_of_it.faults == ()
    assert came_of_it.runs == 3
    assert set(came_of_it.endings) <= {Ending.WENT_ON.value, Ending.ONE_LINE.value}
    assert (came_of_it.orders_lost, came_of_it.orders_doubled) == (0, 0)
