"""How the simulated market moves in one step of time.

A step is the time in which a symbol has about six records. In each, log volatility is stirred and pulled back to
its mean, the market's and each symbol's own; a symbol's price moves by its part of the market's move and its own,
and rarely jumps; quotes are put around it and trades hit them. Activity and volatility follow a U over the
session. The shapes are those listed by Cont, "Empirical properties of asset returns", Quantitative Finance 1
(2001); the numbers are chosen, not estimated.
"""

from __future__ import annotations

from math import exp, sqrt
from operator import attrgetter
from random import Random
from statistics import fmean

from gateways.market._settings import SimulatedMarketSettings
from gateways.market._state import SimulatedMarketState
from gateways.market._symbol import NORMAL, Record, Step, SymbolMarket
from messages import DAY_NS, HOUR_NS, MINUTE_NS, SECOND_NS

SESSION_OPEN_NS = 14 * HOUR_NS + 30 * MINUTE_NS
SESSION_CLOSE_NS = 21 * HOUR_NS

_RECORDS_PER_STEP = 6.0
_STEPS_PER_SESSION_MIN = 60
_STEP_NS_MIN = 1_000
_SHAPE_POINTS = 64
_time_of = attrgetter("time_ns")


class MarketSteps:
    """Makes the records of one step after another, from and into a `SimulatedMarketState`."""

    def __init__(self, settings: SimulatedMarketSettings) -> None:
        self._open_ns = 0 if settings.continuous else SESSION_OPEN_NS
        session_ns = (DAY_NS if settings.continuous else SESSION_CLOSE_NS) - self._open_ns
        wanted_ns = int(_RECORDS_PER_STEP / settings.rate * SECOND_NS)
        self._step_ns = min(max(wanted_ns, _STEP_NS_MIN), session_ns // _STEPS_PER_SESSION_MIN)
        self.steps_per_session = session_ns // self._step_ns
        trading_days = 365 if settings.continuous else 252
        step_years = 1.0 / (self.steps_per_session * trading_days)
        self._symbols = tuple(
            SymbolMarket(settings, terms, step_ns=self._step_ns, step_years=step_years)
            for terms in settings.symbols
        )
        self._keep = exp(-self._step_ns / (settings.volatility_memory_minutes * MINUTE_NS))
        # Half of the variance of log volatility is the market's, half the symbol's own.
        self._stir = settings.volatility_swing * sqrt(0.5 * (1.0 - self._keep**2))
        # Swings raise the mean square of a move by exp(2 x variance); taken out, volatility is what was asked for.
        unswung = exp(-0.5 * settings.volatility_swing**2)
        self._market_deviation = unswung * settings.market_volatility * sqrt(step_years)
        self._jump_chance = settings.jumps_per_day / self.steps_per_session
        self._has_gaps = not settings.continuous and settings.overnight_gap > 0
        self._shapes = _day_shapes(depth=0.4 if settings.continuous else 1.0)

    def open_session(self, state: SimulatedMarketState, random: Random) -> None:
        """Move all prices as the time since the last close would; a continuous market has none."""
        if not self._has_gaps:
            return
        market_gap = random.gauss(0.0, 1.0)
        for market, symbol in zip(self._symbols, state.symbols, strict=True):
            market.open_session(symbol, random, market_gap)

    def make(self, state: SimulatedMarketState, random: Random) -> list[Record]:
        """The records of the state's present step, in time order; moves its prices and volatilities."""
        draw = random.random
        keep, stir, jump_chance = self._keep, self._stir, self._jump_chance
        activity, volatility = self._shapes[state.step * _SHAPE_POINTS // self.steps_per_session]
        common = state.market_log_volatility * keep + stir * NORMAL[int(draw() * 4096)]
        state.market_log_volatility = common
        wildness = exp(common)
        step = Step(
            start_ns=state.day * DAY_NS + self._open_ns + state.step * self._step_ns,
            market_move=self._market_deviation * volatility * wildness * NORMAL[int(draw() * 4096)],
            volatility=volatility,
            activity=activity,
            market_wildness=wildness,
        )
        records: list[Record] = []
        for market, symbol in zip(self._symbols, state.symbols, strict=True):
            symbol.log_volatility = symbol.log_volatility * keep + stir * NORMAL[int(draw() * 4096)]
            market.make(symbol, random, step, jumps=draw() < jump_chance, records=records)
        records.sort(key=_time_of)
        return records


def _day_shapes(*, depth: float) -> tuple[tuple[float, float], ...]:
    """Activity and volatility by the part of the session: a U, the flatter the smaller `depth`.

    At depth 1 there is three times as much to do at the open and the close as in the middle, and prices move
    twice as far. Activity is 1 on average, volatility 1 in its root mean square.
    """
    points = [(2.0 * (i + 0.5) / _SHAPE_POINTS - 1.0) ** 2 for i in range(_SHAPE_POINTS)]
    volatility = [1.0 + depth * 0.75 * (x - 1 / 3) for x in points]
    scale = 1.0 / sqrt(fmean(v * v for v in volatility))
    return tuple((1.0 + depth * 1.2 * (x - 1 / 3), v * scale) for x, v in zip(points, volatility, strict=True))
