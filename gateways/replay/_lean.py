"""Data in the folders and zips of QuantConnect's LEAN, read as they are.

    <root>/<type>/<market>/{tick,second,minute}/<symbol>/<yyyymmdd>_{quote,trade}.zip
    <root>/<type>/<market>/{hour,daily}/<symbol>[_quote|_trade].zip

Each zip holds one csv without a header: milliseconds of the day (or `yyyymmdd hh:mm`), then prices and sizes.
Bars are stamped at their start, in a time zone that differs by market. Prices of equities are in 1/10000, others
are plain.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, tzinfo
from decimal import Decimal
from enum import Enum
from pathlib import Path

import msgspec

from gateways.errors import FeedMissing
from gateways.replay._description import Format, Kind, Stamp
from gateways.replay._instruments import instrument_of
from gateways.replay._lean_tables import ASSET_CLASSES, LeanTables
from gateways.replay._plan import FilePlan, TimePlan
from gateways.replay._records import SIDES, RecordPlan
from messages import DAY_NS, HOUR_NS, MINUTE_NS, SECOND_NS, Instrument, Symbol

_BAR_NS = {"second": SECOND_NS, "minute": MINUTE_NS, "hour": HOUR_NS, "daily": DAY_NS}
_RESOLUTIONS = ("tick", *_BAR_NS)
_PER_DAY = ("tick", "second", "minute")
_LAYOUT = "<type>/<market>/<resolution>/<symbol>/<yyyymmdd>_quote.zip or <type>/<market>/daily/<symbol>.zip"

_TRADE_BAR = ("time", "open", "high", "low", "close", "volume")
_QUOTE_BAR = ("time", *SIDES[:4], "", *SIDES[4:], "")
_TICKS = {
    ("equity", Kind.TRADE): ("time", "price", "size", "exchange", "condition", "suspicious"),
    ("equity", Kind.QUOTE): ("time", "bid", "bid_size", "ask", "ask_size", "exchange", "condition", "suspicious"),
    ("forex", Kind.QUOTE): ("time", "bid", "ask"),
    ("cfd", Kind.QUOTE): ("time", "bid", "ask"),
    ("index", Kind.TRADE): ("time", "price", "size", "exchange", "condition", "suspicious"),
}
_PLAIN_TICKS = {
    Kind.TRADE: ("time", "price", "size"),
    Kind.QUOTE: ("time", "bid", "bid_size", "ask", "ask_size"),
}


class LeanBars(Enum):
    """Which bars to replay of a symbol that has both a trade and a quote file for the same interval.

    Both together would give a strategy two bars for every interval.
    """

    TRADE = "trade"
    QUOTE = "quote"
    BOTH = "both"


class LeanFile(msgspec.Struct, frozen=True, kw_only=True):
    """What the path of a zip tells. `day` is None for files that hold many days."""

    path: Path
    root: Path
    security_type: str
    market: str
    resolution: str
    ticker: str
    kind: Kind
    day: date | None


def is_lean(path: Path) -> bool:
    """A LEAN zip, or a folder with one somewhere in it."""
    return any(lean_file(zip_path) is not None for zip_path in _zips(path))


def lean_files(path: Path) -> list[LeanFile]:
    """The files that a zip, a symbol's folder or any folder above it holds, in order. Raises FeedMissing."""
    files = [file for zip_path in _zips(path) if (file := lean_file(zip_path)) is not None]
    if not files:
        raise FeedMissing(f"{path}: no LEAN data there. Its paths look like {_LAYOUT}.")
    return files


def lean_file(path: Path) -> LeanFile | None:
    """What a path tells, None if it is not one of LEAN's."""
    parts = path.absolute().parts
    depth = next((at for at in range(len(parts) - 2, 2, -1) if parts[at] in _RESOLUTIONS), 0)
    if not depth or parts[depth - 2] not in ASSET_CLASSES:
        return None
    security_type, market, resolution = parts[depth - 2], parts[depth - 1], parts[depth]
    stem, _, what = path.stem.partition("_")
    day = None
    ticker = stem
    if resolution in _PER_DAY:
        ticker, day = parts[-2], _day(stem)
        if day is None or len(parts) != depth + 3:
            return None
    kind = {"quote": Kind.QUOTE, "trade": Kind.TRADE, "": _usual_kind(security_type)}.get(what)
    if kind is None:
        return None
    return LeanFile(
        path=path,
        root=Path(*parts[: depth - 2]),
        security_type=security_type,
        market=market,
        resolution=resolution,
        ticker=ticker.upper(),
        kind=kind,
        day=day,
    )


