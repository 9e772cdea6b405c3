"""One decision is at most one order: what works for a signal never sums to more than it asked for at first.

A signal asks for a position. What is held, what works, and what is ordered now must lead there and no further,
however often an order for it ends and is followed by another one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal

from messages import (
    AnyMessage,
    OrderApproved,
    OrderCanceled,
    OrderExpired,
    OrderFilled,
    OrderNotFound,
    OrderRejected,
    OrderReported,
    OrderStatus,
    Side,
    SignalPriced,
    SubmitOrder,
)

_OVER = (OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.REJECTED)
_ZERO = Decimal(0)

_Key = tuple[Side, SignalPriced]


class Decisions:
    """The signals of one simulation, and what was ordered for each. `fail` as in `Conduct`."""

    def __init__(self, fail: Callable[[str, str], None]) -> None:
        self._fail = fail
        self._reach: dict[_Key, Decimal] = {}
        self._entries: dict[str, SubmitOrder] = {}
        self._filled: defaultdict[str, Decimal] = defaultdict(Decimal)

    def see_effect(self, message: AnyMessage) -> None:
        """What an input has led to."""
        match message:
            case OrderFilled(client_order_id=order_id):
                self._filled[order_id] += message.quantity
            case OrderCanceled() | OrderExpired() | OrderRejected() | OrderNotFound():
                self._entries.pop(message.client_order_id, None)
            case OrderReported(client_order_id=order_id, status=status) if status in _OVER:
                self._entries.pop(order_id, None)

    def see_approved(self, approved: OrderApproved, *, held: Decimal, is_judged: bool) -> None:
        """An order that opens a position, or adds to one, of a strategy that holds so much.

        It `is_judged` if who holds what is certain.
        """
        order = approved.order
        works = sum(
            (
                max(each.quantity - self._filled[order_id], _ZERO)
                for order_id, each in self._entries.items()
                if (each.strategy_id, each.symbol, each.side) == (order.strategy_id, order.symbol, order.side)
            ),
            _ZERO,
        )
        self._entries[order.client_order_id] = order
        if approved.signal is None or not is_judged:
            return
        reach = held * order.side.sign + works + order.quantity
        key = (order.side, approved.signal)
        asked = self._reach.setdefault(key, reach)
        if reach > asked:
            self._fail("I1", f"{order.client_order_id} leads to {reach}, and its signal asked for {asked}")
