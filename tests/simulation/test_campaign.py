"""Campaigns: many seeds become one result, whoever played them."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections.abc import Mapping

import msgspec
import pytest

from ops.drill.campaign import (
    CHUNK_SEEDS,
    ActorFailures,
    Campaign,
    Hit,
    KillCount,
    RecoveryTimes,
    SeedFailure,
    raised,
    run_campaign,
)
from ops.drill.campaign_seed import tell_seed
from ops.drill.campaign_workers import WorkerDied
from ops.drill.judge.judged import Excuse, Rule
from ops.drill.simulation.simulate import Simulation, simulate
from ops.drill.simulation.swarm import draw_swarm
from tests._paths import REPOSITORY
from tests.simulation._plays import play_and_die, play_for_ever, play_invented, play_without_faults


def without_times(campaign: Campaign) -> Campaign:
    return msgspec.structs.replace(campaign, jobs=0, seconds=0.0, seeds_per_second_per_core=0.0)


def test_the_figures_are_the_same_however_many_workers_there_are() -> None:
    alone, together = (run_campaign(play_invented, seeds=170, jobs=jobs) for jobs in (1, 3))

    assert without_times(alone) == without_times(together)
    assert (alone.jobs, together.jobs) == (1, 3)


def test_the_figures_are_sums_over_the_seeds() -> None:
    campaign = run_campaign(play_invented, first=10, seeds=3, jobs=1)

    assert (campaign.first_seed, campaign.seeds) == (10, 3)
    assert (campaign.orders, campaign.executions, campaign.inputs) == (33, 66, 30)
    assert (campaign.starts, campaign.recoveries) == (2 + 3 + 1, 3)
    assert campaign.simulated_seconds == 33.0
    assert campaign.hits == (
        Hit(fault="disk-full", number="D3", status="no process", count=33),
        Hit(fault="kill", number="E1", status="", count=6),
        Hit(fault="kill", number="E1", status="accepted", count=3),
    )
    assert campaign.boundaries == (KillCount(where="before a send", count=3),)


def test_what_was_excused_is_told_by_rule_and_by_why() -> None:
    campaign = run_campaign(play_invented, first=10, seeds=3, jobs=1)

    rules = {each.rule: each for each in campaign.judged}
    size, sales = rules[Rule.SIZE.value], rules[Rule.SALES.value]
    assert (size.judged, size.excused[Excuse.TOUCHED.value], size.share) == (9, 3, 0.75)
    assert (sales.judged, sales.excused[Excuse.SET_ASIDE.value], sales.share) == (0, 33, 0.0)
    assert campaign.seeds_without_excuse == 2
    assert len(rules) == len(Rule)


def test_failures_of_actors_are_told_by_their_kind() -> None:
    campaign = run_campaign(play_invented, first=10, seeds=3, jobs=1)

    assert campaign.actor_failures == (
        ActorFailures(kind="strategy", crashed=0, broken_off=0, choked=33),
        ActorFailures(kind="venue", crashed=6, broken_off=0, choked=0),
    )


def test_recoveries_are_told_by_their_median_their_99th_percentile_and_the_worst_with_its_seed() -> None:
    campaign = run_campaign(play_invented, first=10, seeds=100, jobs=1)

    assert campaign.recovery_times == RecoveryTimes(
        count=100, seconds_median=0.5, seconds_p99=0.5, seconds_worst=38.0, worst_seed=19
    )
    assert run_campaign(play_invented, seeds=1, jobs=1).recovery_times is None


def test_a_seed_that_breaks_a_promise_or_raises_is_a_failure_in_words() -> None:
    campaign = run_campaign(play_invented, seeds=20, jobs=1)

    broken, raising = campaign.failures
    assert broken == SeedFailure(seed=7, violations=("I4: o-1 is missing", "I1: o-2 was approved twice"))
    assert (campaign.orders_lost, campaign.orders_doubled) == (1, 1)
    assert raising.seed == 13
    assert raising.violations[0].startswith("raised KeyError: 'a13' at _plays.py:")


def test_what_was_found_before_an_exception_is_told_with_it() -> None:
    simulation = Simulation(draw_swarm(0, only=frozenset()))
    simulation.judge.fail("I1", "o-2 was approved twice")
    simulation.world.at(simulation.world.now_ns + 1, lambda: dict.fromkeys("bc")["a"])

    with pytest.raises(KeyError) as caught:
        simulation.run()

    found, ending = raised(caught.value)
    assert found == "I1: o-2 was approved twice"
    assert ending.startswith("raised KeyError: 'a' at test_campaign.py:")


def test_a_seed_that_hangs_when_it_is_played_again_is_broken_off() -> None:
    story = tell_seed(0, seconds_max=0.005)

    assert story.violations[-1].startswith("raised SeedHung: it takes too long at ")


def test_a_campaign_by_time_begins_no_chunk_once_time_is_up() -> None:
    campaign = run_campaign(play_invented, seconds=0.0, jobs=1)

    assert campaign.seeds == 0


def test_progress_is_told_by_the_seeds_that_were_played_with_their_traces() -> None:
    told: list[Mapping[int, str]] = []

    run_campaign(play_invented, seeds=2 * CHUNK_SEEDS + 3, jobs=1, on_played=told.append)

    assert sorted(map(len, told)) == [3, CHUNK_SEEDS, CHUNK_SEEDS]
    traces = {seed: trace for each in told for seed, trace in each.items()}
    assert traces.pop(13).startswith("raised KeyError: 'a13' at _plays.py:")
    assert traces == {seed: f"trace of {seed}" for seed in range(2 * CHUNK_SEEDS + 3) if seed != 13}


def test_a_campaign_is_either_so_many_seeds_or_so_much_time() -> None:
    with pytest.raises(ValueError, match="one of the two"):
        run_campaign(play_invented, seeds=1, seconds=1.0)


def test_a_campaign_that_is_broken_off_has_all_that_was_played() -> None:
    told: list[Mapping[int, str]] = []

    campaign = run_campaign(play_invented, seeds=500, jobs=1, on_played=told.append, goes_on=lambda: not told)

    assert campaign.was_broken_off
    assert campaign.seeds == sum(map(len, told)) < 100
    assert without_times(campaign) == msgspec.structs.replace(
        without_times(run_campaign(play_invented, seeds=campaign.seeds, jobs=1)), was_broken_off=True
    )


def test_a_campaign_that_was_through_when_it_was_to_be_broken_off_is_whole() -> None:
    told: list[Mapping[int, str]] = []

    campaign = run_campaign(play_invented, seeds=3, jobs=1, on_played=told.append, goes_on=lambda: not told)

    assert not campaign.was_broken_off


def test_a_seed_that_hangs_is_a_failure_and_the_others_are_played() -> None:
    campaign = run_campaign(play_for_ever, seeds=4, jobs=1, seed_seconds_max=0.2)

    assert [failure.seed for failure in campaign.failures] == [1]
    assert campaign.failures[0].violations[0].startswith("raised SeedHung: it takes too long at ")
    assert campaign.orders == 0 + 2 + 3


def test_a_worker_that_dies_ends_the_campaign_with_words() -> None:
    with pytest.raises(WorkerDied, match="fewer --jobs"):
        run_campaign(play_and_die, seeds=1, jobs=1)


def test_no_worker_outlives_the_process_that_it_works_for() -> None:
    play = "from ops.drill.campaign import run_campaign; from tests.simulation._plays import play_and_tell"
    command = f"{play}\nif __name__ == '__main__': run_campaign(play_and_tell, seeds=1, jobs=1)"
    with subprocess.Popen([sys.executable, "-c", command], cwd=REPOSITORY, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        worker = os.pidfd_open(int(parent.stdout.readline()))

        parent.kill()

        ended, _, _ = select.select([worker], [], [], 30.0)
        os.close(worker)
        assert ended == [worker]


def test_whole_engines_are_played_as_they_are_one_by_one() -> None:
    outcomes = [simulate(seed, only=frozenset()) for seed in range(4)]

    campaign = run_campaign(play_without_faults, seeds=4, jobs=2)

    assert campaign.failures == ()
    assert campaign.orders == sum(outcome.orders for outcome in outcomes) > 0
    assert campaign.executions == sum(outcome.executions for outcome in outcomes)
