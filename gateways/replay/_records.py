"""From columns of one block to messages, without a Python step per row where that can be avoided.

A builder raises ValueError, TypeError or OverflowError if one cell cannot be read, and then nothing of the block
counts; `fault` names the cell once the row is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import compress, repeat
from typing import Any

import msgspec

from gateways.replay._description import Kind, Stamp
from gateways.replay._times import TimeParser
from messages import Bar, PriceRange, Quote, Symbol, Trade

Record = Quote | Trade | Bar
Columns = Mapping[str, Sequence[Any]]

SIDES = tuple(f"{side}_{name}" for side in ("bid", "ask") for name in ("open", "high", "low", "close"))
PRICES = {
    Kind.BAR: ("open", "high", "low", "close"),
    Kind.QUOTE: ("bid", "ask"),
    Kind.TRADE: ("price",),
}
SIZES = {Kind.BAR: ("volume",), Kind.QUOTE: ("bid_size", "ask_size"), Kind.TRADE: ("size",)}
TEXTS = {Kind.BAR: (), Kind.QUOTE: (), Kind.TRADE: ("trade_id", "condition")}


class RecordPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What to make of the rows of a file. `columns` says for each field which column of the file holds it."""

    kind: Kind
    columns: dict[str, str]
    symbol: Symbol | None
    symbols: tuple[Symbol, ...] = ()
    timeframe_ns: int = 0
    stamp: Stamp = Stamp.END
    price_scale: Decimal = Decimal(1)
    size_scale: Decimal = Decimal(1)

    @property
    def is_quote_bar(self) -> bool:
        """Both sides of the book are told instead of one price."""
        return self.kind is Kind.BAR and "bid_open" in self.columns


class Built(msgspec.Struct, frozen=True):
    """Records of one block, in the file's order, with their times; `ignored` rows were not asked for."""

    times: list[int]
    records: list[Record]
    ignored: int = 0


class RecordBuilder:
    """Makes the records of one plan."""

    def __init__(self, plan: RecordPlan, parse_times: TimeParser) -> None:
        self.plan = plan
        self._parse_times = parse_times
        self._shift_ns = plan.timeframe_ns if plan.stamp is Stamp.START else 0
        self._symbols = {str(symbol): symbol for symbol in plan.symbols}
        self._price = _scaler(plan.price_scale)
        self._size = _scaler(plan.size_scale)
        self._make = {
            Kind.QUOTE: self._quotes,
            Kind.TRADE: self._trades,
            Kind.BAR: self._quote_bars if plan.is_quote_bar else self._bars,
        }[plan.kind]

    def build(self, columns: Columns) -> Built:
        """All records of a block."""
        ignored = 0
        symbols: Iterable[Symbol]
        if self.plan.symbol is not None:
            symbols = repeat(self.plan.symbol)
        else:
            wanted = self.wanted(columns["symbol"])
            ignored = wanted.count(False)
            if ignored:
                columns = {field: tuple(compress(column, wanted)) for field, column in columns.items()}
            symbols = [self._symbols[name] for name in columns["symbol"]]
        times = self._parse_times(columns["time"])
        if self._shift_ns:
            times = [time + self._shift_ns for time in times]
        return Built(times, self._make(symbols, times, columns), ignored)

    def wanted(self, names: Sequence[Any]) -> list[bool]:
        """Which rows are of a symbol that was asked for."""
        return [name in self._symbols for name in names]

    def fault(self, columns: Columns) -> str:
        """Which cell of a single row cannot be read, and why; empty if all can."""
        try:
            self._parse_times(columns["time"])
        except (ValueError, TypeError, OverflowError, AttributeError):
            return f"{self._name('time')} is {columns['time'][0]!r}, which is not a time of the format told"
        kind = self.plan.kind
        for field in (*PRICES[kind], *SIZES[kind], *SIDES):
            if field not in columns:
                continue
            try:
                float(columns[field][0])
            except (ValueError, TypeError, OverflowError):
                return f"{self._name(field)} is {columns[field][0]!r}, which is not a number"
        return ""

    def _name(self, field: str) -> str:
        column = self.plan.columns[field]
        return field if column == field else f"{field} (column {column!r})"

    def _quotes(self, symbols: Iterable[Symbol], times: list[int], columns: Columns) -> list[Record]:
        prices = [self._price(columns[field]) for field in PRICES[Kind.QUOTE]]
        if "bid_size" not in columns and "ask_size" not in columns:
            return list(map(Quote, symbols, times, *prices))
        sizes = [self._sizes(columns, field) for field in SIZES[Kind.QUOTE]]
        return list(map(Quote, symbols, times, *prices, *sizes))

    def _trades(self, symbols: Iterable[Symbol], times: list[int], columns: Columns) -> list[Record]:
        texts = [map(str, columns[field]) if field in columns else repeat("") for field in TEXTS[Kind.TRADE]]
        return list(map(Trade, symbols, times, self._price(columns["price"]), self._sizes(columns, "size"), *texts))

    def _bars(self, symbols: Iterable[Symbol], times: list[int], columns: Columns) -> list[Record]:
        prices = [self._price(columns[field]) for field in PRICES[Kind.BAR]]
        return list(
            map(Bar, symbols, times, repeat(self.plan.timeframe_ns), *prices, self._sizes(columns, "volume"))
        )

    def _quote_bars(self, symbols: Iterable[Symbol], times: list[int], columns: Columns) -> list[Record]:
        sides = {field: list(self._price(columns[field])) for field in SIDES}
        middles = [list(map(_middle, sides[f"bid_{name}"], sides[f"ask_{name}"])) for name in PRICES[Kind.BAR]]
        bids = map(PriceRange, *(sides[field] for field in SIDES[:4]))
        asks = map(PriceRange, *(sides[field] for field in SIDES[4:]))
        volumes = self._sizes(columns, "volume")
        return list(map(Bar, symbols, times, repeat(self.plan.timeframe_ns), *middles, volumes, bids, asks))

    def _sizes(self, columns: Columns, field: str) -> Iterable[float]:
        return self._size(columns[field]) if field in columns else repeat(0.0)


def _middle(bid: float, ask: float) -> float:
    """The midpoint of a side-by-side pair; where one side is not offered (0), the other."""
    return (bid + ask) / 2 if bid and ask else bid or ask


def _scaler(scale: Decimal) -> Callable[[Sequence[Any]], Iterable[float]]:
    """Cells to numbers. Scales like 0.0001 divide by 10000, so that no rounding error is added."""
    if scale == 1:
        return lambda column: map(float, column)
    inverse = 1 / scale
    if scale < 1 and inverse == int(inverse):
        divisor = float(inverse)
        return lambda column: [float(cell) / divisor for cell in column]
    factor = float(scale)
    return lambda column: [float(cell) * factor for cell in column]
