"""When an order is over."""

from __future__ import annotations

from messages import OrderStatus

ENDED = (OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.REJECTED)
"""How an order stands that is over, and not filled."""

OVER = (OrderStatus.FILLED, *ENDED)
"""How an order stands for which the broker will do no more."""

REMEMBERED = 200
"""How many orders that are over each side remembers at least."""
