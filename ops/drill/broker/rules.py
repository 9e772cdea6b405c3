"""The variants of the broker: what differs between real brokers, and what a run may draw from its seed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

ONE = Decimal(1)
ZERO = Decimal(0)


@dataclass(frozen=True, kw_only=True)
class BrokerRules:
    """How this broker behaves where brokers differ. Durations are nanoseconds; 0 means at once.

    Raises ValueError for a negative duration or amount, and for a slice or lot that is not above zero.
    """

    duplicates: Literal["reject", "replay"] = "reject"
    """A second order with a known id and the same body: 422, or 200 with the first order as it stands."""
    shorting: bool = False
    """May an order sell more than the account holds?"""
    leverage: Decimal = ONE
    """Exposure allowed per unit of equity; 1 is a cash account."""
    wash_trade_refusal: bool = True
    """Refuse an order that could trade with a working one of the same account."""
    commission_per_share: Decimal = ZERO
    lot: Decimal = ONE
    """Order quantities are multiples of this many units."""
    max_slice: Decimal | None = None
    """Units that one execution takes at most; None leaves only the displayed size as its limit."""
    ack_delay_ns: int = 0
    cancel_delay_ns: int = 0
    """Until a cancel takes effect. The order may execute before: that is the late fill after a 204."""
    replace_delay_ns: int = 0
    replace_race: bool = True
    """May an order execute on its old terms while its replace is pending, so that the replace can lose?"""
    halted_orders: Literal["hold", "refuse"] = "hold"
    """New orders in a halted symbol wait with status `held`, or are refused."""
    day_end_ns: int | None = None
    """When day orders expire; None keeps them working."""

    def __post_init__(self) -> None:
        if min(self.ack_delay_ns, self.cancel_delay_ns, self.replace_delay_ns) < 0:
            raise ValueError(f"a delay is negative in {self}; it must be zero or more nanoseconds")
        if self.commission_per_share < 0 or self.leverage <= 0 or self.lot <= 0:
            raise ValueError(f"commission, leverage or lot is out of range in {self}")
        if self.max_slice is not None and self.max_slice <= 0:
            raise ValueError(f"max_slice is {self.max_slice}; it must be above zero, or None")
