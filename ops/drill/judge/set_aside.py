"""What actors failed at again and again: the messages that were set aside, and the orders they were about.

How such an order stands is for a person to find out. The engine tells a portfolio about a minute later what it
could not handle, and much later if it fails at that, too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

from messages import (
    SECOND_NS,
    AnyMessage,
    CancelOrder,
    MessageParked,
    OrderCanceled,
    OrderEvent,
    OrderExpired,
    OrderNotFound,
    OrderRejected,
    OrderReported,
    ReplaceOrder,
    SubmitOrder,
    decode,
)

ASKED_AFTER_NS = 60 * SECOND_NS
"""When a portfolio asks at the earliest about an order that is silent, or of which it has failed at something."""

_STANDING = OrderReported | OrderCanceled | OrderExpired | OrderRejected | OrderNotFound
"""What tells how an order stands, or has ended: whoever fails at it is told again much later."""


class SetAside(Collection[str]):
    """The orders of one simulation of which messages were set aside. `letters` are all such messages, in order.

    `with_undone` holds the orders of which executions were taken back.
    """

    def __init__(self, *, with_undone: Collection[str]) -> None:
        self.letters: list[MessageParked] = []
        self._messages: Counter[str] = Counter()
        self._heard_ns: dict[str, tuple[int, int]] = {}
        self._first_ns: dict[str, int] = {}
        self._answers: set[str] = set()
        self._late: set[str] = set()
        self._with_undone = with_undone

    def __contains__(self, order_id: object) -> bool:
        return order_id in self._messages

    def __iter__(self) -> Iterator[str]:
        return iter(self._messages)

    def __len__(self) -> int:
        return len(self._messages)

    def is_hard_to_tell(self, order_id: str) -> bool:
        """Whether a portfolio may have failed at the answer to its question about an order, and asks again much
        later, or lacks executions beside some that were taken back, until a person looks.
        """
        is_one_of_many = order_id in self._answers or order_id in self._with_undone
        return order_id in self._late or (self._messages[order_id] > 1 and is_one_of_many)

    def see_effect(self, message: AnyMessage, now_ns: int) -> None:
        """What an input has led to, and when it was handled (ns, the engine's clock)."""
        if isinstance(message, OrderEvent | SubmitOrder):
            _, heard_ns = self._heard_ns.get(message.client_order_id, (0, now_ns))
            self._heard_ns[message.client_order_id] = (heard_ns, now_ns)
        elif isinstance(message, MessageParked):
            self.letters.append(message)
            self._see_letter(decode(message.message), now_ns)

    def _see_letter(self, message: AnyMessage, now_ns: int) -> None:
        order_id = getattr(message, "client_order_id", "")
        if not order_id or isinstance(message, CancelOrder | ReplaceOrder):  # those are asked for again
            return
        self._messages[order_id] += 1
        if not isinstance(message, OrderEvent) or isinstance(message, _STANDING):
            self._answers.add(order_id)
        before_ns, heard_ns = self._heard_ns.get(order_id, (0, 0))
        first_ns = self._first_ns.setdefault(order_id, now_ns)
        if max(now_ns - first_ns, heard_ns - before_ns) >= ASKED_AFTER_NS:
            self._late.add(order_id)
