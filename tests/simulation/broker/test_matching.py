"""How orders execute against the quotes: when, at what price, how much of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.simulation.broker.wire import body, broker, cancel, code, place, quote, story, submit


def fills(model: Any) -> list[tuple[str, str, str]]:
    return [(e.client_order_id, str(e.qty), str(e.price)) for e in model.executions]


def test_market_orders_execute_at_the_touch() -> None:
    model = broker()

    place(model, "a", at=5)
    place(model, "b", "sell", at=6)

    assert fills(model) == [("a", "10", "100.00"), ("b", "10", "99.90")]


@pytest.mark.parametrize(("limit", "price"), [("100.00", "100.00"), ("100.05", "100.00")])
def test_a_crossed_buy_limit_executes_at_the_better_of_limit_and_touch(limit: str, price: str) -> None:
    model = broker()

    place(model, "a", limit_price=limit, at=5)

    assert fills(model) == [("a", "10", price)]


def test_a_limit_waits_until_it_is_crossed() -> None:
    model = broker(shorting=True)
    place(model, "a", "sell", limit_price="100.10", at=5)

    quote(model, "100.09", "100.20", at=6)
    assert model.executions == []
    quote(model, "100.10", "100.20", at=7)

    assert fills(model) == [("a", "10", "100.10")]
    assert story(model) == [("new", 5, "new"), ("fill", 7, "filled")]


@pytest.mark.parametrize(
    ("side", "stop", "before", "after", "price"),
    [
        ("buy", "101.00", ("100.90", "100.99"), ("100.91", "101.00"), "101.00"),
        ("sell", "99.00", ("99.01", "99.10"), ("99.00", "99.09"), "99.00"),
    ],
)
def test_a_stop_triggers_at_its_price_and_then_goes_to_market(
    side: str, stop: str, before: tuple[str, str], after: tuple[str, str], price: str
) -> None:
    model = broker(shorting=True)
    place(model, "a", side, stop_price=stop, at=5)

    quote(model, *before, at=6)
    assert not model.orders["a"].is_triggered
    quote(model, *after, at=7)

    assert fills(model) == [("a", "10", price)]


def test_a_triggered_stop_limit_stays_triggered_and_waits_for_its_limit() -> None:
    model = broker()
    place(model, "a", stop_price="101.00", limit_price="101.00", at=5)

    quote(model, "101.10", "101.20", at=6)
    assert model.executions == []
    quote(model, "100.00", "100.10", at=7)

    assert fills(model) == [("a", "10", "100.10")]


def test_an_execution_takes_what_is_displayed_and_the_next_quote_brings_more() -> None:
    model = broker()
    quote(model, "99.90", "100.00", sizes=("1000", "4"), at=4)
    place(model, "a", at=5)
    place(model, "b", at=6)
    assert fills(model) == [("a", "4", "100.00")]

    quote(model, "99.90", "100.00", sizes=("1000", "7"), at=7)

    assert fills(model)[1:] == [("a", "6", "100.00"), ("b", "1", "100.00")]
    assert model.orders["a"].status == "filled"
    assert model.orders["b"].status == "partially_filled"


def test_a_slice_limits_each_execution_and_there_is_one_a_quote() -> None:
    model = broker(max_slice=Decimal(1))
    place(model, "a", qty="3", at=5)

    quote(model, "99.90", "100.00", at=6)
    quote(model, "99.90", "100.01", at=7)

    assert fills(model) == [("a", "1", "100.00"), ("a", "1", "100.00"), ("a", "1", "100.01")]
    assert [e.cum_qty for e in model.executions] == [1, 2, 3]
    assert [event for event, _, _ in story(model)] == ["new", "partial_fill", "partial_fill", "fill"]


def test_the_average_price_weighs_the_executions() -> None:
    model = broker(max_slice=Decimal(2))
    place(model, "a", qty="3", at=5)

    quote(model, "99.90", "100.01", at=6)

    assert model.orders["a"].document()["avg_price"] == "100.003333333"


def test_an_ioc_order_takes_what_is_there_and_cancels_the_rest() -> None:
    model = broker(max_slice=Decimal(3))
    quote(model, "99.90", "100.00", sizes=("1000", "4"), at=4)

    place(model, "a", time_in_force="ioc", at=5)

    assert fills(model) == [("a", "3", "100.00"), ("a", "1", "100.00")]
    assert story(model)[-1] == ("canceled", 5, "canceled")


def test_an_ioc_order_that_is_not_crossed_is_canceled() -> None:
    model = broker()

    place(model, "a", time_in_force="ioc", limit_price="99.99", at=5)

    assert story(model) == [("new", 5, "new"), ("canceled", 5, "canceled")]


@pytest.mark.parametrize(("displayed", "status"), [("9", "canceled"), ("10", "filled")])
def test_a_fok_order_takes_all_or_nothing(displayed: str, status: str) -> None:
    model = broker(max_slice=Decimal(3))
    quote(model, "99.90", "100.00", sizes=("1000", displayed), at=4)

    place(model, "a", time_in_force="fok", at=5)

    assert model.orders["a"].status == status
    assert model.position("AAA") == (10 if status == "filled" else 0)


def test_a_market_order_needs_a_market_to_be_priced() -> None:
    model = broker()

    assert code(submit(model, body("a", symbol="BBB"), at=5)) == (422, "invalid")
    place(model, "b", symbol="BBB", limit_price="10.05", at=6)

    assert model.orders["b"].status == "new"


def test_a_quote_does_not_touch_the_orders_of_other_symbols() -> None:
    model = broker()
    place(model, "b", symbol="BBB", limit_price="200.00", at=5)

    quote(model, "99.90", "100.00", at=6)

    assert model.executions == []


def test_orders_execute_in_the_order_in_which_they_came() -> None:
    model = broker()
    for client_order_id in ("a", "b", "c"):
        place(model, client_order_id, limit_price="99.00", at=5)
    cancel(model, "a", at=6)

    quote(model, "98.90", "99.00", sizes=("1", "15"), at=7)

    assert fills(model) == [("b", "10", "99.00"), ("c", "5", "99.00")]


def test_money_and_units_move_with_each_execution_commission_included() -> None:
    model = broker(commission_per_share=Decimal("0.005"))

    place(model, "a", at=5)
    place(model, "b", "sell", qty="4", at=6)

    assert model.position("AAA") == 6
    assert model.cash == Decimal("100000") - Decimal("1000.05") + Decimal("399.58")
    model.check()
