"""Breakout: buy a close above the highest high of the last bars, and let a trailing stop decide when to leave.

The channel is R. Donchian's: the highest high and lowest low of the `entry_period` bars before this one. The
protective stop follows the best close since the entry at `stop_atr_multiple` average true ranges (Wilder), never
back (C. LeBeau's chandelier exit, from closes). The portfolio keeps the stop as an order, so it holds even when
this strategy does not run; here it is only moved. Once the stop has been hit, the next breakout may be bought.
"""

from __future__ import annotations

from math import isfinite

import msgspec

from messages import Bar, OrderFilled, Symbol
from strategies.base import Strategy, StrategyParameters, StrategyState, Timeframe
from strategies.indicators import Atr, RollingMax, RollingMin


class Channel(msgspec.Struct, gc=False):
    """One symbol: its channel and range, what was last wanted (1 long, 0 flat, -1 short), and its stop.

    `stop_price` is 0 while flat; `is_filled` tells whether the position was ever open.
    """

    highest: RollingMax
    lowest: RollingMin
    atr: Atr
    stance: int = 0
    stop_price: float = 0.0
    is_filled: bool = False


class Breakout(Strategy):
    """Long above the channel, with `allow_short` short below it, protected by a trailing stop."""

    class Parameters(StrategyParameters, frozen=True, kw_only=True):
        """Periods count bars.

        `weight_fraction` of the strategy's equity is shared out equally among its symbols; below 1 it leaves cash
        for costs and for a price that moves while an order is on its way.
        """

        entry_period: int = 20
        atr_period: int = 14
        stop_atr_multiple: float = 3.0
        timeframe: Timeframe = "1m"
        weight_fraction: float = 0.9
        allow_short: bool = False

        def __post_init__(self) -> None:
            for name in ("entry_period", "atr_period"):
                period: int = getattr(self, name)
                if period < 1:
                    raise ValueError(f"{name} is {period}; it must be 1 or more")
            for name in ("stop_atr_multiple", "weight_fraction"):
                value: float = getattr(self, name)
                if not isfinite(value) or value <= 0:
                    raise ValueError(f"{name} is {value}; it must be a number above zero")

    class State(StrategyState):
        """What is known of each symbol that has had a bar."""

        channels: dict[Symbol, Channel] = {}

    parameters: Parameters
    state: State

    def on_bar(self, bar: Bar) -> None:
        """Judge the close by the channel of the bars before it."""
        channel = self.state.channels.get(bar.symbol) or self._start(bar.symbol)
        highest, lowest = channel.highest.value, channel.lowest.value
        channel.highest.update(bar.high)
        channel.lowest.update(bar.low)
        atr = channel.atr.update(bar.high, bar.low, bar.close)
        if atr is None or highest is None or lowest is None:
            return
        if channel.stance:
            self._trail(bar, channel, atr)
        elif bar.close > highest:
            self._enter(bar, channel, 1, atr, f"close {bar.close} above the highest high {highest}")
        elif bar.close < lowest and self.parameters.allow_short:
            self._enter(bar, channel, -1, atr, f"close {bar.close} below the lowest low {lowest}")

    def on_fill(self, fill: OrderFilled) -> None:
        """A position that was open and is no more has met its stop: wait for the next breakout."""
        channel = self.state.channels.get(fill.symbol)
        if channel is None or not channel.stance:
            return
        if self.position(fill.symbol):
            channel.is_filled = True
        elif channel.is_filled:
            channel.stance, channel.stop_price, channel.is_filled = 0, 0.0, False

    def _start(self, symbol: Symbol) -> Channel:
        period = self.parameters.entry_period
        channel = Channel(RollingMax(period), RollingMin(period), Atr(self.parameters.atr_period))
        self.state.channels[symbol] = channel
        return channel

    def _enter(self, bar: Bar, channel: Channel, stance: int, atr: float, reason: str) -> None:
        stop_price = self._stop_price(bar, stance, atr)
        if stop_price <= 0:
            return  # so wide a stop cannot be placed, and nothing is opened without one
        channel.stance, channel.stop_price, channel.is_filled = stance, stop_price, False
        weight = stance * self.parameters.weight_fraction / len(self.symbols)
        self.target_weight(bar.symbol, weight, reason=reason, protective_stop_price=stop_price)

    def _trail(self, bar: Bar, channel: Channel, atr: float) -> None:
        stop_price = self._stop_price(bar, channel.stance, atr)
        if channel.stance * (stop_price - channel.stop_price) <= 0:
            return
        channel.stop_price = stop_price
        held = self.position(bar.symbol)
        if held:
            # The quantity held, not the weight: moving a stop must not trade.
            self.target_quantity(
                bar.symbol, held, reason=f"stop follows to {stop_price:.6g}", protective_stop_price=stop_price
            )

    def _stop_price(self, bar: Bar, stance: int, atr: float) -> float:
        return bar.close - stance * self.parameters.stop_atr_multiple * atr
