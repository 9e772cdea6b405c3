"""The limits that a portfolio's orders are judged by. Fractions are of the account's equity: 0.25 is a quarter."""

from __future__ import annotations

import math
from decimal import Decimal

import msgspec

_FRACTIONS = (
    "max_position_fraction",
    "max_gross_exposure_fraction",
    "max_order_value_fraction",
    "max_price_deviation_fraction",
)
_DURATIONS = (
    "price_max_age_seconds",
    "price_max_age_intervals",
    "price_max_ahead_seconds",
    "duplicate_window_seconds",
)


class RiskLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What no order may exceed; a value exactly at a limit passes. Raises ValueError for a limit that is none.

    Cash amounts are in the account's currency. A price may be as old as `price_max_age_seconds` or as
    `price_max_age_intervals` of the symbol's own bars, whichever is longer, and lie `price_max_ahead_seconds` in
    the future (clocks differ). A limit price may lie `max_price_deviation_fraction` of the market's price away
    from it. The same order again in less than `duplicate_window_seconds` is a duplicate.
    """

    max_position_fraction: Decimal = Decimal(1)
    max_gross_exposure_fraction: Decimal = Decimal(1)
    max_order_value: Decimal | None = None
    max_order_value_fraction: Decimal = Decimal(1)
    min_cash: Decimal = Decimal(0)
    allow_margin: bool = False
    allow_short: bool = False
    max_price_deviation_fraction: Decimal = Decimal("0.05")
    price_max_age_seconds: float = 60.0
    price_max_age_intervals: float = 3.0
    price_max_ahead_seconds: float = 2.0
    duplicate_window_seconds: float = 2.0

    def __post_init__(self) -> None:
        for name in _FRACTIONS:
            fraction: Decimal = getattr(self, name)
            if not fraction.is_finite() or fraction <= 0:
                raise ValueError(f"{name} is {fraction}; it must be a number above zero, and 1 means all of it")
        for name in _DURATIONS:
            duration: float = getattr(self, name)
            if not math.isfinite(duration) or duration < 0:
                raise ValueError(f"{name} is {duration}; it must be a number, zero or more")
        if not self.min_cash.is_finite():
            raise ValueError(f"min_cash is {self.min_cash}; it must be a number")
        most = self.max_order_value
        if most is not None and (not most.is_finite() or most <= 0):
            raise ValueError(
                f"max_order_value is {most}; it must be a number above zero. Leave it out for no limit."
            )
