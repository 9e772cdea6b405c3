"""The orders of one simulation that may work, as the journal tells it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from messages import (
    AnyMessage,
    CancelOrder,
    OrderAccepted,
    OrderCanceled,
    OrderCancelRejected,
    OrderExpired,
    OrderFilled,
    OrderNotFound,
    OrderRejected,
    OrderReplaced,
    OrderReplaceRejected,
    OrderReported,
    OrderStatus,
    OrderUnknown,
    ReplaceOrder,
    SubmitOrder,
)
from ops.drill.judge.endings import OVER


class StandingOrder:
    """One order. It `is_settled` if the broker holds it, nothing was asked of it that is not answered, and all is
    told that it executed.

    What is doubtful about one stays so to its end.
    """

    __slots__ = (
        "asked",
        "filled",
        "is_accepted",
        "is_doubtful",
        "is_open",
        "order",
        "quantity",
        "told",
        "was_given_up",
    )

    def __init__(self, order: SubmitOrder) -> None:
        self.order = order
        self.quantity = order.quantity
        self.filled = self.told = Decimal(0)
        self.asked: ReplaceOrder | None = None
        self.is_open = True
        self.is_accepted = False
        self.is_doubtful = False
        self.was_given_up = False
        """Whether the engine, or a person, has asked to cancel it."""

    @property
    def is_settled(self) -> bool:
        """Whether it works as it stands, for all that is known."""
        is_asked = self.was_given_up or self.asked is not None
        return self.is_accepted and self.told <= self.filled and not (self.is_doubtful or is_asked)

    def see(self, event: AnyMessage) -> None:
        """What was asked or told of it."""
        match event:
            case CancelOrder():
                self.was_given_up = True
            case ReplaceOrder():
                self.is_doubtful |= self.asked is not None
                self.asked = event
            case OrderAccepted():
                self.is_accepted = self.is_open = True
            case OrderFilled(quantity=quantity):
                self.filled += quantity
                self.told = max(self.told, event.cumulative_quantity)
                self.is_accepted = True
                may_be_larger = self.is_doubtful or self.asked is not None  # by a change that was not heard of yet
                self.is_open = may_be_larger or self.filled < self.quantity
            case OrderReplaced(quantity=quantity):
                self.is_doubtful |= self.asked is None or self.asked.quantity != quantity
                self.quantity, self.asked = quantity, None
            case OrderCanceled() | OrderExpired() | OrderNotFound():
                self.is_open = False
            case OrderRejected():
                self.is_open, self.is_doubtful = self.is_accepted, True
            case OrderReported(status=status) if status in OVER and event.filled_quantity == self.filled:
                self.is_open = False
            case OrderReported(status=OrderStatus.ACCEPTED, quantity=quantity) if quantity == self.quantity:
                self.is_accepted = self.is_open = True
            case OrderReported(status=status) if status not in OVER:  # it may work yet, or again
                self.is_open = self.is_doubtful = True
            case OrderUnknown():
                self.is_open = self.is_doubtful = True
            case OrderReported() | OrderCancelRejected() | OrderReplaceRejected():
                self.is_doubtful = True


class StandingOrders:
    """All orders of one simulation."""

    def __init__(self) -> None:
        self._orders: dict[str, StandingOrder] = {}

    def see_effect(self, message: AnyMessage) -> None:
        """What an input has led to."""
        if isinstance(message, SubmitOrder):
            self._orders.setdefault(message.client_order_id, StandingOrder(message)).is_open = True
        elif (known := self.get(message)) is not None:
            known.see(message)

    def get(self, message: AnyMessage) -> StandingOrder | None:
        """The order that a message is about, if it is about one that has left."""
        return self._orders.get(getattr(message, "client_order_id", ""))

    def of(self, strategy_id: str, symbol: str) -> Sequence[StandingOrder]:
        """What may work for a strategy in a symbol."""
        return [
            each
            for each in self._orders.values()
            if each.is_open and (each.order.strategy_id, each.order.symbol) == (strategy_id, symbol)
        ]
