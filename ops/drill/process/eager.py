"""A strategy that trades all the time, for drills: orders that fill, orders that rest, orders that are changed."""

from __future__ import annotations

from messages import OrderType, Quote, Symbol
from strategies import Strategy, StrategyParameters, StrategyState

_QUANTITIES = (10, 30, 30, 5, 0, 20, 40, 0)


class Eager(Strategy):
    """Wants another position in each symbol at every so many of its quotes, and a stop below it."""

    class Parameters(StrategyParameters, frozen=True, kw_only=True):
        """`every`: quotes of a symbol between two changes of mind. `first`: which change comes first."""

        every: int = 10
        first: int = 0

    class State(StrategyState):
        """Quotes seen of each symbol."""

        seen: dict[Symbol, int] = {}

    parameters: Parameters
    state: State

    def on_quote(self, quote: Quote) -> None:
        """Change its mind when it is time."""
        seen = self.state.seen[quote.symbol] = self.state.seen.get(quote.symbol, 0) + 1
        if seen % self.parameters.every:
            return
        turn = seen // self.parameters.every + self.parameters.first
        quantity = _QUANTITIES[turn % len(_QUANTITIES)]
        rests = turn % 3 == 2  # behind the market: there until the next change
        self.target_quantity(
            quote.symbol,
            quantity,
            reason=f"turn {turn}",
            order_type=OrderType.LIMIT if rests else OrderType.MARKET,
            limit_price=quote.bid * 0.99 if rests else 0.0,
            protective_stop_price=quote.bid * 0.9 if quantity > 20 else 0.0,
        )
