"""What happens by the passing of time: acknowledgements and the end of the day."""

from __future__ import annotations

import pytest

from tests.simulation.broker.wire import body, broker, cancel, place, quote, story, submit


def test_an_order_works_only_once_it_is_acknowledged() -> None:
    model = broker(ack_delay_ns=10)
    submit(model, body("a"), at=5)

    model.advance(14)
    assert (model.orders["a"].status, model.executions) == ("pending_new", [])
    model.advance(20)

    assert story(model) == [("new", 15, "new"), ("fill", 15, "filled")]


def test_an_order_meets_the_market_of_the_time_of_its_acknowledgement() -> None:
    model = broker(ack_delay_ns=10)
    submit(model, body("a"), at=5)
    quote(model, "100.90", "101.00", at=14)

    quote(model, "109.90", "110.00", at=16)

    assert [str(e.price) for e in model.executions] == ["101.00"]


@pytest.mark.parametrize("trouble", ["account_blocked", "symbol_halted", "insufficient_buying_power"])
def test_what_came_up_before_the_acknowledgement_rejects_the_order(trouble: str) -> None:
    model = broker(ack_delay_ns=10, halted_orders="refuse")
    submit(model, body("a"), at=5)
    if trouble == "account_blocked":
        model.block()
    elif trouble == "symbol_halted":
        model.halt("AAA")
    else:
        model.adjust_cash("-99500", "fee", now_ns=6)

    model.advance(15)

    assert story(model) == [("rejected", 15, "rejected")]
    assert model.orders["a"].reason == trouble


def test_an_acknowledgement_during_a_cancel_leaves_it_pending() -> None:
    model = broker(ack_delay_ns=10, cancel_delay_ns=20)
    submit(model, body("a", limit_price="99.00"), at=5)
    cancel(model, "a", at=6)

    model.advance(30)

    assert story(model) == [
        ("pending_cancel", 6, "pending_cancel"),
        ("new", 15, "pending_cancel"),
        ("canceled", 26, "canceled"),
    ]


def test_day_orders_expire_at_the_end_of_the_day_and_others_stay() -> None:
    model = broker(day_end_ns=50, cancel_delay_ns=100)
    place(model, "a", limit_price="99.00", at=5)
    place(model, "b", limit_price="99.00", time_in_force="gtc", at=6)
    cancel(model, "a", at=7)

    quote(model, "98.90", "99.00", at=50)
    model.advance(200)

    assert model.orders["a"].status == "expired"
    assert model.orders["b"].status == "filled"
    assert [event for event, _, _ in story(model)] == [
        "new",
        "new",
        "pending_cancel",
        "expired",
        "fill",
        "order_cancel_rejected",
    ]


def test_a_day_order_of_the_evening_lives_until_the_next_end_of_a_day() -> None:
    model = broker(day_end_ns=50)
    place(model, "a", limit_price="99.00", at=60)

    model.set_day_end(150)
    model.advance(149)
    assert model.orders["a"].is_open
    model.advance(150)

    assert story(model) == [("new", 60, "new"), ("expired", 150, "expired")]


def test_what_was_due_before_the_end_of_the_day_happens_before_it_however_late_one_looks() -> None:
    model = broker(ack_delay_ns=10, day_end_ns=50)
    submit(model, body("a"), at=5)

    model.advance(100)

    assert story(model) == [("new", 15, "new"), ("fill", 15, "filled")]


def test_time_never_runs_back() -> None:
    model = broker()
    place(model, "a", limit_price="99.00", at=50)

    cancel(model, "a", at=20)

    assert model.now_ns == 50
    assert story(model) == [("new", 50, "new"), ("canceled", 50, "canceled")]
