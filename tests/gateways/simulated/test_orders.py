"""What the venue answers: to orders, cancels, replaces and queries, and when a day ends or a symbol halts."""

from __future__ import annotations

from decimal import Decimal

import pytest

from messages import (
    DAY_NS,
    HOUR_NS,
    MINUTE_NS,
    OrderNotFound,
    PortfolioId,
    StrategyId,
    Symbol,
    SymbolHalted,
    TimeInForce,
    VenueId,
)
from tests.gateways.simulated._venues import (
    AAA,
    NOON_NS,
    bar,
    buy,
    cancel,
    fills,
    instrument,
    kinds,
    query,
    quote,
    reason_of,
    replace,
    sell,
    sent,
    told,
    trade,
    venue,
)


def test_orders_and_executions_are_counted_under_the_name_of_the_venue() -> None:
    made = venue()
    told(made, quote(99.99, 100.01))

    accepted, filled = made.submit(buy(1), NOON_NS)

    assert (accepted.venue_order_id, filled.venue_order_id) == ("SIM-1", "SIM-1")  # type: ignore[attr-defined]
    assert filled.execution_id == "SIM-2"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"symbol": Symbol("ZZZ")}, "symbol ZZZ is not traded here"),
        ({"portfolio_id": PortfolioId("who")}, "portfolio who has no account here"),
        ({"venue_id": VenueId("XETR")}, "the order is for venue XETR, this is SIM"),
        ({"limit": "100.005"}, "limit_price 100.005 is not a multiple of tick_size 0.01 above zero"),
        ({"stop": "100.005"}, "stop_price 100.005 is not a multiple of tick_size 0.01 above zero"),
    ],
)
def test_an_order_with_impossible_terms_is_rejected_with_the_term(terms: dict[str, object], reason: str) -> None:
    made = venue()
    told(made, quote(99.99, 100.01))

    assert reason_of(made.submit(buy(1, **terms), NOON_NS)) == reason


def test_a_quantity_off_the_lot_is_rejected_and_one_on_it_is_not() -> None:
    made = venue(instruments=[instrument(lot_size=Decimal("0.1"))])
    told(made, quote(99.99, 100.01))

    assert (
        reason_of(made.submit(buy("0.15"), NOON_NS)) == "quantity 0.15 is not a multiple of lot_size 0.1 above zero"
    )
    assert sent(made, buy("0.3", order_id="o2")) == [("0.3", "100.01")]


def test_an_instrument_in_another_currency_is_rejected() -> None:
    made = venue(instruments=[instrument(quote_currency="EUR")])

    assert reason_of(made.submit(buy(1), NOON_NS)) == "AAA is paid in EUR, the account holds USD"


def test_the_same_order_sent_again_is_answered_again_and_never_made_again() -> None:
    made = venue()
    told(made, quote(99.99, 100.01, 5, 5))
    first = made.submit(buy(10), NOON_NS)

    assert made.submit(buy(10), NOON_NS + 1) == first
    assert made.state.accounts["main"].positions == {AAA: Decimal(5)}  # type: ignore[index]


def test_a_rejected_order_sent_again_is_rejected_again_for_the_same_reason() -> None:
    made = venue(cash="1")
    told(made, quote(99.99, 100.01))
    first = made.submit(buy(10), NOON_NS)
    told(made, quote(0.01, 0.02))

    assert made.submit(buy(10), NOON_NS + 1) == first


def test_another_order_under_a_known_id_is_rejected_and_the_first_one_stands() -> None:
    made = venue()
    sent(made, buy(10, limit="90.00"))

    reason = reason_of(made.submit(buy(11, limit="90.00"), NOON_NS))

    assert reason == "client_order_id o1 is in use for another order; use a new id"
    assert made.is_working(AAA)


def test_a_query_tells_everything_that_became_of_an_order() -> None:
    made = venue()
    told(made, quote(99.99, 100.01, 5, 5))
    events = made.submit(buy(10), NOON_NS)
    events += made.on_market(quote(99.99, 100.02, 5, 2), NOON_NS + 1)
    events += made.cancel(cancel(), NOON_NS + 2)

    assert kinds(events) == ["OrderAccepted", "OrderFilled", "OrderFilled", "OrderCanceled"]
    assert made.query(query(), NOON_NS + 3) == events


def test_a_query_for_an_order_that_never_came_says_so() -> None:
    expected = OrderNotFound(
        client_order_id=query().client_order_id,
        portfolio_id=PortfolioId(""),
        strategy_id=StrategyId(""),
        symbol=AAA,
        time_ns=NOON_NS,
    )

    assert venue().query(query(), NOON_NS) == [expected]


