"""Moving-average cross: long while the fast average is above the slow one.

With `allow_short` it is short while the fast average is below; without, flat. Equal averages change nothing. A rule
as old as the chart; tested at length in Brock, Lakonishok and LeBaron, Simple Technical Trading Rules and the
Stochastic Properties of Stock Returns, Journal of Finance 47(5), 1992.
"""

from __future__ import annotations

from math import isfinite
from typing import Literal

import msgspec

from messages import TIMEFRAMES_NS, Bar, Quote, Symbol
from strategies.base import Strategy, StrategyParameters, StrategyState, Subscriptions, Timeframe
from strategies.indicators import Sma


class Cross(msgspec.Struct, gc=False):
    """Both averages of one symbol; `stance` is what was last wanted: 1 long, 0 flat, -1 short."""

    fast: Sma
    slow: Sma
    stance: int = 0


class MovingAverageCross(Strategy):
    """Long while the fast average is above the slow one."""

    class Parameters(StrategyParameters, frozen=True, kw_only=True):
        """Periods count prices: the closes of `timeframe` bars, or with `price = "quote"` each quote's midpoint.

        `weight_fraction` of the strategy's equity is shared out equally among its symbols; below 1 it leaves cash
        for costs and for a price that moves while an order is on its way.
        """

        fast_period: int = 10
        slow_period: int = 30
        timeframe: Timeframe = "1m"
        price: Literal["bar", "quote"] = "bar"
        weight_fraction: float = 0.9
        allow_short: bool = False

        def __post_init__(self) -> None:
            if self.fast_period < 1:
                raise ValueError(f"fast_period is {self.fast_period}; it must be 1 or more")
            if self.slow_period <= self.fast_period:
                raise ValueError(
                    f"slow_period is {self.slow_period}; it must be above fast_period, which is {self.fast_period}"
                )
            if not isfinite(self.weight_fraction) or self.weight_fraction <= 0:
                raise ValueError(f"weight_fraction is {self.weight_fraction}; it must be a number above zero")

    class State(StrategyState):
        """The averages of each symbol that has had a price."""

        crosses: dict[Symbol, Cross] = {}

    parameters: Parameters
    state: State

    def subscriptions(self) -> Subscriptions:
        """Quotes or bars, as `price` says."""
        if self.parameters.price == "quote":
            return Subscriptions(ticks=True)
        return Subscriptions(timeframes_ns=(TIMEFRAMES_NS[self.parameters.timeframe],))

    def on_bar(self, bar: Bar) -> None:
        """Take the close into account."""
        self._take(bar.symbol, bar.close)

    def on_quote(self, quote: Quote) -> None:
        """Take the midpoint into account; a quote with one side has none."""
        bid, ask = quote.bid, quote.ask
        if bid and ask:
            self._take(quote.symbol, (bid + ask) * 0.5)

    def _take(self, symbol: Symbol, price: float) -> None:
        cross = self.state.crosses.get(symbol) or self._start(symbol)
        fast = cross.fast.update(price)
        slow = cross.slow.update(price)
        if fast is None or slow is None or fast == slow:
            return
        if fast > slow:
            if cross.stance != 1:
                self._turn(symbol, cross, 1)
        elif cross.stance != (stance := -1 if self.parameters.allow_short else 0):
            self._turn(symbol, cross, stance)

    def _start(self, symbol: Symbol) -> Cross:
        cross = Cross(Sma(self.parameters.fast_period), Sma(self.parameters.slow_period))
        self.state.crosses[symbol] = cross
        return cross

    def _turn(self, symbol: Symbol, cross: Cross, stance: int) -> None:
        cross.stance = stance
        weight = stance * self.parameters.weight_fraction / len(self.symbols)
        relation = "above" if stance > 0 else "below"
        self.target_weight(
            symbol, weight, reason=f"fast average {cross.fast.value:.10g} {relation} slow {cross.slow.value:.10g}"
        )
