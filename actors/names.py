"""How actors are named. A name is stable for the life of a data directory: the journal and checkpoints use it."""

from __future__ import annotations

ROUTER = "router"
STRATEGIES = "supervisor/strategies"
"""The supervisor that knows which strategies there are."""


def symbol_actor(symbol: str) -> str:
    """Name of the actor of a symbol."""
    return f"symbol/{symbol}"


def strategy_actor(strategy_id: str) -> str:
    """Name of the actor that hosts a strategy."""
    return f"strategy/{strategy_id}"


def portfolio_actor(portfolio_id: str) -> str:
    """Name of the actor of a portfolio."""
    return f"portfolio/{portfolio_id}"


def venue_actor(venue_id: str) -> str:
    """Name of the actor that keeps the orders at a venue."""
    return f"venue/{venue_id}"


def exchange_actor(venue_id: str) -> str:
    """Name of the actor that plays a simulated venue."""
    return f"exchange/{venue_id}"
