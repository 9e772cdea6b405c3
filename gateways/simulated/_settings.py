"""How the simulated venue charges, slips, delays and fills: one frozen struct, with a unit in every name."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum

import msgspec


def _require_not_negative(name: str, value: Decimal) -> None:
    if not value.is_finite() or value < 0:
        raise ValueError(f"{name} is {value}; it must be a number of 0 or more")


def _require_at_most(name: str, value: Decimal, limit: Decimal) -> None:
    if value > limit:
        raise ValueError(f"{name} is {value}; it must be at most {limit}, or a sell would fill at no price at all")


class NoCommission(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="none"):
    """The venue charges nothing."""


class PerShareCommission(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="per_share"
):
    """So much per unit of the instrument, and at least `minimum_per_order` for an order that fills at all.

    The minimum is of the whole order: its first fill pays at least the minimum, later ones only what their
    units add above it. Both are in the account's currency. As zipline's `PerShare`.
    """

    per_share: Decimal = Decimal("0.0075")
    minimum_per_order: Decimal = Decimal("1.00")

    def __post_init__(self) -> None:
        _require_not_negative("per_share", self.per_share)
        _require_not_negative("minimum_per_order", self.minimum_per_order)


class NotionalCommission(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="notional"):
    """`bps` ten-thousandths of the notional, and at least `minimum_per_order` for an order that fills at all."""

    bps: Decimal
    minimum_per_order: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        _require_not_negative("bps", self.bps)
        _require_not_negative("minimum_per_order", self.minimum_per_order)


class PerFillCommission(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="per_fill"):
    """The same amount for every fill, whatever its size."""

    per_fill: Decimal

    def __post_init__(self) -> None:
        _require_not_negative("per_fill", self.per_fill)


CommissionModel = NoCommission | PerShareCommission | NotionalCommission | PerFillCommission


class NoSlippage(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="none"):
    """Fills at the price that was shown."""


class BpsSlippage(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="bps"):
    """Worse than shown by `bps` ten-thousandths of the price."""

    bps: Decimal

    def __post_init__(self) -> None:
        _require_not_negative("bps", self.bps)
        _require_at_most("bps", self.bps, Decimal(9_999))


class SpreadSlippage(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="spread"):
    """Worse than shown by `fraction` of the spread; by nothing where only one price is known."""

    fraction: Decimal

    def __post_init__(self) -> None:
        _require_not_negative("fraction", self.fraction)


class VolumeShareSlippage(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="volume_share"
):
    """Worse than shown by `price_impact` x share^2, where share is our part of the bar's volume.

    As zipline's `VolumeShareSlippage`. It needs the volume of an interval, so it is 0 on quotes and trades,
    whose own size already bounds a fill.
    """

    price_impact: Decimal = Decimal("0.1")

    def __post_init__(self) -> None:
        _require_not_negative("price_impact", self.price_impact)
        _require_at_most("price_impact", self.price_impact, Decimal("0.9999"))


SlippageModel = NoSlippage | BpsSlippage | SpreadSlippage | VolumeShareSlippage


class BarPrice(Enum):
    """At which price of a bar a market order fills."""

    OPEN = "open"
    CLOSE = "close"
    """As zipline does. The bar must still have started after the order arrived."""


class SimulatedVenueSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Terms of the simulated venue. The defaults flatter nobody: no margin, no shorts, slippage, a tenth of a bar.

    - `latency_ms_min`, `latency_ms_max`: an order takes a time between the two to arrive, drawn by hashing
      `seed` and its id. An order that arrives after a bar began waits for the bar after it, so leave both
      at 0 where bars are the only data.
    - `trade_participation_max`: the part of a print's size that may fill us; `bar_participation_max`: of a
      bar's volume.
    - `day_end_seconds`: seconds after 00:00 UTC at which DAY orders expire, 86400 being midnight.
    - `allow_margin`: buys may take cash below zero. `allow_short`: sells may exceed the position.
    - `hold_quantity_for_sells`: a working sell reserves its quantity, so that a second sell of the same units
      is rejected (as Alpaca does); without it, what a sell no longer finds is canceled when it would fill.
    - `closed_orders_kept`: how many closed orders are remembered, for queries and to refuse an id used twice.
    """

    commission: CommissionModel = NoCommission()
    slippage: SlippageModel = BpsSlippage(Decimal(1))
    seed: int = 0
    latency_ms_min: float = 0.0
    latency_ms_max: float = 0.0
    trade_participation_max: Decimal = Decimal(1)
    bar_participation_max: Decimal = Decimal("0.1")
    bar_market_price: BarPrice = BarPrice.OPEN
    day_end_seconds: int = 86_400
    allow_margin: bool = False
    allow_short: bool = False
    hold_quantity_for_sells: bool = True
    closed_orders_kept: int = 500

    def __post_init__(self) -> None:
        if not 0 <= self.latency_ms_min <= self.latency_ms_max <= 3_600_000:
            raise ValueError(
                f"latency_ms_min is {self.latency_ms_min} and latency_ms_max {self.latency_ms_max}; "
                "they must rise from 0 or more to at most one hour"
            )
        for name in ("trade_participation_max", "bar_participation_max"):
            value: Decimal = getattr(self, name)
            if not value.is_finite() or not 0 < value <= 1:
                raise ValueError(f"{name} is {value}; it must be a fraction above 0 and at most 1")
        if not 1 <= self.day_end_seconds <= 86_400:
            raise ValueError(f"day_end_seconds is {self.day_end_seconds}; it must be from 1 to 86400")
        if self.closed_orders_kept < 1:
            raise ValueError(f"closed_orders_kept is {self.closed_orders_kept}; it must be at least 1")
