"""What the broker takes on: buying power, holdings, wash trades."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.simulation.broker.wire import account, body, broker, cancel, code, place, quote, submit

OK = (200, None)
NO_MONEY = (403, "insufficient_buying_power")
NO_SHARES = (403, "insufficient_qty")
WASH = (403, "wash_trade")


@pytest.mark.parametrize(("cash", "answer"), [("1000", OK), ("999.99", NO_MONEY)])
def test_a_purchase_needs_its_price_in_buying_power(cash: str, answer: Any) -> None:
    assert code(submit(broker(cash=cash), body("a"), at=5)) == answer


@pytest.mark.parametrize(("cash", "answer"), [("1000.10", OK), ("1000.09", NO_MONEY)])
def test_the_commission_has_to_be_paid_as_well(cash: str, answer: Any) -> None:
    model = broker(cash=cash, commission_per_share=Decimal("0.01"))

    assert code(submit(model, body("a"), at=5)) == answer


def test_open_purchases_are_held_against_the_buying_power_until_they_close() -> None:
    model = broker(cash="1000")
    place(model, "a", qty="6", limit_price="99.00", at=5)

    assert account(model, at=6)["buying_power"] == "406.00"
    assert code(submit(model, body("b", qty="5", limit_price="99.00"), at=7)) == NO_MONEY
    cancel(model, "a", at=8)
    assert code(submit(model, body("c", qty="10", limit_price="99.00"), at=9)) == OK


def test_a_stop_purchase_is_held_at_its_stop_price() -> None:
    model = broker(cash="1100")

    assert code(submit(model, body("a", stop_price="110.01"), at=5)) == NO_MONEY
    assert code(submit(model, body("b", stop_price="110.00"), at=6)) == OK


def test_for_a_long_account_without_leverage_the_marks_do_not_matter() -> None:
    model = broker(cash="1000")
    place(model, "a", qty="5", at=5)

    quote(model, "1.00", "1.01", at=6)

    assert account(model, at=7)["buying_power"] == "500.000"


def test_leverage_lends_on_equity_and_exposure_uses_it() -> None:
    model = broker(cash="1000", leverage=Decimal(2))
    quote(model, "100.00", "100.00", at=2)
    place(model, "a", qty="15", at=5)

    assert model.cash == -500
    assert account(model, at=6)["buying_power"] == "500.00"
    assert code(submit(model, body("b", qty="6"), at=7)) == NO_MONEY


def test_a_short_sale_needs_buying_power_and_covering_does_not() -> None:
    model = broker(cash="1000", shorting=True)
    quote(model, "100.00", "100.00", at=2)
    assert code(submit(model, body("a", "sell", qty="11"), at=5)) == NO_MONEY
    place(model, "b", "sell", qty="10", at=6)

    model.set_buying_power_reserve("900")
    place(model, "c", qty="10", at=7)

    assert (model.cash, model.position("AAA")) == (Decimal(1000), Decimal(0))


def test_what_there_is_to_close_is_closed_only_once() -> None:
    model = broker(cash="1000", shorting=True)
    quote(model, "100.00", "100.00", at=2)
    place(model, "a", qty="10", at=5)

    place(model, "b", "sell", qty="10", limit_price="110.00", at=6)

    assert code(submit(model, body("c", "sell", qty="10", limit_price="110.00"), at=7)) == NO_MONEY


def test_a_short_sale_below_the_market_is_held_at_the_touch() -> None:
    model = broker(cash="998", shorting=True)

    assert code(submit(model, body("a", "sell", limit_price="90.00"), at=5)) == NO_MONEY


def test_the_buying_power_changes_under_the_account() -> None:
    model = broker(cash="1000")

    model.set_buying_power_factor("0.5")
    assert account(model, at=5)["buying_power"] == "500.0"
    model.set_buying_power_reserve("600")
    assert account(model, at=6)["buying_power"] == "0"
    assert model.buying_power == -100
    assert code(submit(model, body("a", qty="1"), at=7)) == NO_MONEY


@pytest.mark.parametrize(("qty", "answer"), [("6", OK), ("7", NO_SHARES)])
def test_without_shorting_no_more_is_sold_than_held_less_what_is_on_offer(qty: str, answer: Any) -> None:
    model = broker(shorting=False)
    place(model, "a", qty="10", at=5)
    place(model, "b", "sell", qty="4", limit_price="110.00", at=6)

    assert code(submit(model, body("c", "sell", qty=qty), at=7)) == answer


@pytest.mark.parametrize(
    ("buying", "selling", "answer"),
    [
        ({"limit_price": "99.94"}, {"limit_price": "99.95"}, OK),
        ({"limit_price": "99.95"}, {"limit_price": "99.95"}, WASH),
        ({"limit_price": "99.00"}, {"stop_price": "90.00"}, WASH),
        ({"limit_price": "99.00"}, {"stop_price": "90.00", "limit_price": "99.50"}, OK),
        ({"stop_price": "120.00"}, {"limit_price": "130.00"}, WASH),
        ({"stop_price": "120.00", "limit_price": "120.00"}, {"limit_price": "130.00"}, OK),
        ({"stop_price": "120.00", "limit_price": "130.00"}, {"limit_price": "130.00"}, WASH),
    ],
)
@pytest.mark.parametrize("first", ["buy", "sell"])
def test_an_order_that_could_trade_with_a_working_one_is_refused(
    first: str, buying: dict[str, str], selling: dict[str, str], answer: Any
) -> None:
    model = broker(shorting=True)
    prices = {"buy": buying, "sell": selling}
    second = "sell" if first == "buy" else "buy"
    place(model, "first", first, **prices[first], at=5)

    assert code(submit(model, body("second", second, **prices[second]), at=6)) == answer


@pytest.mark.parametrize(("working", "new"), [("buy", "sell"), ("sell", "buy")])
def test_a_market_order_against_any_working_one_is_refused(working: str, new: str) -> None:
    model = broker(shorting=True)
    place(model, "first", working, limit_price="99.95", at=5)

    assert code(submit(model, body("second", new), at=6)) == WASH


def test_wash_trades_are_let_through_where_the_rules_say_so() -> None:
    model = broker(shorting=True, wash_trade_refusal=False)
    place(model, "a", limit_price="99.00", at=5)

    assert code(submit(model, body("b", "sell"), at=6)) == OK


def test_orders_of_one_side_or_of_two_symbols_never_wash() -> None:
    model = broker(shorting=True)
    place(model, "a", limit_price="99.00", at=5)

    assert code(submit(model, body("b"), at=6)) == OK
    assert code(submit(model, body("c", "sell", symbol="BBB", limit_price="99.00"), at=7)) == OK
