"""The first and the last time of a file, without parsing what lies between."""

from __future__ import annotations

import msgspec

from gateways.errors import FeedMalformed
from gateways.replay._bytes import LineReader
from gateways.replay._description import Format, Order
from gateways.replay._plan import FilePlan
from gateways.replay._stream import Bounds, FileStream, Position

_HEAD_BYTES = 4096


def first_time_ns(plan: FilePlan) -> int:
    """Time of the first record. Raises FeedMalformed if there is none, and for whatever is wrong up to there."""
    stream = FileStream(msgspec.structs.replace(plan, block_bytes=_HEAD_BYTES), bounds=Bounds())
    try:
        if not stream.load():
            raise FeedMalformed(
                f"{plan.path}: the file has no rows of the kind told. "
                f"Copy it again from where it came, or leave it out."
            )
        return stream.times[0]
    finally:
        stream.close()


def last_time_ns(plan: FilePlan) -> int:
    """Time of the last record."""
    if plan.format in (Format.CSV, Format.TSV, Format.JSONL) and plan.order is Order.TIME:
        last_ns = _last_from(plan, _tail(plan))
        if last_ns is not None:
            return last_ns
    last_ns = _last_from(plan, Position())
    assert last_ns is not None, "a file without records is refused when it is opened"
    return last_ns


def _tail(plan: FilePlan) -> Position:
    """The position of the last lines of a file, as many as surely hold a record."""
    reader = LineReader(plan.path)
    try:
        before, last = Position(), Position()
        if plan.names is None and plan.format is not Format.JSONL:
            reader.read_line()
        for offset, line in reader.blocks():
            before, last = last, Position(offset=offset, line=line)
        return before
    finally:
        reader.close()


def _last_from(plan: FilePlan, position: Position) -> int | None:
    stream = FileStream(plan, bounds=Bounds(), position=position)
    last_ns = None
    try:
        while stream.load():
            last_ns = stream.times[-1]
            stream.index = stream.end
    finally:
        stream.close()
    return last_ns
