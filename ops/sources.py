"""The source that a configuration names, opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from actors.kernel import Source
from messages import HOUR_NS, TIMEFRAMES_NS, Instrument
from ops._config_checks import unprintable_symbols
from ops.config import SourceSettings
from ops.errors import ConfigError

SHORT_SPAN_NS = 2 * HOUR_NS
"""Ticks that cover less than this make bars of a second by default, not of a minute."""


@dataclass(frozen=True, slots=True)
class OpenedSource:
    """A source and what is known of it before it begins. `bad_rows` counts rows left out so far."""

    source: Source
    instruments: tuple[Instrument, ...]
    default_timeframe: str
    bad_rows: Callable[[], int]


def open_source(settings: SourceSettings) -> OpenedSource:
    """Open recorded data or a simulated market. Raises FeedError, ConfigError."""
    if settings.market is not None:
        return _open_market(settings)
    return _open_replay(settings)


def _open_market(settings: SourceSettings) -> OpenedSource:
    from gateways.market import SimulatedMarket  # noqa: PLC0415  # only where it is used

    assert settings.market is not None, "the caller has looked"
    market = SimulatedMarket.of(settings.market)
    return OpenedSource(market, tuple(market.instruments()), "1m", lambda: 0)


def _open_replay(settings: SourceSettings) -> OpenedSource:
    from gateways.replay import open_replay  # noqa: PLC0415  # only where it is used

    root = Path(settings.root) if settings.root != "." else None
    replay = open_replay([Path(path) for path in settings.replay], root=root)
    timeframe = _default_timeframe(
        [kind.timeframe_ns for kind in replay.kinds() if kind.kind == "bar"], replay.span_ns
    )
    instruments = tuple(replay.instruments())
    if not instruments:
        raise ConfigError(f"{', '.join(settings.replay)} holds no instrument. Name data that has rows.")
    for problem in unprintable_symbols(", ".join(settings.replay), (each.symbol for each in instruments)):
        raise ConfigError(problem)
    return OpenedSource(replay, instruments, timeframe, lambda: replay.bad_rows)


def _default_timeframe(bars_ns: list[int], span_ns: Callable[[], tuple[int, int]]) -> str:
    """The vendor's own shortest bars; of ticks, minutes, or seconds where there are few minutes."""
    names = {length: name for name, length in TIMEFRAMES_NS.items()}
    known = sorted(length for length in bars_ns if length in names)
    if known:
        return names[known[0]]
    first_ns, last_ns = span_ns()
    return "1s" if last_ns - first_ns < SHORT_SPAN_NS else "1m"
