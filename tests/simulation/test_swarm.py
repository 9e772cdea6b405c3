"""What a seed draws when faults are named."""

from __future__ import annotations

import pytest

from ops.drill.simulation.faults import Fault
from ops.drill.simulation.generations import GENERATION, LATER_FAULTS
from ops.drill.simulation.swarm import draw_swarm

SEEDS = range(300)


@pytest.mark.parametrize("only", [{Fault.KILL}, {Fault.SICKNESS}, {Fault.CLOCK_SKEW, Fault.BUST, Fault.DISK_FULL}])
def test_every_seed_has_all_faults_that_are_named_and_no_other(only: set[Fault]) -> None:
    for seed in SEEDS:
        faults = draw_swarm(seed, only=frozenset(only)).faults

        assert faults.keys() == only
        assert all(0 < rate <= 1 for rate in faults.values())


def test_a_fault_that_is_named_strikes_now_often_and_now_seldom() -> None:
    rates = {draw_swarm(seed, only=frozenset({Fault.BUST})).faults[Fault.BUST] for seed in SEEDS}

    assert len(rates) >= 4


def test_a_seed_with_no_fault_named_has_none() -> None:
    assert all(draw_swarm(seed, only=frozenset()).faults == {} for seed in SEEDS)


@pytest.mark.parametrize(("fault", "since"), LATER_FAULTS.items())
def test_a_later_fault_is_drawn_since_its_generation_and_by_none_before(fault: Fault, since: int) -> None:
    with_it = {
        generation: sum(fault in draw_swarm(seed, generation=generation).faults for seed in SEEDS)
        for generation in range(GENERATION + 1)
    }

    assert all(bool(count) == (generation >= since) for generation, count in with_it.items())


@pytest.mark.parametrize("move", ["refuses_cancels", "corrects_commissions", "restarts_actors", "loses_states"])
def test_the_moves_of_the_eighth_generation_are_made_by_none_before(move: str) -> None:
    assert not any(getattr(draw_swarm(seed, generation=7), move) for seed in SEEDS)
    assert all(getattr(draw_swarm(seed, generation=8, only=frozenset()), move) for seed in SEEDS)
