"""What people command is done as they said, and to nothing else.

positions of one symbol or strategy are closed -> nothing is ordered, changed or canceled of another one then
a person orders                                -> it leaves as it is, unless a halt or a minute came between
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from messages import (
    SECOND_NS,
    AnyMessage,
    CancelOrder,
    ClosePositions,
    HaltTrading,
    OrderApproved,
    OrderDenied,
    OrderType,
    ReplaceOrder,
    RequestOrder,
    SubmitOrder,
    TimeInForce,
)
from ops.control.strategy_commands import MANUAL

REQUEST_MAX_AGE_NS = 60 * SECOND_NS
"""How long a person's order may wait on its way."""


class CommandConduct:
    """The commands of one simulation. `fail` as in `Conduct`."""

    def __init__(self, fail: Callable[[str, str], None]) -> None:
        self._fail = fail
        self._closing: ClosePositions | None = None
        self._asked: RequestOrder | None = None
        self._is_all_closed = False
        self._closed: set[str] = set()
        self._wanted: set[str] = set()
        self._halted_ns = 0
        self._given: defaultdict[tuple[object, ...], list[int]] = defaultdict(list)
        self._orders: dict[str, SubmitOrder] = {}

    def see_input(self, message: AnyMessage) -> None:
        """The next input."""
        self._closing = self._asked = None
        match message:
            case ClosePositions(symbol=symbol):
                self._closing = message
                self._close(symbol)
            case HaltTrading(time_ns=time_ns, flatten=flatten):
                self._halted_ns = time_ns
                if flatten:
                    self._close(None)
            case RequestOrder():
                self._asked = message
                self._given[terms_of(message)].append(message.time_ns)

    def see_effect(self, message: AnyMessage, *, is_excused: bool) -> None:
        """What the input led to. It `is_excused` if mail of an actor on the way may have waited."""
        match message:
            case OrderApproved(order=order):
                self._orders[order.client_order_id] = order
                self._see_closing(order, is_excused=is_excused)
                if self._is_asked_for(order, is_excused=is_excused):
                    self._see_request(order)
            case OrderDenied(order=order) if order is not None:
                self._see_closing(order, is_excused=is_excused)
                if self._is_asked_for(order, is_excused=is_excused):
                    self._take_request(order)
            case CancelOrder(client_order_id=order_id) | ReplaceOrder(client_order_id=order_id):
                if order_id in self._orders:
                    self._see_closing(self._orders[order_id], is_excused=is_excused)

    def _see_closing(self, order: SubmitOrder, *, is_excused: bool) -> None:
        """What is done for a person who closes concerns what is to be closed."""
        if self._closing is None or is_excused:
            return
        symbol, strategy_id = self._closing.symbol, self._closing.strategy_id
        if symbol not in (None, order.symbol) or strategy_id not in (None, order.strategy_id):
            whose = f"{symbol or 'all'} of {strategy_id or 'all'}"
            self._fail("C37", f"{order.client_order_id} in {order.symbol} is touched, and {whose} was to be closed")

    def _close(self, symbol: str | None) -> None:
        """What persons hold of a symbol, or of all, is to be closed until one of them orders there again."""
        if symbol is None:
            self._is_all_closed = True
            self._wanted.clear()
        else:
            self._closed.add(symbol)

    def _is_asked_for(self, order: SubmitOrder, *, is_excused: bool) -> bool:
        """Whether it is one that a person must have given: it is no exit of a close, or this very input gave it."""
        if order.strategy_id != MANUAL or order.protective:
            return False
        if self._asked is not None and terms_of(self._asked) == terms_of(order) and not is_excused:
            self._closed.discard(order.symbol)
            self._wanted.add(order.symbol)
            return True
        is_exit = order.order_type is OrderType.MARKET and order.time_in_force is TimeInForce.GTC
        is_closed = order.symbol in self._closed or (self._is_all_closed and order.symbol not in self._wanted)
        return not (is_exit and is_closed)

    def _see_request(self, order: SubmitOrder) -> None:
        if not self._take_request(order):
            self._fail(
                "C37",
                f"{order.client_order_id} is ordered, and nobody has asked for it since a halt or in a minute",
            )

    def _take_request(self, order: SubmitOrder) -> bool:
        """Take away the request that has led to the order: the first one that may."""
        given = self._given[terms_of(order)]
        oldest_ns = max(self._halted_ns, order.time_ns - REQUEST_MAX_AGE_NS)
        asked_ns = next((each for each in given if each >= oldest_ns), None)
        if asked_ns is not None:
            given.remove(asked_ns)
        return asked_ns is not None


def terms_of(of: RequestOrder | SubmitOrder) -> tuple[object, ...]:
    """What a person's order and the one that leaves for it have in common."""
    return of.symbol, of.side, of.quantity, of.order_type, of.time_in_force, of.limit_price, of.stop_price
