"""Instruments and priced signals, short enough to read in a test."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from messages import AssetClass, Instrument, Signal, SignalKind, SignalPriced, StrategyId
from rules.risk import RiskContext
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


def context(**known: Any) -> RiskContext:
    """10,000 in cash, nothing held, nothing working, the market 99 at 101 and fresh; unless told otherwise.

    `position` is also the strategy's, and open quantities are too, unless they are told.
    """
    fields: dict[str, Any] = {
        "instrument": instrument(),
        "currency": "USD",
        "equity": Decimal(10_000),
        "cash": Decimal(10_000),
        "cash_held": Decimal(0),
        "position": Decimal(0),
        "open_buy_quantity": Decimal(0),
        "open_sell_quantity": Decimal(0),
        "other_gross_exposure": Decimal(0),
        "bid": 99.0,
        "ask": 101.0,
        "last": 100.0,
        "price_time_ns": NOON_NS,
        "now_ns": NOON_NS,
        **known,
    }
    fields.setdefault("strategy_position", fields["position"])
    fields.setdefault("strategy_open_buy_quantity", fields["open_buy_quantity"])
    fields.setdefault("strategy_open_sell_quantity", fields["open_sell_quantity"])
    return RiskContext(**fields)
