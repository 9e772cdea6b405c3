"""The words of a data set description: a TOML file that says how to read recorded market data.

`docs/data-sets.md` explains every key. Keys of `Layout` may stand at the top, for all files, or in one
`[[files]]` table, for that file alone.
"""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from typing import Any

import msgspec

from messages import AssetClass


class Kind(Enum):
    """What a row tells."""

    BAR = "bar"
    QUOTE = "quote"
    TRADE = "trade"


class Format(Enum):
    """How a file is written; compression (.gz, .zip) is recognised by itself."""

    CSV = "csv"
    TSV = "tsv"
    JSONL = "jsonl"
    JSON = "json"
    PARQUET = "parquet"
    FEATHER = "feather"


class Stamp(Enum):
    """Which end of its interval a bar's time is."""

    START = "start"
    END = "end"


class OnBadRow(Enum):
    STOP = "stop"
    SKIP = "skip"


class Order(Enum):
    """How the rows of one file are ordered."""

    TIME = "time"
    ANY = "any"


class TimeTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to read a time."""

    format: str = "iso"
    zone: str = "UTC"
    of_day: str | None = None


class Match(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which lines of a jsonl file are records of one kind."""

    path: str
    equals: str | None = None
    starts_with: str | None = None
    ends_with: str | None = None


class RecordEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of several kinds of record in a jsonl file."""

    kind: Kind
    match: Match
    columns: dict[str, str] = {}
    timeframe: str | None = None
    stamp: Stamp | None = None


class Layout(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a file is laid out. What is left out here is taken from the top of the description."""

    format: Format | None = None
    kind: Kind | None = None
    symbol: str | None = None
    symbols: list[str] | None = None
    timeframe: str | None = None
    stamp: Stamp | None = None
    delimiter: str | None = None
    names: list[str] | None = None
    prefix: str | None = None
    columns: dict[str, str] | None = None
    time: TimeTable | None = None
    records: list[RecordEntry] | None = None
    price_scale: Decimal | None = None
    size_scale: Decimal | None = None
    order: Order | None = None
    on_bad_row: OnBadRow | None = None


class FileEntry(Layout, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Files of one layout: a path or pattern below the root, with what differs from the top."""

    path: str


class Terms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Terms of an instrument, as far as they are told; the rest follows from the asset class."""

    asset_class: AssetClass | None = None
    quote_currency: str | None = None
    tick_size: Decimal | None = None
    lot_size: Decimal | None = None
    multiplier: Decimal | None = None


class DataSet(Layout, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole description."""

    files: list[str | FileEntry]
    name: str | None = None
    root: str = "."
    instrument: Terms = Terms()
    instruments: dict[str, Terms] = {}


def layout_of(entry: str | FileEntry, data_set: DataSet) -> Layout:
    """The layout of one entry of `files`: its own keys, and those at the top where it has none."""
    told = {} if isinstance(entry, str) else _told(entry)
    return Layout(**{**_told(data_set), **told})


def _told(layout: Layout) -> dict[str, Any]:
    values = ((name, getattr(layout, name)) for name in Layout.__struct_fields__)
    return {name: value for name, value in values if value is not None}
