"""What counts as an answer: it names the question, as of whose time it is.

not found, or told to work -> the journal has the question, asked at the time that is named
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from messages import AnyMessage, OrderNotFound, OrderReported, OrderStatus, QueryOrder

_WORKS = (OrderStatus.ACCEPTED, OrderStatus.PENDING_REPLACE)
"""How an order stands that only an answer tells of: unasked, a report is told of what has ended."""


class AnswerConduct:
    """The questions about orders of one simulation. `fail` as in `Conduct`."""

    def __init__(self, fail: Callable[[str, str], None]) -> None:
        self._fail = fail
        self._asked: defaultdict[str, set[int]] = defaultdict(set)

    def see_input(self, message: AnyMessage) -> None:
        """The next input."""
        match message:
            case OrderNotFound(client_order_id=order_id, asked_ns=asked_ns):
                self._see_answer(order_id, asked_ns, "not to be found")
            case OrderReported(client_order_id=order_id, asked_ns=asked_ns, status=status):
                if asked_ns or status in _WORKS:
                    self._see_answer(order_id, asked_ns, status.value)

    def see_effect(self, message: AnyMessage) -> None:
        """What an input has led to."""
        if isinstance(message, QueryOrder):
            self._asked[message.client_order_id].add(message.time_ns)

    def _see_answer(self, order_id: str, asked_ns: int, how: str) -> None:
        if asked_ns not in self._asked[order_id]:
            when = f"at {asked_ns}" if asked_ns else "at no time"
            self._fail("C47", f"{order_id} is told to be {how} as if that was asked {when}, and it was not")
