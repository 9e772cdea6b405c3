"""A whole engine for a benchmark: configuration and source for so many symbols with so many strategies on each.

One portfolio, a simulated venue without delay, and the ready-made moving-average cross on every quote. The waves of
the prices are as long as it takes for one order in two hundred inputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from actors.kernel import Source
from messages import Symbol
from ops.bench.quotes import MemorySource, instruments_of, make_quotes, symbols_named
from ops.config import Config, EngineSettings, PortfolioSettings, SourceSettings, StrategySettings
from ops.sources import OpenedSource

CASH_EACH = Decimal(1_000_000)
"""For each strategy: half of it is some 5,000 shares, which a quote's size fills at once."""

INPUTS_PER_ORDER = 200
ORDERS_PER_WAVE = 2
NEVER_INPUTS = 1 << 40
NEVER_SECONDS = 1e9


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """`strategies` on each of `symbols`, and how many quotes there are for them all."""

    symbols: int
    strategies: int
    inputs: int

    @property
    def names(self) -> tuple[Symbol, ...]:
        """The symbols by name."""
        return symbols_named(self.symbols)

    @property
    def wave(self) -> int:
        """Quotes of one symbol from a low to the next."""
        return ORDERS_PER_WAVE * self.strategies * INPUTS_PER_ORDER

    def config(self, engine: EngineSettings | None = None) -> Config:
        """The engine's settings; the default ones but for what the scenario is."""
        share = Decimal(1) / (self.symbols * self.strategies)
        return Config(
            engine=engine or EngineSettings(),
            source=SourceSettings(speed="max"),
            portfolios={"main": PortfolioSettings(cash=CASH_EACH * self.symbols * self.strategies)},
            strategies={
                f"cross-{symbol}-{index}": StrategySettings(
                    symbols=(symbol,), capital=share, parameters=_parameters(index, among=self.strategies)
                )
                for symbol in self.names
                for index in range(self.strategies)
            },
        )

    def source(self) -> MemorySource:
        """All quotes, made now."""
        quotes = list(make_quotes(self.names, self.inputs, wave=self.wave))
        return MemorySource(self._source_name, self.names, quotes)

    def spent_source(self) -> MemorySource:
        """The same source at its end: all that recovery needs, without the quotes in memory."""
        return MemorySource(self._source_name, self.names, [])

    @property
    def _source_name(self) -> str:
        return f"bench:{self.symbols}x{self.strategies}:{self.inputs}"


def opened(source: Source, names: Sequence[Symbol]) -> OpenedSource:
    """A source in memory as an engine wants it."""
    return OpenedSource(source, instruments_of(names), "1m", lambda: 0)


def checkpoints_every(inputs: int) -> EngineSettings:
    """Checkpoints by the count of inputs alone; none for 0."""
    return EngineSettings(
        checkpoint_interval_inputs=inputs or NEVER_INPUTS, checkpoint_interval_seconds=NEVER_SECONDS
    )


def _parameters(index: int, *, among: int) -> dict[str, bool | int | float | str | list[object]]:
    """Strategies that share a symbol have periods of their own, so that they do not all turn at one quote."""
    fast, slow = (5, 20) if among == 1 else (20, 60 + index)
    return {"price": "quote", "fast_period": fast, "slow_period": slow, "weight_fraction": 0.5}
