"""The parts of the benchmark: what each measures, how large, and what it is hoped to reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ops.bench.figures import Aim, Bound
from ops.bench.terms import (
    ActorsTerms,
    LatencyTerms,
    MessagesTerms,
    Phase,
    RecoveryTerms,
    RestartTerms,
    Road,
    ServedTerms,
    Terms,
    ThroughputTerms,
)

REDO_FULL = 99
"""Messages that a small actor keeps at most to be rebuilt from: one more, and its state is saved instead."""


@dataclass(frozen=True)
class Case:
    """One measurement of a part, whole and `quick`. `aims` are by the figure's name.

    `prepare`, whole and quick, runs once before all repeats, and they all get its directory.
    """

    name: str
    whole: Terms
    quick: Terms
    aims: Mapping[str, Aim] = field(default_factory=dict)
    prepare: tuple[Terms, Terms] | None = None


@dataclass(frozen=True)
class Ratio:
    """A figure of a part that is one case's figure over another's, repeat by repeat."""

    name: str
    figure: str
    over: str
    under: str
    aim: Aim


@dataclass(frozen=True)
class Part:
    """Something a user may ask to be measured."""

    name: str
    about: str
    cases: tuple[Case, ...]
    ratios: tuple[Ratio, ...] = ()


def _messages(actors: int, aims: Mapping[str, Aim]) -> Case:
    return Case(
        f"{actors:,} actors",
        whole=MessagesTerms(actors=actors, inputs=500_000),
        quick=MessagesTerms(actors=actors, inputs=30_000),
        aims=aims,
    )


def _throughput(name: str, *, symbols: int, strategies: int, inputs: int, aims: Mapping[str, Aim]) -> Case:
    def terms(count: int) -> ThroughputTerms:
        warm_up = max(count // 10, 1)
        return ThroughputTerms(symbols=symbols, strategies=strategies, inputs=count, warm_up_inputs=warm_up)

    return Case(name, whole=terms(inputs), quick=terms(inputs // 25), aims=aims)


def _latency(road: Road, rate: int) -> Case:
    is_judged = rate == 10_000
    return Case(
        f"{road.value} {rate:,}/s",
        whole=LatencyTerms(road=road, rate=rate, seconds=20.0, warm_up_seconds=3.0),
        quick=LatencyTerms(road=road, rate=rate, seconds=1.0, warm_up_seconds=0.3, floor_samples=50),
        aims={"p50_ms": Aim(Bound.AT_MOST, 0.5), "p99_ms": Aim(Bound.AT_MOST, 3.0)} if is_judged else {},
    )


def _recovery(name: str, *, checkpoints_in_all: int, seconds_at_most: float) -> Case:
    def terms(phase: Phase, inputs: int) -> RecoveryTerms:
        every = 2 * inputs // (2 * checkpoints_in_all + 1) if checkpoints_in_all else 0
        return RecoveryTerms(phase=phase, inputs=inputs, checkpoint_inputs=every)

    return Case(
        name,
        whole=terms(Phase.MEASURE, 1_000_000),
        quick=terms(Phase.MEASURE, 20_000),
        prepare=(terms(Phase.PREPARE, 1_000_000), terms(Phase.PREPARE, 20_000)),
        aims={"recovery_seconds": Aim(Bound.AT_MOST, seconds_at_most)},
    )


PARTS: tuple[Part, ...] = (
    Part(
        "messages",
        "Actor messages a second: each input goes to one of a first row of actors and on to one of a second; "
        "journal off.",
        (
            _messages(100, {}),
            _messages(1_000, {"messages_per_second": Aim(Bound.AT_LEAST, 1_000_000)}),
        ),
    ),
    Part(
        "throughput",
        "Quotes a second through the whole path to fills and books, journaled and committed, as fast as it goes.",
        (
            _throughput(
                "a: 100 symbols",
                symbols=100,
                strategies=1,
                inputs=500_000,
                aims={"inputs_per_second": Aim(Bound.AT_LEAST, 150_000)},
            ),
            _throughput("b: 1 symbol x 100", symbols=1, strategies=100, inputs=60_000, aims={}),
            _throughput("c: 1,000 symbols", symbols=1_000, strategies=1, inputs=500_000, aims={}),
        ),
        ratios=(
            Ratio(
                "time_c_over_a",
                figure="inputs_per_second",
                over="a: 100 symbols",
                under="c: 1,000 symbols",
                aim=Aim(Bound.AT_MOST, 1.5),
            ),
        ),
    ),
    Part(
        "latency",
        "From the intended time of sending to the release of the order, durable; open loop, over a socket, from "
        "another process.",
        tuple(_latency(road, rate) for road in Road for rate in (1_000, 10_000)),
    ),
    Part(
        "actors",
        "Memory and start time of 10,000 actors with a mailbox and state.",
        (
            Case(
                "10,000 actors",
                whole=ActorsTerms(actors=10_000, messages=REDO_FULL),
                quick=ActorsTerms(actors=10_000, messages=5),
                aims={"growth_mib": Aim(Bound.AT_MOST, 47.6)},
            ),
        ),
    ),
    Part(
        "recovery",
        "Time to come back from a journal of 1,000,000 inputs (quick: 20,000), every effect compared.",
        (
            _recovery("no checkpoint", checkpoints_in_all=0, seconds_at_most=10.0),
            _recovery("recent checkpoint", checkpoints_in_all=10, seconds_at_most=1.0),
        ),
    ),
    Part(
        "restart",
        "Time of one actor's restart, from the crash to running again, with the longest redo list it may have.",
        (Case("one actor", whole=RestartTerms(symbols=100), quick=RestartTerms(symbols=20)),),
    ),
    Part(
        "served",
        "A whole engine with its control socket: what a busy view and ten clients cost it in the same run, and ten "
        "times as many quotes a second as it is laid out for.",
        (
            Case(
                "watched 2,000/s",
                whole=ServedTerms(rate=2_000, seconds=45.0),
                quick=ServedTerms(rate=1_000, seconds=7.5),
                aims={"p99_watched_over_quiet": Aim(Bound.AT_MOST, 1.5)},
            ),
            Case(
                "overload 100,000/s",
                whole=ServedTerms(rate=100_000, seconds=60.0, halts=True),
                quick=ServedTerms(rate=20_000, seconds=5.0, halts=True),
                aims={
                    "control_p99_ms": Aim(Bound.AT_MOST, 100.0),
                    "halt_ms_max": Aim(Bound.AT_MOST, 100.0),
                    "entries_after_halt": Aim(Bound.AT_MOST, 0),
                    "orders_lost": Aim(Bound.AT_MOST, 0),
                    "quotes_lost": Aim(Bound.AT_MOST, 0),
                },
            ),
        ),
    ),
)

PART_NAMES: tuple[str, ...] = tuple(part.name for part in PARTS)


def parts_named(names: Sequence[str]) -> tuple[Part, ...]:
    """The parts of these names in the catalogue's order; all of them for none."""
    return tuple(part for part in PARTS if not names or part.name in names)
