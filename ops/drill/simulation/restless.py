"""A strategy that wants something else all the time: for drills, where an order is worth more than a profit.

It draws from a sequence of its own that is part of its state, so a replay draws the same.
"""

from __future__ import annotations

from messages import OrderType, Quote, TimeInForce
from strategies import Strategy, StrategyParameters, StrategyState

_MULTIPLIER, _INCREMENT, _MODULUS = 6364136223846793005, 1442695040888963407, 1 << 64
_SHARES = (0.0, 0.0, 0.1, 0.25, 0.5, 0.9, -0.2)


class Restless(Strategy):
    """Wants a share of its money in a symbol, by every kind of order, mostly under a protective stop."""

    class Parameters(StrategyParameters, frozen=True, kw_only=True):
        """`eagerness` of 100 quotes make it change its mind; `start` begins its sequence.

        It draws among the first `order_kinds` of market, limit, limit and stop orders. Its stops are one to five
        times the `stop_step`, a share of the price, away.
        """

        eagerness: int = 30
        start: int = 1
        stop_step: float = 0.002
        order_kinds: int = 4

    class State(StrategyState):
        """Where its sequence stands."""

        drawn: int = 0

    def on_quote(self, quote: Quote) -> None:
        """Now and then, want something else."""
        if quote.bid <= 0.0 or quote.ask <= 0.0 or self._next(100) >= self.parameters.eagerness:
            return
        share = _SHARES[self._next(len(_SHARES))]
        kind = self._next(self.parameters.order_kinds)
        away = 1.0 + (self._next(5) - 2) * 0.002
        self.target_weight(
            quote.symbol,
            share,
            reason="restless",
            order_type=(OrderType.MARKET, OrderType.LIMIT, OrderType.LIMIT, OrderType.STOP)[kind],
            limit_price=quote.ask * away if kind in (1, 2) else 0.0,
            stop_price=quote.ask * (1.0 + self._next(4) * 0.002) if kind == 3 else 0.0,
            time_in_force=(TimeInForce.GTC, TimeInForce.DAY, TimeInForce.IOC)[self._next(3)],
            protective_stop_price=self._stop(quote, share),
        )

    def _stop(self, quote: Quote, share: float) -> float:
        if share == 0.0 or self._next(3) == 0:
            return 0.0
        away: float = self.parameters.stop_step * (1 + self._next(5))
        return quote.bid * (1.0 - away) if share > 0 else quote.ask * (1.0 + away)

    def _next(self, below: int) -> int:
        drawn = self.state.drawn or self.parameters.start
        self.state.drawn = (drawn * _MULTIPLIER + _INCREMENT) % _MODULUS
        return int(self.state.drawn >> 33) % below