def test_a_canceled_order_fills_no_more() -> None:
    made = venue()
    told(made, quote(99.99, 100.01))
    sent(made, buy(10, limit="99.00"))

    assert kinds(made.cancel(cancel(), NOON_NS)) == ["OrderCanceled"]
    assert not made.is_working(AAA)
    assert told(made, quote(98.00, 98.01)) == []


def test_a_canceled_order_is_canceled_as_often_as_asked() -> None:
    made = venue()
    sent(made, buy(10, limit="99.00"))

    assert made.cancel(cancel(), NOON_NS) == made.cancel(cancel(), NOON_NS + 1)


def test_a_cancel_that_comes_too_late_is_rejected_with_what_the_order_is() -> None:
    made = venue()
    told(made, quote(99.99, 100.01))
    sent(made, buy(10))

    assert kinds(made.cancel(cancel(), NOON_NS)) == ["OrderCancelRejected"]
    assert reason_of(made.cancel(cancel(), NOON_NS)) == "the order is filled"
    assert reason_of(made.cancel(cancel("who"), NOON_NS)) == "the venue knows no such order"


def test_a_replaced_order_has_its_new_terms_and_meets_the_market_with_them() -> None:
    made = venue()
    told(made, quote(99.99, 100.01, 9, 9))
    sent(made, buy(10, limit="99.00"))

    events = made.replace(replace(quantity=12, limit="100.05"), NOON_NS)

    assert kinds(events) == ["OrderReplaced", "OrderFilled"]
    assert fills(events) == [("9", "100.01")]
    assert told(made, quote(99.99, 100.05, 9, 10)) == [("3", "100.05")]


def test_a_replaced_order_fills_after_those_that_waited_meanwhile() -> None:
    made = venue()
    told(made, quote(99.99, 100.01))
    sent(made, buy(10, limit="99.00", order_id="replaced"))
    sent(made, buy(10, limit="99.00", order_id="waited"))
    made.replace(replace("replaced", limit="99.10"), NOON_NS)

    events = made.on_market(quote(98.00, 98.90, 9, 10), NOON_NS)

    assert [event.client_order_id for event in events] == ["waited"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"quantity": 4}, "quantity 4 is not above the 4 filled; cancel the rest instead"),
        ({"quantity": "5.5"}, "quantity 5.5 is not a multiple of lot_size 1 above zero"),
        ({"stop": "98.00"}, "a limit order has no stop price to replace"),
        ({"limit": "99.999"}, "limit_price 99.999 is not a multiple of tick_size 0.01 above zero"),
        ({"limit": "-1"}, "limit_price -1 is not a multiple of tick_size 0.01 above zero"),
        ({"quantity": 1000}, "insufficient buying power: the order needs 100596.00, 1599.60 is free"),
    ],
)
def test_a_replace_to_impossible_terms_is_rejected_and_changes_nothing(
    change: dict[str, object], reason: str
) -> None:
    made = venue(cash="2000")
    told(made, quote(99.99, 100.10, 9, 4))
    sent(made, buy(10, limit="101.00"))
    before = made.query(query(), NOON_NS)

    assert reason_of(made.replace(replace(**change), NOON_NS)) == reason  # type: ignore[arg-type]
    assert made.query(query(), NOON_NS) == before


def test_a_replace_of_a_filled_market_or_unknown_order_is_rejected() -> None:
    made = venue()
    told(made, quote(99.99, 100.01, 9, 9))
    sent(made, buy(9))
    sent(made, buy(9, order_id="o2"))

    assert reason_of(made.replace(replace(quantity=10), NOON_NS)) == "the order is filled"
    assert (
        reason_of(made.replace(replace("o2", limit="1"), NOON_NS)) == "a market order has no limit price to replace"
    )
    assert reason_of(made.replace(replace("who"), NOON_NS)) == "the venue knows no such order"


def test_the_price_of_a_stop_can_be_replaced_until_it_is_reached() -> None:
    made = venue(holding=10)
    told(made, quote(99.99, 100.01, 5, 5))
    sent(made, sell(10, stop="99.00"))

    assert fills(made.replace(replace(stop="99.99"), NOON_NS)) == [("5", "99.99")]
    assert reason_of(made.replace(replace(stop="98"), NOON_NS)) == "the stop at 99.99 has been reached already"


def test_a_day_order_expires_when_the_day_ends_and_not_before() -> None:
    made = venue()
    sent(made, buy(10, limit="99.00", lasts=TimeInForce.DAY))
    midnight_ns = NOON_NS + 12 * HOUR_NS

    assert made.next_due_ns == midnight_ns
    assert made.on_time(midnight_ns - 1) == []
    assert kinds(made.on_time(midnight_ns)) == ["OrderExpired"]
    assert made.next_due_ns is None


