"""What is remembered of a symbol's market data in order to judge the next print, and how much dirt is too much."""

from __future__ import annotations

from enum import Enum
from math import inf, isfinite

import msgspec

from messages import SECOND_NS, Quote, Symbol, Trade


class Fault(Enum):
    """Why a print is not believed."""

    NOT_FINITE = "not_finite"
    NOT_POSITIVE = "not_positive"
    NO_SIDE = "no_side"
    BAD_SIZE = "bad_size"
    BAD_RANGE = "bad_range"
    CROSSED = "crossed"
    WIDE = "wide"
    EARLY = "early"
    BACKWARDS = "backwards"
    OUTLIER = "outlier"


class QualityLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much dirt is too much. Raises ValueError for values out of range.

    `crossed_fraction_max` and `spread_fraction_max` are fractions of the mid: some currency feeds cross by a
    tick all day (then allow 0.0002 or so), and market makers without interest quote far from the market.
    """

    jump_fraction: float = 0.02
    confirmations: int = 3
    crossed_fraction_max: float = 0.0
    spread_fraction_max: float = 0.05
    lead_seconds_max: float = 1.0
    stale_after_seconds: float = 60.0

    def __post_init__(self) -> None:
        for name in ("jump_fraction", "spread_fraction_max", "stale_after_seconds"):
            value: float = getattr(self, name)
            if not isfinite(value) or value <= 0:
                raise ValueError(f"{name} is {value}; it must be a number above zero")
        for name in ("crossed_fraction_max", "lead_seconds_max"):
            value = getattr(self, name)
            if not isfinite(value) or value < 0:
                raise ValueError(f"{name} is {value}; it must be a number, 0 or more")
        if self.confirmations < 2:
            raise ValueError(f"confirmations is {self.confirmations}; it must be 2 or more")


class PriceSpan(msgspec.Struct, frozen=True, gc=False):
    """What one print says of the price: a trade or a close one point, a quote the span from bid to ask."""

    low: float
    high: float
    time_ns: int


class PriceLevel(msgspec.Struct, gc=False, omit_defaults=True):
    """Where one kind of print trades: between `low` and `high` no price is an outlier.

    Refused outliers that agree with `suspect`, the last of them, are counted in `suspects`; `suspects_since` is
    the accepted print before them, so that an accepted one in between starts the count anew.
    """

    low: float = inf
    high: float = -inf
    suspect: PriceSpan | None = None
    suspects: int = 0
    suspects_since: PriceSpan | None = None


class BarClose(msgspec.Struct, gc=False):
    """The close of the last accepted bar of one length."""

    accepted: PriceSpan
    level: PriceLevel


class QualityState(msgspec.Struct, gc=False):
    """What is remembered of one symbol in order to judge its next print.

    `last_quote` and `last_trade` are the latest valid ones; before the first, all their numbers are 0.
    `refused` counts refused prints by fault. `missing_bars` counts whole intervals without a vendor's bar.
    """

    symbol: Symbol
    last_quote: Quote
    last_trade: Trade
    quotes: PriceLevel = msgspec.field(default_factory=PriceLevel)
    trades: PriceLevel = msgspec.field(default_factory=PriceLevel)
    bars: dict[int, BarClose] = {}
    refused: dict[Fault, int] = {}
    missing_bars: int = 0

    @classmethod
    def of(cls, symbol: Symbol) -> QualityState:
        """The state of a symbol that has had no data."""
        return cls(symbol, Quote(symbol, 0, 0.0, 0.0), Trade(symbol, 0, 0.0))

    @property
    def last_time_ns(self) -> int:
        """Time of the latest valid print of any kind, 0 if there was none."""
        bars_ns = max((close.accepted.time_ns for close in self.bars.values()), default=0)
        return max(self.last_quote.time_ns, self.last_trade.time_ns, bars_ns)

    def is_stale(self, now_ns: int, limits: QualityLimits) -> bool:
        """Whether the last valid print is older than `stale_after_seconds`; so is a symbol that had none.

        It is for the caller to know whether the market is open.
        """
        return now_ns - self.last_time_ns > limits.stale_after_seconds * SECOND_NS
