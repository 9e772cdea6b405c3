"""Target weights: hold each symbol at its weight, and go back to the weights now and then.

Back by time (`interval_seconds`), by drift (`drift_band_fraction`), or both. Drift is the distance between a
symbol's share of what is held and its share of the weights: 0.05 lets a share of 0.50 move from 0.45 to 0.55.
The first allocation is made as soon as every symbol has a price.
"""

from __future__ import annotations

from math import isfinite

import msgspec

from messages import SECOND_NS, Bar, OrderFilled, StrategyId, Symbol
from strategies.base import Strategy, StrategyContext, StrategyParameters, StrategyState, Timeframe
from strategies.errors import StrategyError

TIMER = "rebalance"
EQUAL_WEIGHTS_SUM = 0.9


class Holding(msgspec.Struct, gc=False):
    """One symbol's last price, and what the position was worth at it (absolute), in quote currency."""

    price: float
    value: float = 0.0


class Rebalancing(Strategy):
    """Every symbol at its weight."""

    class Parameters(StrategyParameters, frozen=True, kw_only=True):
        """`weights` are fractions of the strategy's equity, one for each symbol in the order of its symbols.

        Left empty, each symbol gets the same, 0.9 in all, which leaves cash for costs. 0 turns an interval or a
        band off; one of them must be on.
        """

        weights: tuple[float, ...] = ()
        interval_seconds: float = 0.0
        drift_band_fraction: float = 0.05
        timeframe: Timeframe = "1m"

        def __post_init__(self) -> None:
            for weight in self.weights:
                if not isfinite(weight) or weight == 0:
                    raise ValueError(f"weights holds {weight}; each must be a number other than zero")
            for name in ("interval_seconds", "drift_band_fraction"):
                value: float = getattr(self, name)
                if not isfinite(value) or value < 0:
                    raise ValueError(f"{name} is {value}; it must be a number, 0 or more")
            if not self.interval_seconds and not self.drift_band_fraction:
                raise ValueError("interval_seconds and drift_band_fraction are both 0; one must be above zero")

    class State(StrategyState):
        """What each symbol is worth; `total_value` is the sum, `allocated_ns` the time of the last allocation."""

        holdings: dict[Symbol, Holding] = {}
        total_value: float = 0.0
        allocated_ns: int = 0

    parameters: Parameters
    state: State

    def __init__(
        self,
        strategy_id: StrategyId,
        parameters: Parameters,
        symbols: tuple[Symbol, ...],
        context: StrategyContext,
    ) -> None:
        super().__init__(strategy_id, parameters, symbols, context)
        weights = parameters.weights or tuple(EQUAL_WEIGHTS_SUM / len(symbols) for _ in symbols)
        if len(weights) != len(symbols):
            raise StrategyError(
                f"strategy {strategy_id}: weights has {len(weights)} numbers for {len(symbols)} symbols; "
                f"give one for each of {', '.join(symbols)}, or none at all"
            )
        self._weights = dict(zip(symbols, weights, strict=True))
        self._gross = sum(abs(weight) for weight in weights)

    def on_start(self) -> None:
        """Set the first timer."""
        self._set_timer()

    def on_timer(self, name: str) -> None:
        """Back to the weights, and on to the next time."""
        if name == TIMER:
            if self.state.allocated_ns:
                self._allocate("the interval is over")
            self._set_timer()

    def on_bar(self, bar: Bar) -> None:
        """Value the symbol anew; allocate at first, or when its share has drifted out of the band."""
        state = self.state
        holding = state.holdings.setdefault(bar.symbol, Holding(bar.close))
        holding.price = bar.close
        self._value(bar.symbol, holding)
        if not state.allocated_ns:
            if len(state.holdings) == len(self.symbols):
                self._allocate("every symbol has a price")
        elif self.parameters.drift_band_fraction and bar.time_ns > state.allocated_ns and state.total_value:
            # Once per moment: the orders of the bar before it at the same time are still on their way.
            share = holding.value / state.total_value
            wanted = abs(self._weights[bar.symbol]) / self._gross
            if abs(share - wanted) > self.parameters.drift_band_fraction:
                self._allocate(f"share of {bar.symbol} is {share:.4f}, wanted {wanted:.4f}")

    def on_fill(self, fill: OrderFilled) -> None:
        """The position has changed: so has its value."""
        holding = self.state.holdings.get(fill.symbol)
        if holding is not None:
            self._value(fill.symbol, holding)

    def _value(self, symbol: Symbol, holding: Holding) -> None:
        value = abs(self.position(symbol)) * holding.price
        self.state.total_value += value - holding.value
        holding.value = value

    def _allocate(self, reason: str) -> None:
        self.state.allocated_ns = self.now_ns
        self.state.total_value = sum(holding.value for holding in self.state.holdings.values())
        for symbol, weight in self._weights.items():
            self.target_weight(symbol, weight, reason=reason)

    def _set_timer(self) -> None:
        if self.parameters.interval_seconds:
            self.set_timer(TIMER, self.now_ns + round(self.parameters.interval_seconds * SECOND_NS))
