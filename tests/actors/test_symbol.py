"""The symbol: what it lets pass, what it builds, whom it tells, and what it puts on a signal."""

from __future__ import annotations

from typing import Any

import pytest

from messages import (
    MINUTE_NS,
    Alert,
    AlertLevel,
    Bar,
    Mark,
    PriceRange,
    Quote,
    SignalPriced,
    Subscribed,
    SymbolHalted,
    SymbolStale,
    TimerFired,
    Trade,
    Unsubscribe,
)
from rules.quality import QualityLimits
from tests.actors._stage import Stage
from tests.actors._trading import ABC, SECOND_NS, START_NS, only, signal

NAN = float("nan")


def bar(stage: Stage, close: float = 100.0, **terms: Any) -> Bar:
    """A vendor's minute that ends now."""
    return Bar(ABC, stage.now_ns, MINUTE_NS, 100.0, max(100.0, close), min(100.0, close), close, 500.0, **terms)


def test_valid_data_is_passed_on_as_it_came_and_only_to_who_asked() -> None:
    stage = Stage("ticks", "marks", "nobody")
    stage.subscribe("ticks", ticks=True)
    stage.subscribe("marks", marks=True)

    stage.at(1).quote()
    stage.at(2).trade()
    stage.at(60).input(bar(stage))

    assert [type(message) for message in stage.heard("ticks")] == [Quote, Trade, Bar]
    assert {type(message) for message in stage.heard("marks")} == {Mark}
    assert stage.heard("nobody") == []


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (Quote(ABC, START_NS, NAN, 100.0), "not_finite"),
        (Quote(ABC, START_NS, 100.0, 99.0), "crossed"),
        (Quote(ABC, START_NS, 100.0, 120.0), "wide"),
        (Trade(ABC, START_NS, -1.0), "not_positive"),
        (Trade(ABC, START_NS, 100.0, NAN), "bad_size"),
        (Trade(ABC, START_NS + 9 * SECOND_NS, 100.0), "early"),
        (Bar(ABC, START_NS, MINUTE_NS, 100.0, 99.0, 98.0, 99.0), "bad_range"),
    ],
)
def test_what_is_not_plausible_reaches_nobody_and_is_counted_by_reason(record: Any, reason: str) -> None:
    stage = Stage("ticks")
    stage.subscribe("ticks", ticks=True, marks=True, timeframes_ns=(SECOND_NS, MINUTE_NS))

    for _ in range(3):
        stage.input(record)

    assert stage.heard("ticks") == []
    assert stage.symbol.refused() == {reason: 3}


def test_a_person_is_told_of_the_first_refusal_of_each_kind_only() -> None:
    stage = Stage()
    bad = [Quote(ABC, START_NS, NAN, 1.0), Quote(ABC, START_NS, 1.0, NAN), Trade(ABC, START_NS, 0.0)]

    alerts = [alert for _ in range(4) for alert in only(stage.input(*bad), Alert)]

    assert [(alert.level, alert.subject, alert.text.partition(":")[0]) for alert in alerts] == [
        (AlertLevel.WARNING, "ABC", "ABC quote refused, not_finite"),
        (AlertLevel.WARNING, "ABC", "ABC trade refused, not_positive"),
    ]
    assert stage.symbol.refused() == {"not_finite": 8, "not_positive": 4}


def test_a_refused_quote_is_no_price_for_anything() -> None:
    stage = Stage()
    stage.at(1).quote(99.99, 100.01)
    stage.at(2).quote(100.0, 99.0)

    stage.input(signal(5, stage.now_ns))

    priced = only(stage.heard("portfolio/main"), SignalPriced)[0]
    assert (priced.bid, priced.ask, priced.price_time_ns) == (99.99, 100.01, START_NS + SECOND_NS)


def test_a_bar_is_told_by_the_tick_that_follows_its_end() -> None:
    stage = Stage("bars")
    stage.subscribe("bars", timeframes_ns=(SECOND_NS,))
    stage.at(0.1).trade(100.0)
    stage.at(0.2).trade(101.0, 5.0)
    stage.at(0.3).trade(99.5)
    before = stage.heard("bars")

    stage.input(Trade(ABC, START_NS + SECOND_NS, 100.5))

    assert before == []
    assert stage.heard("bars") == [Bar(ABC, START_NS + SECOND_NS, SECOND_NS, 100.0, 101.0, 99.5, 99.5, 25.0)]


def test_a_bar_is_told_by_time_if_no_tick_follows() -> None:
    stage = Stage("bars")
    stage.subscribe("bars", timeframes_ns=(SECOND_NS,))
    stage.at(0.1).quote(99.0, 101.0)

    stage.at(0.999)
    too_early = stage.heard("bars")
    stage.at(1.0)

    assert too_early == []
    assert [(told.time_ns, told.close) for told in stage.heard("bars")] == [(START_NS + SECOND_NS, 100.0)]


