"""The account as it is asked for, and money that comes and goes without a trade."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.simulation.broker.wire import account, body, broker, code, place, submit


def test_the_account_tells_money_positions_open_orders_and_executions() -> None:
    model = broker(shorting=True)
    place(model, "a", at=5)
    place(model, "b", limit_price="99.00", at=6)

    assert account(model, at=7) == {
        "time_ns": 7,
        "cash": "99000.00",
        "buying_power": "98010.00",
        "status": "ACTIVE",
        "positions": [{"symbol": "AAA", "qty": "10"}],
        "open_orders": ["b"],
        "executions": [model.executions[0].document()],
    }


def test_a_short_position_is_told_with_its_sign_and_a_flat_one_not_at_all() -> None:
    model = broker(shorting=True)
    place(model, "a", "sell", at=5)
    assert account(model, at=6)["positions"] == [{"symbol": "AAA", "qty": "-10"}]

    place(model, "b", at=7)

    assert account(model, at=8)["positions"] == []


def test_an_order_is_told_with_all_its_records() -> None:
    model = broker()
    place(model, "a", at=5)
    place(model, "b", at=6)
    model.bust("x-1", now_ns=7)

    reply = model.request("GET", "/orders/a", None, None, 8)

    assert isinstance(reply.body, dict)
    assert [record["execution_id"] for record in reply.body["executions"]] == ["x-1", "x-3"]
    assert {**reply.body, "executions": []} == {**model.orders["a"].document(), "executions": []}


def test_fees_and_dividends_move_the_cash_and_are_remembered() -> None:
    model = broker(cash="100")

    model.adjust_cash("-0.37", "fee", now_ns=5)
    model.adjust_cash(Decimal("12.5"), "dividend", now_ns=6)

    assert model.cash == Decimal("112.13")
    assert model.adjustments == [(5, Decimal("-0.37"), "fee"), (6, Decimal("12.5"), "dividend")]
    model.check()


def test_a_blocked_account_refuses_orders_until_it_is_unblocked() -> None:
    model = broker()
    place(model, "a", limit_price="99.00", at=5)
    model.block()
    assert account(model, at=6)["status"] == "BLOCKED"
    assert code(submit(model, body("b"), at=7)) == (403, "account_blocked")
    assert model.request("DELETE", "/orders/a", None, None, 8).status == 204

    model.unblock()

    place(model, "b", at=9)


def test_since_has_to_be_a_whole_number() -> None:
    assert code(broker().request("GET", "/account", None, {"since": "yesterday"}, 5)) == (422, "invalid")


def test_books_that_were_cooked_are_found() -> None:
    model = broker()
    place(model, "a", at=5)
    model.check()

    model._desk.account.cash += Decimal("0.01")

    with pytest.raises(AssertionError, match="cash is"):
        model.check()


def test_an_order_that_forgot_an_execution_is_found() -> None:
    model = broker()
    place(model, "a", at=5)

    model.orders["a"].filled_qty = Decimal(9)

    with pytest.raises(AssertionError, match="not the sum of its executions"):
        model.check()
