"""Many seeds on all cores, and what came of them in one result.

The seeds are dealt out in chunks to worker processes. Everything in the result but the time is a sum over seeds, so
it does not depend on how many workers there were, or on which of them was the faster.
"""

from __future__ import annotations

import itertools
import os
import statistics
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, fields
from functools import partial

import msgspec

from ops.drill.campaign_judged import JudgedRule, judged_rules
from ops.drill.campaign_workers import SeedHung, dealt_out, played_within
from ops.drill.judge.conduct import BROKEN_OFF, CHOKED, CRASHED
from ops.drill.judge.judged import Excuse, Rule
from ops.drill.simulation.faults import Fault
from ops.drill.simulation.simulate import Outcome

CHUNK_SEEDS = 10
"""A second's work or so: few enough that all workers end at about the same time."""

SEED_SECONDS_MAX = 300.0
"""A seed takes a tenth of a second. One that takes so long has hung."""

SECONDS_PER_YEAR = 365.25 * 86_400

_DOUBLED = ("I1:", "I2:", "I3:")
_LOST = ("I4:",)

Play = Callable[[int], Outcome]
"""What plays one seed. Workers import it by its name, so it stands at the top level of a module."""


class SeedFailure(msgspec.Struct, frozen=True, kw_only=True):
    """A seed in which something that must never happen did, in words; an exception of the engine is one of them."""

    seed: int
    violations: tuple[str, ...]


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """How often a fault struck an order that stood so for the engine. `status` is empty if there was no order."""

    fault: str
    number: str
    status: str
    count: int


class KillCount(msgspec.Struct, frozen=True, kw_only=True):
    """How often the process was killed at this place."""

    where: str
    count: int


class ActorFailures(msgspec.Struct, frozen=True, kw_only=True):
    """How often actors of a kind failed, as the journal has it: what struck nobody is not among them."""

    kind: str
    crashed: int
    broken_off: int
    choked: int


class RecoveryTimes(msgspec.Struct, frozen=True, kw_only=True):
    """How long engines took, in simulated time, from a start after the first until books and broker agreed.

    `count` leaves out starts whose process ended before that. `worst_seed` is the first one with the worst of all.
    """

    count: int
    seconds_median: float
    seconds_p99: float
    seconds_worst: float
    worst_seed: int


class Campaign(msgspec.Struct, frozen=True, kw_only=True):
    """What came of the seeds `first_seed` to `first_seed + seeds - 1`.

    `seconds` is by the wall clock, `simulated_seconds` by the simulations' own. `starts` are starts of an engine,
    `recoveries` those after the first one of a seed. `orders_doubled` counts violations by which an order was sent
    twice, unintended or changed, `orders_lost` those by which broker and engine disagree on an order at rest. Of
    seeds that ended by an exception only the failure is counted. One that `was_broken_off` has fewer seeds than it
    was to have. `judged` tells of each rule how much was excused; `seeds_without_excuse` are those in which nothing
    was: no actor failed, nothing was set aside, nobody else traded, and nobody set the clock.
    """

    first_seed: int
    seeds: int
    jobs: int
    seconds: float
    seeds_per_second_per_core: float
    simulated_seconds: float
    simulated_years: float
    starts: int
    recoveries: int
    orders: int
    executions: int
    inputs: int
    orders_lost: int
    orders_doubled: int
    failures: tuple[SeedFailure, ...]
    hits: tuple[Hit, ...]
    boundaries: tuple[KillCount, ...]
    recovery_times: RecoveryTimes | None = None
    judged: tuple[JudgedRule, ...] = ()
    seeds_without_excuse: int = 0
    actor_failures: tuple[ActorFailures, ...] = ()
    was_broken_off: bool = False


def spelled(fault: Fault) -> str:
    """A fault's name as people type it: `request-lost`."""
    return fault.name.lower().replace("_", "-")


def run_campaign(
    play: Play,
    *,
    first: int = 0,
    seeds: int | None = None,
    seconds: float | None = None,
    jobs: int | None = None,
    seed_seconds_max: float = SEED_SECONDS_MAX,
    on_played: Callable[[Mapping[int, str]], None] | None = None,
    goes_on: Callable[[], bool] = lambda: True,
) -> Campaign:
    """Play `seeds` seeds from `first` on, or as many as can be begun within `seconds`.

    `jobs` is the number of worker processes, one for each usable core if left out. A seed that takes longer than
    `seed_seconds_max` fails. `on_played` is told each seed that was played with its trace, chunk by chunk: of one
    that raises, what it raised. Once it no longer `goes_on`, the chunks under way are the last. Raises ValueError
    unless exactly one of `seeds` and `seconds` is given, and WorkerDied if a process ends that should not.
    """
    if (seeds is None) == (seconds is None):
        raise ValueError("a campaign is so many seeds or so many seconds: give one of the two")
    workers = jobs or len(os.sched_getaffinity(0))
    began = time.monotonic()
    until = began + seconds if seconds is not None else float("inf")
    total = _Tally()
    chunks = _chunks(first, seeds, lambda: goes_on() and time.monotonic() < until)
    with closing(dealt_out(partial(_play_chunk, play, seed_seconds_max), chunks, workers)) as tallies:
        for tally in tallies:
            total.add(tally)
            if on_played:
                on_played(tally.traces)
    campaign = total.campaign(first=first, jobs=workers, seconds=time.monotonic() - began)
    return msgspec.structs.replace(campaign, was_broken_off=not goes_on() and total.seeds != seeds)


