"""Orders against quotes."""

from __future__ import annotations

from decimal import Decimal
from math import inf, nan

import pytest

from gateways.simulated import BpsSlippage, SpreadSlippage
from messages import Quote, Symbol, TimeInForce
from tests.gateways.simulated._venues import (
    NOON_NS,
    bar,
    buy,
    fills,
    kinds,
    quote,
    sell,
    sent,
    told,
    trade,
    venue,
)


def test_a_market_order_fills_at_the_ask_to_buy_and_at_the_bid_to_sell() -> None:
    made = venue()
    told(made, quote(99.99, 100.01))

    assert sent(made, buy(10, order_id="b")) == [("10", "100.01")]
    assert sent(made, sell(10, order_id="s")) == [("10", "99.99")]


def test_a_market_order_takes_at_most_the_size_shown_and_the_rest_fills_on_later_quotes() -> None:
    made = venue()
    told(made, quote(99.99, 100.01, 50, 60))

    assert sent(made, buy(100)) == [("60", "100.01")]
    assert told(made, quote(99.98, 100.02, 50, 30)) == [("30", "100.02")]
    assert told(made, quote(99.98, 100.03, 50, 30)) == [("10", "100.03")]


def test_a_size_that_our_fills_took_is_not_there_for_the_next_order_until_that_side_changes() -> None:
    made = venue()
    told(made, quote(99.99, 100.01, 50, 60))
    sent(made, buy(40, order_id="first"))

    assert sent(made, buy(40, order_id="second")) == [("20", "100.01")]
    assert told(made, quote(99.98, 100.01, 10, 60)) == []
    assert told(made, quote(99.98, 100.01, 10, 70)) == [("20", "100.01")]


def test_the_size_of_the_bid_is_shared_between_sells_in_the_same_way() -> None:
    made = venue(holding=100)
    told(made, quote(99.99, 100.01, 50, 60))

    assert sent(made, sell(40, order_id="first")) == [("40", "99.99")]
    assert sent(made, sell(40, order_id="second")) == [("10", "99.99")]
    assert told(made, quote(99.99, 100.02, 50, 10)) == []
    assert told(made, quote(99.98, 100.02, 50, 10)) == [("30", "99.98")]


def test_a_size_of_less_than_a_lot_fills_nothing() -> None:
    made = venue()
    told(made, quote(99.99, 100.01, 0.5, 0.5))

    assert sent(made, buy(1)) == []


def test_a_market_order_without_a_quote_waits_for_one() -> None:
    made = venue(holding=10)

    assert sent(made, sell(10)) == []
    assert told(made, quote(99.99, 100.01)) == [("10", "99.99")]


@pytest.mark.parametrize("missing", [0.0, -1.0, nan, inf])
def test_a_side_that_is_missing_fills_nothing_and_the_other_side_still_does(missing: float) -> None:
    made = venue(holding=10)
    told(made, quote(99.99, missing))

    assert sent(made, buy(10, limit="200", order_id="b")) == []
    assert sent(made, sell(10, order_id="s")) == [("10", "99.99")]
    assert told(made, quote(missing, 100.01)) == [("10", "100.01")]


def test_a_crossed_quote_fills_nothing_and_a_locked_one_does() -> None:
    made = venue(holding=10)
    told(made, quote(100.02, 100.01))

    assert sent(made, buy(10, limit="100.05", order_id="b")) == []
    assert sent(made, sell(10, order_id="s")) == []
    assert told(made, quote(100.01, 100.01)) == [("10", "100.01"), ("10", "100.01")]


def test_an_order_with_one_chance_is_canceled_when_its_side_is_missing() -> None:
    made = venue()
    told(made, quote(99.99, 0.0))

    assert kinds(made.submit(buy(1, limit="1", lasts=TimeInForce.IOC), NOON_NS)) == [
        "OrderAccepted",
        "OrderCanceled",
    ]


def test_a_marketable_limit_order_fills_at_the_better_price_and_the_rest_waits_at_its_limit() -> None:
    made = venue()
    told(made, quote(99.99, 100.01, 50, 60))

    assert sent(made, buy(100, limit="100.05")) == [("60", "100.01")]
    assert told(made, quote(99.99, 100.06, 50, 500)) == []
    assert told(made, quote(99.99, 100.03, 50, 500)) == [("40", "100.05")]


