"""Cancels: what is answered, and that a fill may come first."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.simulation.broker.wire import account, body, broker, cancel, code, place, quote, story, submit


def test_a_cancel_without_delay_closes_the_order_at_once() -> None:
    model = broker()
    place(model, "a", limit_price="99.00", at=5)

    assert cancel(model, "a", at=6) == (204, None)

    assert story(model) == [("new", 5, "new"), ("canceled", 6, "canceled")]
    assert model.open_orders() == []
    assert model.cancel_requests == [(6, "a")]


def test_a_delayed_cancel_takes_effect_at_its_own_time_however_late_one_looks() -> None:
    model = broker(cancel_delay_ns=10)
    place(model, "a", limit_price="99.00", at=5)
    cancel(model, "a", at=6)

    model.advance(15)
    assert model.orders["a"].status == "pending_cancel"
    model.advance(100)

    assert story(model) == [
        ("new", 5, "new"),
        ("pending_cancel", 6, "pending_cancel"),
        ("canceled", 16, "canceled"),
    ]


def test_a_cancel_that_was_answered_can_still_lose_to_a_fill() -> None:
    model = broker(cancel_delay_ns=10)
    place(model, "a", limit_price="99.00", at=5)
    cancel(model, "a", at=6)

    quote(model, "98.90", "99.00", sizes=("9", "3"), at=14)
    quote(model, "98.90", "99.00", sizes=("9", "9"), at=15)
    model.advance(16)

    assert story(model)[2:] == [
        ("partial_fill", 14, "pending_cancel"),
        ("fill", 15, "filled"),
        ("order_cancel_rejected", 16, "filled"),
    ]


def test_a_cancel_due_at_the_time_of_a_quote_comes_before_it() -> None:
    model = broker(cancel_delay_ns=10)
    place(model, "a", limit_price="99.00", at=5)
    cancel(model, "a", at=6)

    quote(model, "98.90", "99.00", at=16)

    assert model.orders["a"].status == "canceled"
    assert model.executions == []


def test_canceling_twice_is_answered_twice_and_happens_once() -> None:
    model = broker(cancel_delay_ns=10)
    place(model, "a", limit_price="99.00", at=5)

    replies = [cancel(model, "a", at=time_ns).status for time_ns in (6, 7, 30)]

    assert replies == [204, 204, 204]
    assert [event for event, _, _ in story(model)] == ["new", "pending_cancel", "canceled"]


def test_what_is_filled_or_expired_cannot_be_canceled() -> None:
    model = broker(day_end_ns=50)
    place(model, "a", at=5)
    place(model, "b", limit_price="90.00", at=6)

    replies = [cancel(model, "a", at=7), cancel(model, "b", at=50)]

    assert [code(reply) for reply in replies] == [(422, "not_cancelable")] * 2
    assert [reply.body["status"] for reply in replies if isinstance(reply.body, dict)] == ["filled", "expired"]
    assert code(cancel(model, "c", at=51)) == (404, "not_found")


def test_a_cancel_of_all_asks_for_each_open_order_also_of_people() -> None:
    model = broker()
    place(model, "a", limit_price="99.00", at=5)
    place(model, "b", at=6)
    model.halt("AAA")
    model.manual_order("AAA", "buy", "1", now_ns=7)

    reply = model.request("DELETE", "/orders", None, None, 8)

    assert reply == (207, [{"client_order_id": name, "status": 200} for name in ("a", "manual-1")])
    assert model.open_orders() == []


def test_a_person_who_cancels_all_is_granted_some_and_refused_others_and_some_fill_meanwhile() -> None:
    model = broker(cancel_delay_ns=10)
    for name in ("a", "b", "c"):
        place(model, name, limit_price="99.00", at=5)

    reply = model.manual_cancel_all(but={"b"}, now_ns=6)
    model.fill_now("c", model.orders["c"].remaining, now_ns=7)
    model.advance(20)

    expected = [("a", 200), ("b", 500), ("c", 200)]
    assert reply == (207, [{"client_order_id": name, "status": status} for name, status in expected])
    assert [model.orders[name].status for name in ("a", "b", "c")] == ["canceled", "new", "filled"]


def test_a_person_cancels_at_once_whatever_the_delay() -> None:
    model = broker(cancel_delay_ns=10)
    place(model, "a", limit_price="99.00", at=5)
    cancel(model, "a", at=6)

    model.manual_cancel("a")
    model.advance(20)

    assert story(model)[2:] == [("canceled", 6, "canceled")]
    with pytest.raises(ValueError, match="a is not open"):
        model.manual_cancel("a")


def test_an_order_may_be_canceled_before_it_is_acknowledged() -> None:
    model = broker(ack_delay_ns=10)
    submit(model, body("a"), at=5)

    cancel(model, "a", at=6)
    model.advance(20)

    assert story(model) == [("canceled", 6, "canceled")]
    assert account(model, at=21)["open_orders"] == []


def test_a_canceled_order_may_turn_out_to_have_executed() -> None:
    model = broker()
    place(model, "a", limit_price="90.00", at=2)
    cancel(model, "a", at=3)
    model.take_updates()

    model.fill_late("a", "4", now_ns=4)

    assert (model.position("AAA"), model.orders["a"].status) == (Decimal(4), "canceled")
    (update,) = model.take_updates()
    assert (update["event"], update["execution"]["cum_qty"]) == ("partial_fill", "4")
    model.fill_late("a", "6", now_ns=5)
    assert (model.position("AAA"), model.orders["a"].status) == (Decimal(10), "filled")
    assert [each["event"] for each in model.take_updates()] == ["fill"]
    model.check()


def test_nothing_executes_late_before_there_is_a_market() -> None:
    model = broker()
    place(model, "a", symbol="BBB", limit_price="90.00", at=2)
    cancel(model, "a", at=3)

    with pytest.raises(ValueError, match="a has no market: there was no quote of BBB yet"):
        model.fill_late("a", "4", now_ns=4)


def test_only_a_canceled_order_executes_late_and_no_more_than_was_left() -> None:
    model = broker()
    place(model, "a", limit_price="90.00", at=2)
    with pytest.raises(ValueError, match="a is not over with 4 left"):
        model.fill_late("a", "4", now_ns=3)
    cancel(model, "a", at=4)

    for units in ("11", "0"):
        with pytest.raises(ValueError, match=f"a is not over with {units} left"):
            model.fill_late("a", units, now_ns=5)


def test_the_market_may_take_an_open_order_at_any_moment_and_never_beyond_its_limit() -> None:
    model = broker(cancel_delay_ns=10)
    place(model, "a", limit_price="90.00", at=2)
    cancel(model, "a", at=3)
    assert model.can_fill("a")

    model.fill_now("a", "4", now_ns=4)
    model.fill_now("a", "6", now_ns=5)
    model.advance(13)

    assert story(model)[-3:] == [
        ("partial_fill", 4, "pending_cancel"),
        ("fill", 5, "filled"),
        ("order_cancel_rejected", 13, "filled"),
    ]
    assert {each.price for each in model.executions} == {Decimal("90.00")}
    model.check()


def test_the_market_takes_no_more_than_is_left_and_only_what_can_execute() -> None:
    model = broker()
    place(model, "a", limit_price="90.00", at=2)
    with pytest.raises(ValueError, match="a cannot execute 11 now"):
        model.fill_now("a", "11", now_ns=3)
    with pytest.raises(ValueError, match="b is not open"):
        model.fill_now("b", "1", now_ns=3)
    model.halt("AAA")

    assert not model.can_fill("a")
    with pytest.raises(ValueError, match="a cannot execute 1 now"):
        model.fill_now("a", "1", now_ns=4)
