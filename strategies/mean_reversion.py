"""Mean reversion: buy what has fallen far below its own mean, and sell it when it has come back.

How far is the z-score of the close: standard deviations from the mean of the last `period` closes (the bands of
J. Bollinger). A position that has not come back after `max_bars_held` bars is given up, and none is opened again
before the z-score has been within `entry_z_score`: a price that keeps falling is not bought again and again.
"""

from __future__ import annotations

from math import isfinite

import msgspec

from messages import Bar, Symbol
from strategies.base import Strategy, StrategyParameters, StrategyState, Timeframe
from strategies.indicators import Bollinger


class Reversion(msgspec.Struct, gc=False):
    """One symbol: `stance` is what was last wanted (1 long, 0 flat, -1 short), for how many bars it has been held.

    `may_enter` is false from an exit by time until the z-score has been within the entry again.
    """

    bands: Bollinger
    stance: int = 0
    bars_held: int = 0
    may_enter: bool = True


class MeanReversion(Strategy):
    """Long below the mean, with `allow_short` short above it, until it reverts or time is up."""

    class Parameters(StrategyParameters, frozen=True, kw_only=True):
        """Scores are in standard deviations; 0 as `exit_z_score` waits for the mean itself.

        `weight_fraction` of the strategy's equity is shared out equally among its symbols; below 1 it leaves cash
        for costs and for a price that moves while an order is on its way.
        """

        period: int = 20
        entry_z_score: float = 2.0
        exit_z_score: float = 0.5
        max_bars_held: int = 20
        timeframe: Timeframe = "1m"
        weight_fraction: float = 0.9
        allow_short: bool = False

        def __post_init__(self) -> None:
            if self.period < 2:
                raise ValueError(f"period is {self.period}; it must be 2 or more")
            if self.max_bars_held < 1:
                raise ValueError(f"max_bars_held is {self.max_bars_held}; it must be 1 or more")
            if not isfinite(self.entry_z_score) or self.entry_z_score <= 0:
                raise ValueError(f"entry_z_score is {self.entry_z_score}; it must be a number above zero")
            if not 0 <= self.exit_z_score < self.entry_z_score:
                raise ValueError(
                    f"exit_z_score is {self.exit_z_score}; it must be from 0 up to, not including, "
                    f"entry_z_score, which is {self.entry_z_score}"
                )
            if not isfinite(self.weight_fraction) or self.weight_fraction <= 0:
                raise ValueError(f"weight_fraction is {self.weight_fraction}; it must be a number above zero")

    class State(StrategyState):
        """What is known of each symbol that has had a bar."""

        reversions: dict[Symbol, Reversion] = {}

    parameters: Parameters
    state: State

    def on_bar(self, bar: Bar) -> None:
        """Exit first, so that one bar never both closes and opens."""
        reversion = self.state.reversions.get(bar.symbol) or self._start(bar.symbol)
        bands = reversion.bands.update(bar.close)
        score = None if bands is None else bands.z_score(bar.close)
        if reversion.stance:
            reversion.bars_held += 1
            self._consider_exit(bar.symbol, reversion, score)
        elif score is not None:
            self._consider_entry(bar.symbol, reversion, score)

    def _consider_exit(self, symbol: Symbol, reversion: Reversion, score: float | None) -> None:
        terms = self.parameters
        if score is not None and reversion.stance * score >= -terms.exit_z_score:
            self._turn(symbol, reversion, 0, f"z-score {score:.3g} is back, exit at {terms.exit_z_score}")
        elif reversion.bars_held >= terms.max_bars_held:
            reversion.may_enter = False
            self._turn(symbol, reversion, 0, f"not back after {reversion.bars_held} bars")

    def _consider_entry(self, symbol: Symbol, reversion: Reversion, score: float) -> None:
        terms = self.parameters
        if abs(score) < terms.entry_z_score:
            reversion.may_enter = True
        elif reversion.may_enter and (score < 0 or terms.allow_short):
            stance = 1 if score < 0 else -1
            self._turn(symbol, reversion, stance, f"z-score {score:.3g} is beyond {terms.entry_z_score}")

    def _start(self, symbol: Symbol) -> Reversion:
        reversion = Reversion(Bollinger(self.parameters.period))
        self.state.reversions[symbol] = reversion
        return reversion

    def _turn(self, symbol: Symbol, reversion: Reversion, stance: int, reason: str) -> None:
        reversion.stance = stance
        reversion.bars_held = 0
        weight = stance * self.parameters.weight_fraction / len(self.symbols)
        self.target_weight(symbol, weight, reason=reason)