def choose_bars(files: Sequence[LeanFile], bars: LeanBars) -> tuple[list[LeanFile], list[LeanFile]]:
    """Files to replay, and files left out because the other kind of bar was chosen."""
    kinds: dict[tuple[str, ...], set[Kind]] = defaultdict(set)
    for file in files:
        kinds[_series(file)].add(file.kind)
    chosen: list[LeanFile] = []
    left_out: list[LeanFile] = []
    for file in files:
        one_too_many = file.resolution != "tick" and len(kinds[_series(file)]) > 1 and bars is not LeanBars.BOTH
        (left_out if one_too_many and file.kind.value != bars.value else chosen).append(file)
    return chosen, left_out


def lean_plans(files: Sequence[LeanFile]) -> tuple[list[FilePlan], list[Instrument]]:
    """How each file is read, and the instruments that they are of."""
    markets = {file.market for file in files}
    tables = {root: LeanTables(root, markets=markets) for root in dict.fromkeys(file.root for file in files)}
    symbols = _symbols(files)
    plans = []
    instruments = {}
    for file in files:
        symbol = symbols[_instrument_key(file)]
        table = tables[file.root]
        zone = table.zone(file.security_type, file.market, file.ticker)
        plans.append(_plan(file, symbol, zone=zone))
        terms = table.terms(file.security_type, file.market, file.ticker)
        instruments[symbol] = instrument_of(symbol, terms)
    return plans, list(instruments.values())


def _zips(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(path.rglob("*.zip"))
    return [path] if path.suffix == ".zip" else []


def _day(stem: str) -> date | None:
    try:
        return datetime.strptime(stem, "%Y%m%d").date()  # noqa: DTZ007  (a date has no zone)
    except ValueError:
        return None


def _usual_kind(security_type: str) -> Kind:
    return Kind.QUOTE if security_type in ("forex", "cfd") else Kind.TRADE


def _series(file: LeanFile) -> tuple[str, ...]:
    return (*_instrument_key(file), file.resolution)


def _instrument_key(file: LeanFile) -> tuple[str, str, str]:
    return file.security_type, file.market, file.ticker


def _symbols(files: Sequence[LeanFile]) -> dict[tuple[str, str, str], Symbol]:
    """A name for each instrument: its ticker, with the market (and type) behind it where that is not unique."""
    keys = list(dict.fromkeys(_instrument_key(file) for file in files))
    names = {}
    for security_type, market, ticker in keys:
        same_ticker = [key for key in keys if key[2] == ticker]
        same_market = [key for key in same_ticker if key[1] == market]
        name = ticker if len(same_ticker) == 1 else f"{ticker}.{market.upper()}"
        names[security_type, market, ticker] = Symbol(
            name if len(same_market) == 1 else f"{name}.{security_type.upper()}"
        )
    return names


def _plan(file: LeanFile, symbol: Symbol, *, zone: tzinfo) -> FilePlan:
    is_bar = file.resolution != "tick"
    names = _bar_names(file.kind) if is_bar else _tick_names(file)
    kept = {"time", *SIDES, "open", "high", "low", "close", "volume", "bid", "ask", "price"}
    kept |= {"bid_size", "ask_size", "size", "condition"}
    record = RecordPlan(
        kind=Kind.BAR if is_bar else file.kind,
        columns={name: name for name in names if name in kept},
        symbol=symbol,
        timeframe_ns=_BAR_NS.get(file.resolution, 0),
        stamp=Stamp.START if is_bar else Stamp.END,
        price_scale=Decimal("0.0001") if file.security_type == "equity" else Decimal(1),
    )
    return FilePlan(
        path=file.path,
        label=str(file.path.absolute().relative_to(file.root)),
        format=Format.CSV,
        records=(record,),
        time=TimePlan(format="ms-of-day" if file.day else "lean", zone=zone, day=file.day),
        names=names,
    )


def _bar_names(kind: Kind) -> tuple[str, ...]:
    return _QUOTE_BAR if kind is Kind.QUOTE else _TRADE_BAR


def _tick_names(file: LeanFile) -> tuple[str, ...]:
    return _TICKS.get((file.security_type, file.kind)) or _PLAIN_TICKS[file.kind]
