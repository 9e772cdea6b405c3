"""The one place where the venue turns a feed's `float` into `Decimal`, on the instrument's grid."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from math import inf

from messages import Side

_ONE = Decimal(1)
_ZERO = Decimal(0)  # added to write a number out in full, 10000 for 1E+4: one price, one text
_NOISE = Decimal("1e-6")  # ticks: what binary fractions may add to a price that was on the grid


def exact(number: float) -> Decimal | None:
    """The number as it would be printed; None for what is no price and no size: 0, negative, NaN, infinite."""
    return Decimal(repr(number)) if 0.0 < number < inf else None


def on_grid(price: Decimal, *, tick_size: Decimal, side: Side) -> Decimal:
    """The price rounded to a tick against us: up for a buy, down for a sell, never below one tick."""
    steps = price / tick_size
    nearest = steps.to_integral_value(rounding=ROUND_HALF_EVEN)
    if abs(steps - nearest) > _NOISE:
        nearest = steps.to_integral_value(rounding=ROUND_CEILING if side is Side.BUY else ROUND_FLOOR)
    return (max(nearest, _ONE) + _ZERO) * tick_size


def down_to_lot(quantity: Decimal, lot_size: Decimal) -> Decimal:
    """The largest number of whole lots in a quantity of 0 or more."""
    return ((quantity / lot_size).to_integral_value(rounding=ROUND_FLOOR) + _ZERO) * lot_size


def is_on_grid(number: Decimal, step: Decimal) -> bool:
    """Whether a price or quantity is a whole number of steps."""
    return number % step == 0
