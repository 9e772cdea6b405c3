"""Where protective stops lie: as far behind a quote as a strategy asks for, on the side of what they guard.

One that guards a long position lies below the bid of some quote, one that guards a short position above the ask. At
the price that a signal for the other side asked for, what is held would be closed at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal

from messages import AnyMessage, Quote, ReplaceOrder, Side, SubmitOrder
from ops.control.strategy_commands import MANUAL
from ops.drill.simulation.market import TICK

_TICK = float(TICK)
_EXACT = 1e-6
"""How far a price may be off by its arithmetic: 27.00 less 3% is 26.189999..., and a tick lower is 26.18."""

_STEPS = range(1, 6)
"""How many of its steps a strategy of the drill keeps its stops away from the market."""


class GuardConduct:
    """The protective stops of one simulation, whose strategies keep them whole `stop_step`s away, a share of the
    price each. `fail` as in `Conduct`.
    """

    def __init__(self, stop_step: float, fail: Callable[[str, str], None]) -> None:
        self._fail = fail
        self._shares = [stop_step * steps for steps in _STEPS]
        self._quotes: defaultdict[str, list[Quote]] = defaultdict(list)
        self._stops: dict[str, SubmitOrder] = {}

    def see_input(self, message: AnyMessage) -> None:
        """The next input."""
        if isinstance(message, Quote):
            self._quotes[message.symbol].append(message)

    def see_effect(self, message: AnyMessage) -> None:
        """What an input led to."""
        match message:
            case SubmitOrder(protective=True, client_order_id=order_id) if message.strategy_id != MANUAL:
                self._stops[order_id] = message
                self._see_price(message, message.stop_price)
            case ReplaceOrder(client_order_id=order_id) if order_id in self._stops:
                self._see_price(self._stops[order_id], message.stop_price)

    def _see_price(self, stop: SubmitOrder, price: Decimal | None) -> None:
        if price is not None and not self._was_asked_for(stop, float(price)):
            self._fail("C30", f"{stop.client_order_id} at {price} lies where no signal can have put it")

    def _was_asked_for(self, stop: SubmitOrder, price: float) -> bool:
        sign = stop.side.sign
        for quote in reversed(self._quotes[stop.symbol]):
            touch = quote.bid if stop.side is Side.SELL else quote.ask
            for share in self._shares:  # a buyer's goes up to the tick, a seller's down
                beyond = sign * (price - touch * (1.0 + sign * share))
                if -_EXACT < beyond < _TICK + _EXACT:
                    return True
        return False
