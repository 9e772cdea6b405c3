"""Instruments and priced signals, short enough to read in a test."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from messages import AssetClass, Instrument, Signal, SignalKind, SignalPriced, StrategyId
from tests.rules._orders import NOON_NS, SYMBOL


def instrument(**terms: Any) -> Instrument:
    """A US share, unless told otherwise."""
    fields: dict[str, Any] = {
        "symbol": SYMBOL,
        "asset_class": AssetClass.EQUITY,
        "quote_currency": "USD",
        "tick_size": Decimal("0.01"),
        "lot_size": Decimal(1),
    }
    return Instrument(**{**fields, **terms})


def priced(
    value: float, *, bid: float = 99.0, ask: float = 101.0, last: float = 100.0, **terms: Any
) -> SignalPriced:
    """A signal for a weight of equity in a market 99 at 101."""
    fields: dict[str, Any] = {"kind": SignalKind.TARGET_WEIGHT, "value": value, **terms}
    signal = Signal(strategy_id=StrategyId("sma"), symbol=SYMBOL, time_ns=NOON_NS, **fields)
    return SignalPriced(signal=signal, bid=bid, ask=ask, last=last, price_time_ns=NOON_NS)
