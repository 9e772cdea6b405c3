"""What is to end and works on at the broker is canceled, and canceled again.

over here, and told to work, twice      -> it is canceled: its request came twice, say
canceled by a person or a halt, refused -> it is canceled again 10 s later, once the broker has told that it works
canceled by them, and not found         -> it is canceled once it turns up
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal

from messages import (
    SECOND_NS,
    AnyMessage,
    CancelOrder,
    CommandRefused,
    HaltTrading,
    OrderAccepted,
    OrderApproved,
    OrderCanceled,
    OrderCancelRejected,
    OrderEvent,
    OrderExpired,
    OrderFillBusted,
    OrderFillCorrected,
    OrderFilled,
    OrderNotFound,
    OrderRejected,
    OrderReported,
    OrderStatus,
    OrderUnknown,
    RequestCancel,
    SubmitOrder,
)
from ops.drill.judge.endings import OVER, REMEMBERED

REPORTS_BEFORE_CANCEL = 2
"""How often an order may be told to work that is over here, before it is canceled."""

REFUSED_PAUSE_NS = 11_000_000_000
"""How long an order is left alone whose cancel was refused, and a little more."""


class CancelConduct:
    """The orders of one simulation that are to end. `fail` is told the number of a rule, and how it was broken."""

    def __init__(self, fail: Callable[[str, str], None]) -> None:
        self._fail = fail
        self._is_excused = False
        self._input: AnyMessage | None = None
        self._now_ns = 0
        self._stops: set[str] = set()
        self._held: set[str] = set()
        self._undone: set[str] = set()
        self._filled: defaultdict[str, Decimal] = defaultdict(Decimal)
        self._over = 0
        self._works: dict[str, int] = {}
        self._told: list[str] = []
        self._given_up: set[str] = set()
        self._refused_ns: dict[str, int] = {}
        self._again_ns: dict[str, int] = {}
        self._quantities: dict[str, Decimal] = {}
        self._unwanted: set[str] = set()
        self._may_turn_up: set[str] = set()
        self._turned_up: list[str] = []

    def excuse(self) -> None:
        """An actor on the way of orders has failed."""
        self._is_excused = True

    def forget_waiting(self) -> None:
        """A process is gone: the next one goes on in its own time."""
        self._refused_ns.clear()
        self._again_ns.clear()

    def see_input(self, message: AnyMessage, time_ns: int) -> None:
        """The next input, and when it was handled (ns, the engine's clock)."""
        self._see_end_of_input()
        self._see_time(time_ns)
        self._input, self._now_ns = message, time_ns
        match message:
            case OrderFillBusted(client_order_id=order_id) | OrderFillCorrected(client_order_id=order_id):
                self._undone.add(order_id)
            case OrderReported(client_order_id=order_id, status=status) if order_id in self._works:
                if status in OVER:
                    self._works[order_id] = 0
                elif message.filled_quantity >= self._filled[order_id]:  # else it is of before
                    self._works[order_id] += 1
                self._told.append(order_id)
            case RequestCancel(client_order_id=order_id):
                self._unwanted.add(order_id)

    def see_effect(self, message: AnyMessage) -> None:
        """What the input has led to."""
        self._see_what_turns_up(message)
        match message:
            case SubmitOrder(client_order_id=order_id, protective=is_stop):
                if is_stop:
                    self._stops.add(order_id)
                self._works.pop(order_id, None)
                self._may_turn_up.discard(order_id)
                self._quantities[order_id] = message.quantity
            case CommandRefused(subject=order_id) if isinstance(self._input, RequestCancel):
                self._unwanted.discard(order_id)
            case CancelOrder(client_order_id=order_id):
                self._see_cancel(order_id)
            case OrderCancelRejected(client_order_id=order_id) if order_id in self._given_up:
                self._refused_ns[order_id] = self._now_ns
            case OrderReported(client_order_id=order_id, status=status) if status not in OVER:
                self._see_working(order_id)
            case OrderCanceled() | OrderExpired() | OrderRejected() | OrderReported():
                self._see_end(message)
            case OrderFilled(client_order_id=order_id):
                self._see_filled(order_id, message.quantity)
            case OrderApproved() | OrderUnknown() | OrderNotFound():
                self._see_news(message.client_order_id)
            case OrderEvent(client_order_id=order_id):
                self._see_news(order_id)
                self._held.add(order_id)

    def _see_cancel(self, order_id: str) -> None:
        self._refused_ns.pop(order_id, None)
        self._again_ns.pop(order_id, None)
        if order_id in self._works:
            self._works[order_id] = 0
        is_for_good = isinstance(self._input, HaltTrading) or (
            isinstance(self._input, RequestCancel) and self._input.client_order_id == order_id
        )
        if is_for_good and order_id not in self._stops:
            self._given_up.add(order_id)
            self._unwanted.add(order_id)
        if order_id in self._turned_up:
            self._turned_up.remove(order_id)

    def _see_what_turns_up(self, message: AnyMessage) -> None:
        """What was never held, and was not found, may be at the broker all the same. Half a word does not tell."""
        match message:
            case OrderCancelRejected(client_order_id=order_id):  # then it is held, and left alone for a while
                self._unwanted.discard(order_id)
                self._may_turn_up.discard(order_id)
            case OrderNotFound(client_order_id=order_id) if order_id in self._unwanted:
                if order_id not in self._held:
                    self._may_turn_up.add(order_id)
            case OrderEvent(client_order_id=order_id) if order_id in self._may_turn_up:
                self._may_turn_up.remove(order_id)
                if self._tells_that_it_works(message):
                    self._turned_up.append(order_id)

    def _tells_that_it_works(self, event: OrderEvent) -> bool:
        order_id = event.client_order_id
        match event:
            case OrderAccepted():
                return True
            case OrderReported(status=OrderStatus.ACCEPTED, filled_quantity=filled):
                return filled == self._filled[order_id]
            case OrderFilled(quantity=quantity, cumulative_quantity=filled):
                return filled == self._filled[order_id] + quantity < self._quantities[order_id]
        return False

    def _see_filled(self, order_id: str, quantity: Decimal) -> None:
        """An order that executes in part is to end as before."""
        self._filled[order_id] += quantity
        self._works.pop(order_id, None)
        if self._filled[order_id] >= self._quantities.get(order_id, 0):
            self._see_news(order_id)
        self._held.add(order_id)

    def _see_news(self, order_id: str) -> None:
        """What became of an order is for later news to tell."""
        self._works.pop(order_id, None)
        self._refused_ns.pop(order_id, None)
        self._again_ns.pop(order_id, None)

    def _see_working(self, order_id: str) -> None:
        refused_ns = self._refused_ns.get(order_id)
        if refused_ns is None:
            self._works.pop(order_id, None)
        else:
            self._again_ns.setdefault(order_id, max(refused_ns + REFUSED_PAUSE_NS, self._now_ns + SECOND_NS))
        self._held.add(order_id)

    def _see_end(self, event: OrderCanceled | OrderExpired | OrderRejected | OrderReported) -> None:
        """What was held, and counts as refused, may work on; so may what is over, while executions are missing."""
        order_id = event.client_order_id
        self._see_news(order_id)
        is_in_doubt = isinstance(event, OrderRejected) and order_id in self._held
        if isinstance(event, OrderReported):
            is_in_doubt = event.filled_quantity > self._filled[order_id]
        if not is_in_doubt:
            self._works[order_id] = 0
            self._over += 1

    def _see_end_of_input(self) -> None:
        """All that the last input has led to is known."""
        for order_id in self._told:
            times = self._works.get(order_id, 0)
            is_certain = not self._is_excused and order_id not in self._undone and self._over < REMEMBERED
            if times >= REPORTS_BEFORE_CANCEL and is_certain:
                self._fail("C41", f"{order_id} is over here, was told {times} times to work, and is not canceled")
        self._told.clear()
        for order_id in self._turned_up:
            if not self._is_excused and order_id not in self._undone and self._over < REMEMBERED:
                self._fail("C48", f"{order_id} was canceled, was not found, turns up, and is not canceled again")
        self._turned_up.clear()

    def _see_time(self, time_ns: int) -> None:
        for order_id, again_ns in list(self._again_ns.items()):
            if time_ns > again_ns:
                del self._again_ns[order_id]
                if not self._is_excused:
                    self._fail("C41", f"{order_id} was to be canceled, that was refused, and it is not tried again")
