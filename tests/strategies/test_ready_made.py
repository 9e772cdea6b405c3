"""The four ready-made strategies on series short enough to follow by hand."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages import HOUR_NS, MINUTE_NS, SECOND_NS, Bar, SignalKind, Symbol
from strategies import READY_MADE, StrategyError, Subscriptions, build_parameters, load_strategy
from tests.strategies._stage import OTHER, START_NS, SYMBOL, Stage


def cross(**parameters: Any) -> Stage:
    return Stage("moving_average_cross", fast_period=2, slow_period=4, weight_fraction=1.0, **parameters)


def test_the_cross_goes_long_when_the_fast_average_is_above_and_flat_when_below() -> None:
    stage = cross()

    for close in (10, 10, 10, 10, 11, 12, 11, 8, 7):
        stage.bar(close)

    assert stage.wanted == [("AAPL", 1.0), ("AAPL", 0.0)]
    assert stage.signals[0].reason == "fast average 10.5 above slow 10.25"
    assert stage.signals[0].time_ns == START_NS + 5 * MINUTE_NS


def test_the_cross_says_nothing_before_its_slow_average_is_warm() -> None:
    stage = cross()

    for close in (10, 11, 12):
        stage.bar(close)

    assert stage.signals == []


def test_the_cross_goes_short_only_where_it_may() -> None:
    bold, shy = cross(allow_short=True), cross()

    for close in (10, 10, 10, 9, 8):
        bold.bar(close)
        shy.bar(close)

    assert (bold.wanted, shy.wanted) == ([("AAPL", -1.0)], [])


def test_the_cross_shares_its_weight_out_among_its_symbols() -> None:
    stage = Stage("moving_average_cross", (SYMBOL, OTHER), fast_period=1, slow_period=2, weight_fraction=0.8)

    for close in (10, 11):
        stage.bar(close)
        stage.bar_now(close, of=OTHER)

    assert stage.wanted == [("AAPL", 0.4), ("MSFT", 0.4)]


def test_the_cross_can_trade_on_the_midpoint_of_every_quote_with_two_sides() -> None:
    stage = Stage("moving_average_cross", fast_period=1, slow_period=2, price="quote", weight_fraction=1.0)

    for bid, ask in ((10.0, 12.0), (0.0, 90.0), (11.0, 13.0)):
        stage.quote(bid, ask)

    assert stage.wanted == [("AAPL", 1.0)]
    assert stage.strategy.subscriptions() == Subscriptions(ticks=True)
    assert cross(timeframe="5m").strategy.subscriptions() == Subscriptions(timeframes_ns=(5 * MINUTE_NS,))


def reversion(**parameters: Any) -> Stage:
    return Stage(
        "mean_reversion",
        **{"period": 5, "entry_z_score": 1.5, "exit_z_score": 0.0, "weight_fraction": 1.0, **parameters},
    )


def test_what_fell_far_below_its_mean_is_bought_and_sold_when_it_is_back() -> None:
    stage = reversion()

    for close in (10, 10.1, 9.9, 10, 9, 9.2, 9.4, 10):
        stage.bar(close)

    assert stage.wanted == [("AAPL", 1.0), ("AAPL", 0.0)]
    assert [signal.reason for signal in stage.signals] == [
        "z-score -1.98 is beyond 1.5",
        "z-score 1.17 is back, exit at 0.0",
    ]


def test_a_position_that_does_not_come_back_is_given_up_and_not_bought_again_while_it_falls() -> None:
    stage = reversion(max_bars_held=2, entry_z_score=1.2)

    for close in (10, 10, 10, 10, 9, 8, 7, 6, 5):
        stage.bar(close)

    assert stage.wanted == [("AAPL", 1.0), ("AAPL", 0.0)]
    assert stage.signals[1].reason == "not back after 2 bars"


def test_after_giving_up_it_may_enter_again_once_the_price_has_been_near_its_mean() -> None:
    stage = reversion(max_bars_held=1)

    for close in (10, 10, 10, 10, 9, 8.5, 9, 9, 9, 9, 7):
        stage.bar(close)

    assert stage.wanted == [("AAPL", 1.0), ("AAPL", 0.0), ("AAPL", 1.0)]


def test_what_rose_far_above_its_mean_is_sold_short_only_where_it_may_be() -> None:
    bold, shy = reversion(allow_short=True), reversion()

    for close in (10, 10.1, 9.9, 10, 11, 10):
        bold.bar(close)
        shy.bar(close)

    assert (bold.wanted, shy.wanted) == ([("AAPL", -1.0), ("AAPL", 0.0)], [])


def test_a_price_that_does_not_move_is_neither_far_from_nor_near_its_mean() -> None:
    stage = reversion()

    for _ in range(20):
        stage.bar(10)

    assert stage.signals == []


def breakout(**parameters: Any) -> Stage:
    return Stage(
        "breakout",
        **{"entry_period": 3, "atr_period": 2, "stop_atr_multiple": 2.0, "weight_fraction": 1.0, **parameters},
    )


def test_a_close_above_the_highest_high_is_bought_with_a_protective_stop_below() -> None:
    stage = breakout()

    for close in (10, 10, 10, 10, 12):
        stage.bar(close, high=close + 1, low=close - 1)

    # True ranges 2, 2, 2 and max(13, 10) - min(11, 10) = 3: the average is (2 + 3) / 2.
    assert stage.wanted == [("AAPL", 1.0)]
    assert stage.signals[0].protective_stop_price == 12 - 2 * 2.5
    assert stage.signals[0].reason == "close 12 above the highest high 11"


def test_the_stop_follows_a_rising_close_for_the_quantity_held_and_never_goes_back() -> None:
    stage = breakout()
    for close in (10, 10, 10, 10, 12):
        stage.bar(close, high=close + 1, low=close - 1)
    stage.fill(50)

    for close in (12, 13, 12, 11):
        stage.bar(close, high=close + 1, low=close - 1)

    stops = [signal.protective_stop_price for signal in stage.signals]
    assert stops == sorted(stops)
    assert len(stops) == 3
    assert [(signal.kind, signal.value) for signal in stage.signals[1:]] == [(SignalKind.TARGET_QUANTITY, 50.0)] * 2


def test_after_its_stop_was_hit_it_waits_for_the_next_breakout() -> None:
    stage = breakout()
    for close in (10, 10, 10, 10, 12):
        stage.bar(close, high=close + 1, low=close - 1)
    stage.fill(50)
    stage.fill(-50)

    for close in (9, 9, 9, 9, 12):
        stage.bar(close, high=close + 1, low=close - 1)

    assert stage.wanted == [("AAPL", 1.0), ("AAPL", 1.0)]


def test_a_stop_that_would_lie_below_zero_opens_nothing() -> None:
    stage = breakout(stop_atr_multiple=20.0)

    for close in (10, 10, 10, 10, 12):
        stage.bar(close, high=close + 1, low=close - 1)

    assert stage.signals == []


def test_a_close_below_the_lowest_low_is_sold_short_only_where_it_may_be() -> None:
    bold, shy = breakout(allow_short=True), breakout()

    for close in (10, 10, 10, 10, 8):
        bold.bar(close, high=close + 1, low=close - 1)
        shy.bar(close, high=close + 1, low=close - 1)

    assert (bold.wanted, shy.wanted) == ([("AAPL", -1.0)], [])
    assert bold.signals[0].protective_stop_price == 8 + 2 * 2.5


def pair(**parameters: Any) -> Stage:
    return Stage("rebalancing", (SYMBOL, OTHER), weights=[0.6, 0.3], **parameters)


def hold(stage: Stage, quantity: float, other: float) -> None:
    """Both symbols have the price 10, and what was wanted has been filled."""
    stage.bar(10)
    stage.bar_now(10, of=OTHER)
    stage.fill(quantity)
    stage.fill(other, of=OTHER)


def test_the_weights_are_taken_up_once_every_symbol_has_a_price() -> None:
    stage = pair()

    stage.bar(10)
    before = list(stage.signals)
    stage.bar_now(10, of=OTHER)

    assert (before, stage.wanted) == ([], [("AAPL", 0.6), ("MSFT", 0.3)])


def test_without_weights_every_symbol_gets_the_same() -> None:
    stage = Stage("rebalancing", (SYMBOL, OTHER))

    stage.bar(10)
    stage.bar(10, of=OTHER)

    assert stage.wanted == [("AAPL", 0.45), ("MSFT", 0.45)]


def test_a_share_within_the_band_is_left_alone_and_one_beyond_it_brings_all_back() -> None:
    stage = pair(drift_band_fraction=0.05)
    hold(stage, 20, 10)

    stage.bar(12)  # a share of 240 / 340 = 0.706, wanted 0.667
    within = len(stage.signals)
    stage.bar(13)  # 260 / 360 = 0.722

    assert within == 2
    assert stage.wanted[2:] == [("AAPL", 0.6), ("MSFT", 0.3)]
    assert stage.signals[-1].reason == "share of AAPL is 0.7222, wanted 0.6667"


def test_another_bar_of_the_same_moment_does_not_rebalance_again() -> None:
    stage = pair(drift_band_fraction=0.05)
    hold(stage, 20, 10)

    stage.bar(20)
    stage.bar_now(10, of=OTHER)

    assert len(stage.signals) == 4


def test_the_timer_brings_the_weights_back_and_is_set_again() -> None:
    stage = pair(interval_seconds=3600.0, drift_band_fraction=0.0)
    stage.strategy.on_start()
    hold(stage, 20, 10)

    stage.timer("rebalance")

    assert stage.wanted[2:] == [("AAPL", 0.6), ("MSFT", 0.3)]
    assert stage.timers == {"rebalance": START_NS + 2 * HOUR_NS}


def test_weights_that_do_not_match_the_symbols_are_refused_with_both_counts() -> None:
    with pytest.raises(
        StrategyError,
        match=r"^strategy one: weights has 2 numbers for 1 symbols; give one for each of AAPL, or none",
    ):
        Stage("rebalancing", (SYMBOL,), weights=[0.6, 0.3])


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("moving_average_cross", {"fast_period": 0}, "fast_period is 0; it must be 1 or more. Correct it."),
        (
            "moving_average_cross",
            {"slow_period": 10},
            "slow_period is 10; it must be above fast_period, which is 10. Correct it.",
        ),
        (
            "moving_average_cross",
            {"weight_fraction": float("nan")},
            "weight_fraction is nan; it must be a number above zero. Correct it.",
        ),
        ("mean_reversion", {"period": 1}, "period is 1; it must be 2 or more. Correct it."),
        ("mean_reversion", {"max_bars_held": 0}, "max_bars_held is 0; it must be 1 or more. Correct it."),
        (
            "mean_reversion",
            {"exit_z_score": 2},
            "exit_z_score is 2.0; it must be from 0 up to, not including, entry_z_score, which is 2.0. Correct it.",
        ),
        ("breakout", {"atr_period": 0}, "atr_period is 0; it must be 1 or more. Correct it."),
        (
            "breakout",
            {"stop_atr_multiple": 0},
            "stop_atr_multiple is 0.0; it must be a number above zero. Correct it.",
        ),
        (
            "rebalancing",
            {"drift_band_fraction": 0},
            "interval_seconds and drift_band_fraction are both 0; one must be above zero. Correct it.",
        ),
        ("rebalancing", {"weights": [0]}, "weights holds 0.0; each must be a number other than zero. Correct it."),
    ],
)
def test_parameters_out_of_range_are_refused_with_value_and_range(
    name: str, parameters: dict[str, Any], message: str
) -> None:
    strategy = load_strategy(name)

    with pytest.raises(StrategyError) as caught:
        build_parameters(strategy, parameters)

    assert str(caught.value) == f"parameters of {strategy.__name__}: {message}"


SMALL: dict[str, dict[str, Any]] = {
    "moving_average_cross": {"fast_period": 2, "slow_period": 3, "allow_short": True},
    "mean_reversion": {"period": 3, "entry_z_score": 1.1, "max_bars_held": 3, "allow_short": True},
    "breakout": {"entry_period": 2, "atr_period": 2, "stop_atr_multiple": 1.0, "allow_short": True},
    "rebalancing": {"drift_band_fraction": 0.02, "interval_seconds": 90.0},
}


@pytest.mark.parametrize("name", READY_MADE)
@given(seed=st.integers(0, 2**32), cuts=st.sets(st.integers(0, 60), max_size=6))
def test_a_strategy_restarted_from_its_state_says_what_it_would_have_said(
    name: str, seed: int, cuts: set[int]
) -> None:
    whole, cut_up = (Stage(name, (SYMBOL, OTHER), **SMALL[name]) for _ in range(2))

    _play(whole, seed, frozenset())
    _play(cut_up, seed, frozenset(cuts))

    assert cut_up.signals == whole.signals
    assert cut_up.strategy.state == whole.strategy.state


def _play(stage: Stage, seed: int, cuts: frozenset[int]) -> None:
    """Sixty random bars of two symbols; whatever is wanted is filled at once, and stops are hit at random."""
    source = random.Random(seed)
    stage.strategy.on_start()
    for count in range(60):
        if count in cuts:
            stage.checkpoint()
        symbol = source.choice((SYMBOL, OTHER))
        close = 100 + source.gauss(0, 3)
        said = len(stage.signals)
        stage.bar(close, high=close + source.random(), low=close - source.random(), of=symbol)
        if "rebalance" in stage.timers and stage.timers["rebalance"] <= stage.now_ns:
            stage.strategy.on_timer("rebalance")
        for signal in stage.signals[said:]:
            _reach(stage, signal.symbol, round(signal.value * 100))
        if source.random() < 0.1:
            _reach(stage, symbol, 0)


def _reach(stage: Stage, symbol: Symbol, quantity: float) -> None:
    missing = quantity - stage.position(symbol)
    if missing:
        stage.fill(missing, of=symbol)


def test_each_strategy_asks_for_bars_of_its_timeframe_and_nothing_else() -> None:
    for name in READY_MADE:
        stage = Stage(name, timeframe="1s")

        assert stage.strategy.subscriptions() == Subscriptions(timeframes_ns=(SECOND_NS,))


def test_a_bar_of_a_symbol_seen_for_the_first_time_needs_no_preparation() -> None:
    for name in READY_MADE:
        stage = Stage(name)
        stage.strategy.on_bar(Bar(SYMBOL, START_NS, MINUTE_NS, 1.0, 1.0, 1.0, 1.0))
        stage.checkpoint()
        stage.strategy.on_bar(Bar(SYMBOL, START_NS + MINUTE_NS, MINUTE_NS, 1.0, 1.0, 1.0, 1.0))
