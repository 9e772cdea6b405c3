"""Recorded files read by the simplest means, to be held against what the engine made of them.

Each function gives the records of one symbol in the order of its file, as `_recount` has those of a journal.
"""

from __future__ import annotations

import csv
import gzip
import json
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import TextIO
from zoneinfo import ZoneInfo

from tests.acceptance._recount import Told

_SECOND_NS = 10**9
_MINUTE_NS = 60 * _SECOND_NS
_FXCM = timezone(timedelta(hours=-5))
_NEW_YORK = ZoneInfo("America/New_York")
_CHICAGO = ZoneInfo("America/Chicago")
_BAR = ("open", "high", "low", "close", "volume")
_ROUND_LOT = 100


def lean_ticks(path: Path) -> Iterator[Told]:
    """Quotes of a LEAN zip: milliseconds since midnight of the market's own time, bid, ask."""
    zone = _FXCM if "fxcm" in path.parts else UTC
    begin_ns = _epoch_ns(datetime.strptime(path.name[:8], "%Y%m%d").replace(tzinfo=zone))
    with zipfile.ZipFile(path) as archive:
        lines = archive.read(archive.namelist()[0]).decode().splitlines()
    for line in lines:
        milliseconds, bid, ask = line.split(",")[:3]
        yield "Quote", begin_ns + int(Decimal(milliseconds) * 10**6), float(bid), float(ask), 0.0, 0.0


def lwc_bars(path: Path) -> Iterator[Told]:
    """One-minute bars with the ISO times of their starts."""
    for row in _rows(path):
        yield _bar(row, _epoch_ns(datetime.fromisoformat(row["date"])) + _MINUTE_NS)


def rsc_bars(path: Path) -> Iterator[Told]:
    """Bars with the ends of their intervals in milliseconds."""
    for row in _rows(path, delimiter="\t"):
        yield _bar(row, int(row["date"]) * 10**6)


def ninja_trader_bars(path: Path) -> Iterator[Told]:
    """Bars without a header line, with UTC times of their ends."""
    for row in _rows(path, delimiter=";", names=("time", *_BAR)):
        yield _bar(row, _epoch_ns(datetime.strptime(row["time"], "%Y%m%d %H%M%S").replace(tzinfo=UTC)))


def chicago_bars(path: Path) -> Iterator[Told]:
    """Bars with the ends of their intervals in Chicago wall time."""
    for row in _rows(path):
        yield _bar(row, _epoch_ns(datetime.fromisoformat(row["time_chicago"]).replace(tzinfo=_CHICAGO)))


def yahoo_bars(path: Path) -> Iterator[Told]:
    """Daily bars, known at the close of New York's exchanges."""
    for row in _rows(path):
        close = datetime.fromisoformat(row["Date"]).replace(hour=16, tzinfo=_NEW_YORK)
        yield _bar({name.lower(): value for name, value in row.items()}, _epoch_ns(close))


def new_york_trades(path: Path, symbol: str) -> Iterator[Told]:
    """One symbol's trades of a table of several, in New York wall time."""
    for row in _rows(path):
        if row["symbol"] == symbol:
            time = datetime.fromisoformat(row["time"]).replace(tzinfo=_NEW_YORK)
            yield "Trade", _epoch_ns(time), float(row["price"]), float(row["size"]), ""


def clean_tape(quotes: Path) -> Iterator[Told]:
    """Quotes and trades of one stock from two files, in UTC; where times are equal, quotes come first."""
    told: list[Told] = []
    for row in _rows(quotes):
        sizes = (float(row[name]) * _ROUND_LOT for name in ("bidsiz", "ofrsiz"))
        told.append(("Quote", _utc_ns(row["time"]), float(row["bid"]), float(row["ofr"]), *sizes))
    for row in _rows(quotes.with_name(quotes.name.replace("quotes", "trades"))):
        told.append(("Trade", _utc_ns(row["time"]), float(row["price"]), float(row["size"]), ""))
    yield from sorted(told, key=lambda each: int(each[1]))


def binance_capture(path: Path) -> Iterator[Told]:
    """Quotes and trades of a raw capture, by the local time of their receipt."""
    with _open(path) as file:
        for line in file:
            received, _, text = line.partition(" ")
            message = json.loads(text)
            data, stream = message.get("data", {}), message.get("stream", "")
            if stream.endswith("@bookTicker"):
                yield "Quote", int(received), *(float(data[name]) for name in ("b", "a", "B", "A"))
            elif stream.endswith("@trade"):
                yield "Trade", int(received), float(data["p"]), float(data["q"]), str(data["t"])


def _rows(path: Path, *, delimiter: str = ",", names: Sequence[str] | None = None) -> Iterator[dict[str, str]]:
    with _open(path) as file:
        yield from csv.DictReader(file, names, delimiter=delimiter)


def _open(path: Path) -> TextIO:
    return gzip.open(path, "rt", newline="") if path.suffix == ".gz" else path.open(newline="")


def _bar(row: dict[str, str], end_ns: int) -> Told:
    return ("Bar", end_ns, *(float(row[name]) for name in _BAR))


def _utc_ns(time: str) -> int:
    return _epoch_ns(datetime.fromisoformat(time).replace(tzinfo=UTC))


def _epoch_ns(time: datetime) -> int:
    since = time - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * _SECOND_NS + since.microseconds * 1000
