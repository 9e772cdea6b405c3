"""Relative strength index."""

from __future__ import annotations

import msgspec

from strategies.indicators._checks import require_period


class Rsi(msgspec.Struct, gc=False, omit_defaults=True):
    """Relative strength index after Wilder, 0 to 100: 100 * gain / (gain + loss).

    `gain` and `loss` are the rises and falls from value to value, averaged: the mean of the first `period` of
    them, then (average * (period - 1) + newest) / period. Source: J. W. Wilder, New Concepts in Technical Trading
    Systems, 1978, as in TA-Lib (`ta_RSI.c`). Where there was no move at all it is undefined, where TA-Lib has 0.
    """

    period: int
    value: float | None = None
    count: int = 0
    last: float = 0.0
    gain: float = 0.0
    loss: float = 0.0

    def __post_init__(self) -> None:
        require_period("period", self.period)

    def update(self, value: float) -> float | None:
        """The index with this value, `None` before `period` changes."""
        change = value - self.last
        self.last = value
        if self.count > self.period:
            keep = (self.period - 1) / self.period
            gain, loss = self.gain * keep, self.loss * keep
            if change > 0.0:
                gain += change / self.period
            else:
                loss -= change / self.period
            self.gain, self.loss = gain, loss
            self.value = strength = 100.0 * (gain / (gain + loss)) if gain + loss else None
            return strength
        return self._warm_up(change)

    def _warm_up(self, change: float) -> float | None:
        self.count += 1
        if self.count == 1:
            return None
        self.gain += max(change, 0.0) / self.period
        self.loss += max(-change, 0.0) / self.period
        if self.count > self.period and self.gain + self.loss:
            self.value = 100.0 * (self.gain / (self.gain + self.loss))
        return self.value
