"""The market of a seed: quotes of a few symbols, made once, seen by the broker and by the engine."""

from __future__ import annotations

import random
from collections.abc import Sequence
from decimal import Decimal

from messages import AnyMessage, AssetClass, Instrument, Quote, Symbol
from ops.drill.simulation.swarm import Swarm
from ops.drill.simulation.world import START_NS

TICK = Decimal("0.01")
QUIET_INTERVAL_NS = 12_000_000_000
"""Between two quotes of a symbol once the faults have stopped."""


def instruments(swarm: Swarm) -> tuple[Instrument, ...]:
    """The terms of what is traded."""
    return tuple(
        Instrument(
            symbol=Symbol(symbol),
            asset_class=AssetClass.EQUITY,
            quote_currency="USD",
            tick_size=TICK,
            lot_size=Decimal(1),
        )
        for symbol in swarm.symbols
    )


def draw_quotes(swarm: Swarm) -> list[Quote]:
    """Every quote of a seed in the order of time: a lively stretch, then a quiet one."""
    draw = random.Random(f"market {swarm.seed}")  # noqa: S311  # a simulation, not a secret
    cents = {symbol: draw.randrange(2_000, 20_000) for symbol in swarm.symbols}
    quotes: list[Quote] = []
    time_ns = START_NS
    for number in range(swarm.quotes + swarm.quiet_quotes):
        is_quiet = number >= swarm.quotes
        for symbol in swarm.symbols:
            step_ns = int(draw.expovariate(1.0) * swarm.quote_interval_ns) + 1
            if is_quiet:
                step_ns = QUIET_INTERVAL_NS // len(swarm.symbols)
            time_ns += step_ns
            cents[symbol] = max(
                100, cents[symbol] + draw.randrange(-cents[symbol] // 200, cents[symbol] // 200 + 1)
            )
            quotes.append(_quote(symbol, cents[symbol], time_ns, draw, is_quiet=is_quiet))
    return quotes


def _quote(symbol: str, cents: int, time_ns: int, draw: random.Random, *, is_quiet: bool) -> Quote:
    spread = draw.randrange(1, 5)
    size = 10_000.0 if is_quiet else float(draw.choice((1, 5, 50, 500, 10_000)))
    return Quote(Symbol(symbol), time_ns, cents / 100, (cents + spread) / 100, size, size)


class QuoteSource:
    """The quotes as a source that can be read again from any position."""

    def __init__(self, quotes: Sequence[Quote], known: tuple[Instrument, ...]) -> None:
        self._quotes = quotes
        self._instruments = known
        self._position = 0

    @property
    def name(self) -> str:
        """Names it in the journal."""
        return "drill"

    def instruments(self) -> Sequence[Instrument]:
        """What it has quotes of."""
        return self._instruments

    def take(self, limit: int) -> list[AnyMessage]:
        """The next quotes."""
        begin = self._position
        self._position = min(begin + limit, len(self._quotes))
        return list(self._quotes[begin : self._position])

    def state(self) -> bytes:
        """Where it stands."""
        return self._position.to_bytes(4, "big")

    def restore(self, state: bytes) -> None:
        """Go back there."""
        self._position = int.from_bytes(state, "big")

    def skip(self, count: int) -> None:
        """Pass over quotes."""
        self._position += count
