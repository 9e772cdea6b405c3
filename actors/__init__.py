"""Who acts: the kernel that runs actors, and the actors of trading."""

from __future__ import annotations

from actors.portfolio import PortfolioActor, PortfolioTerms
from actors.router import Router
from actors.strategies import StrategySupervisor
from actors.strategy import Context, HostedStrategy, StrategyActor, Subscriptions
from actors.symbol import SymbolActor
from actors.venue import VenueActor

__all__ = [
    "Context",
    "HostedStrategy",
    "PortfolioActor",
    "PortfolioTerms",
    "Router",
    "StrategyActor",
    "StrategySupervisor",
    "Subscriptions",
    "SymbolActor",
    "VenueActor",
]
