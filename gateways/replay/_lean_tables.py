"""LEAN's reference tables: in which time zone a market's files are written, and the terms of its instruments.

Where a data folder brings its own tables they are read, else a small table here serves.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Collection
from datetime import tzinfo
from decimal import Decimal
from pathlib import Path

import msgspec

from gateways.errors import FeedMalformed
from gateways.replay._description import Terms
from gateways.replay._times import zone_named
from messages import AssetClass

ASSET_CLASSES = {
    "equity": AssetClass.EQUITY,
    "forex": AssetClass.FOREX,
    "cfd": AssetClass.CFD,
    "crypto": AssetClass.CRYPTO,
    "cryptofuture": AssetClass.CRYPTO,
    "index": AssetClass.INDEX,
}
"""LEAN's security types that one file per symbol holds."""

_HOURS_PATHS = ("market-hours", ".")
_TERMS_PATHS = ("symbol-properties", ".")
_ANY = "[*]"
_ZONES = {
    ("forex", "fxcm"): "UTC-05",
    ("cfd", "fxcm"): "UTC-05",
    ("equity", "usa"): "America/New_York",
    ("equity", "india"): "Asia/Kolkata",
    ("index", "usa"): "America/New_York",
    ("index", "india"): "Asia/Kolkata",
    ("index", "eurex"): "Europe/Berlin",
    ("index", "hkfe"): "Asia/Hong_Kong",
}
"""Markets that do not write UTC."""


class _Hours(msgspec.Struct, rename="camel"):
    data_time_zone: str = "UTC"


class _HoursTable(msgspec.Struct):
    entries: dict[str, _Hours]


class LeanTables:
    """The tables of one LEAN root."""

    def __init__(self, root: Path, *, markets: Collection[str]) -> None:
        """Read what the tables tell about some markets. Raises FeedMalformed."""
        self._zones = _read_zones(root)
        self._rows = _read_rows(root, markets)

    def zone(self, security_type: str, market: str, ticker: str) -> tzinfo:
        """The zone in which the files of a market are stamped."""
        for name in (ticker, _ANY):
            told = self._zones.get((security_type, market, name))
            if told is not None:
                return zone_named(told)
        return zone_named(_ZONES.get((security_type, market), "UTC"))

    def terms(self, security_type: str, market: str, ticker: str) -> Terms:
        """Terms as far as the table tells them."""
        for name in (ticker, _ANY):
            row = self._rows.get((security_type, market, name))
            if row is not None:
                return _terms_in(row, ASSET_CLASSES[security_type])
        return Terms(asset_class=ASSET_CLASSES[security_type])


def _read_zones(root: Path) -> dict[tuple[str, str, str], str]:
    for folder in _HOURS_PATHS:
        for name in ("market-hours-database.json", "market-hours-database.json.gz"):
            path = root / folder / name
            if path.is_file():
                return _zones_in(path)
    return {}


def _zones_in(path: Path) -> dict[tuple[str, str, str], str]:
    data = path.read_bytes()
    try:
        text = gzip.decompress(data) if path.suffix == ".gz" else data
        table = msgspec.json.decode(text, type=_HoursTable)
    except (msgspec.DecodeError, EOFError, OSError) as error:
        raise FeedMalformed(f"{path}: not LEAN's table of market hours ({error}). Copy it again.") from None
    zones = {}
    for key, hours in table.entries.items():
        security_type, market, ticker = key.split("-", 2)
        zones[security_type.lower(), market.lower(), ticker.upper()] = hours.data_time_zone
    return zones


def _read_rows(root: Path, markets: Collection[str]) -> dict[tuple[str, str, str], list[str]]:
    for folder in _TERMS_PATHS:
        path = root / folder / "symbol-properties-database.csv"
        if path.is_file():
            with path.open(encoding="utf-8", newline="") as file:
                lines = [line for line in file if line.partition(",")[0] in markets]
            return {(row[2], row[0], row[1].upper()): row for row in csv.reader(lines) if len(row) > 7}
    return {}


def _terms_in(row: list[str], asset_class: AssetClass) -> Terms:
    currency, multiplier, tick_size, lot_size = row[4:8]
    return Terms(
        asset_class=asset_class,
        quote_currency=currency,
        tick_size=Decimal(tick_size),
        lot_size=Decimal(lot_size),
        multiplier=Decimal(multiplier),
    )
