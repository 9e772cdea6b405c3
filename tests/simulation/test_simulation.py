"""The simulator itself: a seed is a run, whole and repeatable."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace

import pytest
from pykka import ActorRegistry

from ops.drill.judge.conduct import BROKEN_OFF, CHOKED, CRASHED
from ops.drill.judge.judged import Excuse, Rule
from ops.drill.simulation.faults import Fault
from ops.drill.simulation.simulate import Simulation, simulate
from ops.drill.simulation.swarm import Swarm, draw_swarm
from ops.drill.simulation.themes import theme_called
from tests._paths import REPOSITORY

_TRACES = "from ops.drill.simulation.simulate import simulate; print([simulate(seed).trace for seed in range(6)])"


def test_the_same_seed_leaves_the_same_trace_in_another_process_with_another_hash_seed() -> None:
    told = {
        subprocess.run(
            [sys.executable, "-c", _TRACES],
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "77")
    }

    assert told == {f"{[simulate(seed).trace for seed in range(6)]}\n"}


def test_every_rule_judges_orders_and_excuses_none_of_them_without_faults() -> None:
    calm, stormy = (_judged(only=only) for only in (frozenset[Fault](), None))

    assert all(calm[rule, None] > 0 for rule in Rule)
    assert {why for _, why in calm} == {None}
    assert {Excuse.FAILED, Excuse.TOUCHED} <= {why for _, why in stormy}
    assert not any(simulate(seed, only=frozenset()).has_excused for seed in range(3))


def test_failures_of_actors_are_counted_by_their_kind_once_they_strike() -> None:
    for fault, how in ((Fault.CRASH, CRASHED), (Fault.HANG, BROKEN_OFF), (Fault.POISON, CHOKED)):
        told: Counter[tuple[str, str]] = Counter()
        for seed in range(20):
            told += simulate(seed, only=frozenset({fault})).failures
        assert {each for kind, each in told if kind not in ("root", "supervisor")} == {how}
        assert {each for kind, each in told if kind in ("root", "supervisor")} == {CRASHED}


def _judged(*, only: frozenset[Fault] | None) -> Counter[tuple[Rule, Excuse | None]]:
    total: Counter[tuple[Rule, Excuse | None]] = Counter()
    for seed in range(20):
        total += simulate(seed, only=only).judged
    return total


def test_without_faults_orders_are_sent_and_executed_and_nothing_is_wrong() -> None:
    outcomes = [simulate(seed, only=frozenset()) for seed in range(12)]

    assert [outcome.violations for outcome in outcomes] == [[]] * 12
    assert sum(outcome.executions for outcome in outcomes) > 20
    assert all(outcome.starts == 1 for outcome in outcomes)


def test_a_simulation_leaves_no_actor_behind() -> None:
    before = ActorRegistry.get_all()

    simulate(0)

    assert ActorRegistry.get_all() == before


def test_who_was_put_out_of_the_game_is_restarted_since_the_eighth_generation() -> None:
    sick = frozenset({Fault.SICKNESS})
    kept_out = {
        generation: [
            seed
            for seed in range(12)
            if _played(draw_swarm(seed, only=sick, generation=generation)).process.portfolio.state.quarantined
        ]
        for generation in (7, 8)
    }

    assert kept_out[7]
    assert not kept_out[8]


def test_cancels_of_what_works_are_refused_where_the_broker_does_so() -> None:
    theme = theme_called("people halt and cancel, and cancels are refused")
    swarms = [draw_swarm(seed, theme=theme) for seed in range(4)]

    refused = [_refused(swarm) for swarm in swarms]
    refused_as_over = [_refused(replace(swarm, refuses_cancels=False)) for swarm in swarms]

    assert sum(refused) > 2 * sum(refused_as_over)


@pytest.mark.parametrize(
    ("words", "seed", "met"),
    [
        ("orders are saved by hand before they are heard of", 1, (Fault.REPLACE_RACE, "submitted")),
        ("what was taken back is filled up unawares", 12, (Fault.UNKNOWN_STATUS, "filled")),
        ("what was taken back is filled up unawares", 8, (Fault.CANCEL_ALL, "filled")),
    ],
)
def test_a_fault_meets_an_order_that_works_where_nobody_here_knows(
    words: str, seed: int, met: tuple[Fault, str]
) -> None:
    assert _played(draw_swarm(seed, theme=theme_called(words))).world.hits[met]


def _played(swarm: Swarm) -> Simulation:
    simulation = Simulation(swarm)
    assert simulation.run().violations == []
    return simulation


def _refused(swarm: Swarm) -> int:
    hits = _played(swarm).world.hits
    return sum(count for (fault, _), count in hits.items() if fault is Fault.CANCEL_REFUSED)