@dataclass(slots=True)
class _Tally:
    seeds: int = 0
    simulated_ns: int = 0
    starts: int = 0
    recoveries: int = 0
    orders: int = 0
    executions: int = 0
    inputs: int = 0
    failures: list[SeedFailure] = field(default_factory=list)
    hits: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    boundaries: Counter[str] = field(default_factory=Counter)
    judged: Counter[tuple[Rule, Excuse | None]] = field(default_factory=Counter)
    seeds_without_excuse: int = 0
    actor_failures: Counter[tuple[str, str]] = field(default_factory=Counter)
    recoveries_ns: list[tuple[int, int]] = field(default_factory=list)
    """Each with its seed."""
    traces: dict[int, str] = field(default_factory=dict)
    """A chunk's, which nobody adds up."""

    def count(self, outcome: Outcome) -> None:
        self.traces[outcome.seed] = outcome.trace
        self.simulated_ns += outcome.simulated_ns
        self.starts += outcome.starts
        self.recoveries += max(0, outcome.starts - 1)
        self.orders += outcome.orders
        self.executions += outcome.executions
        self.inputs += outcome.inputs
        self.boundaries.update(outcome.boundaries)
        self.judged.update(outcome.judged)
        self.actor_failures.update(outcome.failures)
        self.seeds_without_excuse += not outcome.has_excused
        self.recoveries_ns += ((took_ns, outcome.seed) for took_ns in outcome.recoveries_ns)
        for (fault, status), count in outcome.hits.items():
            self.hits[fault.number, spelled(fault), status] += count
        if outcome.violations:
            self.failures.append(SeedFailure(seed=outcome.seed, violations=tuple(outcome.violations)))

    def add(self, other: _Tally) -> None:
        for each in fields(self):
            mine, theirs = getattr(self, each.name), getattr(other, each.name)
            if isinstance(mine, Counter):
                mine.update(theirs)
            elif each.name != "traces":
                setattr(self, each.name, mine + theirs)

    def campaign(self, *, first: int, jobs: int, seconds: float) -> Campaign:
        words = [text for failure in self.failures for text in failure.violations]
        return Campaign(
            first_seed=first,
            seeds=self.seeds,
            jobs=jobs,
            seconds=round(seconds, 3),
            seeds_per_second_per_core=round(self.seeds / seconds / jobs, 2),
            simulated_seconds=self.simulated_ns / 1e9,
            simulated_years=self.simulated_ns / 1e9 / SECONDS_PER_YEAR,
            starts=self.starts,
            recoveries=self.recoveries,
            orders=self.orders,
            executions=self.executions,
            inputs=self.inputs,
            orders_lost=sum(text.startswith(_LOST) for text in words),
            orders_doubled=sum(text.startswith(_DOUBLED) for text in words),
            failures=tuple(sorted(self.failures, key=lambda failure: failure.seed)),
            hits=tuple(
                Hit(number=number, fault=fault, status=status, count=count)
                for (number, fault, status), count in sorted(self.hits.items())
            ),
            boundaries=tuple(
                KillCount(where=where, count=count) for where, count in sorted(self.boundaries.items())
            ),
            recovery_times=self._recovery_times(),
            judged=judged_rules(self.judged),
            seeds_without_excuse=self.seeds_without_excuse,
            actor_failures=tuple(
                ActorFailures(
                    kind=kind,
                    crashed=self.actor_failures[kind, CRASHED],
                    broken_off=self.actor_failures[kind, BROKEN_OFF],
                    choked=self.actor_failures[kind, CHOKED],
                )
                for kind in sorted({kind for kind, _ in self.actor_failures})
            ),
        )

    def _recovery_times(self) -> RecoveryTimes | None:
        if not self.recoveries_ns:
            return None
        took_ns = sorted(each for each, _ in self.recoveries_ns)
        return RecoveryTimes(
            count=len(took_ns),
            seconds_median=statistics.median(took_ns) / 1e9,
            seconds_p99=took_ns[-1 - len(took_ns) // 100] / 1e9,
            seconds_worst=took_ns[-1] / 1e9,
            worst_seed=min(seed for each, seed in self.recoveries_ns if each == took_ns[-1]),
        )


def _chunks(first: int, seeds: int | None, goes_on: Callable[[], bool]) -> Iterator[range]:
    """The seeds in the order in which they are played. Each chunk is drawn late: time may be up by then."""
    end = None if seeds is None else first + seeds
    for start in itertools.count(first, CHUNK_SEEDS):
        if (end is not None and start >= end) or not goes_on():
            return
        yield range(start, start + CHUNK_SEEDS if end is None else min(start + CHUNK_SEEDS, end))


def _play_chunk(play: Play, seconds_max: float, seeds: range) -> _Tally:
    tally = _Tally(seeds=len(seeds))
    for seed in seeds:
        try:
            outcome = played_within(seconds_max, play, seed)
        except (Exception, SeedHung) as error:  # noqa: BLE001  # whatever the engine raises is what the drill is looking for
            tally.failures.append(SeedFailure(seed=seed, violations=raised(error)))
            tally.traces[seed] = raised(error)[-1]
        else:
            tally.count(outcome)
    return tally


def raised(error: BaseException) -> tuple[str, ...]:
    """What was found before an exception, and itself: `raised KeyError: 'a' at venue.py:12 in take`."""
    frames = traceback.extract_tb(error.__traceback__)
    last = frames[-1] if frames else None
    where = f" at {last.filename.rpartition('/')[2]}:{last.lineno} in {last.name}" if last else ""
    return (*getattr(error, "__notes__", ()), f"raised {type(error).__name__}: {error}{where}")
