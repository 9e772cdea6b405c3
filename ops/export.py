"""The journal as plain records: one for every input, effect and outcome, in the order in which they happened.

A record has `seq` (the input's number; effects carry that of the input that caused them), `time_ns` (when the core
handled it), `kind`, `type` and the message's own fields. A field that has the name of one of these four is written
with `message_` before it. Decimals are strings, nested messages are objects with a `type`.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any

import msgspec

from messages import (
    AnyMessage,
    CodecError,
    Message,
    OrderApproved,
    OrderDenied,
    OrderEvent,
    OrderUnknown,
    Turn,
    decode,
)

_HEAD = ("seq", "time_ns", "kind", "type")
_PLAIN_ALREADY = frozenset({str, int, float, bool, type(None)})
_OWN_WORDS = (OrderApproved, OrderDenied, OrderUnknown)
"""Order events that the engine itself says; all others are a venue's."""


class RecordKind(Enum):
    """Where a record comes from."""

    INPUT = "input"
    EFFECT = "effect"
    OUTCOME = "outcome"
    """What a venue said of an order. What a broker says is an input; once taken in it is an effect too, and the
    effect is the outcome."""


def records(turn: Turn, *, after_seq: int = 0, only: RecordKind | None = None) -> Iterator[dict[str, Any]]:
    """Records of a turn whose number is above `after_seq`: each input, then what it caused; all kinds, or one."""
    effects: dict[int, list[AnyMessage]] = {}
    for effect in turn.effects:
        effects.setdefault(effect.seq, []).append(effect.message)
    for seq, time_ns, message, source in in_order(turn):
        is_told_again = source is RecordKind.INPUT and repeats(effects.get(seq, ()), message)
        kind = source if is_told_again else kind_of(message, source)
        if seq > after_seq and only in (None, kind):
            yield record(message, seq=seq, time_ns=time_ns, kind=kind)


def in_order(turn: Turn) -> Iterator[tuple[int, int, AnyMessage, RecordKind]]:
    """Every message of a turn as it happened: number, time, message, and whether it came in or was caused."""
    effects = iter(turn.effects)
    effect = next(effects, None)
    for offset, (time_ns, message) in enumerate(zip(turn.taken.times_ns, turn.taken.inputs, strict=True)):
        seq = turn.first_seq + offset
        yield seq, time_ns, message, RecordKind.INPUT
        while effect is not None and effect.seq <= seq:
            yield seq, time_ns, effect.message, RecordKind.EFFECT
            effect = next(effects, None)


def kind_of(message: AnyMessage, otherwise: RecordKind) -> RecordKind:
    """OUTCOME for what a venue said of an order; else what it is by where it comes from."""
    is_outcome = isinstance(message, OrderEvent) and not isinstance(message, _OWN_WORDS)
    return RecordKind.OUTCOME if is_outcome else otherwise


def repeats(effects: Iterable[AnyMessage], said: AnyMessage) -> bool:
    """Whether what an input caused tells the same of the same order, as it does of all that a broker says."""
    return isinstance(said, OrderEvent) and any(
        isinstance(effect, type(said)) and effect.client_order_id == said.client_order_id for effect in effects
    )


def record(message: AnyMessage, *, seq: int, time_ns: int, kind: RecordKind) -> dict[str, Any]:
    """One message as a flat record."""
    told = {"seq": seq, "time_ns": time_ns, "kind": kind.value, "type": type(message).__name__}
    for name, key in _keys(type(message)):
        told[key] = plain(getattr(message, name))
    return told


def plain(value: Any) -> Any:
    """A value as JSON has it: Decimals as strings, enums by value, structs as objects, encoded messages decoded."""
    if type(value) in _PLAIN_ALREADY:
        return value
    match value:
        case Decimal():
            return format(value, "f")
        case Enum():
            return value.value
        case Message():
            return {"type": type(value).__name__, **_fields(value)}
        case msgspec.Struct():
            return _fields(value)
        case bytes():
            return _plain_bytes(value)
        case list() | tuple():
            return [plain(item) for item in value]
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case _:
            return value


@cache
def _keys(kind: type[msgspec.Struct]) -> tuple[tuple[str, str], ...]:
    """Each field of a message with the key that it has in a record."""
    return tuple((name, f"message_{name}" if name in _HEAD else name) for name in kind.__struct_fields__)


def _fields(value: msgspec.Struct) -> dict[str, Any]:
    return {name: plain(getattr(value, name)) for name in value.__struct_fields__}


def _plain_bytes(value: bytes) -> Any:
    """An encoded message or JSON (a configuration) as what it says; anything else in base 64."""
    try:
        return plain(decode(value))
    except CodecError:
        pass
    try:
        return msgspec.json.decode(value)
    except msgspec.DecodeError:
        return base64.b64encode(value).decode("ascii")
