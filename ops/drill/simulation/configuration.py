"""What an engine of a simulation is configured with, and what of that people change between two starts.

Limits tighten; strategies come and go; limits loosen, which nobody confirms, so that they must not apply.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from ops.config import (
    Config,
    EngineSettings,
    PortfolioSettings,
    PracticeVenueSettings,
    SourceSettings,
    StrategySettings,
)
from ops.drill.simulation.connection import PORTFOLIO, VENUE
from ops.drill.simulation.swarm import CASH, Swarm
from rules.limits import RiskLimits

RESTLESS = Path(__file__).with_name("restless.py")

_HALF = Decimal("0.5")
_STRATEGIES_MAX = 4


class Configuration:
    """What is asked for at the next start of one simulation, and which limits are valid then.

    `valid` are the tightest limits of all: those that orders must keep.
    """

    def __init__(self, swarm: Swarm) -> None:
        self.asked = config_of(swarm)
        self.valid = swarm.limits
        self._swarm = swarm
        self._draw = random.Random(f"configuration {swarm.seed}")  # noqa: S311  # a simulation, not a secret
        self._is_applied = True
        self._count = swarm.strategies

    def note_applied(self) -> None:
        """What was asked for is durable: the next start holds it against what is asked for then."""
        self._is_applied = True

    def begin_anew(self) -> None:
        """Nothing is durable of any run before: the next one begins with what is asked for."""
        self.valid, self._is_applied = self.asked.portfolios[PORTFOLIO].limits, True

    def change(self) -> None:
        """Somebody changes the file while no engine runs."""
        if not self._swarm.changes_all_kinds:
            self._tighten("max_position_fraction")
            return
        kind = self._draw.choice((*_TIGHTER, "come", "come", "go", "go", "loosen"))
        if kind == "come":
            self._come()
        elif kind == "go":
            self._go()
        elif kind == "loosen":
            self._loosen()
        else:
            self._tighten(kind)

    def _tighten(self, name: str) -> None:
        tighter = {name: _TIGHTER[name](getattr(self.valid, name), self._swarm.tightening)}
        self.valid = msgspec.structs.replace(self.valid, **tighter)
        self._ask(tighter)
        self._is_applied = False

    def _loosen(self) -> None:
        """Ask for more than was ever allowed. What a killed start did not apply is left alone until one does."""
        if self._is_applied:
            self._ask({"max_position_fraction": Decimal(1), "max_order_value": None, "min_cash": Decimal(0)})

    def _come(self) -> None:
        """One more of the same kind, under a name of its own."""
        strategies = self.asked.strategies
        if len(strategies) < _STRATEGIES_MAX:
            self._count += 1
            come = {f"s{self._count}": strategy_of(self._swarm, self._count)}
            self.asked = msgspec.structs.replace(self.asked, strategies=strategies | come)

    def _go(self) -> None:
        """All but one may go."""
        strategies = dict(self.asked.strategies)
        if len(strategies) > 1:
            del strategies[self._draw.choice(sorted(strategies))]
            self.asked = msgspec.structs.replace(self.asked, strategies=strategies)

    def _ask(self, limits: Mapping[str, Any]) -> None:
        portfolio = self.asked.portfolios[PORTFOLIO]
        changed = msgspec.structs.replace(portfolio, limits=msgspec.structs.replace(portfolio.limits, **limits))
        self.asked = msgspec.structs.replace(self.asked, portfolios={PORTFOLIO: changed})


def config_of(swarm: Swarm) -> Config:
    """The configuration of a seed at its first start."""
    limits: RiskLimits = swarm.limits
    return Config(
        source=SourceSettings(replay=("drill",), speed="max"),
        venues={VENUE: PracticeVenueSettings(url="http://127.0.0.1:1")},
        portfolios={PORTFOLIO: PortfolioSettings(cash=CASH, currency="USD", venue=VENUE, limits=limits)},
        strategies={f"s{number}": strategy_of(swarm, number) for number in range(1, swarm.strategies + 1)},
        engine=EngineSettings(
            checkpoint_interval_seconds=1e9, checkpoint_interval_inputs=swarm.checkpoint_interval
        ),
    )


def strategy_of(swarm: Swarm, number: int) -> StrategySettings:
    """One of a seed's strategies. Where others may come, all of the first ones leave money for them."""
    is_whole = not swarm.changes_all_kinds
    return StrategySettings(
        use=str(RESTLESS),
        capital=Decimal(1) / (swarm.strategies if is_whole else _STRATEGIES_MAX),
        parameters={
            "start": swarm.seed * 7 + number,
            "eagerness": swarm.eagerness,
            "stop_step": swarm.stop_step,
            "order_kinds": swarm.order_kinds,
        },
    )


def _part_of(limit: Decimal, part: Decimal) -> Decimal:
    return limit * part


_TIGHTER: Mapping[str, Callable[[Any, Decimal], Any]] = {
    "max_position_fraction": _part_of,
    "max_order_value": lambda amount, _: (amount or CASH * _HALF) * _HALF,
    "min_cash": lambda amount, _: (amount + CASH * _HALF) * _HALF,
    "price_max_age_seconds": lambda seconds, _: min(seconds, 3.0),
    "max_price_deviation_fraction": lambda fraction, _: min(fraction, Decimal("0.003")),
    "allow_short": lambda *_: False,
}
"""How each limit tightens, from what it is and how much the seed leaves of the largest position."""
