"""That twins tell what the strategies of a simulation do, and when nobody knows that any more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from messages import (
    Alert,
    AlertLevel,
    AnyMessage,
    CrashActor,
    Interrupt,
    Quote,
    Signal,
    StrategyId,
    Symbol,
    UndeployStrategy,
)
from ops.drill.judge.twins import Twins
from ops.drill.simulation.faults import Fault
from ops.drill.simulation.swarm import draw_swarm

_LOSE = frozenset({Fault.CONFLATION, Fault.CLOCK_STEP})
SWARM = next(
    each for each in map(draw_swarm, range(1000)) if each.strategies == 2 and not _LOSE & each.faults.keys()
)
QUOTES = [Quote(Symbol(SWARM.symbols[0]), time_ns, 99.5, 99.75, 1.0, 1.0) for time_ns in range(100)]


def _told(twins: Twins) -> list[Signal]:
    return [signal for quote in QUOTES for signal in twins.told_at(quote, quote.time_ns)]


def test_twins_tell_the_same_each_time_and_when() -> None:
    told = _told(Twins(SWARM))

    assert told == _told(Twins(SWARM))
    assert {each.strategy_id for each in told} == {"s1", "s2"}
    assert all(QUOTES[0].time_ns <= each.time_ns <= QUOTES[-1].time_ns for each in told)
    assert sorted({each.time_ns for each in told}) == list(dict.fromkeys(each.time_ns for each in told))


@pytest.mark.parametrize(
    ("message", "left"),
    [
        (CrashActor("strategy/s1"), {"s2"}),
        (CrashActor("portfolio/main"), set()),
        (UndeployStrategy(strategy_id=StrategyId("s2"), time_ns=1), {"s1"}),
    ],
)
def test_the_twin_of_who_may_have_missed_something_is_given_up(message: AnyMessage, left: set[str]) -> None:
    twins = Twins(SWARM)
    twins.told_at(message, 1)

    assert {name for name in ("s1", "s2") if name in twins} == left
    assert {each.strategy_id for each in _told(twins)} == left


@pytest.mark.parametrize(("actor", "left"), [("strategy/s2", {"s1"}), ("symbol/AAA", set())])
def test_so_it_is_where_an_actor_has_failed(actor: str, left: set[str]) -> None:
    twins = Twins(SWARM)
    twins.see_interrupts([Interrupt(actor, 1, "InjectedCrash: a drill")])

    assert {each.strategy_id for each in _told(twins)} == left


@pytest.mark.parametrize(
    ("text", "left"), [("AAA quote refused, outlier: far", set()), ("AAA is late", {"s1", "s2"})]
)
def test_and_where_a_quote_was_refused(text: str, left: set[str]) -> None:
    twins = Twins(SWARM)
    twins.see_alert(Alert(level=AlertLevel.WARNING, subject="AAA", text=text, time_ns=1))

    assert {each.strategy_id for each in _told(twins)} == left


@pytest.mark.parametrize("fault", [Fault.CONFLATION, Fault.CLOCK_STEP])
def test_where_quotes_may_be_lost_there_are_none(fault: Fault) -> None:
    swarm = replace(SWARM, faults={**SWARM.faults, fault: 0.1})

    assert "s1" not in Twins(swarm)
