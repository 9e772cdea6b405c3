"""A strategy for the latency benchmark: every twentieth quote it goes in or out, whatever the price."""

from __future__ import annotations

from messages import Quote
from strategies import Strategy, StrategyParameters, StrategyState

EVERY = 20
UNITS = 100.0


class OneInTwenty(Strategy):
    """Long and flat by turns. `offset` says at which of twenty quotes, so that symbols do not turn together."""

    class Parameters(StrategyParameters, frozen=True, kw_only=True):
        """How many quotes the count begins with."""

        offset: int = 0

    class State(StrategyState):
        """Quotes so far, and what is wanted now."""

        quotes: int = 0
        is_long: bool = False

    parameters: Parameters
    state: State

    def on_quote(self, quote: Quote) -> None:
        """Count, and turn when it is time."""
        state = self.state
        state.quotes += 1
        if (state.quotes + self.parameters.offset) % EVERY == 0:
            state.is_long = not state.is_long
            self.target_quantity(quote.symbol, UNITS if state.is_long else 0.0, reason="one in twenty")
