"""What a description or the LEAN folder format comes down to: one plan per file."""

from __future__ import annotations

from datetime import date, tzinfo
from pathlib import Path

import msgspec

from gateways.replay._bytes import BLOCK_BYTES
from gateways.replay._description import Format, Match, OnBadRow, Order
from gateways.replay._records import RecordPlan
from gateways.replay._times import TimeParser, time_parser


class TimePlan(msgspec.Struct, frozen=True, kw_only=True):
    """How the times of a file are to be read; see `time_parser`."""

    format: str
    zone: tzinfo
    of_day_ns: int = 0
    day: date | None = None

    def parser(self) -> TimeParser:
        """A parser of its own for one file."""
        return time_parser(self.format, zone=self.zone, of_day_ns=self.of_day_ns, day=self.day)


class FilePlan(msgspec.Struct, frozen=True, kw_only=True):
    """How one file is read. `label` names it in positions, `description` is where a person can change the plan."""

    path: Path
    label: str
    format: Format
    records: tuple[RecordPlan, ...]
    time: TimePlan
    matches: tuple[Match, ...] = ()
    delimiter: str = ","
    names: tuple[str, ...] | None = None
    prefix: str | None = None
    order: Order = Order.TIME
    on_bad_row: OnBadRow = OnBadRow.STOP
    description: Path | None = None
    block_bytes: int = BLOCK_BYTES

    def cure(self, key: str) -> str:
        """What to change so that this file is read otherwise; nothing where the format leaves no choice."""
        return f" or set {key} in {self.description}" if self.description else ""
