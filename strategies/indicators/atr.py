"""Average true range."""

from __future__ import annotations

import msgspec

from strategies.indicators._checks import require_period


class Atr(msgspec.Struct, gc=False, omit_defaults=True):
    """Average true range after Wilder, in units of price.

    The true range of a bar is max(high, close before) - min(low, close before). The average begins as the mean of
    `period` of them and goes on as (average * (period - 1) + newest) / period. The first bar has no close before it
    and no true range. Source: J. W. Wilder, New Concepts in Technical Trading Systems, 1978, as in TA-Lib
    (`ta_ATR.c`).
    """

    period: int
    value: float | None = None
    count: int = 0
    last_close: float = 0.0
    first_sum: float = 0.0

    def __post_init__(self) -> None:
        require_period("period", self.period)

    def update(self, high: float, low: float, close: float) -> float | None:
        """The average with this bar, `None` before `period` bars after the first."""
        last = self.last_close
        self.last_close = close
        top = high if high > last else last
        bottom = low if low < last else last
        average = self.value
        if average is not None:
            self.value = average = average + (top - bottom - average) / self.period
            return average
        if self.count:
            self.first_sum += top - bottom
        if self.count == self.period:
            self.value = self.first_sum / self.period
        self.count += 1
        return self.value