def test_each_length_is_told_to_those_who_asked_for_it() -> None:
    stage = Stage("seconds", "minutes")
    stage.subscribe("seconds", timeframes_ns=(SECOND_NS,))
    stage.subscribe("minutes", timeframes_ns=(MINUTE_NS,))

    for second in range(130):
        stage.at(second + 0.5).trade(100.0 + second % 3)
    stage.at(130)

    seconds, minutes = stage.heard("seconds"), stage.heard("minutes")
    assert {told.timeframe_ns for told in seconds} == {SECOND_NS}
    assert len(seconds) == 130
    assert [(told.time_ns % MINUTE_NS, told.timeframe_ns) for told in minutes] == [(0, MINUTE_NS)] * len(minutes)
    assert len(minutes) == 2


def test_a_vendors_bar_is_told_once_though_somebody_asked_for_both_ticks_and_bars() -> None:
    stage = Stage("both", "ticks")
    stage.subscribe("both", ticks=True, timeframes_ns=(MINUTE_NS,))
    stage.subscribe("ticks", ticks=True)

    stage.at(60).input(bar(stage))

    assert stage.heard("both") == [bar(stage)]
    assert stage.heard("ticks") == [bar(stage)]


def test_a_vendors_bar_of_quotes_gives_both_sides_of_the_market() -> None:
    stage = Stage()
    stage.at(60).input(
        bar(stage, bid=PriceRange(99.9, 99.9, 99.9, 99.9), ask=PriceRange(100.1, 100.1, 100.1, 100.1))
    )

    stage.input(signal(5, stage.now_ns))

    priced = only(stage.heard("portfolio/main"), SignalPriced)[0]
    assert (priced.bid, priced.ask, priced.last) == (99.9, 100.1, 100.0)


def test_marks_are_told_at_most_once_a_second_and_are_the_mid() -> None:
    stage = Stage("marks")
    stage.subscribe("marks", marks=True)

    for tenth in range(25):
        stage.at(1 + tenth / 10).quote(99.0 + tenth / 100, 101.0 + tenth / 100)

    marks = stage.heard("marks")
    assert [mark.time_ns - START_NS for mark in marks] == [SECOND_NS, 2 * SECOND_NS, 3 * SECOND_NS]
    assert marks[0] == Mark(ABC, START_NS + SECOND_NS, 100.0, 99.0, 101.0)


def test_a_mark_is_the_last_price_where_there_is_no_quote() -> None:
    stage = Stage("marks")
    stage.subscribe("marks", marks=True)

    stage.at(1).trade(100.5)

    assert stage.heard("marks") == [Mark(ABC, stage.now_ns, 100.5)]


def test_a_subscriber_is_told_at_once_what_is_known() -> None:
    stage = Stage("ticks", "marks")
    stage.at(1).quote(99.0, 101.0)
    latest = Quote(ABC, stage.now_ns, 99.0, 101.0)
    stage.at(5)

    ticks = stage.subscribe("ticks", ticks=True)
    marks = stage.subscribe("marks", marks=True)

    assert ticks == [SymbolHalted(ABC, stage.now_ns, halted=False), latest, Subscribed(ABC, stage.now_ns)]
    assert marks == [Mark(ABC, latest.time_ns, 100.0, 99.0, 101.0)]


def test_a_subscriber_of_a_symbol_without_data_is_told_so_by_the_end_of_the_answer() -> None:
    stage = Stage("both")

    answer = stage.subscribe("both", ticks=True, marks=True)

    assert answer == [SymbolHalted(ABC, START_NS, halted=False), Subscribed(ABC, START_NS)]


@pytest.mark.parametrize("kinds", [("trade",), ("bar",), ("trade", "bar")])
def test_the_latest_record_is_of_the_finest_kind_that_there_is(kinds: tuple[str, ...]) -> None:
    stage = Stage("ticks")
    stage.at(60)
    for kind in kinds:
        stage.input(Trade(ABC, stage.now_ns, 100.0) if kind == "trade" else bar(stage))

    answer = stage.subscribe("ticks", ticks=True)

    assert type(answer[1]) is (Trade if "trade" in kinds else Bar)


def test_asking_twice_is_asking_once() -> None:
    stage = Stage("all")
    for _ in range(2):
        stage.subscribe("all", ticks=True, marks=True, timeframes_ns=(SECOND_NS,))

    stage.at(0.5).quote()
    stage.at(1)

    assert [type(message) for message in stage.heard("all")] == [Quote, Mark, Bar]


def test_who_unsubscribes_is_told_no_more_of_just_that() -> None:
    stage = Stage("all")
    wanted: dict[str, Any] = {"ticks": True, "marks": True, "timeframes_ns": (SECOND_NS,)}
    stage.subscribe("all", **wanted)

    stage.input(Unsubscribe(ABC, "all", ticks=True))
    stage.at(0.5).quote()
    stage.at(1)
    without_ticks = [type(message) for message in stage.heard("all")]
    stage.input(Unsubscribe(ABC, "all", **wanted), Unsubscribe(ABC, "stranger", **wanted))
    stage.at(2.5).quote()
    stage.at(3)

    assert without_ticks == [Mark, Bar]
    assert stage.heard("all") == []


