"""Moving average convergence and divergence."""

from __future__ import annotations

import msgspec

from strategies.indicators.averages import Ema


class MacdLines(msgspec.Struct, frozen=True, gc=False):
    """The difference of the two averages, its own average, and what lies between them, in units of price."""

    macd: float
    signal: float
    histogram: float


class Macd(msgspec.Struct, gc=False, omit_defaults=True):
    """MACD after G. Appel: Ema(fast) - Ema(slow), and the Ema of that as signal line.

    Each average begins with its own first values, as in Stock.Indicators; TA-Lib (`ta_MACD.c`) begins the fast one
    where the slow one begins, which makes the two differ for about the first 150 values at 12/26/9.
    """

    fast_period: int = 12
    slow_period: int = 26
    signal_period: int = 9
    value: MacdLines | None = None
    fast: Ema | None = None
    slow: Ema | None = None
    signal: Ema | None = None

    def __post_init__(self) -> None:
        if not 0 < self.fast_period < self.slow_period:
            raise ValueError(
                f"fast_period is {self.fast_period} and slow_period {self.slow_period}; "
                "both must be 1 or more, the fast one shorter"
            )
        self.fast = self.fast or Ema(self.fast_period)
        self.slow = self.slow or Ema(self.slow_period)
        self.signal = self.signal or Ema(self.signal_period)

    def update(self, value: float) -> MacdLines | None:
        """The lines with this value, `None` until the signal line is defined."""
        assert self.fast is not None
        assert self.slow is not None
        assert self.signal is not None
        fast, slow = self.fast.update(value), self.slow.update(value)
        if fast is None or slow is None:
            return None
        signal = self.signal.update(fast - slow)
        if signal is not None:
            self.value = MacdLines(fast - slow, signal, fast - slow - signal)
        return self.value
