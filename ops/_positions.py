"""What a strategy holds of a symbol, from fills alone: apart from `rules.ledger`, so that each checks the other."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from messages import OrderFilled

_ZERO = Decimal(0)
_COST_STEP = Decimal("1e-12")


class Holding(msgspec.Struct, kw_only=True):
    """Net units of one symbol and what they cost; `quantity` and `cost` are negative if short.

    `cost` includes the multiplier and leaves out commission, as `realized_pnl` does.
    """

    multiplier: Decimal = Decimal(1)
    quantity: Decimal = _ZERO
    cost: Decimal = _ZERO
    realized_pnl: Decimal = _ZERO
    commission: Decimal = _ZERO

    @property
    def average_price(self) -> Decimal | None:
        """Mean price of the units held; `None` when flat."""
        return self.cost / (self.quantity * self.multiplier) if self.quantity else None

    def value(self, mark_price: Decimal) -> Decimal:
        """What it is worth at the mark; negative if short."""
        return self.quantity * mark_price * self.multiplier

    def add(self, fill: OrderFilled) -> Decimal:
        """Count a fill and return what it does to cash. It may close, open, or close and open the other side."""
        signed = fill.side.sign * fill.quantity
        self.shift(signed, fill.price)
        self.commission += fill.commission
        return -signed * fill.price * self.multiplier - fill.commission

    def shift(self, quantity: Decimal, price: Decimal) -> None:
        """Count units, negative if they go, that nobody traded here, at what they are valued by."""
        closing = self._part_that_closes(quantity)
        taken = self._cost_of(-closing)
        unit_price = price * self.multiplier
        self.realized_pnl += -closing * unit_price - taken
        self.cost += (quantity - closing) * unit_price - taken
        self.quantity += quantity

    def _part_that_closes(self, signed: Decimal) -> Decimal:
        """How much of a signed quantity reduces what is held, with the sign of `signed`."""
        if self.quantity * signed >= 0:
            return _ZERO
        return signed if abs(signed) <= abs(self.quantity) else -self.quantity

    def _cost_of(self, part: Decimal) -> Decimal:
        """The share of the cost that a part of the quantity takes with it, rounded as the engine's ledger does."""
        if part == self.quantity:
            return self.cost
        return (self.cost * part / self.quantity).quantize(_COST_STEP)
