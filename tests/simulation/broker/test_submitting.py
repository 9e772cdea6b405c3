"""Taking orders on: what is answered, what is refused, and that an id names one order for ever."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulation.broker.wire import body, broker, cancel, code, place, replace, submit


def test_an_order_is_answered_as_pending_new_and_shown_in_full() -> None:
    model = broker()

    reply = submit(model, body("a", limit_price="99.00"), at=5)

    assert reply.status == 200
    assert reply.body == {
        "id": "b-1",
        "client_order_id": "a",
        "symbol": "AAA",
        "side": "buy",
        "type": "limit",
        "time_in_force": "day",
        "qty": "10",
        "filled_qty": "0",
        "avg_price": None,
        "limit_price": "99.00",
        "stop_price": None,
        "status": "pending_new",
        "reason": None,
        "submitted_ns": 5,
        "updated_ns": 5,
    }
    assert [update["event"] for update in model.take_updates()] == ["new"]


@pytest.mark.parametrize(
    "change",
    [
        {"client_order_id": ""},
        {"client_order_id": None},
        {"client_order_id": 7},
        {"client_order_id": "x" * 129},
        {"client_order_id": "manual-1"},
        {"symbol": "ZZZ"},
        {"side": "hold"},
        {"type": "limit"},
        {"type": "iceberg"},
        {"time_in_force": "opg"},
        {"time_in_force": None},
        {"qty": 10},
        {"qty": "0"},
        {"qty": "-1"},
        {"qty": "1.5"},
        {"qty": "1E+1"},
        {"qty": "NaN"},
        {"qty": "\u0661"},
        {"qty": None},
        {"limit_price": "1.00"},
        {"stop_price": "1.00"},
        {"type": "limit", "limit_price": "1.001"},
        {"type": "limit", "limit_price": "0.00"},
        {"type": "stop", "stop_price": "1.00", "time_in_force": "ioc"},
        {"symbol": "BBB"},
        {"extended_hours": True},
    ],
)
def test_a_body_that_breaks_the_protocol_is_invalid_and_makes_no_order(change: dict[str, Any]) -> None:
    model = broker()

    reply = submit(model, body("a") | change, at=5)

    assert code(reply) == (422, "invalid")
    assert model.orders == {}
    assert model.accepted == []


def test_a_missing_body_is_invalid() -> None:
    assert code(broker().request("POST", "/orders", None, None, 5)) == (422, "invalid")


def test_a_repeated_id_is_refused_where_duplicates_are_rejected() -> None:
    model = broker(duplicates="reject")
    place(model, "a", at=5)

    reply = submit(model, body("a"), at=6)

    assert code(reply) == (422, "duplicate_client_order_id")
    assert list(model.orders) == ["a"]
    assert model.reused_ids == []


def test_a_repeated_id_is_answered_with_the_first_order_as_it_stands_where_duplicates_are_replayed() -> None:
    model = broker(duplicates="replay")
    place(model, "a", at=5)

    reply = submit(model, body("a"), at=6)

    assert reply == (200, model.orders["a"].document())
    assert model.orders["a"].status == "filled"
    assert len(model.executions) == 1
    assert len(model.accepted) == 1


def test_a_repeat_is_compared_with_what_was_submitted_not_with_what_it_was_replaced_by() -> None:
    model = broker(duplicates="replay")
    sent = body("a", limit_price="99.00")
    submit(model, sent, at=5)
    replace(model, "a", qty="5", at=6)

    assert submit(model, sent, at=7).status == 200
    assert submit(model, body("a", limit_price="99.00", qty="5"), at=8).status == 422


@pytest.mark.parametrize("duplicates", ["reject", "replay"])
@pytest.mark.parametrize("change", [{"qty": "11"}, {"side": "sell"}, {"qty": None}, {"type": "limit"}])
def test_a_known_id_with_another_body_is_always_refused_and_remembered(
    duplicates: str, change: dict[str, Any]
) -> None:
    model = broker(duplicates=duplicates)
    place(model, "a", at=5)
    sent = body("a") | change

    reply = submit(model, sent, at=6)

    assert code(reply) == (422, "duplicate_client_order_id")
    assert model.reused_ids == [(6, "a", sent)]
    assert len(model.accepted) == 1


def test_the_id_of_a_closed_order_stays_taken() -> None:
    model = broker()
    place(model, "a", limit_price="90.00", at=5)
    cancel(model, "a", at=6)

    reply = submit(model, body("a", limit_price="90.00"), at=7)

    assert code(reply) == (422, "duplicate_client_order_id")


def test_a_refused_order_leaves_its_id_free() -> None:
    model = broker(cash="10")
    assert code(submit(model, body("a"), at=5)) == (403, "insufficient_buying_power")
    model.adjust_cash("1000", "deposit", now_ns=6)

    assert submit(model, body("a"), at=7).status == 200


def test_what_was_accepted_is_kept_as_it_came_and_in_order() -> None:
    model = broker()
    sent = [body("a"), body("b", limit_price="90.00"), body("c", "sell", qty="99999")]

    for time_ns, order in enumerate(sent, start=5):
        submit(model, order, at=time_ns)

    assert model.accepted == [(5, "a", sent[0]), (6, "b", sent[1])]
    assert model.requests_seen == {"POST /orders": 3}


def test_what_the_sender_does_to_his_body_afterwards_does_not_change_the_evidence() -> None:
    model = broker()
    sent = body("a")
    submit(model, sent, at=5)

    sent["qty"] = "99"

    assert model.accepted == [(5, "a", body("a"))]


def test_an_unknown_request_is_not_found() -> None:
    model = broker()

    assert code(model.request("GET", "/orders/a", None, None, 5)) == (404, "not_found")
    assert code(model.request("PUT", "/orders", None, None, 6)) == (404, "not_found")
    assert model.requests_seen == {"GET /orders/{id}": 1, "PUT /orders": 1}


def test_a_body_that_was_handed_out_never_changes() -> None:
    model = broker()
    reply = submit(model, body("a", limit_price="99.00"), at=5)
    before = repr(reply)

    cancel(model, "a", at=6)

    assert repr(reply) == before
    assert model.orders["a"].status == "canceled"
