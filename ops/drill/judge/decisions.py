"""One decision is at most one order: what works for a signal never sums to more than it asked for at first.

A signal asks for a position. What is held, what works, and what is ordered now must lead there and no further,
however often an order for it ends and is followed by another one, each with its terms. Once its stop was hit,
a person has canceled an order for it, or the broker has ended one, nothing is ordered for it. Nothing is opened
beside an entry of other terms, nor from flat beside a stop.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from decimal import Decimal

from messages import (
    AnyMessage,
    CancelOrder,
    CommandRefused,
    OrderApproved,
    OrderCanceled,
    OrderExpired,
    OrderFilled,
    OrderNotFound,
    OrderRejected,
    OrderReported,
    OrderStatus,
    Side,
    Signal,
    SignalPriced,
    SubmitOrder,
)
from ops.drill.judge.endings import OVER
from ops.drill.simulation.market import TICK

_ZERO = Decimal(0)
_TICK = float(TICK) * 1.000001
"""How far a price may be off: it is rounded to a tick."""

_Key = tuple[Side, SignalPriced]


class Decisions:
    """The signals of one simulation, and what was ordered for each. `fail` as in `Conduct`."""

    def __init__(self, fail: Callable[[str, str], None]) -> None:
        self._fail = fail
        self._reach: dict[_Key, Decimal] = {}
        self._entries: dict[str, SubmitOrder] = {}
        self._filled: defaultdict[str, Decimal] = defaultdict(Decimal)
        self._stops: set[str] = set()
        self._stopped_ns: dict[tuple[str, str], int] = {}
        self._signal_of: dict[str, SignalPriced] = {}
        self._canceled: list[tuple[str, SignalPriced]] = []
        self._asked: set[str] = set()
        self._ended: list[SignalPriced] = []
        self._open_stops: dict[str, SubmitOrder] = {}

    def see_effect(self, message: AnyMessage, now_ns: int) -> None:
        """What an input has led to, and when it was handled (ns, the engine's clock)."""
        match message:
            case OrderApproved(order=order, signal=SignalPriced() as priced) if not order.protective:
                self._see_prices(order, priced.signal)
            case SubmitOrder(client_order_id=order_id, protective=True):
                self._stops.add(order_id)
                self._open_stops[order_id] = message
            case CancelOrder(client_order_id=order_id):
                self._asked.add(order_id)
            case OrderFilled(client_order_id=order_id):
                self._filled[order_id] += message.quantity
                self._open_stops.pop(order_id, None)  # how much it leaves is for the broker to say
                if order_id in self._stops:
                    self._stopped_ns[message.strategy_id, message.symbol] = now_ns
            case OrderRejected() | OrderNotFound():
                self._see_end(message.client_order_id, is_for_good=False)
            case OrderCanceled() | OrderExpired():
                self._see_end(message.client_order_id, is_for_good=True)
            case OrderReported(client_order_id=order_id, status=status) if status in OVER:
                is_ended = status in (OrderStatus.CANCELED, OrderStatus.EXPIRED)
                self._see_end(order_id, is_for_good=is_ended and message.filled_quantity == self._filled[order_id])
            case CommandRefused(subject=order_id):
                if self._canceled and self._canceled[-1][0] == order_id:
                    self._canceled.pop()

    def _see_end(self, order_id: str, *, is_for_good: bool) -> None:
        entry = self._entries.pop(order_id, None)
        self._open_stops.pop(order_id, None)
        if is_for_good and entry is not None and order_id in self._signal_of and order_id not in self._asked:
            self._ended.append(self._signal_of[order_id])

    def see_canceled(self, order_id: str) -> None:
        """A person cancels an order that opens a position: nothing more is ordered for its signal."""
        if order_id in self._entries and order_id in self._signal_of:
            self._canceled.append((order_id, self._signal_of[order_id]))

    def see_approved(
        self, approved: OrderApproved, *, held: Decimal, is_certain: bool, may_pass_its_stop: bool
    ) -> Decimal:
        """An order that opens a position, or adds to one, of a strategy that holds so much. How far it leads.

        How far it leads is judged if it `is_certain` who holds what. It `may_pass_its_stop` if its signal may have
        waited for an actor that had failed, or if it may close what an execution that was taken back has left.
        """
        if not may_pass_its_stop:
            self._see_stopped(approved)
        order = approved.order
        beside = [
            (each, max(each.quantity - self._filled[order_id], _ZERO))
            for order_id, each in self._entries.items()
            if (each.strategy_id, each.symbol) == (order.strategy_id, order.symbol)
        ]
        works = sum((leaves for each, leaves in beside if each.side is order.side), _ZERO)
        reach = held * order.side.sign + works + order.quantity
        if approved.signal is not None and is_certain:
            self._see_reach(order, approved.signal, reach)
            self._see_beside(order, [each for each, leaves in beside if leaves], held)
        self._entries[order.client_order_id] = order
        return order.side.sign * reach

    def _see_beside(self, order: SubmitOrder, entries: Sequence[SubmitOrder], held: Decimal) -> None:
        """What works of other terms, and the stop of a position that is gone, are waited for."""
        others = [each for each in entries if _terms(each) != _terms(order)]
        if not held:
            others += [
                each
                for each in self._open_stops.values()
                if (each.strategy_id, each.symbol) == (order.strategy_id, order.symbol)
            ]
        for each in others:
            self._fail("C42", f"{order.client_order_id} is ordered beside {each.client_order_id}, which may work")

    def _see_reach(self, order: SubmitOrder, priced: SignalPriced, reach: Decimal) -> None:
        self._see_terms(order, priced)
        self._signal_of[order.client_order_id] = priced
        if any(signal == priced for _, signal in self._canceled):
            self._fail("C33", f"{order.client_order_id} is ordered although a person has canceled what it repeats")
        if priced in self._ended:
            self._fail("C33", f"{order.client_order_id} is ordered although the broker has ended what it repeats")
        key = (order.side, priced)
        asked = self._reach.setdefault(key, reach)
        if reach > asked:
            self._fail("I1", f"{order.client_order_id} leads to {reach}, and its signal asked for {asked}")

    def _see_prices(self, order: SubmitOrder, signal: Signal) -> None:
        """An order for a signal, or an exit, has no worse prices than were asked for, not by a part of a tick."""
        sign, name = order.side.sign, order.client_order_id
        for price, asked, is_worse in (
            (order.limit_price, signal.limit_price, 1),
            (order.stop_price, signal.stop_price, -1),
        ):
            if price is not None and (price - Decimal(repr(asked))) * sign * is_worse > 0:
                self._fail("C35", f"{name}, to {order.side.value}, is at {price}, and its signal asked for {asked}")

    def _see_terms(self, order: SubmitOrder, priced: SignalPriced) -> None:
        """An entry has the terms of its signal."""
        signal = priced.signal
        wanted, has = (signal.order_type, signal.time_in_force), (order.order_type, order.time_in_force)
        if has != wanted:
            self._fail("C32", f"{order.client_order_id} is {has}, and its signal asked for {wanted}")
        for name in ("limit_price", "stop_price"):
            price, asked = getattr(order, name), getattr(signal, name)
            if price is not None and abs(float(price) - asked) > _TICK:
                self._fail("C32", f"{order.client_order_id} has {name} {price}, and its signal asked for {asked}")

    def _see_stopped(self, approved: OrderApproved) -> None:
        order, signal = approved.order, approved.signal
        stopped_ns = self._stopped_ns.get((order.strategy_id, order.symbol), 0)
        if signal is not None and signal.signal.time_ns < stopped_ns:
            self._fail("C27", f"{order.client_order_id} is ordered for a signal whose stop was hit")


def _terms(order: SubmitOrder) -> tuple[object, ...]:
    return order.side, order.order_type, order.time_in_force, order.limit_price, order.stop_price
