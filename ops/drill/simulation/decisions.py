"""One decision is at most one order: what works for a signal never sums to more than it asked for at first.

A signal asks for a position. What is held, what works, and what is ordered now must lead there and no further,
however often an order for it ends and is followed by another one, each with its terms. Once its stop was hit,
or a person has canceled an order for it, nothing is ordered for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal

from messages import (
    AnyMessage,
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
from ops.drill.simulation.market import TICK

_OVER = (OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.REJECTED)
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

    def see_effect(self, message: AnyMessage, now_ns: int) -> None:
        """What an input has led to, and when it was handled (ns, the engine's clock)."""
        match message:
            case OrderApproved(order=order, signal=SignalPriced() as priced) if not order.protective:
                self._see_prices(order, priced.signal)
            case SubmitOrder(client_order_id=order_id, protective=True):
                self._stops.add(order_id)
            case OrderFilled(client_order_id=order_id):
                self._filled[order_id] += message.quantity
                if order_id in self._stops:
                    self._stopped_ns[message.strategy_id, message.symbol] = now_ns
            case OrderCanceled() | OrderExpired() | OrderRejected() | OrderNotFound():
                self._entries.pop(message.client_order_id, None)
            case OrderReported(client_order_id=order_id, status=status) if status in _OVER:
                self._entries.pop(order_id, None)
            case CommandRefused(subject=order_id):
                if self._canceled and self._canceled[-1][0] == order_id:
                    self._canceled.pop()

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
        works = sum(
            (
                max(each.quantity - self._filled[order_id], _ZERO)
                for order_id, each in self._entries.items()
                if (each.strategy_id, each.symbol, each.side) == (order.strategy_id, order.symbol, order.side)
            ),
            _ZERO,
        )
        self._entries[order.client_order_id] = order
        reach = held * order.side.sign + works + order.quantity
        if approved.signal is not None and is_certain:
            self._see_reach(order, approved.signal, reach)
        return order.side.sign * reach

    def _see_reach(self, order: SubmitOrder, priced: SignalPriced, reach: Decimal) -> None:
        self._see_terms(order, priced)
        self._signal_of[order.client_order_id] = priced
        if any(signal == priced for _, signal in self._canceled):
            self._fail("C33", f"{order.client_order_id} is ordered although a person has canceled what it repeats")
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
