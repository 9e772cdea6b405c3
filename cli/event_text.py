"""A record of the journal, or of the live stream, in one line for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import msgspec
from msgspec import structs

from cli.message_text import message_line
from cli.output import time_text
from messages import MESSAGE_TYPES, AnyMessage

_HEAD = ("seq", "time_ns", "kind", "type")
_ORDER = ("client_order_id", "portfolio_id", "strategy_id")
_BESIDE = (*_ORDER, "message_time_ns")
"""Said beside the fields."""
_NO_TIME = f"{'-':<27}"
_LENGTH = 60
"""Longer values are cut."""

_fields = {kind.__name__: [field.name for field in structs.fields(kind)] for kind in MESSAGE_TYPES}
_convert: Callable[[Any], AnyMessage] = partial(msgspec.convert, type=AnyMessage)


def event_line(record: Mapping[str, Any]) -> str:
    """Time, input, what happened, and whose order or strategy it is about."""
    if "seq" not in record:
        return f"{record.get('type', '?')} {fields_text(record)}".rstrip()
    told = told_text(record["type"], record)
    about = "  ".join(str(record[name]) for name in _ORDER if record.get(name))
    time = time_text(record["time_ns"]) if record["time_ns"] else _NO_TIME
    return f"{time}  {record['seq']:>9,}  {told}{f'  ({about})' if about else ''}"


def told_text(kind: str, fields: Mapping[str, Any]) -> str:
    """A message of that type as `cli.message_text` words it, or else its fields."""
    message = _message(kind, fields)
    return message_line(message) if message is not None else f"{kind} {fields_text(fields, leave_out=_BESIDE)}"


def fields_text(fields: Mapping[str, Any], *, leave_out: tuple[str, ...] = ()) -> str:
    """`name value` for each field that says something; nested ones and long ones cut."""
    told = [
        (name, value)
        for name, value in fields.items()
        if name not in _HEAD and name not in leave_out and value not in (None, "", [], {}, ())
    ]
    return " ".join(f"{name} {value_text(name, value)}" for name, value in told)


def value_text(name: str, value: Any) -> str:
    """One field, cut if it is long; times as such."""
    if name.endswith("_ns") and isinstance(value, int) and name != "timeframe_ns":
        return time_text(value)
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    text = " ".join(text.split())
    return text if len(text) <= _LENGTH else text[: _LENGTH - 3] + "..."


def _message(kind: str, fields: Mapping[str, Any]) -> AnyMessage | None:
    """The message that a record was made of, where that can be told from it; encoded ones inside cannot."""
    names = _fields.get(kind)
    if names is None:
        return None
    values = [fields.get(f"message_{name}", fields.get(name)) for name in names]
    try:
        return _convert([kind, *map(_packed, values)])
    except msgspec.ValidationError:
        return None


def _packed(value: Any) -> Any:
    """A message inside another one, as the codec has it."""
    if isinstance(value, dict) and "type" in value:
        return [value["type"], *(_packed(inner) for name, inner in value.items() if name != "type")]
    if isinstance(value, list):
        return [_packed(inner) for inner in value]
    return value