def test_a_resting_buy_fills_at_its_limit_when_the_ask_comes_to_it_and_not_a_tick_before() -> None:
    made = venue()
    told(made, quote(99.99, 100.01))

    assert sent(made, buy(10, limit="99.95")) == []
    assert told(made, quote(99.94, 99.96)) == []
    assert told(made, quote(99.93, 99.95)) == [("10", "99.95")]


def test_a_resting_sell_fills_at_its_limit_and_never_better() -> None:
    made = venue(holding=10)
    told(made, quote(99.99, 100.01))

    assert sent(made, sell(10, limit="100.05")) == []
    assert told(made, quote(100.04, 100.06)) == []
    assert told(made, quote(100.09, 100.11)) == [("10", "100.05")]


def test_a_buy_stop_is_set_off_by_the_ask_and_fills_there() -> None:
    made = venue()
    told(made, quote(99.99, 100.01))

    assert sent(made, buy(10, stop="100.10")) == []
    assert told(made, quote(100.07, 100.09)) == []
    assert told(made, quote(100.10, 100.12)) == [("10", "100.12")]


def test_a_sell_stop_is_set_off_by_the_bid_and_fills_there() -> None:
    made = venue(holding=10)
    told(made, quote(99.99, 100.01))

    assert sent(made, sell(10, stop="99.90")) == []
    assert told(made, quote(99.91, 99.93)) == []
    assert told(made, quote(99.88, 99.90)) == [("10", "99.88")]


def test_a_stop_beyond_the_market_on_arrival_is_set_off_at_once() -> None:
    made = venue()
    told(made, quote(99.99, 100.01))

    assert sent(made, buy(10, stop="100.00")) == [("10", "100.01")]


def test_a_stop_that_was_set_off_stays_so_when_the_price_comes_back() -> None:
    made = venue()
    told(made, quote(99.99, 100.01))
    sent(made, buy(10, stop="100.10"))

    assert told(made, quote(100.08, 100.10, 5, 4)) == [("4", "100.10")]
    assert told(made, quote(99.98, 100.00, 5, 9)) == [("6", "100.00")]


def test_a_stop_limit_becomes_a_limit_order_that_fills_no_worse_than_its_limit() -> None:
    made = venue()
    told(made, quote(99.99, 100.01))
    sent(made, buy(10, stop="100.10", limit="100.12"))

    assert told(made, quote(100.18, 100.20)) == []
    assert told(made, quote(100.11, 100.13)) == []
    assert told(made, quote(100.08, 100.10)) == [("10", "100.12")]


def test_a_stop_limit_set_off_within_its_limit_fills_at_the_quote() -> None:
    made = venue()
    told(made, quote(99.99, 100.01))
    sent(made, buy(10, stop="100.10", limit="100.20"))

    assert told(made, quote(100.09, 100.11)) == [("10", "100.11")]


def test_an_ioc_order_fills_what_is_there_and_cancels_the_rest() -> None:
    made = venue()
    told(made, quote(99.99, 100.01, 50, 60))

    events = made.submit(buy(100, lasts=TimeInForce.IOC), NOON_NS)

    assert kinds(events) == ["OrderAccepted", "OrderFilled", "OrderCanceled"]
    assert fills(events) == [("60", "100.01")]


@pytest.mark.parametrize(
    ("size", "expected"),
    [(99, ["OrderAccepted", "OrderCanceled"]), (100, ["OrderAccepted", "OrderFilled"])],
)
def test_a_fok_order_fills_whole_or_not_at_all(size: float, expected: list[str]) -> None:
    made = venue()
    told(made, quote(99.99, 100.01, 0, size))

    assert kinds(made.submit(buy(100, lasts=TimeInForce.FOK), NOON_NS)) == expected


