"""What strategies ask for is done: a signal that is not heeded is no better than one that is lost.

a signal that asks for something else than is held -> an order is judged, or one is changed or canceled, at once
all is at rest, and nothing has come between       -> what is held, with what works, is what was asked for last

Nothing need happen where an order that works may lead there, or is waited for; while the portfolio is held; and for
a strategy that is paused. In a halt orders are judged, too: they are denied. And nothing is judged for a signal
that nobody has told. What comes between is a denial, an end that the engine has not asked for, a stop that is hit,
a doubt, and a person.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from decimal import Decimal

from messages import (
    AnyMessage,
    ClosePositions,
    HaltTrading,
    OrderApproved,
    OrderCanceled,
    OrderCancelRejected,
    OrderDenied,
    OrderExpired,
    OrderFilled,
    OrderNotFound,
    OrderRejected,
    OrderReplaceRejected,
    OrderReported,
    OrderUnknown,
    PauseStrategy,
    Quote,
    ReleaseTrading,
    RequestCancel,
    Signal,
    SignalPriced,
)
from ops.drill.judge.endings import ENDED
from ops.drill.judge.standing_orders import StandingOrders

_OF_A_PERSON = HaltTrading | ReleaseTrading | ClosePositions | RequestCancel | PauseStrategy
_DOUBTFUL = OrderRejected | OrderNotFound | OrderUnknown | OrderCancelRejected | OrderReplaceRejected
_ZERO, _MOST = Decimal(0), Decimal("Infinity")

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
        self._wanted: dict[_Key, tuple[Decimal, Decimal]] = {}

    def unlike(self, key: _Key, *, works: Decimal, has_entries: bool) -> str:
        """How what a strategy holds is not what it has asked for, in words; empty if it is, or nobody knows.

        Nothing is under way but its entries and exits, if it `has_entries`, which buy what `works`. To the other
        side it goes by way of nothing.
        """
        held = self._held.get(key, _ZERO)
        least, most = self._wanted.get(key, (held + works, held + works))
        is_on_its_way = has_entries and not held + works
        if is_on_its_way or least <= held + works <= most:
            return ""
        return f"{key[0]} has asked for {least} to {most} of {key[1]}, has {held}, and {works} are ordered"

    def see_input(self, message: AnyMessage) -> None:
        """The next input. All that the last one has led to is known."""
        owed, self._owed = self._owed, {}
        for (name, symbol), signal in owed.items():
            held = self._held.get((name, symbol), _ZERO)
            self._fail("C51", f"{name} asks for {signal.value} of {symbol}, has {held}, and nothing happens")
        if isinstance(message, _OF_A_PERSON):
            self._wanted.clear()

    def forget(self, others: Container[str]) -> None:
        """Of all strategies but these nobody knows what they ask for."""
        for wishes in (self._wanted, self._owed):
            for key in [key for key in wishes if key[0] not in others]:
                del wishes[key]

    def see_signals(
        self, signals: Iterable[Signal], quote: Quote, *, excused: Callable[[Signal], bool], is_equity_certain: bool
    ) -> None:
        """What strategies tell in answer to an input. Nothing need happen for those that are `excused`."""
        for signal in signals:
            key = signal.strategy_id, signal.symbol
            self._told.setdefault(signal.strategy_id, set()).add(signal)
            is_settled = all(each.order.protective and each.is_settled for each in self.orders.of(*key))
            least, most = self._size(signal, quote) if is_equity_certain else _side_of(signal)
            self._wanted[key] = least, most
            is_missing = not least <= self._held.get(key, _ZERO) <= most
            if is_settled and is_missing and not excused(signal):
                self._owed[key] = signal

    def see_effect(self, message: AnyMessage, known: Container[str]) -> None:
        """What the input has led to. It is `known` what these strategies tell."""
        self._see_between(message)
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

    def _see_between(self, message: AnyMessage) -> None:
        """What may keep a strategy from what it has asked for. The orders have not seen it yet."""
        if isinstance(message, OrderDenied):
            self._wanted.pop((message.strategy_id, message.symbol), None)
            return
        known = self.orders.get(message)
        if known is None:
            return
        match message:
            case OrderFilled():
                is_between = known.order.protective
            case OrderCanceled() | OrderExpired() | OrderReported():
                is_over = not isinstance(message, OrderReported) or message.status in ENDED
                is_between = known.is_doubtful or (is_over and not known.was_given_up)
            case _:
                is_between = isinstance(message, _DOUBTFUL)
        if is_between:
            self._wanted.pop((known.order.strategy_id, known.order.symbol), None)

    def _size(self, signal: Signal, quote: Quote) -> tuple[Decimal, Decimal]:
        if not signal.value:
            return _ZERO, _ZERO
        priced = SignalPriced(signal=signal, bid=quote.bid, ask=quote.ask, last=0.0, price_time_ns=quote.time_ns)
        return self._sizes(priced)


def _side_of(signal: Signal) -> tuple[Decimal, Decimal]:
    """What it may ask for, a lot at least, where nobody knows what its strategy is worth."""
    if not signal.value:
        return _ZERO, _ZERO
    return (Decimal(1), _MOST) if signal.value > 0 else (-_MOST, Decimal(-1))
