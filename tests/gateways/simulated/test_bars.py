"""Orders against bars: the worst place to look ahead."""

from __future__ import annotations

from decimal import Decimal
from math import nan
from typing import Any

import pytest

from gateways.simulated import BarPrice, SpreadSlippage, VolumeShareSlippage
from messages import MINUTE_NS, PriceRange, TimeInForce
from tests.gateways.simulated._venues import NOON_NS, bar, buy, fills, kinds, replace, sell, sent, told, venue

PLAIN = (100.0, 101.0, 99.0, 100.5)


def test_a_market_order_fills_at_the_open_of_the_bar_that_started_when_it_arrived() -> None:
    made = venue(holding=10)

    assert sent(made, sell(10)) == []
    assert told(made, bar(PLAIN)) == [("10", "100.00")]


def test_a_market_order_that_arrived_during_a_bar_waits_for_the_next_one() -> None:
    made = venue(holding=10)
    sent(made, sell(10), NOON_NS + 1)

    assert told(made, bar(PLAIN)) == []
    assert told(made, bar((100.6, 101, 99, 100), ends_ns=NOON_NS + 2 * MINUTE_NS)) == [("10", "100.60")]


def test_an_order_that_arrives_at_the_end_of_a_bar_meets_the_next_bar() -> None:
    made = venue()
    told(made, bar(PLAIN, ends_ns=NOON_NS))

    assert sent(made, buy(10)) == []
    assert told(made, bar((100.7, 101, 99, 100))) == [("10", "100.70")]


def test_a_replaced_order_does_not_meet_the_bar_during_which_it_was_replaced() -> None:
    made = venue()
    sent(made, buy(10, limit="90.00"))
    made.replace(replace(limit="100.00"), NOON_NS + 1)

    assert told(made, bar(PLAIN)) == []
    assert told(made, bar(PLAIN, ends_ns=NOON_NS + 2 * MINUTE_NS)) == [("10", "100.00")]


def test_a_market_order_may_be_filled_at_the_close_instead() -> None:
    made = venue(holding=10, bar_market_price=BarPrice.CLOSE)
    sent(made, sell(10))

    assert told(made, bar(PLAIN)) == [("10", "100.50")]


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ("98.99", []),
        ("99.00", [("10", "99.00")]),
        ("99.50", [("10", "99.50")]),
        ("100.00", [("10", "100.00")]),
        ("100.20", [("10", "100.00")]),
    ],
)
def test_a_buy_limit_fills_at_the_better_of_open_and_limit_once_the_bar_reaches_it(
    limit: str, expected: list[tuple[str, str]]
) -> None:
    made = venue()
    sent(made, buy(10, limit=limit))

    assert told(made, bar(PLAIN)) == expected


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ("101.01", []),
        ("101.00", [("10", "101.00")]),
        ("100.00", [("10", "100.00")]),
        ("99.80", [("10", "100.00")]),
    ],
)
def test_a_sell_limit_mirrors_it(limit: str, expected: list[tuple[str, str]]) -> None:
    made = venue(holding=10)
    sent(made, sell(10, limit=limit))

    assert told(made, bar(PLAIN)) == expected


@pytest.mark.parametrize(
    ("stop", "expected"),
    [
        ("101.01", []),
        ("101.00", [("10", "101.00")]),
        ("100.30", [("10", "100.30")]),
        ("99.00", [("10", "100.00")]),
    ],
)
def test_a_buy_stop_fills_at_the_worse_of_open_and_stop_once_the_bar_reaches_it(
    stop: str, expected: list[tuple[str, str]]
) -> None:
    made = venue()
    sent(made, buy(10, stop=stop, limit=None))

    assert told(made, bar(PLAIN)) == expected


@pytest.mark.parametrize(
    ("stop", "expected"),
    [
        ("98.99", []),
        ("99.00", [("10", "99.00")]),
        ("99.70", [("10", "99.70")]),
        ("100.50", [("10", "100.00")]),
    ],
)
def test_a_sell_stop_mirrors_it(stop: str, expected: list[tuple[str, str]]) -> None:
    made = venue(holding=10)
    sent(made, sell(10, stop=stop))

    assert told(made, bar(PLAIN)) == expected


def test_a_stop_limit_reached_during_a_bar_rests_until_the_next_one() -> None:
    made = venue()
    sent(made, buy(10, stop="100.50", limit="100.60"))

    assert told(made, bar(PLAIN)) == []
    assert told(made, bar((101, 101, 100.55, 101), ends_ns=NOON_NS + 2 * MINUTE_NS)) == [("10", "100.60")]


def test_a_stop_limit_reached_at_the_open_is_a_limit_order_for_that_whole_bar() -> None:
    made = venue()
    sent(made, buy(10, stop="99.90", limit="99.95"))

    assert told(made, bar(PLAIN)) == [("10", "99.95")]


