"""Indicators that take one value at a time, in constant time, and can be checkpointed between any two.

Each is a struct: `update` takes the next value and answers the indicator's, `None` for as long as it is undefined;
`value` keeps the last answer. Values must be finite numbers; times are nanoseconds UTC.
"""

from __future__ import annotations

from strategies.indicators.atr import Atr
from strategies.indicators.averages import Ema, Sma
from strategies.indicators.bollinger import Bollinger, BollingerBands
from strategies.indicators.extremes import RollingMax, RollingMin
from strategies.indicators.macd import Macd, MacdLines
from strategies.indicators.rsi import Rsi
from strategies.indicators.vwap import Vwap

__all__ = [
    "Atr",
    "Bollinger",
    "BollingerBands",
    "Ema",
    "Macd",
    "MacdLines",
    "RollingMax",
    "RollingMin",
    "Rsi",
    "Sma",
    "Vwap",
]
