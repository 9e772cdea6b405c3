"""What is played: a base class for strategies, indicators for them, and four strategies to start from.

A strategy of your own: `from strategies import Strategy, StrategyParameters, StrategyState`; docs/strategies.md.
"""

from __future__ import annotations

from strategies.base import (
    Strategy,
    StrategyContext,
    StrategyParameters,
    StrategyState,
    Subscriptions,
    Timeframe,
)
from strategies.errors import StrategyError
from strategies.loading import READY_MADE, build_parameters, load_strategy, read_strategy

__all__ = [
    "READY_MADE",
    "Strategy",
    "StrategyContext",
    "StrategyError",
    "StrategyParameters",
    "StrategyState",
    "Subscriptions",
    "Timeframe",
    "build_parameters",
    "load_strategy",
    "read_strategy",
]