def test_a_fill_is_at_most_a_tenth_of_the_volume_in_whole_lots_and_goes_on_in_the_next_bar() -> None:
    made = venue(holding=100)
    sent(made, sell(100))

    assert told(made, bar(PLAIN, volume=599)) == [("59", "100.00")]
    assert told(made, bar((99, 99, 98, 98), volume=5000, ends_ns=NOON_NS + 2 * MINUTE_NS)) == [("41", "99.00")]


def test_orders_share_the_volume_of_one_bar() -> None:
    made = venue(holding=100, bar_participation_max=Decimal("0.5"))
    sent(made, sell(60, order_id="first"))
    sent(made, buy(60, limit="100.00", order_id="second"))

    assert told(made, bar(PLAIN, volume=140)) == [("60", "100.00"), ("10", "100.00")]


def test_a_bar_without_volume_bounds_nothing() -> None:
    made = venue(holding=100)
    sent(made, sell(100))

    assert told(made, bar(PLAIN)) == [("100", "100.00")]


def test_a_bar_with_both_sides_fills_buys_on_the_ask_and_sells_on_the_bid() -> None:
    sides: dict[str, Any] = {
        "bid": PriceRange(99.9, 100.9, 98.9, 100.4),
        "ask": PriceRange(100.1, 101.1, 99.1, 100.6),
    }
    made = venue(holding=20, allow_margin=True)
    sent(made, buy(10, order_id="b"))
    sent(made, buy(10, limit="99.05", order_id="l"))
    sent(made, sell(10, order_id="s"))
    sent(made, sell(10, stop="98.95", order_id="p"))

    assert told(made, bar(PLAIN, **sides)) == [("10", "100.10"), ("10", "99.90"), ("10", "98.95")]


def test_spread_slippage_uses_the_spread_at_the_open_of_such_a_bar() -> None:
    sides: dict[str, Any] = {
        "bid": PriceRange(99.9, 100.9, 98.9, 100.4),
        "ask": PriceRange(100.1, 101.1, 99.1, 100.6),
    }
    made = venue(slippage=SpreadSlippage(Decimal("0.25")), allow_margin=True)
    sent(made, buy(10))

    assert told(made, bar(PLAIN, **sides)) == [("10", "100.15")]


def test_volume_share_slippage_is_the_impact_times_the_squared_share_of_the_bar() -> None:
    made = venue(
        slippage=VolumeShareSlippage(Decimal("0.1")), bar_participation_max=Decimal("0.2"), allow_margin=True
    )
    sent(made, buy(100, order_id="first"))
    sent(made, buy(100, order_id="second"))

    # 100 x (1 + 0.1 x 0.1^2) = 100.10; with 200 of 1,000 taken: 100 x (1 + 0.1 x 0.2^2) = 100.40
    assert told(made, bar(PLAIN, volume=1000)) == [("100", "100.10"), ("100", "100.40")]


def test_only_the_shortest_bars_of_a_symbol_fill() -> None:
    made = venue(holding=10)
    told(made, bar(PLAIN, ends_ns=NOON_NS))
    sent(made, sell(10))

    assert told(made, bar(PLAIN, ends_ns=NOON_NS + 5 * MINUTE_NS, timeframe_ns=5 * MINUTE_NS)) == []
    assert told(made, bar(PLAIN, ends_ns=NOON_NS + 6 * MINUTE_NS)) == [("10", "100.00")]


@pytest.mark.parametrize(
    ("lasts", "volume", "expected"),
    [
        (TimeInForce.IOC, 60, ["OrderFilled", "OrderCanceled"]),
        (TimeInForce.FOK, 99, ["OrderCanceled"]),
        (TimeInForce.FOK, 100, ["OrderFilled"]),
    ],
)
def test_the_one_chance_is_the_first_bar_that_may_fill_the_order(
    lasts: TimeInForce, volume: float, expected: list[str]
) -> None:
    made = venue(holding=10)
    sent(made, sell(10, lasts=lasts), NOON_NS + 1)

    assert kinds(made.on_market(bar(PLAIN, volume=volume), NOON_NS + MINUTE_NS)) == []
    later = bar(PLAIN, volume=volume, ends_ns=NOON_NS + 2 * MINUTE_NS)
    assert kinds(made.on_market(later, later.time_ns)) == expected


def test_an_ioc_stop_waits_for_its_stop_and_has_its_one_chance_then() -> None:
    made = venue(holding=10)
    sent(made, sell(10, stop="98.50", lasts=TimeInForce.IOC))

    assert kinds(made.on_market(bar(PLAIN), NOON_NS + MINUTE_NS)) == []
    lower = bar((99, 99, 98, 98), volume=60, ends_ns=NOON_NS + 2 * MINUTE_NS)
    assert kinds(made.on_market(lower, lower.time_ns)) == ["OrderFilled", "OrderCanceled"]


@pytest.mark.parametrize("prices", [(nan, 101, 99, 100), (100, 101, 0.0, 100), (100, 101, 99, -1.0)])
def test_a_bar_with_a_price_that_is_none_fills_nothing(prices: tuple[float, float, float, float]) -> None:
    made = venue(holding=10)
    sent(made, sell(10))

    assert fills(made.on_market(bar(prices), NOON_NS + MINUTE_NS)) == []
