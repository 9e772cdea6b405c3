"""Moving averages: simple and exponential."""

from __future__ import annotations

from itertools import accumulate

import msgspec

from strategies.indicators._checks import require_period


class Sma(msgspec.Struct, gc=False, omit_defaults=True):
    """Simple moving average: the mean of the last `period` values.

    Nothing is ever subtracted from a running sum, so nothing drifts. The values come in laps of `period`: cells
    before `index` hold the values of this lap, whose sum is `lap_sum`; cells from `index` on hold, of the lap
    before, the sum of the values from there to its end. One addition joins the two.
    """

    period: int
    value: float | None = None
    cells: list[float] = []
    index: int = 0
    lap_sum: float = 0.0
    is_warm: bool = False

    def __post_init__(self) -> None:
        require_period("period", self.period)
        if not self.cells:
            self.cells = [0.0] * self.period

    def update(self, value: float) -> float | None:
        """The mean with this value, `None` before the first `period` values."""
        index = self.index
        cells = self.cells
        cells[index] = value
        index += 1
        if index == self.period:
            return self._start_lap()
        self.index = index
        self.lap_sum = lap_sum = self.lap_sum + value
        if self.is_warm:
            self.value = mean = (lap_sum + cells[index]) / self.period
            return mean
        return None

    def _start_lap(self) -> float:
        self.cells = list(accumulate(reversed(self.cells)))[::-1]
        self.index = 0
        self.lap_sum = 0.0
        self.is_warm = True
        self.value = mean = self.cells[0] / self.period
        return mean


class Ema(msgspec.Struct, gc=False, omit_defaults=True):
    """Exponential moving average: e += (x - e) * 2 / (period + 1), begun with the mean of the first values.

    So defined by TA-Lib (`ta_EMA.c`, default compatibility) and Stock.Indicators.
    """

    period: int
    value: float | None = None
    count: int = 0
    first_sum: float = 0.0

    def __post_init__(self) -> None:
        require_period("period", self.period)

    def update(self, value: float) -> float | None:
        """The average with this value, `None` before the first `period` values."""
        last = self.value
        if last is not None:
            self.value = average = last + (value - last) * 2.0 / (self.period + 1)
            return average
        self.count += 1
        self.first_sum += value
        if self.count == self.period:
            self.value = self.first_sum / self.period
        return self.value
