"""The journal as plain records."""

from __future__ import annotations

from decimal import Decimal

from messages import (
    AnyMessage,
    OrderUnknown,
    Recorded,
    Side,
    Signal,
    SignalKind,
    StrategyId,
    Symbol,
    Told,
    Turn,
    TurnInputs,
    encode,
)
from ops.export import RecordKind, plain, record, records
from tests.recorded import accepted, approved, at, canceled, denied, filled, names_of, order, quote

BUY = order(1, Side.BUY, "100", second=1)


def test_each_input_is_followed_by_what_it_caused() -> None:
    turn = _turn(
        first_seq=5,
        inputs=[quote(1, 9, 10), quote(2, 9, 10)],
        effects=[Recorded(5, BUY), Recorded(6, accepted(BUY)), Recorded(6, filled(BUY, "100", "10"))],
    )

    told = [(line["seq"], line["kind"], line["type"]) for line in records(turn)]

    assert told == [
        (5, "input", "Quote"),
        (5, "effect", "SubmitOrder"),
        (6, "input", "Quote"),
        (6, "outcome", "OrderAccepted"),
        (6, "outcome", "OrderFilled"),
    ]


def test_records_begin_after_the_number_asked_for() -> None:
    turn = _turn(
        first_seq=5,
        inputs=[quote(1, 9, 10), quote(2, 9, 10)],
        effects=[Recorded(5, BUY), Recorded(6, accepted(BUY))],
    )

    assert [line["type"] for line in records(turn, after_seq=5)] == ["Quote", "OrderAccepted"]


def test_only_the_word_of_a_venue_is_an_outcome() -> None:
    silence = OrderUnknown(**names_of(BUY), reason="no answer")
    said: list[AnyMessage] = [
        approved(BUY),
        denied(BUY, "no"),
        silence,
        accepted(BUY),
        canceled(BUY),
        filled(BUY, "1", "1"),
    ]
    turn = _turn(first_seq=1, inputs=[quote(1, 9, 10)], effects=[Recorded(1, message) for message in said])

    kinds = [line["kind"] for line in records(turn)]

    assert kinds == ["input", "effect", "effect", "effect", "outcome", "outcome", "outcome"]


def test_what_a_broker_said_is_one_outcome_also_where_the_engine_tells_it_again() -> None:
    fill, other = filled(BUY, "100", "10"), order(2, Side.BUY, "100", second=1)
    turn = _turn(
        first_seq=5,
        inputs=[fill, fill, fill],
        effects=[Recorded(5, fill), Recorded(7, accepted(BUY)), Recorded(7, filled(other, "100", "10"))],
    )

    told = [(line["seq"], line["kind"]) for line in records(turn)]
    outcomes = [line["seq"] for line in records(turn, only=RecordKind.OUTCOME)]

    assert told == [
        *((5, "input"), (5, "outcome")),
        (6, "outcome"),
        *((7, "outcome"), (7, "outcome"), (7, "outcome")),
    ]
    assert outcomes == [5, 6, 7, 7, 7]


def test_a_record_is_flat_and_exact() -> None:
    told = record(filled(BUY, "50", "10.10", commission="0.00"), seq=7, time_ns=at(9), kind=RecordKind.OUTCOME)

    assert told == {
        "seq": 7,
        "time_ns": at(9),
        "kind": "outcome",
        "type": "OrderFilled",
        "client_order_id": "bk-cross-1",
        "portfolio_id": "main",
        "strategy_id": "cross",
        "symbol": "AAPL",
        "message_time_ns": at(1),
        "execution_id": "x-bk-cross-1-50",
        "venue_order_id": "v-bk-cross-1",
        "side": "buy",
        "quantity": "50",
        "price": "10.10",
        "cumulative_quantity": "50",
        "commission": "0.00",
        "currency": "USD",
    }


def test_a_field_named_like_a_column_is_kept_under_another_name() -> None:
    signal = Signal(
        strategy_id=StrategyId("cross"),
        symbol=Symbol("AAPL"),
        time_ns=at(1),
        kind=SignalKind.TARGET_WEIGHT,
        value=0.5,
    )

    told = record(signal, seq=1, time_ns=at(1), kind=RecordKind.EFFECT)

    assert (told["kind"], told["message_kind"]) == ("effect", "target_weight")


def test_what_is_nested_is_an_object_that_names_its_type() -> None:
    told = plain(approved(BUY))

    assert told["order"]["type"] == "SubmitOrder"
    assert told["order"]["quantity"] == "100"
    assert told["verdicts"][0]["control"] == "cash"
    assert told["signal"] is None


def test_bytes_are_shown_as_what_they_hold() -> None:
    assert plain(Told("router", encode(quote(1, 9, 10))))["message"]["type"] == "Quote"
    assert plain(b'{"a": 1}') == {"a": 1}
    assert plain(b"\xff\x00") == "/wA="


def test_decimals_are_written_out() -> None:
    assert plain([Decimal("1E+2"), Decimal("1E-7"), Decimal("1.50")]) == ["100", "0.0000001", "1.50"]


def _turn(*, first_seq: int, inputs: list[AnyMessage], effects: list[Recorded]) -> Turn:
    times_ns = [at(index) for index, _ in enumerate(inputs, start=1)]
    return Turn(1, first_seq, TurnInputs(times_ns, inputs), effects, bytes(32))
