"""How the engine may change an order at the broker: one change at a time, and none that was made already.

asked for a change -> answered, or 10 s have passed: only then is another one asked for
a change was told  -> the same is not asked for again in the next 10 s: older answers do not take it back
"""

from __future__ import annotations

from collections.abc import Callable

from messages import AnyMessage, OrderRejected, OrderReplaced, OrderReplaceRejected, ReplaceOrder

REQUEST_NS = 10_000_000_000
"""How long a request may be on its way."""


class ChangeConduct:
    """The changes that one simulation's engine has asked for, and what it has heard of them.

    `fail` is told the number of a rule, and how it was broken.
    """

    def __init__(self, fail: Callable[[str, str], None]) -> None:
        self._fail = fail
        self._is_excused = False
        self._asked: dict[str, tuple[ReplaceOrder, int]] = {}
        self._told: dict[str, tuple[OrderReplaced, int]] = {}

    def excuse(self) -> None:
        """An actor that asks for changes, or hears of them, has failed."""
        self._is_excused = True

    def see_input(self, message: AnyMessage, time_ns: int) -> None:
        """The next input, and when it was handled (ns, the engine's clock)."""
        match message:
            case OrderReplaced(client_order_id=order_id):
                if self._is_answer(message):  # else it may be an earlier one, told again
                    self._told[order_id] = (message, time_ns)
                    self._asked.pop(order_id, None)
            case OrderReplaceRejected(client_order_id=order_id):
                self._asked.pop(order_id, None)

    def see_effect(self, message: AnyMessage, time_ns: int) -> None:
        """What an input at `time_ns` has led to."""
        match message:
            case OrderReplaceRejected(client_order_id=order_id) | OrderRejected(client_order_id=order_id):
                self._asked.pop(
                    order_id, None
                )  # so does the engine if it sends the order again, or takes it for over
            case ReplaceOrder():
                self._see_asked(message, time_ns)

    def _is_answer(self, told: OrderReplaced) -> bool:
        asked, _ = self._asked.get(told.client_order_id, (None, 0))
        return asked is not None and all(
            want in (None, got)
            for want, got in (
                (asked.quantity, told.quantity),
                (asked.limit_price, told.limit_price),
                (asked.stop_price, told.stop_price),
            )
        )

    def _see_asked(self, asked: ReplaceOrder, time_ns: int) -> None:
        order_id = asked.client_order_id
        _, before_ns = self._asked.get(order_id, (None, time_ns - REQUEST_NS))
        told, told_ns = self._told.get(order_id, (None, 0))
        self._asked[order_id] = (asked, time_ns)
        if self._is_excused:
            return
        if time_ns - before_ns < REQUEST_NS:
            self._fail("C22", f"{order_id} is to be changed once more, and the change before may be on its way")
        if told is not None and self._is_answer(told) and time_ns - told_ns < REQUEST_NS:
            self._fail("C23", f"{order_id} is to be changed to what the broker has told already")
