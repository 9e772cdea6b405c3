"""A few random kills, and how recovery is read from what the broker saw."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.drill.evidence import AcceptedOrder, Evidence
from ops.drill.process.random_kills import kill_at_random, recovery_seconds
from tests.simulation.process.test_verdict import EVIDENCE, but


def test_an_engine_killed_again_and_again_loses_and_doubles_nothing(tmp_path: Path) -> None:
    came_of_it = kill_at_random(tmp_path, kills=4, seed=3)

    assert came_of_it.faults == ()
    assert (came_of_it.orders_lost, came_of_it.orders_doubled) == (0, 0)
    assert came_of_it.orders > 0
    assert came_of_it.kills == 4
    assert 0 <= came_of_it.kills_with_open_orders <= 4
    assert came_of_it.recoveries >= 1  # the last start trades to the end
    assert came_of_it.recovery_seconds_median is not None
    assert came_of_it.recovery_seconds_worst is not None
    assert came_of_it.recovery_seconds_median <= came_of_it.recovery_seconds_worst


def test_recovery_is_the_time_from_a_start_to_its_first_order_where_there_was_one() -> None:
    evidence: Evidence = but(
        EVIDENCE,
        accepted=[AcceptedOrder(int(second * 1e9), "b00k-plan-1", {}) for second in (1.5, 7.25, 7.5, 30.5)],
    )

    found = recovery_seconds([int(second * 1e9) for second in (1, 7, 20, 30)], evidence)

    assert found == pytest.approx([0.25, 0.5])
