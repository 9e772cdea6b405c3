"""Market data as a feed sent it: `float` prices and sizes, `int` nanoseconds UTC.

Numbers stay unchecked here, because a feed may send anything; the symbol actor refuses what is not finite,
negative, crossed or out of order (`rules.quality`). A size of 0 means that the feed did not tell it.
"""

from __future__ import annotations

from messages._base import Message, Symbol


class PriceRange(Message, frozen=True, gc=False, array_like=True, tag=True):
    """Open, high, low and close of one side of the book within one interval."""

    open: float
    high: float
    low: float
    close: float


class Quote(Message, frozen=True, gc=False, array_like=True, tag=True):
    """Best bid and ask. A side that nobody offers has price 0."""

    symbol: Symbol
    time_ns: int
    bid: float
    ask: float
    bid_size: float = 0.0
    ask_size: float = 0.0


class Trade(Message, frozen=True, gc=False, array_like=True, tag=True):
    """One public print."""

    symbol: Symbol
    time_ns: int
    price: float
    size: float = 0.0
    trade_id: str = ""
    condition: str = ""


class Bar(Message, frozen=True, gc=False, array_like=True, tag=True):
    """Prices of one interval, known at its end.

    `time_ns` is the END of the interval, the first moment at which the bar may be acted on; it started at
    `time_ns - timeframe_ns`. A bar made of quotes carries both sides, and its own prices are then their
    midpoints, side by side (`open` is the mean of the two opens), as LEAN's QuoteBar defines them.
    """

    symbol: Symbol
    time_ns: int
    timeframe_ns: int
    open: float
    high: float
    low: float
    close: float
    volume: float = 0.0
    bid: PriceRange | None = None
    ask: PriceRange | None = None


class SymbolHalted(Message, frozen=True, gc=False, array_like=True, tag=True):
    """The venue stopped (`halted`) or resumed trading of a symbol."""

    symbol: Symbol
    time_ns: int
    halted: bool
    reason: str = ""


class SymbolStale(Message, frozen=True, gc=False, array_like=True, tag=True):
    """A symbol's data stopped (`stale`) or came back."""

    symbol: Symbol
    time_ns: int
    stale: bool
    last_time_ns: int = 0


class Mark(Message, frozen=True, gc=False, array_like=True, tag=True):
    """The price at which a position is valued: the mid of a quote, else the last print or close.

    `bid` and `ask` are 0 where there is none; it tells, too, whether trading is `halted`.
    """

    symbol: Symbol
    time_ns: int
    price: float
    bid: float = 0.0
    ask: float = 0.0
    halted: bool = False


SECOND_NS = 1_000_000_000
MINUTE_NS = 60 * SECOND_NS
HOUR_NS = 60 * MINUTE_NS
DAY_NS = 24 * HOUR_NS
TIMEFRAMES_NS = {"1s": SECOND_NS, "1m": MINUTE_NS, "5m": 5 * MINUTE_NS, "1h": HOUR_NS, "1d": DAY_NS}
"""The bar lengths that a symbol builds, by the name used in configuration."""
