"""What must be stored beside the journal: messages that were set aside, and the open orders with each checkpoint.

a message is set aside -> after each start the engine has it among its dead letters, until somebody takes it out
a checkpoint is stored -> with it each order that is open, and all that was told of it: old days may go then

An order that was over, and turns up later, is not looked at: the index forgets what is over. Events stand twice in
a record where an older checkpoint had to do, which changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal

import msgspec

from messages import (
    AnyMessage,
    DeadLetter,
    MessageParked,
    OrderApproved,
    OrderCanceled,
    OrderDenied,
    OrderEvent,
    OrderExpired,
    OrderFillCorrected,
    OrderFilled,
    OrderNotFound,
    OrderRecord,
    OrderRejected,
    OrderReplaced,
    OrderReported,
    Recorded,
    ReplaceOrder,
    SubmitOrder,
    decode,
    encode,
)
from ops.drill.judge.endings import OVER

_ENDS = OrderCanceled | OrderExpired | OrderRejected | OrderNotFound
_ZERO = Decimal(0)

_Letter = tuple[int, str, bytes]
"""The input at which a message was set aside, the actor that failed at it, and the message."""


class _Told(msgspec.Struct):
    """An order as the journal shows it: `least` is the smallest quantity that it ever had."""

    least: Decimal
    filled: Decimal = _ZERO
    is_over: bool = False
    events: list[bytes] = []


class StoredConduct:
    """What one simulation's journal shows, and what is stored beside it. `fail` as in `Conduct`."""

    def __init__(self, fail: Callable[[str, str], None]) -> None:
        self._fail = fail
        self._letters: set[_Letter] = set()
        self._orders: dict[str, _Told] = {}

    def see_effects(self, effects: Iterable[Recorded]) -> None:
        """What a turn has led to has become durable."""
        for effect in effects:
            self._see_effect(effect.seq, effect.message)

    def see_recovered(self, letters: Iterable[DeadLetter]) -> None:
        """An engine has recovered all of the journal, and knows of these messages that were set aside."""
        known = {(each.seq, each.actor, each.message) for each in letters}
        for seq, actor, message in sorted(self._letters ^ known):
            what = "is forgotten" if (seq, actor, message) in self._letters else "was never set aside"
            self._fail("C39", f"the {_name(message)} of input {seq} that {actor} failed at {what} after a start")

    def see_stored(self, seq: int, records: Iterable[OrderRecord]) -> None:
        """A checkpoint of that input is stored, and with it these open orders."""
        stored: dict[str, OrderRecord] = {each.client_order_id: each for each in records}
        for order_id, told in self._orders.items():
            if told.is_over:
                continue
            record = stored.get(order_id)
            if record is None:
                self._fail("C39", f"{order_id} is open, and is not stored with the checkpoint of input {seq}")
            elif set(record.events) != set(told.events):
                self._fail("C39", f"not all of {order_id} is stored with the checkpoint of input {seq}")

    def _see_effect(self, seq: int, message: AnyMessage) -> None:
        match message:
            case MessageParked(actor=actor):
                self._letters.add((seq, actor, message.message))
            case SubmitOrder(client_order_id=order_id):
                self._orders.setdefault(order_id, _Told(message.quantity))
            case ReplaceOrder(client_order_id=order_id, quantity=Decimal() as quantity) if order_id in self._orders:
                self._orders[order_id].least = min(self._orders[order_id].least, quantity)
            case OrderApproved() | OrderDenied():
                pass
            case OrderEvent(client_order_id=order_id):
                told = self._orders.get(order_id)
                if told is not None and not told.is_over:
                    told.events.append(encode(message))
                    _see_event(told, message)


def _see_event(told: _Told, event: OrderEvent) -> None:
    match event:
        case OrderFilled() | OrderFillCorrected():
            told.filled += event.quantity
        case OrderReplaced(quantity=quantity) | OrderReported(quantity=quantity):
            told.least = min(told.least, quantity)
    is_reported_over = isinstance(event, OrderReported) and event.status in OVER
    told.is_over = is_reported_over or isinstance(event, _ENDS) or told.filled >= told.least


def _name(message: bytes) -> str:
    try:
        return type(decode(message)).__name__
    except ValueError:
        return "message"
