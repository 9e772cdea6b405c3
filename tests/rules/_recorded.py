"""Recorded ticks and bars, read with as little code as will do, apart from the feeds that the engine uses."""

from __future__ import annotations

import csv
import gzip
import json
import zipfile
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path

from messages import PriceRange

MILLISECOND_NS = 1_000_000


def lean_rows(path: Path) -> Iterator[list[str]]:
    """Lines of the one headerless CSV in a LEAN zip."""
    with zipfile.ZipFile(path) as archive, archive.open(archive.namelist()[0]) as file:
        yield from csv.reader(TextIOWrapper(file))


def lean_quotes(path: Path) -> Iterator[tuple[int, float, float]]:
    """Time since midnight in ns, bid and ask."""
    for ms, bid, ask in lean_rows(path):
        yield round(float(ms) * MILLISECOND_NS), float(bid), float(ask)


def lean_quote_bars(path: Path) -> dict[int, tuple[PriceRange, PriceRange]]:
    """Bid and ask of each bar, by its start since midnight in ns."""
    return {
        int(row[0]) * MILLISECOND_NS: (
            PriceRange(*(float(price) for price in row[1:5])),
            PriceRange(*(float(price) for price in row[6:10])),
        )
        for row in lean_rows(path)
    }


def freqtrade_trades(path: Path) -> Iterator[tuple[int, float, float]]:
    """Time in ns, price and size."""
    for ms, _, _, _, price, size, _ in json.loads(gzip.decompress(path.read_bytes())):
        yield ms * MILLISECOND_NS, float(price), float(size)


def table(path: Path) -> Iterator[dict[str, str]]:
    """Rows of a gzipped CSV with a header."""
    with gzip.open(path, "rt") as file:
        yield from csv.DictReader(file)
