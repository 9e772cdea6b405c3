"""What types cannot say of a configuration: references, sums, and which settings exclude each other."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from ops._config_errors import nearest, one_of, refuse, show
from ops._config_tables import (
    DEFAULT_CASH,
    AlpacaVenueSettings,
    PracticeVenueSettings,
    SourceSettings,
    StrategySettings,
)

if TYPE_CHECKING:
    from ops.config import Config

PERSONS_ID = "manual"
"""Whose orders persons' own are; no strategy may have its name."""

ID_LENGTH_MAX = 24
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+/?", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?", re.ASCII)


def problems(config: Config) -> Iterable[str]:
    """Everything that is wrong, one line each."""
    yield from _source_problems(config.source)
    for section, names in (
        ("venue", config.venues),
        ("portfolio", config.portfolios),
        ("strategy", config.strategies),
    ):
        yield from _id_problems(section, names)
    yield from _alpaca_problems(config)
    yield from practice_problems(config)
    for portfolio_id, portfolio in config.portfolios.items():
        path = f"portfolio.{portfolio_id}"
        yield from _reference_problems(f"{path}.venue", portfolio.venue, config.venues, section="venue")
        if not (portfolio.cash.is_finite() and portfolio.cash > 0):
            yield refuse(f"{path}.cash", portfolio.cash, "above zero", f"Leave it out for {DEFAULT_CASH}.")
    for strategy_id, strategy in config.strategies.items():
        path = f"strategy.{strategy_id}.portfolio"
        yield from _reference_problems(path, strategy.portfolio, config.portfolios, section="portfolio")
        yield from _strategy_problems(strategy_id, strategy)
    yield from _capital_problems(config)
    yield from _symbol_problems(config)


def deployment_problems(strategy_id: str, strategy: StrategySettings) -> Iterable[str]:
    """What is wrong with one table [strategy.<id>], whatever the rest of the configuration is."""
    yield from _id_problems("strategy", (strategy_id,))
    yield from _strategy_problems(strategy_id, strategy)


def symbol_problems(config: Config, known: Iterable[str]) -> Iterable[str]:
    """The tables [symbol.<name>] whose symbol is not among those that the source has."""
    choices = list(known)
    for name in config.symbols:
        if name not in choices:
            meant = nearest(name, choices)
            cure = f"Did you mean {show(meant)}?" if meant else "Correct it, or remove its table."
            yield refuse(f"the symbol in [symbol.{show(name)}]", name, one_of(sorted(choices)), cure)


def unprintable_symbols(path: str, symbols: Iterable[str]) -> Iterable[str]:
    """Symbols with control characters in them, which no line and no terminal would show as they are."""
    for symbol in symbols:
        if not symbol.isprintable():
            yield f"{path} names {show(symbol)}; a symbol must hold nothing but what can be printed. Correct it."


def practice_problems(config: Config) -> Iterable[str]:
    """A venue outside the engine has one account, and answers in real time."""
    for name, venue in config.venues.items():
        if not isinstance(venue, PracticeVenueSettings):
            continue
        if not _ADDRESS.fullmatch(venue.url):
            yield refuse(f"venue.{name}.url", venue.url, 'like "http://127.0.0.1:8080"', "Correct it.")
        users = [each for each, portfolio in config.portfolios.items() if portfolio.venue == name]
        if len(users) != 1:
            whose = " and ".join(f"portfolio.{each}" for each in users) or "no portfolio"
            yield (
                f"venue.{name} is the venue of {whose}; it must be that of exactly one: an account at a broker is "
                f"one portfolio. Correct the venue of the portfolios, or remove this one."
            )
        if config.source.speed == "max":
            yield refuse(
                "source.speed",
                "max",
                f"a number with venue.{name}, which answers in real time",
                "Leave it out for 1.",
            )


