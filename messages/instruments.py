"""What can be traded, and the grid that its prices and quantities live on."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum

from messages._base import Message, Symbol


class AssetClass(Enum):
    EQUITY = "equity"
    FOREX = "forex"
    CRYPTO = "crypto"
    FUTURE = "future"
    CFD = "cfd"
    INDEX = "index"


class Instrument(Message, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """Terms of one instrument.

    `tick_size` is the smallest step of an order's price, `lot_size` of its quantity; the value of a position
    is quantity x price x `multiplier`, in `quote_currency`.
    """

    symbol: Symbol
    asset_class: AssetClass
    quote_currency: str
    tick_size: Decimal
    lot_size: Decimal
    multiplier: Decimal = Decimal(1)

    def __post_init__(self) -> None:
        for name in ("tick_size", "lot_size", "multiplier"):
            value: Decimal = getattr(self, name)
            if not value.is_finite() or value <= 0:
                raise ValueError(f"{name} of {self.symbol} is {value}; it must be a number above zero")
