"""The simulated market as a source of market data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from random import Random

import msgspec

from gateways.errors import FeedChanged, FeedMalformed, FeedTooShort
from gateways.market._settings import DEMO_SYMBOLS, SimulatedMarketSettings, SimulatedSymbol
from gateways.market._state import RandomState, SimulatedMarketState, SymbolState
from gateways.market._steps import MarketSteps
from messages import AnyMessage, Instrument

_EPOCH = date(1970, 1, 1)
_SKIPPED_AT_ONCE = 10_000

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(SimulatedMarketState)


class SimulatedMarket:
    """A `Source` of invented quotes, trades and halts: a function of its settings and nothing else.

    Records are made step by step as they are taken. The state holds the prices, the random generator and what
    is made but not yet taken, so going on from a state costs nothing and needs none of what came before.
    """

    def __init__(
        self,
        seed: int,
        *,
        symbols: Sequence[SimulatedSymbol] = DEMO_SYMBOLS,
        start: date = date(2026, 1, 5),
        days: int = 5,
        rate: float = 2.0,
        continuous: bool = False,
    ) -> None:
        """`rate` is records a second and symbol, on average; the other terms are in `SimulatedMarketSettings`."""
        self._begin(
            SimulatedMarketSettings(
                seed=seed, symbols=tuple(symbols), start=start, days=days, rate=rate, continuous=continuous
            )
        )

    @classmethod
    def of(cls, settings: SimulatedMarketSettings) -> SimulatedMarket:
        """The market with these terms."""
        market = cls.__new__(cls)
        market._begin(settings)
        return market

    def _begin(self, settings: SimulatedMarketSettings) -> None:
        self.settings = settings
        self._instruments = tuple(symbol.instrument() for symbol in settings.symbols)
        self._digest = sha256(msgspec.json.encode(settings)).hexdigest()
        self._steps = MarketSteps(settings)
        self._random = Random(settings.seed)  # noqa: S311 a simulation, not a secret
        first_day = (settings.start - _EPOCH).days
        self._state = SimulatedMarketState(
            settings=self._digest,
            random=_random_state(self._random),
            day=first_day if settings.continuous else _weekday_from(first_day),
            days_left=settings.days,
            symbols=[SymbolState(price=symbol.price) for symbol in settings.symbols],
        )
        self._pending: list[AnyMessage] = []
        self._given = 0  # how many of `_pending` have been taken

    @property
    def name(self) -> str:
        """`simulated-market:<seed>`: whoever reads the journal sees that this was no real market."""
        return f"simulated-market:{self.settings.seed}"

    def instruments(self) -> Sequence[Instrument]:
        """The invented instruments."""
        return self._instruments

    def take(self, limit: int) -> list[AnyMessage]:
        """The next `Quote`s, `Trade`s and `SymbolHalted`s, at most `limit`; empty once the last day is over."""
        pending = self._pending
        if self._given:
            del pending[: self._given]
            self._given = 0
        while len(pending) < limit and self._state.days_left:
            pending += self._next_step()
        self._given = min(max(limit, 0), len(pending))
        return pending[: self._given]

    def state(self) -> bytes:
        """Where it stands, some kilobytes; see `SimulatedMarketState`."""
        self._state.random = _random_state(self._random)
        self._state.pending = self._pending[self._given :]  # type: ignore[assignment]  # only records were put in
        return _encoder.encode(self._state)

    def restore(self, state: bytes) -> None:
        """Go on from a told state. Raises FeedChanged if it is one of another market, FeedMalformed if of none."""
        try:
            told = _decoder.decode(state)
        except msgspec.DecodeError as error:
            raise FeedMalformed(f"{len(state)} bytes are no state of a simulated market: {error}") from error
        if told.settings != self._digest:
            raise FeedChanged(
                f"the state belongs to another market than {self.name}; restore its settings, or begin anew"
            )
        self._random.setstate((told.random.version, told.random.words, told.random.gauss_next))
        self._pending = list(told.pending)
        self._given = 0
        told.pending = []
        self._state = told

    def skip(self, count: int) -> None:
        """Pass over `count` records by making them. Raises FeedTooShort if there are fewer."""
        left = count
        while left > 0:
            passed = len(self.take(min(left, _SKIPPED_AT_ONCE)))
            if passed == 0:
                raise FeedTooShort(f"{self.name} has {count - left} more records, {count} were to be skipped")
            left -= passed

    def _next_step(self) -> list[AnyMessage]:
        state = self._state
        if state.step == 0:
            self._steps.open_session(state, self._random)
        records = self._steps.make(state, self._random)
        state.step += 1
        if state.step == self._steps.steps_per_session:
            state.step = 0
            state.days_left -= 1
            state.day = state.day + 1 if self.settings.continuous else _weekday_from(state.day + 1)
        return records  # type: ignore[return-value]  # every record is a message; list is invariant


def market_for_demo(seed: int) -> SimulatedMarket:
    """Eight invented symbols, a working week, two records a second and symbol: about two million records."""
    return SimulatedMarket(seed)


def _random_state(random: Random) -> RandomState:
    version, words, gauss_next = random.getstate()
    return RandomState(version, words, gauss_next)


def _weekday_from(day: int) -> int:
    """The day itself, or the Monday after it. 1970-01-01 was a Thursday."""
    weekday = (day + 3) % 7
    return day if weekday < 5 else day + 7 - weekday
