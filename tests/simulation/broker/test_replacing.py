"""Replaces: answered first, decided later."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.simulation.broker.wire import body, broker, cancel, code, place, quote, replace, story, submit


def test_a_replace_is_answered_as_pending_and_keeps_both_ids() -> None:
    model = broker()
    place(model, "a", limit_price="99.00", at=5)

    reply = replace(model, "a", qty="20", limit_price="98.00", at=6)

    assert reply.status == 200
    assert isinstance(reply.body, dict)
    assert (reply.body["id"], reply.body["status"], reply.body["limit_price"]) == (
        "b-1",
        "pending_replace",
        "99.00",
    )
    assert story(model)[1:] == [("pending_replace", 6, "pending_replace"), ("replaced", 6, "new")]
    document = model.orders["a"].document()
    assert (document["id"], document["qty"], document["limit_price"]) == ("b-1", "20", "98.00")
    assert model.replace_requests == [(6, "a", {"qty": "20", "limit_price": "98.00"})]


def test_a_replace_that_crosses_the_market_executes_at_once() -> None:
    model = broker()
    place(model, "a", limit_price="99.00", at=5)

    replace(model, "a", limit_price="100.00", at=6)

    assert [event for event, _, _ in story(model)] == ["new", "pending_replace", "replaced", "fill"]


def test_a_replace_loses_when_the_order_fills_meanwhile() -> None:
    model = broker(replace_delay_ns=10, replace_race=True)
    place(model, "a", limit_price="99.00", at=5)
    assert replace(model, "a", limit_price="98.00", at=6).status == 200

    quote(model, "98.90", "99.00", at=15)
    model.advance(16)

    assert story(model)[1:] == [
        ("pending_replace", 6, "pending_replace"),
        ("fill", 15, "filled"),
        ("order_replace_rejected", 16, "filled"),
    ]


def test_a_replace_to_what_is_filled_meanwhile_is_rejected_and_the_order_works_on() -> None:
    model = broker(replace_delay_ns=10)
    place(model, "a", limit_price="99.00", at=5)
    replace(model, "a", qty="4", at=6)

    quote(model, "98.90", "99.00", sizes=("9", "4"), at=15)
    model.advance(16)

    update = model.take_updates()[-1]
    assert (update["event"], update["order"]["reason"]) == ("order_replace_rejected", "filled")
    assert (model.orders["a"].status, model.orders["a"].remaining) == ("partially_filled", Decimal(6))


def test_without_the_race_an_order_waits_for_its_replace_and_then_works() -> None:
    model = broker(replace_delay_ns=10, replace_race=False)
    place(model, "a", limit_price="99.00", at=5)
    replace(model, "a", qty="5", at=6)

    quote(model, "98.90", "99.00", at=15)
    assert model.executions == []
    model.advance(16)

    assert [(e.qty, e.time_ns) for e in model.executions] == [(Decimal(5), 16)]


def test_a_cancel_during_a_replace_wins_and_the_replace_is_rejected() -> None:
    model = broker(replace_delay_ns=10)
    place(model, "a", limit_price="99.00", at=5)
    replace(model, "a", qty="5", at=6)

    cancel(model, "a", at=7)
    model.advance(16)

    assert story(model)[2:] == [("canceled", 7, "canceled"), ("order_replace_rejected", 16, "canceled")]


def test_a_delayed_cancel_during_a_replace_is_what_the_order_shows() -> None:
    model = broker(replace_delay_ns=10, cancel_delay_ns=10)
    place(model, "a", limit_price="99.00", at=5)
    replace(model, "a", qty="5", at=6)

    cancel(model, "a", at=7)
    model.advance(17)

    assert story(model)[2:] == [
        ("pending_cancel", 7, "pending_cancel"),
        ("replaced", 16, "pending_cancel"),
        ("canceled", 17, "canceled"),
    ]


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({}, "invalid"),
        ({"qty": "0"}, "invalid"),
        ({"qty": "1.5"}, "invalid"),
        ({"limit_price": "98.001"}, "invalid"),
        ({"stop_price": "98.00"}, "invalid"),
        ({"side": "sell"}, "invalid"),
        ({"qty": "3"}, "not_replaceable"),
    ],
)
def test_a_replace_that_cannot_be_is_refused_at_once(changes: dict[str, str], refusal: str) -> None:
    model = broker()
    place(model, "a", limit_price="99.00", at=5)
    quote(model, "98.90", "99.00", sizes=("9", "3"), at=6)

    assert code(replace(model, "a", at=7, **changes)) == (422, refusal)
    assert model.replace_requests == []


def test_only_orders_that_work_plainly_can_be_replaced() -> None:
    model = broker(ack_delay_ns=10, cancel_delay_ns=100, replace_delay_ns=100)
    for client_order_id in ("acked", "canceling", "replacing", "odd"):
        submit(model, body(client_order_id, limit_price="99.00"), at=5)
    model.advance(15)
    submit(model, body("fresh", limit_price="99.00"), at=16)
    cancel(model, "canceling", at=17)
    model.set_status_word("odd", "done_for_day")

    answers = {name: replace(model, name, qty="5", at=18) for name in [*model.orders, "unknown"]}
    again = replace(model, "replacing", qty="6", at=19)

    assert {name: reply.status for name, reply in answers.items()} == {
        "acked": 200,
        "canceling": 422,
        "replacing": 200,
        "odd": 422,
        "fresh": 422,
        "unknown": 404,
    }
    assert code(again) == (422, "not_replaceable")


def test_a_stop_that_was_triggered_keeps_its_stop_price() -> None:
    model = broker()
    place(model, "a", stop_price="101.00", limit_price="101.00", at=5)
    quote(model, "101.10", "101.20", at=6)

    replace(model, "a", stop_price="102.00", at=7)

    update = model.take_updates()[-1]
    assert (update["event"], update["order"]["reason"]) == ("order_replace_rejected", "triggered")
    assert model.orders["a"].terms.stop_price == Decimal("101.00")


def test_a_replace_beyond_the_buying_power_is_rejected_and_a_cheaper_one_never() -> None:
    model = broker(cash="1000")
    place(model, "a", limit_price="99.00", at=5)
    model.set_buying_power_reserve("500")

    replace(model, "a", limit_price="99.50", at=6)
    replace(model, "a", limit_price="98.50", at=7)

    assert [event for event, _, _ in story(model)] == [
        "new",
        "pending_replace",
        "order_replace_rejected",
        "pending_replace",
        "replaced",
    ]


def test_a_sale_may_be_made_smaller_but_no_larger_after_the_holdings_are_gone() -> None:
    model = broker()
    place(model, "a", qty="10", at=5)
    place(model, "b", "sell", qty="8", limit_price="110.00", at=6)
    model.bust("x-1", now_ns=7)

    replace(model, "b", qty="9", at=8)
    assert model.take_updates()[-1]["order"]["reason"] == "insufficient_qty"
    replace(model, "b", qty="7", at=9)

    assert story(model)[-1] == ("replaced", 9, "new")


def test_a_replace_that_could_trade_with_another_order_is_rejected() -> None:
    model = broker(shorting=True)
    place(model, "a", limit_price="98.00", at=5)
    place(model, "b", "sell", limit_price="101.00", at=6)

    replace(model, "b", limit_price="98.00", at=7)

    update = model.take_updates()[-1]
    assert (update["event"], update["order"]["reason"]) == ("order_replace_rejected", "wash_trade")


def test_a_replace_loses_at_once_when_the_market_takes_the_order() -> None:
    model = broker(replace_delay_ns=10, replace_race=True)
    place(model, "a", limit_price="90.00", at=5)
    replace(model, "a", limit_price="91.00", at=6)

    model.fill_now("a", "10", now_ns=7)
    model.advance(20)

    assert story(model)[1:] == [
        ("pending_replace", 6, "pending_replace"),
        ("fill", 7, "filled"),
        ("order_replace_rejected", 7, "filled"),
    ]
