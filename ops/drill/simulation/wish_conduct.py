"""What strategies ask for is done: a signal that is not heeded is no better than one that is lost.

a signal that asks for something else than is held -> an order is judged, or one is changed or canceled, at once

Nothing need happen where an order that works may lead there, or is waited for; while the portfolio is held; and for
a strategy that is paused. In a halt orders are judged, too: they are denied. And nothing is judged for a signal
that nobody has told.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from decimal import Decimal

from messages import AnyMessage, OrderApproved, OrderDenied, Quote, Signal, SignalPriced
from ops.drill.simulation.standing_orders import StandingOrders

_ZERO = Decimal(0)

_Key = tuple[str, str]


class WishConduct:
    """The wishes of one simulation's strategies, of which each `held` so much of each symbol.

    `fail` as in `Conduct`. `sizes` tells the least and the most units that a signal may ask for.
    """

    def __init__(
        self,
        fail: Callable[[str, str], None],
        *,
        held: Mapping[_Key, Decimal],
        sizes: Callable[[SignalPriced], tuple[Decimal, Decimal]],
    ) -> None:
        self.orders = StandingOrders()
        self._fail = fail
        self._held = held
        self._sizes = sizes
        self._owed: dict[_Key, Signal] = {}
        self._told: dict[str, set[Signal]] = {}

    def see_signals(
        self, signals: Iterable[Signal], quote: Quote, *, excused: Callable[[Signal], bool], is_equity_certain: bool
    ) -> None:
        """What strategies tell in answer to an input. Nothing need happen for those that are `excused`."""
        for signal in signals:
            key = signal.strategy_id, signal.symbol
            self._told.setdefault(signal.strategy_id, set()).add(signal)
            is_settled = all(each.order.protective and each.is_settled for each in self.orders.of(*key))
            is_missing = self._is_missing(signal, quote, is_equity_certain=is_equity_certain)
            if is_settled and is_missing and not excused(signal):
                self._owed[key] = signal

    def see_effect(self, message: AnyMessage, known: Container[str]) -> None:
        """What the input has led to. It is `known` what these strategies tell."""
        self.orders.see_effect(message)
        if isinstance(message, OrderApproved):
            self._owed.pop((message.order.strategy_id, message.order.symbol), None)
        elif isinstance(message, OrderDenied):
            self._owed.pop((message.strategy_id, message.symbol), None)
        elif (order := self.orders.get(message)) is not None:  # it is changed, or canceled
            self._owed.pop((order.order.strategy_id, order.order.symbol), None)
        if isinstance(message, OrderApproved | OrderDenied) and message.signal is not None:
            signal = message.signal.signal
            if signal.strategy_id in known and signal not in self._told.get(signal.strategy_id, ()):
                self._fail("C51", f"{message.client_order_id} is judged for {signal}, which nobody has told")

    def see_end_of_input(self) -> None:
        """All that the last input has led to is known."""
        owed, self._owed = self._owed, {}
        for (name, symbol), signal in owed.items():
            held = self._held.get((name, symbol), _ZERO)
            self._fail("C51", f"{name} asks for {signal.value} of {symbol}, has {held}, and nothing happens")

    def _is_missing(self, signal: Signal, quote: Quote, *, is_equity_certain: bool) -> bool:
        """Whether what is held is not what the signal asks for."""
        held, value = self._held.get((signal.strategy_id, signal.symbol), _ZERO), Decimal(repr(signal.value))
        if held * value <= 0:
            return bool(held or value)
        if not is_equity_certain:
            return False
        priced = SignalPriced(signal=signal, bid=quote.bid, ask=quote.ask, last=0.0, price_time_ns=quote.time_ns)
        least, most = self._sizes(priced)
        return not least <= held <= most
