"""Bollinger bands."""

from __future__ import annotations

from itertools import accumulate
from math import sqrt

import msgspec

from strategies.indicators._checks import require_period


class BollingerBands(msgspec.Struct, frozen=True, gc=False):
    """Mean, bands around it, and the population standard deviation, all in units of price."""

    middle: float
    upper: float
    lower: float
    deviation: float

    def z_score(self, price: float) -> float | None:
        """How many standard deviations a price lies above the mean; `None` where nothing deviates."""
        return (price - self.middle) / self.deviation if self.deviation > 0.0 else None


class Bollinger(msgspec.Struct, gc=False, omit_defaults=True):
    """Bollinger bands: the mean of `period` values, `width` population standard deviations to either side.

    Source: J. Bollinger, Bollinger on Bollinger Bands, 2001, as in TA-Lib (`ta_BBANDS.c`).

    Sums go in laps as in `Sma`, of the differences to `anchor`, the mean of the lap before: squares of whole prices
    would cancel to nothing where the deviation is small (1e-5 of the price costs all but six digits).
    `values` are those of this lap; `sums` and `squares`, from `index` on, what the lap before still counts for.
    """

    period: int = 20
    width: float = 2.0
    value: BollingerBands | None = None
    values: list[float] = []
    sums: list[float] = []
    squares: list[float] = []
    index: int = 0
    anchor: float = 0.0
    lap_sum: float = 0.0
    lap_squares: float = 0.0
    is_warm: bool = False

    def __post_init__(self) -> None:
        require_period("period", self.period)
        if not self.width > 0:
            raise ValueError(f"width is {self.width}; it must be above zero standard deviations")
        if not self.values:
            self.values = [0.0] * self.period

    def update(self, value: float) -> BollingerBands | None:
        """The bands with this value, `None` before the first `period` values."""
        index = self.index
        self.values[index] = value
        index += 1
        if index == self.period:
            self._start_lap()
            return self._bands(self.sums[0], self.squares[0])
        self.index = index
        difference = value - self.anchor
        self.lap_sum = lap_sum = self.lap_sum + difference
        self.lap_squares = lap_squares = self.lap_squares + difference * difference
        if self.is_warm:
            return self._bands(lap_sum + self.sums[index], lap_squares + self.squares[index])
        return None

    def _start_lap(self) -> None:
        self.anchor = anchor = sum(self.values) / self.period
        differences = [value - anchor for value in reversed(self.values)]
        self.sums = list(accumulate(differences))[::-1]
        self.squares = list(accumulate(difference * difference for difference in differences))[::-1]
        self.index = 0
        self.lap_sum = self.lap_squares = 0.0
        self.is_warm = True

    def _bands(self, total: float, squares: float) -> BollingerBands:
        mean = total / self.period
        deviation = sqrt(max(0.0, squares / self.period - mean * mean))
        middle = self.anchor + mean
        reach = self.width * deviation
        self.value = bands = BollingerBands(middle, middle + reach, middle - reach, deviation)
        return bands
