"""Values out of what a broker says, each believed only if it can be true.

Whatever is wrong raises one of `UNREADABLE`: a broker's text is data from outside, and nothing that is not a
number, not text or out of all proportion may come near an order or the books.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

UNREADABLE = (KeyError, TypeError, ValueError, ArithmeticError, AttributeError)
"""What reading a body may raise that lacks something, or has something else in its place."""

LARGEST = Decimal(10) ** 15
"""No quantity, price or sum of money is believed beyond it: 28 digits no longer hold such products exactly."""

_ZERO = Decimal(0)


def above_zero(text: Any) -> Decimal:
    """A quantity or a price."""
    value = _decimal(text)
    if not _ZERO < value <= LARGEST:  # raises for NaN
        raise ValueError(f"{text} is not above zero")
    return value


def not_negative(text: Any) -> Decimal:
    """What may be zero: a commission, a filled quantity."""
    value = _decimal(text)
    if not _ZERO <= value <= LARGEST:
        raise ValueError(f"{text} is below zero")
    return value


def signed(text: Any) -> Decimal:
    """Cash, or a position."""
    value = _decimal(text)
    if not -LARGEST <= value <= LARGEST:
        raise ValueError(f"{text} is out of all proportion")
    return value


def price_or_none(text: Any) -> Decimal | None:
    """A term that not every order has."""
    return None if text is None else above_zero(text)


def word(value: Any) -> str:
    """Text that is not empty: an id, a symbol, a status."""
    if value.__class__ is not str or not value:
        raise TypeError(f"{value!r} is no text")
    return str(value)


def whole(value: Any) -> int:
    """A time in nanoseconds."""
    if value.__class__ is not int or value < 0:
        raise TypeError(f"{value!r} is no time")
    return int(value)


def listed(value: Any) -> list[Any]:
    """A list."""
    if not isinstance(value, list | tuple):
        raise TypeError(f"{value!r} is no list")
    return list(value) if value.__class__ is not list else value


def refusal(body: Mapping[str, Any]) -> str:
    """A refusal in the broker's own words, as its code and what it says more."""
    code = word(body["code"])
    more = body.get("message") or body.get("status")
    return f"{code}: {more}" if more else code


def _decimal(text: Any) -> Decimal:
    if text.__class__ is not str:  # a number of JSON may have been through a float
        raise TypeError(f"{text!r} is no decimal in text")
    return Decimal(text)