def test_a_halt_and_its_end_are_told_and_put_on_signals() -> None:
    stage = Stage("ticks")
    stage.at(1).quote()
    stage.subscribe("ticks", ticks=True)
    priced = []

    for halted in (True, False):
        stage.input(SymbolHalted(ABC, stage.now_ns, halted))
        stage.input(signal(5, stage.now_ns))
        priced += only(stage.heard("portfolio/main"), SignalPriced)

    assert [told.halted for told in stage.heard("ticks")] == [True, False]
    assert [each.halted for each in priced] == [True, False]


def test_a_halt_and_its_end_are_told_with_a_mark_at_once() -> None:
    stage = Stage("marks")
    stage.at(1).quote()
    stage.subscribe("marks", marks=True)

    for halted in (True, False):
        stage.input(SymbolHalted(ABC, stage.now_ns, halted))

    assert [mark.halted for mark in only(stage.heard("marks"), Mark)][-2:] == [True, False]


def test_a_quote_that_crosses_by_as_little_as_it_may_is_its_middle_for_orders() -> None:
    stage = Stage("marks", limits=QualityLimits(crossed_fraction_max=0.02))
    stage.subscribe("marks", marks=True)
    stage.at(1).quote(101.0, 100.0)
    stage.input(signal(5, stage.now_ns))

    (priced,) = only(stage.heard("portfolio/main"), SignalPriced)
    assert (priced.bid, priced.ask) == (100.5, 100.5)
    assert [(mark.bid, mark.ask) for mark in only(stage.heard("marks"), Mark)] == [(100.5, 100.5)]


def test_a_bar_that_crosses_by_more_is_no_price_of_both_sides() -> None:
    stage = Stage("marks")
    bids, asks = PriceRange(100.0, 150.0, 100.0, 150.0), PriceRange(100.0, 100.0, 50.0, 50.0)
    stage.input(bar(stage, bid=bids, ask=asks))
    stage.input(signal(5, stage.now_ns))

    (priced,) = only(stage.heard("portfolio/main"), SignalPriced)
    assert (priced.bid, priced.ask) == (150.0, 50.0)


def test_silence_is_recorded_once_and_watched_for_again_after_data_came_back() -> None:
    stage = Stage()
    stage.at(1).quote()
    last_ns = stage.now_ns

    stage.at(60.9)
    before = stage.input()
    stage.at(61)
    silent = stage.input()
    stage.at(500)
    still = stage.input()
    back = stage.quote()
    stage.at(560)
    again = stage.input()

    assert (before, still) == ([], [])
    assert silent == [SymbolStale(ABC, START_NS + 61 * SECOND_NS, stale=True, last_time_ns=last_ns)]
    back_ns = START_NS + 500 * SECOND_NS
    assert back == [SymbolStale(ABC, back_ns, stale=False, last_time_ns=back_ns)]
    assert [stale.last_time_ns for stale in again] == [back_ns]


def test_a_halt_before_any_data_is_no_data() -> None:
    stage = Stage()
    stage.at(1).input(SymbolHalted(ABC, stage.now_ns, halted=True))

    stage.at(200)

    assert stage.input() == []


def test_bars_may_come_far_apart_without_being_stale() -> None:
    stage = Stage()
    hour = 60 * MINUTE_NS
    stage.at(3600).input(Bar(ABC, stage.now_ns, hour, 100.0, 100.0, 100.0, 100.0))

    stage.at(3600 * 3.9)
    within = stage.input()
    stage.at(3600 * 4)

    assert within == []
    assert [type(effect) for effect in stage.input()] == [SymbolStale]


def test_a_signal_carries_the_latest_prices_and_how_often_they_come() -> None:
    stage = Stage()
    stage.at(60).input(bar(stage, close=100.5))
    stage.at(61).quote(100.4, 100.6)
    stage.at(62).trade(100.55)
    wanted = signal(5, stage.now_ns)

    stage.input(wanted)

    assert stage.heard("portfolio/main") == [
        SignalPriced(
            signal=wanted,
            bid=100.4,
            ask=100.6,
            last=100.55,
            price_time_ns=START_NS + 62 * SECOND_NS,
            interval_ns=MINUTE_NS,
        )
    ]


def test_a_signal_on_a_symbol_without_data_carries_no_price() -> None:
    stage = Stage()
    wanted = signal(5, stage.now_ns)

    stage.input(wanted)

    assert stage.heard("portfolio/main") == [
        SignalPriced(signal=wanted, bid=0.0, ask=0.0, last=0.0, price_time_ns=0)
    ]


def test_what_a_symbol_does_not_know_it_leaves_alone() -> None:
    stage = Stage()

    assert stage.tell("symbol/ABC", TimerFired("symbol/ABC", "bars", 0)) == []
