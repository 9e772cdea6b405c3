"""Which orders are in doubt, as the journal shows, and what ends that.

unknown -> any word of the broker about the order
        -> a report of it, but none that may be older than the last change and shows terms that nobody has told
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from messages import (
    AnyMessage,
    ClientOrderId,
    OrderEvent,
    OrderReplaced,
    OrderReplaceRejected,
    OrderReported,
    OrderStatus,
    OrderUnknown,
    ReplaceOrder,
    SubmitOrder,
    Symbol,
)
from ops.drill.judge.change_conduct import REQUEST_NS

_Terms = tuple[Decimal | None, Decimal | None, Decimal | None]
"""Quantity, limit price and stop price."""

_OPEN = (OrderStatus.ACCEPTED, OrderStatus.PENDING_REPLACE, OrderStatus.UNKNOWN)


class Doubts:
    """The orders of one simulation that are in doubt."""

    def __init__(self) -> None:
        self._unknown: dict[ClientOrderId, OrderUnknown] = {}
        self._shown: defaultdict[ClientOrderId, set[_Terms]] = defaultdict(set)
        self._asked: dict[ClientOrderId, ReplaceOrder] = {}
        self._changed: dict[ClientOrderId, OrderReplaced] = {}

    def about(self, order_id: ClientOrderId) -> bool:
        """Whether nobody knows how the order stands."""
        return order_id in self._unknown

    def of(self, strategy_id: str, symbol: str) -> str:
        """An order of a strategy in a symbol that is in doubt; empty if there is none."""
        found = (
            order_id
            for order_id, unknown in self._unknown.items()
            if (unknown.strategy_id, unknown.symbol) == (strategy_id, symbol)
        )
        return next(found, "")

    def later_than(self, time_ns: int, symbol: Symbol | None) -> list[ClientOrderId]:
        """The orders in doubt, of a symbol or of all, that became so after that."""
        return [
            order_id
            for order_id, unknown in self._unknown.items()
            if symbol in (None, unknown.symbol) and unknown.time_ns > time_ns
        ]

    def see_effect(self, message: AnyMessage) -> None:
        """What an input has led to."""
        match message:
            case SubmitOrder(client_order_id=order_id):
                self._shown[order_id].add(_terms(message))
            case ReplaceOrder(client_order_id=order_id):
                self._asked[order_id] = message
            case OrderUnknown(client_order_id=order_id):
                self._unknown[order_id] = message
            case OrderReported(client_order_id=order_id):
                if not self._may_be_older(message):
                    self._shown[order_id].add(_terms(message))
                    self._unknown.pop(order_id, None)
            case OrderReplaced(client_order_id=order_id):
                self._see_changed(message)
                self._unknown.pop(order_id, None)
            case OrderReplaceRejected(client_order_id=order_id):
                self._asked.pop(order_id, None)
                self._unknown.pop(order_id, None)
            case OrderEvent(client_order_id=order_id):
                self._unknown.pop(order_id, None)

    def _see_changed(self, told: OrderReplaced) -> None:
        """What was asked for just now counts, and the last change told again; else it may be an earlier one."""
        order_id = told.client_order_id
        self._shown[order_id].add(_terms(told))
        asked, before = self._asked.get(order_id), self._changed.get(order_id)
        if asked is not None and _terms(asked) == _terms(told) and told.time_ns < asked.time_ns + REQUEST_NS:
            del self._asked[order_id]
            self._changed[order_id] = told
        elif before is not None and _terms(before) == _terms(told):
            self._changed[order_id] = told

    def _may_be_older(self, report: OrderReported) -> bool:
        """Whether it may be of before the last change that was told, and does not show what anybody has told."""
        order_id, as_of_ns = report.client_order_id, report.asked_ns or report.time_ns
        changed = self._changed.get(order_id)
        is_later = changed is None or as_of_ns >= changed.time_ns + REQUEST_NS
        return not is_later and report.status in _OPEN and _terms(report) not in self._shown[order_id]


def _terms(message: SubmitOrder | ReplaceOrder | OrderReplaced | OrderReported) -> _Terms:
    return message.quantity, message.limit_price, message.stop_price
