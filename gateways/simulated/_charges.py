"""What trading costs: commission and slippage, as pure functions of the settings."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import assert_never

from gateways.simulated._settings import (
    BpsSlippage,
    CommissionModel,
    NoCommission,
    NoSlippage,
    NotionalCommission,
    PerFillCommission,
    PerShareCommission,
    SlippageModel,
    SpreadSlippage,
    VolumeShareSlippage,
)
from gateways.simulated._state import ZERO
from messages import Side

_SMALLEST_CHARGE = Decimal("1e-8")
_BPS = Decimal(10_000)


def commission_to_date(model: CommissionModel, *, quantity: Decimal, notional: Decimal, fill_count: int) -> Decimal:
    """All that an order owes once `quantity` units worth `notional` filled in `fill_count` fills.

    A fill is charged what this adds to what the order paid before, so that a minimum counts once per order.
    In the account's currency, exact up to eight decimals and rounded half to even beyond.
    """
    if fill_count == 0:
        return ZERO
    match model:
        case NoCommission():
            return ZERO
        case PerShareCommission(per_share=per_share, minimum_per_order=minimum):
            owed = max(quantity * per_share, minimum)
        case NotionalCommission(bps=bps, minimum_per_order=minimum):
            owed = max(notional * bps / _BPS, minimum)
        case PerFillCommission(per_fill=per_fill):
            owed = per_fill * fill_count
        case _:
            assert_never(model)
    exponent = owed.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -8:
        return owed.quantize(_SMALLEST_CHARGE, rounding=ROUND_HALF_EVEN)
    return owed


def slipped_price(
    model: SlippageModel, *, side: Side, price: Decimal, spread: Decimal, volume_share: Decimal
) -> Decimal:
    """The price after slippage, above `price` for a buy and below for a sell, not yet on the tick grid.

    `spread` is ask less bid, 0 where unknown; `volume_share` our part of the bar's volume, this fill included.
    """
    match model:
        case NoSlippage():
            return price
        case BpsSlippage(bps=bps):
            slip = price * bps / _BPS
        case SpreadSlippage(fraction=fraction):
            slip = spread * fraction
        case VolumeShareSlippage(price_impact=impact):
            slip = price * impact * volume_share * volume_share
        case _:
            assert_never(model)
    return price + slip if side is Side.BUY else price - slip
