"""When an engine that ends with its source may end: not while a venue outside still owes it an answer."""

from __future__ import annotations

import time

from actors import PortfolioActor
from actors.kernel import Kernel

SETTLE_SECONDS = 5.0
"""How long it is waited for accounts to agree and for orders to be over."""


class Settling:
    """Waits from the first time that it is asked."""

    def __init__(self) -> None:
        self._until: float | None = None

    def is_done(self, kernel: Kernel) -> bool:
        """Whether every account agrees with its books and no order is open, or that has lasted too long."""
        if self._until is None:
            self._until = time.monotonic() + SETTLE_SECONDS
        return time.monotonic() >= self._until or all(_is_settled(each) for each in kernel.actors.values())


def _is_settled(actor: object) -> bool:
    if not isinstance(actor, PortfolioActor):
        return True
    return not actor.link.hold and not any(order.is_open for order in actor.state.orders.values())
