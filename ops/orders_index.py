"""The index of orders that a checkpoint keeps: every intent, and what came of it so far.

Fed with durable effects on the committer's thread. It lets old journal days be deleted without forgetting an
order that is still open.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from messages import (
    ClientOrderId,
    OrderApproved,
    OrderDenied,
    OrderEvent,
    OrderRecord,
    Recorded,
    SubmitOrder,
    decode,
    encode,
)
from rules.orders import OrderState, evolve, initial_state


class _Entry(msgspec.Struct):
    seq: int
    state: OrderState
    events: list[bytes]


class OrdersIndex:
    """Orders that are open, and those that changed since the last checkpoint."""

    def __init__(self) -> None:
        self._entries: dict[ClientOrderId, _Entry] = {}
        self._changed: dict[ClientOrderId, None] = {}

    def restore(self, records: Iterable[OrderRecord]) -> None:
        """Begin from the open orders that the last checkpoint holds."""
        for record in records:
            state = initial_state(record.intent)
            for event in (record.intent, *map(decode, record.events)):
                evolve(state, event)  # type: ignore[arg-type]  # they were noted as events of this order
            self._entries[record.client_order_id] = _Entry(record.seq, state, list(record.events))

    def note(self, effects: Iterable[Recorded]) -> None:
        """Take in effects that are durable now, in order."""
        for effect in effects:
            message = effect.message
            if isinstance(message, SubmitOrder):
                if message.client_order_id not in self._entries:
                    self._entries[message.client_order_id] = _Entry(effect.seq, initial_state(message), [])
                self._evolve(message.client_order_id, message)
            elif isinstance(message, OrderEvent) and not isinstance(message, OrderApproved | OrderDenied):
                entry = self._entries.get(message.client_order_id)
                if entry is not None:
                    entry.events.append(encode(message))
                    self._evolve(message.client_order_id, message)

    def take_changed(self) -> list[OrderRecord]:
        """Records of what changed since this was last asked; closed orders are then forgotten here."""
        records = []
        for order_id in self._changed:
            entry = self._entries[order_id]
            records.append(
                OrderRecord(
                    client_order_id=order_id,
                    seq=entry.seq,
                    status=entry.state.status,
                    intent=entry.state.order,
                    events=tuple(entry.events),
                )
            )
            if not entry.state.is_open:
                del self._entries[order_id]
        self._changed.clear()
        return records

    def _evolve(self, order_id: ClientOrderId, message: SubmitOrder | OrderEvent) -> None:
        evolve(self._entries[order_id].state, message)
        self._changed[order_id] = None
