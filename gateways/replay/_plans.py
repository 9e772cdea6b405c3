"""From a description to one plan per file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import msgspec

from gateways.errors import DescriptionInvalid, FeedMissing
from gateways.replay._columns import fields_of
from gateways.replay._description import (
    DataSet,
    FileEntry,
    Format,
    Kind,
    Layout,
    Match,
    OnBadRow,
    Order,
    RecordEntry,
    Stamp,
    Terms,
    TimeTable,
    layout_of,
)
from gateways.replay._instruments import complete, instrument_of
from gateways.replay._loading import nearest, wrong
from gateways.replay._plan import FilePlan, TimePlan
from gateways.replay._records import RecordPlan
from gateways.replay._times import NAMED_FORMATS, zone_named
from messages import DAY_NS, HOUR_NS, MINUTE_NS, SECOND_NS, Instrument, Symbol

_UNITS_NS = {"s": SECOND_NS, "m": MINUTE_NS, "h": HOUR_NS, "d": DAY_NS, "w": 7 * DAY_NS}
_TIMEFRAME = re.compile(r"([1-9]\d*)([smhdw])")
_OF_DAY = re.compile(r"([01]\d|2[0-4]):([0-5]\d)")
_GLOB = re.compile(r"(\*\*/|\*|\?|\{symbol\}|\{date\})")
_GLOB_PATTERNS = {
    "**/": "(?:.*/)?",
    "*": "[^/]*",
    "?": "[^/]",
    "{symbol}": "(?P<symbol>[^/]+?)",
    "{date}": r"(?P<date>\d{8})",
}
_EXAMPLES = {
    "format": 'format = "csv"',
    "kind": 'kind = "bar", "quote" or "trade"',
    "stamp": 'stamp = "start" or "end", whichever of its interval a bar\'s time is',
    "timeframe": 'timeframe = "1m"',
}

T = TypeVar("T")


class _Found(msgspec.Struct, frozen=True):
    """A file, and what the placeholders of its pattern stand for."""

    path: Path
    symbol: str | None
    day: date | None


def description_plans(
    data_set: DataSet, *, path: Path, root: Path | None
) -> tuple[list[FilePlan], list[Instrument]]:
    """How each file of the description at `path` is read, and the instruments. Raises FeedError."""
    base = root if root is not None else path.parent / data_set.root
    if not base.is_dir():
        raise FeedMissing(
            f"{path}: root {str(base)!r} is not a folder. Correct root, or give another one when opening."
        )
    plans = []
    for index, entry in enumerate(data_set.files):
        pattern = entry if isinstance(entry, str) else entry.path
        where = f"files[{index}]" if isinstance(entry, str) else f"files[{index}].path"
        reading = _Reading(
            layout_of(entry, data_set), path, f"files[{index}]." if isinstance(entry, FileEntry) else ""
        )
        for found in _find(pattern, base=base, where=where, path=path):
            plans.append(reading.plan(found, base))
    if not plans:
        raise wrong(path, "files", [], cure="name at least one file.")
    return plans, _instruments(data_set, plans, path)


class _Reading:
    """One layout, checked, ready to be applied to files. `where` is its place in the description."""

    def __init__(self, layout: Layout, path: Path, where: str) -> None:
        self._layout = layout
        self._path = path
        self._where = where

    def plan(self, found: _Found, base: Path) -> FilePlan:
        """How one file is read."""
        layout = self._layout
        form = self._required("format", layout.format)
        records = layout.records
        if records is not None and form is not Format.JSONL:
            raise self._wrong("records", [], cure='they need format = "jsonl".')
        entries: list[RecordEntry | None] = [None] if records is None else [*records]
        return FilePlan(
            path=found.path,
            label=str(found.path.relative_to(base)) if found.path.is_relative_to(base) else str(found.path),
            format=form,
            records=tuple(self._record(entry, found, index) for index, entry in enumerate(entries)),
            matches=tuple(self._match(entry, index) for index, entry in enumerate(records or ())),
            time=self._time(found),
            delimiter=self._delimiter(form),
            names=None if layout.names is None else tuple(layout.names),
            prefix=layout.prefix,
            order=layout.order or Order.TIME,
            on_bad_row=layout.on_bad_row or OnBadRow.STOP,
            description=self._path,
        )

    def _record(self, entry: RecordEntry | None, found: _Found, index: int) -> RecordPlan:
        layout = self._layout
        kind = self._required("kind", layout.kind if entry is None else entry.kind)
        timeframe = (entry.timeframe if entry else None) or layout.timeframe
        columns = dict(layout.columns or {}) | dict(entry.columns if entry else {})
        self._check_columns(columns, kind, "columns" if entry is None else f"records[{index}].columns")
        symbol = None if "symbol" in columns else layout.symbol or found.symbol
        if symbol is None and not layout.symbols:
            raise self._missing(
                "symbol", "Add it, put {symbol} into the path, or name columns.symbol and list symbols"
            )
        stamp = (entry.stamp if entry else None) or layout.stamp
        return RecordPlan(
            kind=kind,
            columns=columns,
            symbol=None if symbol is None else Symbol(symbol),
            symbols=tuple(Symbol(name) for name in layout.symbols or ()) if symbol is None else (),
            timeframe_ns=self._timeframe_ns(timeframe) if kind is Kind.BAR else 0,
            stamp=self._required("stamp", stamp) if kind is Kind.BAR else Stamp.END,
            price_scale=self._scale("price_scale"),
            size_scale=self._scale("size_scale"),
        )

    def _check_columns(self, columns: dict[str, str], kind: Kind, where: str) -> None:
        known = fields_of(kind)
        for field, column in columns.items():
            if field not in known:
                hint = nearest(field, known) or f" Known: {', '.join(known)}."
                key = f"{self._where}{where}.{field}"
                raise DescriptionInvalid(
                    f"{self._path}: {key} = {column!r}: a {kind.value} has no such field.{hint}"
                )

    def _match(self, entry: RecordEntry, index: int) -> Match:
        match = entry.match
        tests = (match.equals, match.starts_with, match.ends_with)
        if sum(test is not None for test in tests) != 1:
            raise self._wrong(f"records[{index}].match", {}, cure="give one of equals, starts_with, ends_with.")
        return match

    def _time(self, found: _Found) -> TimePlan:
        table = self._layout.time or TimeTable()
        if table.format not in NAMED_FORMATS and "%" not in table.format:
            hint = nearest(table.format, NAMED_FORMATS)
            cure = f"allowed: {', '.join(NAMED_FORMATS)}, or a pattern such as '%d.%m.%Y %H:%M'.{hint}"
            raise self._wrong("time.format", table.format, cure=cure)
        if table.format == "ms-of-day" and found.day is None:
            raise self._wrong("time.format", table.format, cure="it needs {date} in the path of the files.")
        try:
            zone = zone_named(table.zone)
        except ValueError:
            cure = "give an IANA name such as 'America/New_York', 'UTC', or an offset such as 'UTC-05:00'."
            raise self._wrong("time.zone", table.zone, cure=cure) from None
        return TimePlan(format=table.format, zone=zone, of_day_ns=self._of_day_ns(table.of_day), day=found.day)

    def _of_day_ns(self, text: str | None) -> int:
        if text is None:
            return 0
        match = _OF_DAY.fullmatch(text)
        if match is None or text > "24:00":
            raise self._wrong("time.of_day", text, cure="give hours and minutes from '00:00' to '24:00'.")
        return int(match[1]) * HOUR_NS + int(match[2]) * MINUTE_NS

    def _timeframe_ns(self, text: str | None) -> int:
        told = self._required("timeframe", text)
        match = _TIMEFRAME.fullmatch(told)
        if match is None:
            raise self._wrong("timeframe", told, cure="give a count and a unit of s, m, h, d or w, such as '5m'.")
        return int(match[1]) * _UNITS_NS[match[2]]

    def _delimiter(self, form: Format) -> str:
        told = self._layout.delimiter
        if told is not None and len(told) != 1:
            raise self._wrong("delimiter", told, cure="it must be one character.")
        return told or ("\t" if form is Format.TSV else ",")

    def _scale(self, name: str) -> Decimal:
        scale: Decimal | None = getattr(self._layout, name)
        if scale is not None and (not scale.is_finite() or scale <= 0):
            raise self._wrong(name, float(scale), cure="it must be a number above zero.")
        return Decimal(1) if scale is None else scale

    def _required(self, name: str, value: T | None) -> T:
        if value is None:
            raise self._missing(name, f"Add it: {_EXAMPLES[name]}")
        return value

    def _missing(self, name: str, cure: str) -> DescriptionInvalid:
        return DescriptionInvalid(f"{self._path}: {self._where}{name} is missing. {cure}.")

    def _wrong(self, name: str, value: object, *, cure: str) -> DescriptionInvalid:
        return wrong(self._path, f"{self._where}{name}", value, cure=cure)


def _find(pattern: str, *, base: Path, where: str, path: Path) -> Iterator[_Found]:
    """Files that a pattern names, in order of their paths."""
    regex = re.compile("".join(_GLOB_PATTERNS.get(part) or re.escape(part) for part in _GLOB.split(pattern)))
    wildcards = pattern.replace("{symbol}", "*").replace("{date}", "*")
    count = 0
    for file in sorted(base.glob(wildcards)):
        match = regex.fullmatch(file.relative_to(base).as_posix())
        if match is None or not file.is_file():
            continue
        count += 1
        groups = match.groupdict()
        day = groups.get("date")
        yield _Found(file, groups.get("symbol"), _day(day, file) if day else None)
    if not count:
        raise FeedMissing(
            f"{path}: {where} is {pattern!r}, and no file below {base} matches it. Correct it, or root."
        )


def _day(text: str, file: Path) -> date:
    try:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007  (a date has no zone)
    except ValueError:
        raise FeedMissing(f"{file}: {text!r} in its name is not a date yyyymmdd. Rename the file.") from None


def _instruments(data_set: DataSet, plans: list[FilePlan], path: Path) -> list[Instrument]:
    symbols: dict[Symbol, None] = {}
    for plan in plans:
        for record in plan.records:
            symbols.update(dict.fromkeys(record.symbols if record.symbol is None else (record.symbol,)))
    for name in data_set.instruments:
        if name not in symbols:
            hint = nearest(name, symbols) or f" It has: {', '.join(symbols)}."
            raise DescriptionInvalid(f"{path}: instruments.{name}: the data set has no such symbol.{hint}")
    instruments = []
    for symbol in symbols:
        terms = complete(data_set.instruments.get(symbol, Terms()), data_set.instrument)
        try:
            instruments.append(instrument_of(symbol, terms))
        except ValueError as error:
            raise DescriptionInvalid(f"{path}: {error}. Correct it under [instrument] or [instruments].") from None
    return instruments
