"""The codec: what comes back is what went in, exactly, and what is no message is refused."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from messages import (
    MESSAGE_TYPES,
    Alert,
    AlertLevel,
    AssetClass,
    CodecError,
    ControlVerdict,
    Instrument,
    OrderType,
    PriceRange,
    Quote,
    Side,
    Signal,
    SubmitOrder,
    Symbol,
    TimerFired,
    decode,
    encode,
)
from tests.messages._samples import FILL, ORDER, SIGNAL
from tests.messages._values import structs


@pytest.mark.parametrize("kind", MESSAGE_TYPES)
def test_what_is_decoded_is_what_was_encoded_to_the_last_digit(kind: type[msgspec.Struct]) -> None:
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(structs(kind))
    def check(message: Any) -> None:
        again = decode(encode(message))

        assert type(again) is kind
        assert repr(again) == repr(
            message
        )  # repr also tells 1.10 from 1.1, -0.0 from 0.0, and takes NaN for itself
        assert encode(again) == encode(message)

    check()


@given(st.binary(max_size=60))
def test_bytes_are_a_message_or_a_codec_error_and_nothing_else(data: bytes) -> None:
    with suppress(CodecError):
        assert type(decode(data)) in MESSAGE_TYPES


@given(structs(SubmitOrder), st.integers(0, 10_000), st.integers(1, 255))
def test_a_changed_byte_gives_a_message_or_a_codec_error(order: SubmitOrder, place: int, flip: int) -> None:
    data = bytearray(encode(order))
    data[place % len(data)] ^= flip

    with suppress(CodecError):
        assert type(decode(bytes(data))) in MESSAGE_TYPES


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "0 bytes are no message: Input data was truncated"),
        (b"\xc1", "malformed"),
        (b"\x05", "Expected `array`, got `int`"),
        (b"\x90", "at least length 1"),
        (b"\x92\xa3Foo\x01", r"\(of tag 'Foo'\): Invalid value 'Foo'"),
        (b"\x92\xa5Quote\xa1A", r"\(of tag 'Quote'\): Expected `array` of at least length 5, got 2"),
        (b"\x95\xa5Quote\xa1\xff\x01\x02\x03", "can't decode byte 0xff"),
        (encode(TimerFired("a", "b", 1)) + b"\x00", "trailing characters"),
    ],
)
def test_what_is_no_message_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(CodecError, match=reason):
        decode(data)


def test_bytes_that_are_nested_too_deeply_are_refused() -> None:
    with pytest.raises(CodecError, match="3000 bytes are no message"):
        decode(b"\x91" * 3000)


@pytest.mark.parametrize(
    "thing", ["text", {"a": "dict"}, None, PriceRange(1.0, 1.0, 1.0, 1.0), ControlVerdict("a", True, "1", "2")]
)
def test_only_messages_that_can_be_stored_are_encoded(thing: Any) -> None:
    with pytest.raises(CodecError, match=f"{type(thing).__name__} is no message that can be stored"):
        encode(thing)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (TimerFired("a", "b", 2**64), "TimerFired cannot be encoded: can't serialize ints"),
        (Quote(Symbol("\ud800"), 1, 1.0, 1.0), "Quote cannot be encoded: .*surrogates not allowed"),
        (Alert(level=AlertLevel.INFO, subject="a", text=object(), time_ns=1), "Alert cannot be encoded"),  # type: ignore[arg-type]  # the fault
    ],
)
def test_what_messagepack_cannot_hold_is_refused_by_name(message: Any, reason: str) -> None:
    with pytest.raises(CodecError, match=reason):
        encode(message)


BAD_ORDERS = [
    ({"quantity": Decimal(0)}, "quantity is 0; it must be a number above zero"),
    ({"quantity": Decimal("-1")}, "quantity is -1"),
    ({"quantity": Decimal("NaN")}, "quantity is NaN"),
    ({"quantity": Decimal("Infinity")}, "quantity is Infinity"),
    ({"limit_price": None}, "limit_price is None"),
    ({"stop_price": Decimal(0)}, "stop_price is 0"),
    ({"order_type": OrderType.LIMIT, "limit_price": Decimal("-0.01")}, "limit_price is -0.01"),
    ({"order_type": OrderType.STOP, "stop_price": None}, "stop_price is None"),
]


@pytest.mark.parametrize(("change", "reason"), BAD_ORDERS)
def test_an_order_that_makes_no_sense_is_refused_when_made_and_when_read(
    change: dict[str, Any], reason: str
) -> None:
    terms = {**msgspec.structs.asdict(ORDER), **change}
    stored = ["SubmitOrder", *(msgspec.to_builtins(value, enc_hook=str) for value in terms.values())]

    with pytest.raises(ValueError, match=reason):
        SubmitOrder(**terms)
    with pytest.raises(CodecError, match=reason):
        decode(msgspec.msgpack.encode(stored))


@pytest.mark.parametrize("field", ["tick_size", "lot_size", "multiplier"])
@pytest.mark.parametrize("value", ["0", "-1", "NaN", "Infinity"])
def test_the_grid_of_an_instrument_is_above_zero(field: str, value: str) -> None:
    terms: dict[str, Any] = {"tick_size": Decimal(1), "lot_size": Decimal(1), field: Decimal(value)}

    with pytest.raises(ValueError, match=f"{field} of ABC is {value}; it must be a number above zero"):
        Instrument(symbol=Symbol("ABC"), asset_class=AssetClass.INDEX, quote_currency="USD", **terms)


def test_a_signal_may_say_nonsense_because_the_portfolio_judges_it() -> None:
    nonsense = msgspec.structs.replace(SIGNAL, value=float("nan"), limit_price=float("-inf"))

    again = decode(encode(nonsense))

    assert isinstance(again, Signal)
    assert repr(again) == repr(nonsense)


def test_a_side_knows_its_sign_and_its_opposite() -> None:
    assert [(side.sign, side.opposite) for side in Side] == [(1, Side.SELL), (-1, Side.BUY)]


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"quantity": Decimal(0)}, "quantity is 0"), ({"price": Decimal("NaN")}, "fill price is NaN; it must be")],
)
def test_a_fill_that_makes_no_sense_is_refused(change: dict[str, Decimal], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        msgspec.structs.replace(FILL, **change)
