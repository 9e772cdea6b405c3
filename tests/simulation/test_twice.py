"""Campaigns that are played twice: what differs from process to process is found."""

from __future__ import annotations

import os

from ops.drill.campaign_twice import TraceComparison, run_campaign_twice
from tests.simulation._plays import play_by_hash, play_invented, play_without_faults


def test_seeds_that_leave_other_traces_or_are_judged_otherwise_with_another_hash_seed_are_named() -> None:
    before = dict(os.environ)

    campaign, traces = run_campaign_twice(play_by_hash, seeds=12, jobs=2)

    assert traces == TraceComparison(seeds=12, equal=10, different=(5, 8))
    assert campaign.seeds == 12
    assert dict(os.environ) == before


def test_whole_engines_are_the_same_both_times() -> None:
    told: list[int] = []

    _, traces = run_campaign_twice(play_without_faults, seeds=4, first=7, jobs=1, on_progress=told.append)

    assert traces == TraceComparison(seeds=4, equal=4, different=())
    assert sum(told) == 8


def test_a_second_time_that_is_broken_off_compares_what_was_played() -> None:
    told: list[int] = []

    campaign, traces = run_campaign_twice(
        play_invented, seeds=100, jobs=1, on_progress=told.append, goes_on=lambda: sum(told) <= 100
    )

    assert not campaign.was_broken_off
    assert traces.was_broken_off
    assert traces.equal == traces.seeds < 100