def _source_problems(source: SourceSettings) -> Iterable[str]:
    given = [name for name in ("replay", "market", "alpaca") if getattr(source, name)]
    if len(given) > 1:
        first, second, *_ = given
        yield (
            f"source.{first} is {show(getattr(source, first))} and source.{second} is given too; "
            f"a source is one of the two. Remove one."
        )
    elif not given:
        yield (
            "source.replay is missing, and so is source.market; it must be a list of files, or a simulated market. "
            'Add replay = ["<file>"] or market = { seed = 7 } under [source].'
        )
    yield from _repeated("source.replay", source.replay)
    if source.market is not None:
        names = (each.symbol for each in source.market.symbols)
        yield from unprintable_symbols("source.market.symbols", names)
    if source.alpaca is not None:
        yield from unprintable_symbols("source.alpaca.symbols", source.alpaca.symbols)
        if not source.alpaca.symbols:
            yield refuse("source.alpaca.symbols", [], "a list of at least one symbol", "Add one.")
        yield from _repeated("source.alpaca.symbols", source.alpaca.symbols)
        if source.speed != 1:
            yield refuse("source.speed", source.speed, "1 with source.alpaca, which is live", "Leave it out.")


def _alpaca_problems(config: Config) -> Iterable[str]:
    """Its data need the keys of its venue, and its venue trades at real prices only."""
    venues = [name for name, venue in config.venues.items() if isinstance(venue, AlpacaVenueSettings)]
    if config.source.alpaca is not None and not venues:
        yield (
            "source.alpaca is given and no venue is Alpaca's, whose keys it needs. "
            'Add [venue.alpaca] with kind = "alpaca", key_id and secret_key.'
        )
    elif venues and config.source.alpaca is None:
        yield (
            f'venue.{venues[0]}.kind is "alpaca"; it must be "simulated" unless source.alpaca is given: '
            "orders at a real venue need its prices. Correct it, or the source."
        )
    if len(venues) > 1:
        yield f"{' and '.join(f'venue.{name}' for name in venues)} are both Alpaca's; one is allowed. Remove one."


def _strategy_problems(strategy_id: str, strategy: StrategySettings) -> Iterable[str]:
    path = f"strategy.{strategy_id}"
    if strategy_id == PERSONS_ID:
        yield f"{path} is the name of what a person orders. Take another for the strategy."
    if not (strategy.capital.is_finite() and 0 < strategy.capital <= 1):
        yield refuse(f"{path}.capital", strategy.capital, "above 0 and at most 1", "Leave it out for 1.")
    yield from _repeated(f"{path}.symbols", strategy.symbols)


def _id_problems(section: str, names: Collection[str]) -> Iterable[str]:
    if not names:
        yield f"{section} is empty; it must hold at least one table. Add [{section}.<id>], or leave it out."
    for name in names:
        if len(name) > ID_LENGTH_MAX or not _ID.fullmatch(name):
            yield refuse(
                f"the id in [{section}.{show(name)}]",
                name,
                f"1 to {ID_LENGTH_MAX} letters, digits, _ or -, a letter or digit at both ends",
                "It becomes part of order ids; rename it.",
            )


def _reference_problems(path: str, value: str, known: Mapping[str, object], *, section: str) -> Iterable[str]:
    if value not in known:
        meant = nearest(value, known)
        cure = f"Did you mean {show(meant)}?" if meant else f"Correct it, or add [{section}.{value}]."
        yield refuse(path, value, one_of(known), cure)


def _repeated(path: str, values: Iterable[str]) -> Iterable[str]:
    seen: dict[str, None] = {}
    for value in values:
        if value in seen:
            yield f"{path} names {show(value)} twice; each must be named once. Remove one."
        seen[value] = None


def _capital_problems(config: Config) -> Iterable[str]:
    for portfolio_id in config.portfolios:
        shares = {
            name: strategy.capital
            for name, strategy in config.strategies.items()
            if strategy.portfolio == portfolio_id
        }
        total = sum(shares.values(), Decimal(0))
        if total > 1:
            terms = " + ".join(f"{name} {share}" for name, share in shares.items())
            yield (
                f"strategy.*.capital for portfolio {show(portfolio_id)} is {terms} = {total}; "
                f"it must be at most 1 in all. Give each strategy a smaller capital."
            )


def _symbol_problems(config: Config) -> Iterable[str]:
    """Of symbols that the file itself names; those of recorded data are known once it is open."""
    source = config.source
    if source.market is not None:
        yield from symbol_problems(config, (each.symbol for each in source.market.symbols))
    elif source.alpaca is not None:
        yield from symbol_problems(config, source.alpaca.symbols)