def test_a_day_may_end_at_another_hour_and_an_order_at_that_moment_lives_to_the_next() -> None:
    made = venue(day_end_seconds=21 * 3600)
    close_ns = NOON_NS + 9 * HOUR_NS
    sent(made, buy(1, limit="99.00", lasts=TimeInForce.DAY, order_id="late"), close_ns)
    sent(made, buy(1, limit="99.00", lasts=TimeInForce.DAY, order_id="early"), close_ns - 1)

    assert [event.client_order_id for event in made.on_time(close_ns)] == ["early"]
    assert made.next_due_ns == close_ns + DAY_NS


def test_an_expired_order_does_not_fill_even_if_nobody_told_the_time() -> None:
    made = venue()
    sent(made, buy(10, limit="99.00", lasts=TimeInForce.DAY))

    assert kinds(made.on_market(quote(98, 98.5), NOON_NS + DAY_NS)) == ["OrderExpired"]


def test_a_gtc_order_never_expires() -> None:
    made = venue()
    sent(made, buy(10, limit="99.00"))

    assert made.next_due_ns is None
    assert made.on_time(NOON_NS + 400 * DAY_NS) == []


def test_a_canceled_day_order_is_due_no_more() -> None:
    made = venue()
    sent(made, buy(10, limit="99.00", lasts=TimeInForce.DAY))
    made.cancel(cancel(), NOON_NS)

    assert made.next_due_ns is None


def test_a_halted_symbol_rejects_new_orders_holds_working_ones_and_lets_them_be_canceled() -> None:
    made = venue()
    told(made, quote(99.99, 100.01))
    sent(made, buy(10, limit="99.00"))
    made.on_market(SymbolHalted(AAA, NOON_NS, True), NOON_NS)

    assert told(made, quote(98.00, 98.01)) == []
    assert told(made, trade(98.00, 50)) == []
    assert told(made, bar((98, 98, 98, 98))) == []
    assert reason_of(made.submit(buy(1, order_id="o2"), NOON_NS)) == "AAA is halted"
    assert kinds(made.replace(replace(limit="98.50"), NOON_NS)) == ["OrderReplaced"]
    assert kinds(made.cancel(cancel(), NOON_NS)) == ["OrderCanceled"]


def test_after_a_halt_the_old_quote_is_forgotten() -> None:
    made = venue()
    told(made, quote(99.99, 100.01))
    told(made, trade(100.00))
    made.on_market(SymbolHalted(AAA, NOON_NS, True), NOON_NS)
    made.on_market(SymbolHalted(AAA, NOON_NS + MINUTE_NS, False), NOON_NS + MINUTE_NS)

    assert sent(made, buy(10)) == []
    assert told(made, quote(104.99, 105.01)) == [("10", "105.01")]


def test_the_time_to_arrive_is_within_the_settings_and_always_the_same_for_one_order() -> None:
    made, other = (
        venue(latency_ms_min=20, latency_ms_max=30.5, seed=1),
        venue(latency_ms_min=20, latency_ms_max=30.5),
    )
    latencies = [made.latency_ns(f"b1-s-{n}") for n in range(200)]

    assert latencies == [made.latency_ns(f"b1-s-{n}") for n in range(200)]
    assert latencies != [other.latency_ns(f"b1-s-{n}") for n in range(200)]
    assert min(latencies) < 21_000_000
    assert max(latencies) > 29_500_000
    assert all(20_000_000 <= latency <= 30_500_000 for latency in latencies)


def test_an_orders_latency_is_the_same_in_every_data_directory() -> None:
    made = venue(latency_ms_min=1.0, latency_ms_max=500.0, seed=7)

    assert [made.latency_ns(f"b1-s-{n}") for n in range(9)] == [made.latency_ns(f"q8z-s-{n}") for n in range(9)]


def test_without_latency_an_order_arrives_at_once() -> None:
    assert venue().latency_ns("b1-s-1") == 0


def test_the_oldest_closed_orders_are_forgotten_beyond_the_limit() -> None:
    made = venue(closed_orders_kept=2)
    for number in range(4):
        sent(made, buy(1, limit="1", order_id=f"o{number}"))
        made.cancel(cancel(f"o{number}"), NOON_NS)

    assert list(made.state.orders) == ["o2", "o3"]
    assert kinds(made.query(query("o1"), NOON_NS)) == ["OrderNotFound"]


def test_an_account_is_opened_once_and_with_a_number() -> None:
    made = venue()

    with pytest.raises(ValueError, match="main has an account already"):
        made.open_account(PortfolioId("main"), "USD", Decimal(1))
    with pytest.raises(ValueError, match="cash of other is NaN"):
        made.open_account(PortfolioId("other"), "USD", Decimal("NaN"))
    with pytest.raises(ValueError, match="cash of other is -1"):
        made.open_account(PortfolioId("other"), "USD", Decimal(-1))
