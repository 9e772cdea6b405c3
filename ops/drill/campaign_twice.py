"""A campaign played twice, in processes that hash strings otherwise: the same code leaves the same traces."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial

import msgspec

from ops.drill.campaign import Campaign, Play, run_campaign

HASH_SEEDS = ("1", "2")
_VARIABLE = "PYTHONHASHSEED"


class TraceComparison(msgspec.Struct, frozen=True, kw_only=True):
    """Of so many seeds, how many were the same both times, and which were `different`: in trace or in violations.

    One that `was_broken_off` has fewer seeds than were played the first time.
    """

    seeds: int
    equal: int
    different: tuple[int, ...]
    was_broken_off: bool = False


def run_campaign_twice(
    play: Play,
    *,
    seeds: int,
    first: int = 0,
    jobs: int | None = None,
    on_progress: Callable[[int], None] | None = None,
    goes_on: Callable[[], bool] = lambda: True,
) -> tuple[Campaign, TraceComparison]:
    """Play each seed once more when all were played. `on_progress` is told how many were, twice for each.

    The campaign is the first one. The rest is as for `run_campaign`.
    """
    traces: tuple[dict[int, str], dict[int, str]] = ({}, {})

    def see(which: dict[int, str], played: Mapping[int, str]) -> None:
        which.update(played)
        if on_progress:
            on_progress(len(played))

    with _hashing_by(HASH_SEEDS[0]):
        campaign = run_campaign(
            play, first=first, seeds=seeds, jobs=jobs, on_played=partial(see, traces[0]), goes_on=goes_on
        )
    with _hashing_by(HASH_SEEDS[1]):
        again = run_campaign(
            play, first=first, seeds=campaign.seeds, jobs=jobs, on_played=partial(see, traces[1]), goes_on=goes_on
        )
    found = [{failure.seed: failure.violations for failure in each.failures} for each in (campaign, again)]
    different = [
        seed
        for seed, trace in sorted(traces[1].items())
        if (trace, found[1].get(seed)) != (traces[0][seed], found[0].get(seed))
    ]
    return campaign, TraceComparison(
        seeds=again.seeds,
        equal=again.seeds - len(different),
        different=tuple(different),
        was_broken_off=again.was_broken_off,
    )


@contextmanager
def _hashing_by(hash_seed: str) -> Iterator[None]:
    """Processes that are started meanwhile hash by this seed: an interpreter reads it once, at its start."""
    before = os.environ.get(_VARIABLE)
    os.environ[_VARIABLE] = hash_seed
    try:
        yield
    finally:
        if before is None:
            del os.environ[_VARIABLE]
        else:
            os.environ[_VARIABLE] = before
