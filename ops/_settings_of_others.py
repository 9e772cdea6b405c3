"""Settings that are declared where they are used, brought together for the configuration."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import Meta


class MarketSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A simulated market: the same seed gives the same market."""

    seed: int
    symbols: Annotated[int, Meta(ge=1)] = 4


class RiskLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits of one portfolio."""

    max_order_notional: Decimal | None = None

    def __post_init__(self) -> None:
        if self.max_order_notional is not None and self.max_order_notional <= 0:
            raise ValueError(f"max_order_notional is {self.max_order_notional}; it must be above zero")
