"""What others do at the broker: people trading by hand, halts of a symbol, words nobody knows."""

from __future__ import annotations

import pytest

from tests.simulation.broker.wire import account, body, broker, cancel, code, place, quote, story, submit


def test_a_person_trades_at_the_touch_whatever_is_displayed_and_is_told_in_the_news() -> None:
    model = broker(ack_delay_ns=100)
    quote(model, "99.90", "100.00", sizes=("1", "1"), at=2)

    reply = model.manual_order("AAA", "buy", "25", now_ns=5)

    assert isinstance(reply.body, dict)
    assert reply.body["client_order_id"] == "manual-1"
    assert story(model) == [("new", 5, "new"), ("fill", 5, "filled")]
    assert model.position("AAA") == 25
    assert model.accepted == []


def test_a_person_is_refused_like_anybody() -> None:
    model = broker()

    assert code(model.manual_order("AAA", "sell", "1", now_ns=5)) == (403, "insufficient_qty")
    assert code(model.manual_order("ZZZ", "sell", "1", now_ns=6)) == (422, "invalid")
    assert code(model.manual_order("BBB", "buy", "1", now_ns=7)) == (422, "invalid")


def test_a_halt_suspends_working_orders_until_it_ends() -> None:
    model = broker()
    place(model, "a", limit_price="99.00", at=5)
    model.halt("AAA")

    quote(model, "98.90", "99.00", at=6)
    assert (model.orders["a"].status, model.executions) == ("suspended", [])
    model.resume("AAA")

    assert story(model) == [
        ("new", 5, "new"),
        ("suspended", 5, "suspended"),
        ("restated", 6, "new"),
        ("fill", 6, "filled"),
    ]


def test_a_new_order_in_a_halted_symbol_is_held_and_then_works() -> None:
    model = broker(halted_orders="hold")
    model.halt("AAA")
    place(model, "a", at=5)
    assert account(model, at=6)["open_orders"] == ["a"]

    model.resume("AAA")

    assert story(model) == [("held", 5, "held"), ("new", 6, "new"), ("fill", 6, "filled")]


def test_or_a_new_order_in_a_halted_symbol_is_refused() -> None:
    model = broker(halted_orders="refuse")
    model.halt("AAA")

    assert code(submit(model, body("a"), at=5)) == (403, "symbol_halted")
    place(model, "b", symbol="BBB", limit_price="10.00", at=6)


@pytest.mark.parametrize("time_in_force", ["ioc", "fok"])
def test_what_has_to_happen_at_once_is_canceled_by_a_halt(time_in_force: str) -> None:
    model = broker(halted_orders="hold")
    model.halt("AAA")

    place(model, "a", time_in_force=time_in_force, at=5)

    assert story(model) == [("new", 5, "new"), ("canceled", 5, "canceled")]


def test_held_and_suspended_orders_can_be_canceled() -> None:
    model = broker()
    place(model, "a", limit_price="99.00", at=5)
    model.halt("AAA")
    place(model, "b", at=6)

    assert [cancel(model, name, at=7).status for name in ("a", "b")] == [204, 204]

    assert model.open_orders() == []


def test_a_person_waits_for_the_end_of_a_halt_too() -> None:
    model = broker()
    model.halt("AAA")
    model.manual_order("AAA", "buy", "5", now_ns=5)
    assert [order.status for order in model.open_orders()] == ["held"]

    model.resume("AAA")

    assert model.position("AAA") == 5


def test_an_unknown_word_is_shown_until_something_happens_and_stops_nothing() -> None:
    model = broker()
    place(model, "a", limit_price="99.00", at=5)

    model.set_status_word("a", "accepted_for_bidding")
    assert model.orders["a"].document()["status"] == "accepted_for_bidding"
    quote(model, "98.90", "99.00", sizes=("9", "4"), at=6)

    assert story(model)[1:] == [
        ("accepted_for_bidding", 5, "accepted_for_bidding"),
        ("partial_fill", 6, "partially_filled"),
    ]
    with pytest.raises(ValueError, match="b is not open"):
        model.set_status_word("b", "stopped")
