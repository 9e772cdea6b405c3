"""Busts and corrections: executions that are taken back, and what that does to order, position and cash."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.simulation.broker.wire import account, broker, cancel, place, quote


def test_a_bust_moves_everything_back_and_the_order_stays_filled() -> None:
    model = broker(commission_per_share=Decimal("0.01"))
    place(model, "a", at=5)
    model.take_updates()

    bust = model.bust("x-1", now_ns=6)

    assert bust.document() == {
        "kind": "bust",
        "execution_id": "x-2",
        "previous_execution_id": "x-1",
        "client_order_id": "a",
        "symbol": "AAA",
        "side": "buy",
        "qty": "10",
        "price": "100.00",
        "commission": "0.10",
        "cum_qty": "0",
        "time_ns": 6,
    }
    assert (model.position("AAA"), model.cash) == (Decimal(0), Decimal(100000))
    (update,) = model.take_updates()
    assert (update["event"], update["execution"]) == ("trade_bust", bust.document())
    assert (update["order"]["status"], update["order"]["filled_qty"], update["order"]["avg_price"]) == (
        "filled",
        "0",
        None,
    )
    model.check()


def test_a_busted_working_order_may_execute_again_up_to_its_quantity() -> None:
    model = broker()
    quote(model, "99.90", "100.00", sizes=("9", "4"), at=2)
    place(model, "a", at=5)

    model.bust("x-1", now_ns=6)
    assert model.orders["a"].status == "new"
    quote(model, "99.90", "100.00", at=7)

    assert [(e.kind, int(e.qty), int(e.cum_qty)) for e in model.executions] == [
        ("fill", 4, 4),
        ("bust", 4, 0),
        ("fill", 10, 10),
    ]
    model.check()


def test_a_busted_closed_order_does_not_execute_again() -> None:
    model = broker()
    place(model, "a", at=5)

    model.bust("x-1", now_ns=6)
    quote(model, "99.90", "100.00", at=7)

    assert [e.kind for e in model.executions] == ["fill", "bust"]


def test_a_correction_replaces_what_it_corrects() -> None:
    model = broker(commission_per_share=Decimal("0.01"))
    place(model, "a", at=5)
    model.take_updates()

    record = model.correct("x-1", qty="8", price="99.50", now_ns=6)

    assert (record.kind, record.previous_execution_id, record.commission, record.cum_qty) == (
        "correct",
        "x-1",
        Decimal("0.08"),
        Decimal(8),
    )
    assert (model.position("AAA"), model.cash) == (Decimal(8), Decimal("99203.92"))
    assert [update["event"] for update in model.take_updates()] == ["trade_correct"]
    assert model.orders["a"].document()["avg_price"] == "99.5"
    assert [e.execution_id for e in model.counting_executions()] == ["x-2"]
    model.check()


def test_a_correction_may_bring_a_commission_of_its_own_and_a_bust_gives_that_back() -> None:
    model = broker(commission_per_share=Decimal("0.01"))
    place(model, "a", at=5)
    before = model.cash

    model.correct("x-1", commission="0.25", now_ns=6)

    assert model.cash == before + Decimal("0.10") - Decimal("0.25")
    model.bust("x-2", now_ns=7)
    assert model.cash == Decimal(100000)
    model.check()


def test_a_correction_can_be_corrected_and_busted_in_turn() -> None:
    model = broker()
    place(model, "a", "buy", at=5)

    model.correct("x-1", price="99.50", now_ns=6)
    model.correct("x-2", qty="1", now_ns=7)
    model.bust("x-3", now_ns=8)

    assert (model.position("AAA"), model.cash) == (Decimal(0), Decimal(100000))
    assert model.counting_executions() == []
    model.check()


def test_a_correction_up_to_the_whole_quantity_fills_the_order() -> None:
    model = broker()
    quote(model, "99.90", "100.00", sizes=("9", "4"), at=2)
    place(model, "a", at=5)

    model.correct("x-1", qty="10", now_ns=6)

    assert model.take_updates()[-1]["order"]["status"] == "filled"
    assert model.open_orders() == []
    model.check()


@pytest.mark.parametrize("gone", ["x-1", "x-9"])
def test_what_does_not_count_can_be_neither_busted_nor_corrected(gone: str) -> None:
    model = broker()
    place(model, "a", at=5)
    model.correct("x-1", price="99.00", now_ns=6)

    with pytest.raises(ValueError, match="unknown, busted or corrected already"):
        model.bust(gone, now_ns=7)
    with pytest.raises(ValueError, match="unknown, busted or corrected already"):
        model.correct(gone, qty="1", now_ns=7)


@pytest.mark.parametrize("change", [{"qty": "11"}, {"qty": "0"}, {"price": "0"}])
def test_an_impossible_correction_is_refused_and_changes_nothing(change: dict[str, str]) -> None:
    model = broker()
    place(model, "a", at=5)

    with pytest.raises(ValueError, match="a correction to"):
        model.correct("x-1", **change, now_ns=6)

    assert (int(model.position("AAA")), len(model.executions)) == (10, 1)
    model.check()


def test_a_canceled_order_keeps_its_status_through_a_bust() -> None:
    model = broker()
    quote(model, "99.90", "100.00", sizes=("9", "4"), at=2)
    place(model, "a", at=5)
    cancel(model, "a", at=6)

    model.bust("x-1", now_ns=7)

    assert (model.orders["a"].status, model.orders["a"].filled_qty) == ("canceled", Decimal(0))


def test_the_account_tells_the_records_since_a_time() -> None:
    model = broker()
    place(model, "a", at=5)
    place(model, "b", at=6)
    model.bust("x-1", now_ns=7)

    told = account(model, since=6, at=8)["executions"]

    assert told == [record.document() for record in model.executions[1:]]
    assert len(account(model, at=9)["executions"]) == 3
