"""Quotes made beforehand from a seed, and a source that gives them out of memory: making them is not measured.

Each symbol's price goes up and down between 90 and 110 along straight lines with a little noise, so that a
moving-average cross turns once at each end and nowhere else: the share of inputs that become orders is chosen, not
found. Quotes come round robin over the symbols, of each symbol ten a second.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from decimal import Decimal

from messages import AnyMessage, AssetClass, Instrument, Quote, Symbol

SEED = 7
START_NS = 1_767_623_400_000_000_000  # 2026-01-05 14:30 UTC, a Monday
INTERVAL_NS = 100_000_000
"""Between two quotes of one symbol, however many symbols there are: more symbols are more quotes a second."""

SPREAD = 0.02
SIZE = 1_000_000.0
_LOW, _HIGH = 90.0, 110.0
_NOISE = 0.01


def symbols_named(count: int) -> tuple[Symbol, ...]:
    """So many symbols, named alike."""
    return tuple(Symbol(f"SYM{index:04}") for index in range(count))


def instruments_of(symbols: Sequence[Symbol]) -> tuple[Instrument, ...]:
    """Shares in dollars, to the cent and to the unit."""
    return tuple(
        Instrument(
            symbol=symbol,
            asset_class=AssetClass.EQUITY,
            quote_currency="USD",
            tick_size=Decimal("0.01"),
            lot_size=Decimal(1),
        )
        for symbol in symbols
    )


def make_quotes(symbols: Sequence[Symbol], count: int, *, wave: int, seed: int = SEED) -> Iterator[Quote]:
    """`count` quotes; a symbol's price is where it was after `wave` quotes of that symbol."""
    draw = random.Random(seed)  # noqa: S311  # market data, not a secret
    phases = [draw.random() for _ in symbols]
    for index in range(count):
        lap, which = divmod(index, len(symbols))
        along = (lap / wave + phases[which]) % 1.0
        mid = _LOW + (_HIGH - _LOW) * (2 * along if along < 0.5 else 2 - 2 * along) + draw.gauss(0.0, _NOISE)
        bid = round(mid, 2)
        yield Quote(
            symbols[which], START_NS + index * INTERVAL_NS // len(symbols), bid, round(bid + SPREAD, 2), SIZE, SIZE
        )


class MemorySource:
    """Satisfies `actors.kernel.Source` from a list."""

    def __init__(self, name: str, symbols: Sequence[Symbol], quotes: Sequence[AnyMessage]) -> None:
        self._name = name
        self._instruments = instruments_of(symbols)
        self._quotes = quotes
        self._next = 0

    @property
    def name(self) -> str:
        """Names the source in the journal."""
        return self._name

    def instruments(self) -> Sequence[Instrument]:
        """What it has data on."""
        return self._instruments

    def take(self, limit: int) -> list[AnyMessage]:
        """The next quotes, at most `limit`."""
        taken = list(self._quotes[self._next : self._next + limit])
        self._next += len(taken)
        return taken

    def state(self) -> bytes:
        """How many were given."""
        return self._next.to_bytes(8, "big")

    def restore(self, state: bytes) -> None:
        """Go back to a state."""
        self._next = int.from_bytes(state, "big")

    def skip(self, count: int) -> None:
        """Pass over `count` quotes; also over ones that were never made, for who only recovers."""
        self._next += count
