"""How one simulated symbol moves, and the quotes and trades that it shows, in one step of time."""

from __future__ import annotations

from fractions import Fraction
from math import exp, sqrt
from random import Random
from statistics import NormalDist
from typing import NamedTuple

from gateways.market._settings import SimulatedMarketSettings, SimulatedSymbol
from gateways.market._state import SymbolState
from messages import MINUTE_NS, SECOND_NS, Quote, SymbolHalted, Trade

# Drawing from a table takes a fraction of the time of `random.gauss`. Its tails end at 3.7 standard deviations:
# beyond, there are jumps.
NORMAL = tuple(NormalDist().inv_cdf((i + 0.5) / 4096) for i in range(4096))
_SIZES = tuple(exp(0.9 * NormalDist().inv_cdf((i + 0.5) / 512)) for i in range(512))

_OWN_SHARE_MIN = 0.3  # the least part of a symbol's volatility that is its own, whatever its beta
_PRICE_MAX = 1e9
_TICKS_MIN = 10.0
_EXCITEMENT = 1.0  # what a jump adds to log volatility
_LOG_VOLATILITY_MAX = 1.8

Record = Quote | Trade | SymbolHalted


class Step(NamedTuple):
    """What a step of time holds for every symbol.

    `market_move` is the log return of the market; `volatility` and `activity` are the day's shapes at this
    hour, 1 on the whole; `market_wildness` is the market's volatility over its mean.
    """

    start_ns: int
    market_move: float
    volatility: float
    activity: float
    market_wildness: float


class SymbolMarket:
    """Constants of one symbol, worked out once; all that changes is in a `SymbolState`."""

    def __init__(
        self, settings: SimulatedMarketSettings, terms: SimulatedSymbol, *, step_ns: int, step_years: float
    ) -> None:
        self._symbol = terms.symbol
        self._beta = terms.beta
        tick = Fraction(terms.tick_size)
        # One of the two is 1, so that a price in ticks comes out as the float nearest to the decimal price.
        self._tick_numerator, self._tick_denominator = float(tick.numerator), float(tick.denominator)
        self._price_min = _TICKS_MIN * float(tick)
        shared = (terms.beta * settings.market_volatility) ** 2
        own = max(terms.annual_volatility**2 - shared, (_OWN_SHARE_MIN * terms.annual_volatility) ** 2)
        self._own_deviation = exp(-(settings.volatility_swing**2)) * sqrt(own * step_years)
        self._step_ns = step_ns
        self._records_per_step = settings.rate * terms.activity * step_ns / SECOND_NS
        self._trade_fraction = settings.trade_fraction
        self._spread = terms.spread_bps * 1e-4
        lot = float(terms.lot_size)
        self._sizes = tuple(max(1, round(terms.typical_lots * size)) * lot for size in _SIZES)
        self._overnight_gap = settings.overnight_gap
        self._jump_size = settings.jump_size
        self._halting_jump = settings.halting_jump
        self._halt_ns = round(settings.halt_minutes * MINUTE_NS)

    def open_session(self, state: SymbolState, random: Random, market_gap: float) -> None:
        """Move the price as the time since the last close would; `market_gap` is a standard normal number."""
        own_gap = random.gauss(0.0, 1.0)
        self._move(state, self._overnight_gap * (0.6 * self._beta * market_gap + 0.8 * own_gap))

    def make(self, state: SymbolState, random: Random, step: Step, *, jumps: bool, records: list[Record]) -> None:
        """Move the symbol through one step and append its records, in time order."""
        wildness = step.market_wildness * exp(state.log_volatility)
        before = state.price
        own_move = self._own_deviation * step.volatility * wildness * NORMAL[int(random.random() * 4096)]
        self._move(state, self._beta * step.market_move + own_move)
        if jumps:
            self._jump(state, random, step, records)
        if state.halted_until_ns:
            if step.start_ns < state.halted_until_ns:
                return
            state.halted_until_ns = 0
            records.append(SymbolHalted(self._symbol, step.start_ns, False, "trading resumes"))
        pace = self._records_per_step * step.activity * (0.6 + 0.4 * wildness)
        count = int(pace * 2.0 * random.random() + random.random())  # `pace` on average, and unsteady
        if count:
            self._show(
                state, random, records, count=count, before=before, start_ns=step.start_ns, wildness=wildness
            )

    def _jump(self, state: SymbolState, random: Random, step: Step, records: list[Record]) -> None:
        size = self._jump_size * random.gauss(0.0, 1.0)
        self._move(state, size)
        state.log_volatility = min(state.log_volatility + _EXCITEMENT, _LOG_VOLATILITY_MAX)
        if abs(size) >= self._halting_jump and not state.halted_until_ns:
            state.halted_until_ns = step.start_ns + self._halt_ns
            state.bid_ticks = state.ask_ticks = 0
            reason = f"the price jumped by {100.0 * size:.1f} %"
            records.append(SymbolHalted(self._symbol, step.start_ns, True, reason))

    def _move(self, state: SymbolState, log_return: float) -> None:
        state.price = min(max(state.price * exp(log_return), self._price_min), _PRICE_MAX)

    def _show(
        self,
        state: SymbolState,
        random: Random,
        records: list[Record],
        *,
        count: int,
        before: float,
        start_ns: int,
        wildness: float,
    ) -> None:
        """Quotes on the way from `before` to the present price, and trades that hit them.

        Written out in one loop, with everything in locals, because it makes every record of the market.
        """
        draw, append, symbol, sizes = random.random, records.append, self._symbol, self._sizes
        numerator, denominator = self._tick_numerator, self._tick_denominator
        to_ticks = denominator / numerator
        center, target = before * to_ticks, state.price * to_ticks
        drift = (target - center) / count
        spread = max(1.0, min(self._spread * (0.5 + 0.5 * wildness) * target, 0.5 * target))
        buyers = 0.5 + 0.2 * (drift > 0.0) - 0.2 * (drift < 0.0)
        width = self._step_ns / count
        bid, ask, trade_fraction = state.bid_ticks, state.ask_ticks, self._trade_fraction
        for index in range(count):
            center += drift
            time_ns = start_ns + int((index + draw()) * width)
            if draw() < trade_fraction and ask:
                ticks = ask if draw() < buyers else bid
                append(Trade(symbol, time_ns, ticks * numerator / denominator, sizes[int(draw() * 512)]))
                continue
            ticks = int(spread + draw())
            bid = int(center - 0.5 * ticks + draw()) or 1
            ask = bid + ticks
            pick = int(draw() * 262_144)  # two draws in one: 512 x 512
            bid_price, ask_price = bid * numerator / denominator, ask * numerator / denominator
            append(Quote(symbol, time_ns, bid_price, ask_price, sizes[pick & 511], sizes[pick >> 9]))
        state.bid_ticks, state.ask_ticks = bid, ask
