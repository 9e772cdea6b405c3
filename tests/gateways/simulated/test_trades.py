"""Orders against prints, alone and beside quotes."""

from __future__ import annotations

from decimal import Decimal
from math import nan

import pytest

from messages import SECOND_NS, TimeInForce
from tests.gateways.simulated._venues import (
    NOON_NS,
    bar,
    buy,
    fills,
    kinds,
    quote,
    replace,
    sell,
    sent,
    told,
    trade,
    venue,
)


def test_without_quotes_a_market_order_fills_at_the_next_print_and_at_most_its_size() -> None:
    made = venue()
    told(made, trade(100.00, 500))

    assert sent(made, buy(100)) == []
    assert told(made, trade(100.03, 60)) == [("60", "100.03")]
    assert told(made, trade(100.05, 60)) == [("40", "100.05")]


def test_a_print_of_unknown_size_fills_everything() -> None:
    made = venue(holding=100)

    assert sent(made, sell(100)) == []
    assert told(made, trade(100.03)) == [("100", "100.03")]


def test_participation_bounds_the_part_of_a_print_rounded_down_to_a_lot() -> None:
    made = venue(holding=100, trade_participation_max=Decimal("0.25"))
    sent(made, sell(100))

    assert told(made, trade(100.00, 3)) == []
    assert told(made, trade(100.00, 43)) == [("10", "100.00")]


def test_orders_share_the_size_of_one_print() -> None:
    made = venue(holding=100)
    sent(made, sell(60, order_id="first"))
    sent(made, sell(40, order_id="second"))

    assert told(made, trade(100.00, 70)) == [("60", "100.00"), ("10", "100.00")]


@pytest.mark.parametrize(("at_ns", "expected"), [(NOON_NS - 1, []), (NOON_NS, [("10", "100.00")])])
def test_a_print_that_happened_before_the_order_arrived_does_not_fill_it(
    at_ns: int, expected: list[tuple[str, str]]
) -> None:
    made = venue(holding=10)
    sent(made, sell(10))

    assert fills(made.on_market(trade(100.00, 50, at_ns), NOON_NS + SECOND_NS)) == expected


def test_a_print_through_the_limit_fills_a_resting_order_at_its_limit() -> None:
    made = venue()
    told(made, quote(99.99, 100.01))
    sent(made, buy(10, limit="99.95"))

    assert told(made, trade(99.96, 500)) == []
    assert told(made, trade(99.94, 500)) == [("10", "99.95")]


def test_a_print_at_the_limit_first_works_off_the_size_that_was_shown_there() -> None:
    made = venue()
    told(made, quote(99.95, 100.01, 100, 100))
    sent(made, buy(10, limit="99.95"))

    assert told(made, trade(99.95, 60)) == []
    assert told(made, trade(99.95, 40)) == []
    assert told(made, trade(99.95, 4)) == [("4", "99.95")]
    assert told(made, trade(99.95, 40)) == [("6", "99.95")]


def test_the_part_of_a_print_beyond_the_queue_fills() -> None:
    made = venue(holding=10)
    told(made, quote(99.95, 100.01, 100, 100))
    sent(made, sell(10, limit="100.01"))

    assert told(made, trade(100.01, 104)) == [("4", "100.01")]


def test_an_order_that_betters_the_market_is_the_first_in_its_queue() -> None:
    made = venue()
    told(made, quote(99.95, 100.01, 100, 100))
    sent(made, buy(10, limit="99.96"))

    assert told(made, trade(99.96, 3)) == [("3", "99.96")]


def test_where_nobody_tells_the_queue_as_much_as_the_order_itself_is_taken_to_be_ahead() -> None:
    made = venue()
    told(made, quote(99.95, 100.01, 100, 100))
    sent(made, buy(10, limit="99.90"))

    assert told(made, trade(99.90, 10)) == []
    assert told(made, trade(99.90, 10)) == [("10", "99.90")]


def test_a_replaced_order_goes_to_the_end_of_the_queue() -> None:
    made = venue()
    told(made, quote(99.95, 100.01, 100, 100))
    sent(made, buy(10, limit="99.95"))
    told(made, trade(99.95, 100))

    made.replace(replace(limit="99.95"), NOON_NS)

    assert told(made, trade(99.95, 100)) == []
    assert told(made, trade(99.95, 100)) == [("10", "99.95")]


def test_a_print_of_unknown_size_at_the_limit_fills_nothing() -> None:
    made = venue()
    told(made, quote(99.95, 100.01))
    sent(made, buy(10, limit="99.96"))

    assert told(made, trade(99.96)) == []


def test_without_quotes_a_marketable_limit_order_fills_at_the_first_print_and_then_at_its_limit() -> None:
    made = venue()
    told(made, trade(100.00))

    assert sent(made, buy(10, limit="100.50")) == []
    assert told(made, trade(100.02, 4)) == [("4", "100.02")]
    assert told(made, trade(100.02, 4)) == [("4", "100.50")]


def test_without_quotes_a_stop_is_set_off_by_one_print_and_filled_by_the_next() -> None:
    made = venue(holding=10)
    told(made, trade(100.00))
    sent(made, sell(10, stop="99.50"))

    assert told(made, trade(99.51, 50)) == []
    assert told(made, trade(99.50, 50)) == []
    assert told(made, trade(99.60, 50)) == [("10", "99.60")]


@pytest.mark.parametrize(
    ("lasts", "size", "expected"),
    [
        (TimeInForce.IOC, 6, ["OrderFilled", "OrderCanceled"]),
        (TimeInForce.IOC, 10, ["OrderFilled"]),
        (TimeInForce.FOK, 9, ["OrderCanceled"]),
        (TimeInForce.FOK, 10, ["OrderFilled"]),
    ],
)
def test_without_quotes_the_one_chance_is_the_first_print(
    lasts: TimeInForce, size: float, expected: list[str]
) -> None:
    made = venue(holding=10)
    sent(made, sell(10, lasts=lasts))

    assert kinds(made.on_market(trade(100.00, size), NOON_NS)) == expected


def test_a_print_without_a_price_is_ignored() -> None:
    made = venue(holding=10)
    sent(made, sell(10))

    assert told(made, trade(nan, 10)) == []
    assert told(made, trade(0.0, 10)) == []


def test_where_there_are_prints_bars_fill_nothing() -> None:
    made = venue(holding=10)
    told(made, trade(100.00))
    sent(made, sell(10))

    assert told(made, bar((100, 101, 99, 100))) == []
