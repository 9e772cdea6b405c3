"""Terms of a simulated market, checked when they are made."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import isfinite

import msgspec

from messages import AssetClass, Instrument, Symbol


def _require(settings: msgspec.Struct, name: str, least: float, most: float) -> None:
    value: float = getattr(settings, name)
    if not isfinite(value) or not least <= value <= most:
        raise ValueError(f"{name} is {value}; it must be a number from {least:g} to {most:g}")


class SimulatedSymbol(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One invented instrument.

    `price` is the first one, in `quote_currency`. `annual_volatility` is the standard deviation of a year's log
    return (0.3 is 30 %), of which `beta` times the market's is common to all symbols. `spread_bps` is the usual
    spread in ten-thousandths of the price. `activity` multiplies the market's rate. `typical_lots` is the median
    size of a quote's side and of a trade.
    """

    symbol: Symbol
    price: float
    annual_volatility: float = 0.3
    beta: float = 1.0
    spread_bps: float = 2.0
    activity: float = 1.0
    typical_lots: int = 100
    tick_size: Decimal = Decimal("0.01")
    lot_size: Decimal = Decimal(1)
    asset_class: AssetClass = AssetClass.EQUITY
    quote_currency: str = "USD"

    def __post_init__(self) -> None:
        if not self.symbol:
            raise ValueError("a simulated symbol has no name; give it one, e.g. SIM.A")
        _require(self, "price", 20 * float(self.tick_size), 1e9)
        _require(self, "annual_volatility", 0.001, 5.0)
        _require(self, "beta", -5.0, 5.0)
        _require(self, "spread_bps", 0.0, 1_000.0)
        _require(self, "activity", 0.001, 1_000.0)
        _require(self, "typical_lots", 1, 1_000_000)
        if 1 not in (Fraction(self.tick_size).numerator, Fraction(self.tick_size).denominator):
            raise ValueError(
                f"tick_size of {self.symbol} is {self.tick_size}; it must be a whole number or a part of 1, as 0.05"
            )

    def instrument(self) -> Instrument:
        """Its terms as messages know them. Raises ValueError for a tick or lot size that is not above zero."""
        return Instrument(
            symbol=self.symbol,
            asset_class=self.asset_class,
            quote_currency=self.quote_currency,
            tick_size=self.tick_size,
            lot_size=self.lot_size,
        )


DEMO_SYMBOLS = (
    SimulatedSymbol(symbol=Symbol("SIM.A"), price=182.40, annual_volatility=0.24, beta=1.0, activity=1.6),
    SimulatedSymbol(symbol=Symbol("SIM.B"), price=64.15, annual_volatility=0.32, beta=1.1, spread_bps=3.0),
    SimulatedSymbol(symbol=Symbol("SIM.C"), price=411.80, annual_volatility=0.28, beta=1.2, typical_lots=60),
    SimulatedSymbol(symbol=Symbol("SIM.D"), price=27.35, annual_volatility=0.45, beta=1.4, spread_bps=6.0),
    SimulatedSymbol(symbol=Symbol("SIM.E"), price=98.70, annual_volatility=0.18, beta=0.6, activity=0.7),
    SimulatedSymbol(symbol=Symbol("SIM.F"), price=12.05, annual_volatility=0.60, beta=1.5, spread_bps=12.0),
    SimulatedSymbol(symbol=Symbol("SIM.G"), price=233.10, annual_volatility=0.22, beta=0.9, activity=1.2),
    SimulatedSymbol(symbol=Symbol("SIM.H"), price=54.60, annual_volatility=0.26, beta=-0.2, activity=0.6),
)
"""Eight symbols that exist nowhere: calm and wild, dear and cheap, and one that moves against the market."""


class SimulatedMarketSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the market is a function of: the same settings give the same records, in any process.

    - `start` is the first day, `days` the number of trading days. Sessions run 14:30 to 21:00 UTC on weekdays;
      a `continuous` market trades all hours of all days.
    - `rate`: records a second and symbol, on average over a session (more at its ends and when prices move);
      `trade_fraction` of them are trades, the others quotes.
    - `market_volatility` is the annual volatility that all symbols share, by their betas.
    - `volatility_swing` is the standard deviation of log volatility, which is pulled back to its mean over
      `volatility_memory_minutes`: calm and wild stretches, in which spreads narrow and widen.
    - `jumps_per_day` a symbol, with a standard deviation of `jump_size` (0.02 is 2 %); a jump above
      `halting_jump` halts the symbol for `halt_minutes`.
    - `overnight_gap` is the standard deviation of the move between two sessions.
    """

    seed: int
    symbols: tuple[SimulatedSymbol, ...] = DEMO_SYMBOLS
    start: date = date(2026, 1, 5)
    days: int = 5
    rate: float = 2.0
    continuous: bool = False
    trade_fraction: float = 0.3
    market_volatility: float = 0.15
    volatility_swing: float = 0.5
    volatility_memory_minutes: float = 45.0
    jumps_per_day: float = 0.3
    jump_size: float = 0.015
    halting_jump: float = 0.03
    halt_minutes: float = 5.0
    overnight_gap: float = 0.006

    def __post_init__(self) -> None:
        if not self.symbols:
            raise ValueError("symbols is empty; a market needs at least one symbol")
        names = [symbol.symbol for symbol in self.symbols]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"symbols names {', '.join(twice)} more than once; every symbol needs its own name")
        if not date(1971, 1, 1) <= self.start <= date(2200, 1, 1):
            raise ValueError(f"start is {self.start}; it must be a day from 1971 to 2200")
        _require(self, "days", 1, 36_500)
        _require(self, "rate", 0.001, 10_000.0)
        _require(self, "trade_fraction", 0.0, 0.95)
        _require(self, "market_volatility", 0.0, 2.0)
        _require(self, "volatility_swing", 0.0, 1.5)
        _require(self, "volatility_memory_minutes", 1.0, 10_000.0)
        _require(self, "jumps_per_day", 0.0, 100.0)
        _require(self, "jump_size", 0.0, 0.2)
        _require(self, "halting_jump", 0.001, 10.0)
        _require(self, "halt_minutes", 0.1, 240.0)
        _require(self, "overnight_gap", 0.0, 0.2)