def test_the_older_order_fills_first() -> None:
    made = venue()
    told(made, quote(99.99, 100.01))
    sent(made, buy(10, limit="99.00", order_id="older"))
    sent(made, buy(10, limit="99.50", order_id="younger"))

    events = made.on_market(quote(98.90, 98.95, 5, 12), NOON_NS)

    assert [(e.client_order_id, *f) for e, f in zip(events, fills(events), strict=True)] == [
        ("older", "10", "99.00"),
        ("younger", "2", "99.50"),
    ]


def test_buys_and_sells_of_our_own_never_meet_each_other() -> None:
    made = venue(holding=10)
    told(made, quote(99.00, 101.00))

    assert sent(made, sell(10, limit="100.00", order_id="s")) == []
    assert sent(made, buy(10, limit="100.00", order_id="b")) == []


def test_where_there_are_quotes_bars_fill_nothing_and_prints_fill_no_market_order() -> None:
    made = venue()
    told(made, quote(99.99, 100.01, 5, 5))
    assert sent(made, buy(10)) == [("5", "100.01")]

    assert told(made, bar((100, 101, 99, 100))) == []
    assert told(made, trade(100.0, 500)) == []
    assert told(made, quote(99.99, 100.02, 5, 5)) == [("5", "100.02")]


def test_a_quote_without_any_price_does_not_make_a_symbol_one_with_quotes() -> None:
    made = venue()
    told(made, quote(0.0, 0.0))
    told(made, bar((100, 101, 99, 100), ends_ns=NOON_NS))
    sent(made, buy(10))

    assert told(made, bar((100.5, 101, 99, 100))) == [("10", "100.50")]


def test_a_print_sets_off_a_stop_which_then_fills_at_the_standing_quote() -> None:
    made = venue(holding=10)
    told(made, quote(99.99, 100.01))
    sent(made, sell(10, stop="99.90"))

    assert told(made, trade(99.91)) == []
    assert told(made, trade(99.90)) == [("10", "99.99")]


def test_a_price_off_the_grid_is_rounded_against_us() -> None:
    made = venue(holding=10)
    told(made, quote(99.994, 100.011))

    assert sent(made, buy(10, order_id="b")) == [("10", "100.02")]
    assert sent(made, sell(10, order_id="s")) == [("10", "99.99")]


def test_the_noise_of_a_binary_fraction_costs_no_tick() -> None:
    made = venue(holding=10)
    told(made, quote(0.1 + 0.2, 1.1 + 2.2))  # 0.30000000000000004 and 3.3000000000000003

    assert sent(made, buy(10, order_id="b")) == [("10", "3.30")]
    assert sent(made, sell(10, order_id="s")) == [("10", "0.30")]


def test_slippage_makes_market_orders_and_stops_worse_by_whole_ticks() -> None:
    made = venue(holding=30, slippage=BpsSlippage(Decimal(1)))
    told(made, quote(99.99, 100.01))

    assert sent(made, buy(10, order_id="b")) == [("10", "100.03")]
    assert sent(made, sell(10, order_id="s")) == [("10", "99.98")]
    assert sent(made, sell(10, stop="100.00", order_id="p")) == [("10", "99.98")]


def test_slippage_leaves_limit_orders_alone() -> None:
    made = venue(slippage=BpsSlippage(Decimal(1)))
    told(made, quote(99.99, 100.01))

    assert sent(made, buy(10, limit="100.05")) == [("10", "100.01")]


def test_spread_slippage_is_a_part_of_the_quoted_spread_and_nothing_on_a_one_sided_quote() -> None:
    made = venue(slippage=SpreadSlippage(Decimal("0.5")))
    told(made, quote(99.96, 100.00))

    assert sent(made, buy(10, order_id="b")) == [("10", "100.02")]
    told(made, quote(0.0, 100.00))
    assert sent(made, buy(10, order_id="c")) == [("10", "100.00")]


def test_no_slippage_brings_a_sell_below_one_tick() -> None:
    made = venue(holding=10, slippage=BpsSlippage(Decimal(9999)))
    told(made, quote(0.02, 0.03))

    assert sent(made, sell(10)) == [("10", "0.01")]


def test_data_on_a_symbol_that_is_not_traded_here_is_ignored() -> None:
    made = venue()

    assert made.on_market(Quote(Symbol("ZZZ"), NOON_NS, 1.0, 2.0), NOON_NS) == []
