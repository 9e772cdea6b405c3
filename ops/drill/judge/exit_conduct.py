"""What may keep an exit from leaving: what became of an order for it, and nothing else.

a flatten is told to have failed      -> an order that closes, at the market, was denied or refused, or has ended
an order is denied, since it repeats  -> what it repeats was the same, and has come to something
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from messages import (
    Alert,
    AnyMessage,
    CancelOrder,
    HaltTrading,
    OrderAccepted,
    OrderApproved,
    OrderCanceled,
    OrderCancelRejected,
    OrderDenied,
    OrderEvent,
    OrderExpired,
    OrderFilled,
    OrderRejected,
    OrderReported,
    OrderType,
    OrderUnknown,
    ReleaseTrading,
    RequestCancel,
    Side,
    SubmitOrder,
)
from ops.drill.judge.endings import ENDED

NOT_CLOSED = " are not closed: the exit "
"""What the engine tells of a flatten that has failed."""

_REPEATS = "the same order as "
"""How the reason begins for which an order is denied that repeats another."""


_ZERO = Decimal(0)

_Key = tuple[str, str]


class ExitConduct:
    """The exits of one simulation. `fail` as in `Conduct`; `held` is what each strategy holds of each symbol."""

    def __init__(self, fail: Callable[[str, str], None], held: Mapping[_Key, Decimal]) -> None:
        self._fail = fail
        self._held = held
        self._orders: dict[str, SubmitOrder] = {}
        self._canceling: set[str] = set()
        self._unknown: set[str] = set()
        self._executed: set[str] = set()
        self._nothing_now: set[str] = set()
        self._nothing: set[str] = set()
        self._kept_back: set[_Key] = set()

    def is_kept_back(self, strategy_id: str, symbol: str) -> bool:
        """Whether an order that was to close what was held has come to nothing since the last halt or release."""
        return (strategy_id, symbol) in self._kept_back

    def see_input(self, message: AnyMessage) -> None:
        """The next input."""
        self._nothing |= self._nothing_now
        self._nothing_now = set()
        if isinstance(message, HaltTrading | ReleaseTrading):
            self._kept_back.clear()
        if isinstance(message, RequestCancel):
            self._keep_back(self._orders.get(message.client_order_id))

    def see_effect(self, message: AnyMessage, *, is_excused: bool) -> None:
        """What an input led to. It `is_excused` if mail of an actor on the way may have waited."""
        match message:
            case OrderApproved(order=order):
                self._orders[order.client_order_id] = order
            case CancelOrder(client_order_id=order_id):
                self._canceling.add(order_id)
            case OrderFilled(client_order_id=order_id):
                self._executed.add(order_id)
                self._see_working(order_id)
            case OrderDenied():
                self._see_denied(message, is_excused=is_excused)
            case OrderCanceled() | OrderExpired() | OrderRejected():
                self._see_end(message)
            case OrderReported(status=status) if status in ENDED:
                self._see_end(message)
            case OrderReported() | OrderAccepted():
                self._see_working(message.client_order_id)
            case OrderUnknown(client_order_id=order_id):
                self._unknown.add(order_id)
            case OrderCancelRejected(client_order_id=order_id):
                self._canceling.discard(order_id)
            case Alert(subject=order_id, text=text) if NOT_CLOSED in text:
                if not is_excused:
                    self._see_not_closed(order_id, text)

    def _see_end(self, event: OrderEvent) -> None:
        """An order that the engine itself has canceled was for nothing any more: its end keeps nothing back.

        One whose cancel was refused, since the broker had ended it, is the broker's.
        """
        order_id = event.client_order_id
        if order_id not in self._canceling:
            self._keep_back(self._orders.get(order_id))
            self._nothing.discard(order_id)
            self._nothing_now.discard(order_id)
        elif order_id not in self._executed:
            self._nothing_now.add(order_id)
        if isinstance(event, OrderRejected):  # it may be said of another copy of its request
            self._unknown.add(order_id)

    def _see_working(self, order_id: str) -> None:
        """An order works: it may come to something yet. What was asked of one in doubt is forgotten then."""
        self._nothing.discard(order_id)
        self._nothing_now.discard(order_id)
        if order_id in self._unknown:
            self._unknown.remove(order_id)
            self._canceling.discard(order_id)

    def _keep_back(self, order: SubmitOrder | None) -> None:
        if order is None or not _is_at_the_market(order):
            return
        key = order.strategy_id, order.symbol
        if self._held.get(key, _ZERO) * order.side.sign < 0:
            self._kept_back.add(key)

    def _see_denied(self, denied: OrderDenied, *, is_excused: bool) -> None:
        self._keep_back(denied.order)
        if denied.order is not None:
            self._orders[denied.client_order_id] = denied.order
        _, _, repeats = denied.reason.partition(_REPEATS)
        earlier = repeats.partition(",")[0]
        before = self._orders.get(earlier)
        if before is not None and denied.order is not None and _likeness(denied.order) != _likeness(before):
            self._fail("C31", f"{denied.client_order_id} is denied as the same as {earlier}, and is another one")
        if earlier in self._nothing and not is_excused:
            self._fail(
                "C31", f"{denied.client_order_id} repeats {earlier}, which was canceled, and is denied for it"
            )

    def _see_not_closed(self, order_id: str, text: str) -> None:
        held, of, _, by = text.partition(NOT_CLOSED)[0].split()
        order = self._orders[order_id]
        closing = Side.SELL if Decimal(held) > 0 else Side.BUY
        is_its_own = _is_at_the_market(order) and order.side is closing
        if not is_its_own or order_id in self._canceling:
            self._fail(
                "C31", f"{held} {of} of {by} are not closed because of {order_id}, which was not to close them"
            )


def _likeness(order: SubmitOrder) -> tuple[object, ...]:
    """What orders have in common that repeat each other."""
    return order.strategy_id, order.symbol, order.side, order.quantity, order.limit_price, order.stop_price


def _is_at_the_market(order: SubmitOrder) -> bool:
    """Whether it has the terms of a flatten's exit: one of before that has them counts as one."""
    return order.order_type is OrderType.MARKET and not order.protective
