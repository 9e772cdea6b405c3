"""A simulated venue: a pure matching engine for paper trading and backtests."""

from __future__ import annotations

from gateways.simulated._settings import (
    BarPrice,
    BpsSlippage,
    CommissionModel,
    NoCommission,
    NoSlippage,
    NotionalCommission,
    PerFillCommission,
    PerShareCommission,
    SimulatedVenueSettings,
    SlippageModel,
    SpreadSlippage,
    VolumeShareSlippage,
)
from gateways.simulated._state import (
    Grain,
    SimulatedAccount,
    SimulatedVenueState,
    SymbolBook,
    VenueEvent,
    VenueOrder,
)
from gateways.simulated.venue import SimulatedVenue

__all__ = [
    "BarPrice",
    "BpsSlippage",
    "CommissionModel",
    "Grain",
    "NoCommission",
    "NoSlippage",
    "NotionalCommission",
    "PerFillCommission",
    "PerShareCommission",
    "SimulatedAccount",
    "SimulatedVenue",
    "SimulatedVenueSettings",
    "SimulatedVenueState",
    "SlippageModel",
    "SpreadSlippage",
    "SymbolBook",
    "VenueEvent",
    "VenueOrder",
    "VolumeShareSlippage",
]
