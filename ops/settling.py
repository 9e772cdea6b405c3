"""When an engine that ends with its source may end: not while a venue outside still owes it an answer."""

from __future__ import annotations

import time

from actors import PortfolioActor
from actors.kernel import Kernel
from messages import OrderStatus, OrderType
from rules.orders import OrderState

SETTLE_SECONDS = 15.0
"""How long it is waited for accounts to agree and for orders to get where they go.

An order that a broker does not know is lost only after 10 s (`REQUEST_MAX_NS` of `rules.orders`).
"""

_AT_REST = (OrderStatus.ACCEPTED, OrderStatus.PARTIALLY_FILLED)


class Settling:
    """Waits from the first time that it is asked."""

    def __init__(self) -> None:
        self._until: float | None = None

    def is_done(self, kernel: Kernel) -> bool:
        """Whether accounts agree with their books and no order is under way, or that has lasted too long.

        An order that rests at the venue may do so for days: it is not waited for.
        """
        if self._until is None:
            self._until = time.monotonic() + SETTLE_SECONDS
        return time.monotonic() >= self._until or is_settled(kernel)


def has_open_orders(kernel: Kernel) -> bool:
    """Whether a portfolio has an order that may still execute, if only days from now."""
    portfolios = (each for each in kernel.actors.values() if isinstance(each, PortfolioActor))
    return any(order.is_open for portfolio in portfolios for order in portfolio.state.orders.values())


def is_settled(kernel: Kernel) -> bool:
    """Whether venues outside owe nothing now."""
    return all(_is_settled(each) for each in kernel.actors.values())


def _is_settled(actor: object) -> bool:
    if not isinstance(actor, PortfolioActor):
        return True
    return not actor.link.hold and not any(_is_under_way(order) for order in actor.state.orders.values())


def _is_under_way(state: OrderState) -> bool:
    if not state.is_open:
        return False
    return state.order.order_type is OrderType.MARKET or state.status not in _AT_REST
