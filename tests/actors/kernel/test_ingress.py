"""The ingress: which lane goes first, what waits when one is full, and what market data does instead."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from actors.kernel import Ingress
from actors.kernel import ingress as ingress_module
from messages import Quote, Symbol, Trade

SECONDS = 10


def quote(symbol: str, time_ns: int) -> Quote:
    """A quote that is known by its time."""
    return Quote(Symbol(symbol), time_ns, 1.0, 1.0)


def test_control_goes_before_executions_and_they_before_market_data() -> None:
    ingress = Ingress()
    ingress.put_market("quote 1")
    ingress.put_execution("fill 1")
    ingress.put_market("quote 2")
    ingress.put_control("halt")
    ingress.put_execution("fill 2")

    assert len(ingress) == 5
    assert ingress.take(10) == (["halt", "fill 1", "fill 2"], ["quote 1", "quote 2"])
    assert len(ingress) == 0


def test_a_limit_takes_the_urgent_first_and_leaves_the_rest_in_order() -> None:
    ingress = Ingress()
    for number in range(3):
        ingress.put_control(f"control {number}")
        ingress.put_execution(f"fill {number}")
        ingress.put_market(f"quote {number}")

    taken = [ingress.take(4) for _ in range(3)]

    assert taken == [
        (["control 0", "control 1", "control 2", "fill 0"], []),
        (["fill 1", "fill 2"], ["quote 0", "quote 1"]),
        ([], ["quote 2"]),
    ]


def test_market_data_beyond_its_bound_keeps_the_latest_of_each_kind_and_symbol() -> None:
    ingress = Ingress(market_limit=2)
    trade = Trade(Symbol("A"), 9, 1.0)

    for message in (*[quote("A", time_ns) for time_ns in range(6)], quote("B", 6), trade, quote("A", 7)):
        ingress.put_market(message)

    assert len(ingress) == 2 + 3
    assert ingress.take(100) == ([], [quote("A", 0), quote("A", 1), quote("A", 7), quote("B", 6), trade])
    assert sum(ingress.conflated.values()) == 4


def test_market_data_does_not_overtake_what_was_conflated_before_it() -> None:
    ingress = Ingress(market_limit=1)
    ingress.put_market(quote("A", 1))
    ingress.put_market(quote("A", 2))

    first = ingress.take(1)
    ingress.put_market(quote("A", 3))
    rest = ingress.take(10)
    ingress.put_market(quote("A", 4))

    assert first == ([], [quote("A", 1)])
    assert rest == ([], [quote("A", 3)])
    assert ingress.take(10) == ([], [quote("A", 4)])


@pytest.mark.parametrize("lane", ["control", "execution"])
def test_a_full_lane_makes_its_callers_wait_and_loses_nothing(lane: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingress_module, "CONTROL_LIMIT", 3)
    monkeypatch.setattr(ingress_module, "EXECUTION_LIMIT", 3)
    ingress = Ingress()
    put: Callable[[Any], None] = getattr(ingress, f"put_{lane}")

    def produce(owner: int) -> None:
        for number in range(200):
            put((owner, number))

    producers = [threading.Thread(target=produce, args=(owner,), daemon=True) for owner in range(3)]
    taken: list[tuple[int, int]] = []
    most = 0

    for producer in producers:
        producer.start()
    while len(taken) < 600:
        ingress.wait(SECONDS)
        most = max(most, len(ingress))
        taken += ingress.take(100)[0]
    for producer in producers:
        producer.join(SECONDS)

    assert most <= 3
    for producing in range(3):
        assert [number for owner, number in taken if owner == producing] == list(range(200))


def test_market_data_never_waits_however_much_there_is() -> None:
    ingress = Ingress(market_limit=100)

    for number in range(10_000):
        ingress.put_market(quote(f"S{number % 50}", number))

    assert len(ingress) == 100 + 50
    assert sum(ingress.conflated.values()) == 10_000 - 100 - 50


@pytest.mark.parametrize("lane", ["control", "execution", "market"])
def test_whatever_arrives_ends_the_cores_wait(lane: str) -> None:
    ingress = Ingress()
    taken = threading.Event()

    def core() -> None:
        while not len(ingress):
            ingress.wait(SECONDS)
        taken.set()

    thread = threading.Thread(target=core, daemon=True)
    thread.start()
    getattr(ingress, f"put_{lane}")(quote("A", 1))

    assert taken.wait(SECONDS)
    thread.join(SECONDS)


def test_a_wait_can_be_ended_with_nothing_there() -> None:
    ingress = Ingress()
    ended = threading.Event()

    def core() -> None:
        ingress.wait(None)
        ended.set()

    thread = threading.Thread(target=core, daemon=True)
    thread.start()

    while not ended.wait(0.001):  # a wake before the wait has begun is no use
        ingress.wake()

    thread.join(SECONDS)
    assert ingress.take(1) == ([], [])
