"""A seeded simulated market: invented symbols whose quotes and trades look like a real market's. Not real data."""

from __future__ import annotations

from gateways.market._settings import DEMO_SYMBOLS, SimulatedMarketSettings, SimulatedSymbol
from gateways.market._state import SimulatedMarketState, SymbolState
from gateways.market.source import SimulatedMarket, market_for_demo

__all__ = [
    "DEMO_SYMBOLS",
    "SimulatedMarket",
    "SimulatedMarketSettings",
    "SimulatedMarketState",
    "SimulatedSymbol",
    "SymbolState",
    "market_for_demo",
]
