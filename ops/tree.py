"""The tree of actors that a configuration asks for.

root
  supervisor/venues       venue/<id>, and exchange/<id> where the venue is simulated
  supervisor/market       router, symbol/<symbol>
  supervisor/portfolios   portfolio/<id>
  supervisor/strategies   strategy/<id>: quarantined, not escalated, when it fails too often
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from actors import (
    PortfolioActor,
    PortfolioTerms,
    Router,
    StrategyActor,
    StrategySupervisor,
    SymbolActor,
    VenueActor,
)
from actors.kernel import Actor, Kernel, Supervisor
from actors.names import exchange_actor
from gateways.simulated.actor import AccountTerms, ExchangeActor
from messages import Instrument, PortfolioId, StrategyId, Symbol, VenueId
from ops.config import Config, PortfolioSettings, StrategySettings, decode_config, encode_config
from ops.errors import ConfigError
from rules.restarts import RestartPolicy
from strategies import Strategy, StrategyContext, StrategyError, build_parameters, load_strategy

ROOT_POLICY = RestartPolicy(max_restarts=3, within_seconds=300)


_A = TypeVar("_A", bound=Actor)


def build_tree(
    kernel: Kernel,
    config: Config,
    *,
    instruments: Sequence[Instrument],
    book: str,
    default_timeframe: str,
    replaced: Mapping[str, Path] | None = None,
) -> None:
    """Make all actors, under their supervisors, in start order.

    Actors are made in the order of their names, whatever the order of the tables: that order decides who is told
    first, and the journal keeps the tables sorted. `replaced` gives strategies other code than the configuration
    does, for a what-if. Raises ConfigError and StrategyError.
    """
    config = decode_config(encode_config(config))
    by_symbol = {instrument.symbol: instrument for instrument in instruments}
    chosen = {name: symbols_of(strategy, name, by_symbol) for name, strategy in config.strategies.items()}
    currencies = {
        name: _currency(portfolio, name, config, chosen, by_symbol) for name, portfolio in config.portfolios.items()
    }
    root = _start(Supervisor, kernel, "root", policy=ROOT_POLICY)
    groups = {
        "venues": [
            actor for name in config.venues for actor in _venue(kernel, config, name, by_symbol, currencies)
        ],
        "market": _market(kernel, config, by_symbol),
        "portfolios": [
            _portfolio(kernel, config, name, by_symbol=by_symbol, book=book, currency=currencies[name])
            for name in config.portfolios
        ],
        "strategies": [
            _strategy(
                kernel,
                name,
                strategy=strategy,
                symbols=chosen[name],
                default_timeframe=default_timeframe,
                code=(replaced or {}).get(name),
            )
            for name, strategy in config.strategies.items()
        ],
    }
    for group, actors in groups.items():
        name = f"supervisor/{group}"
        is_strategies = group == "strategies"
        kind: type[Supervisor] = StrategySupervisor if is_strategies else Supervisor
        supervisor = _start(kind, kernel, name, quarantine=is_strategies)
        supervisor.supervise(actors)
        root.supervise([supervisor])


def walk(kernel: Kernel) -> Iterator[tuple[int, Actor]]:
    """Every actor with its depth in the tree, parents before their children."""

    def below(name: str, depth: int) -> Iterator[tuple[int, Actor]]:
        actor = kernel.actors[name]
        yield depth, actor
        for child in getattr(actor, "children", ()):
            yield from below(child, depth + 1)

    yield from below("root", 0)


def symbols_of(
    strategy: StrategySettings, name: str, instruments: Mapping[Symbol, Instrument]
) -> tuple[Symbol, ...]:
    """The symbols that a strategy plays: those named, or all. Raises ConfigError for one that is not there."""
    if not strategy.symbols:
        return tuple(instruments)
    for symbol in strategy.symbols:
        if symbol not in instruments:
            known = ", ".join(sorted(instruments)) or "none"
            raise ConfigError(f"strategy.{name}.symbols names {symbol}; the source has {known}. Correct it.")
    return tuple(Symbol(symbol) for symbol in strategy.symbols)


def _venue(
    kernel: Kernel,
    config: Config,
    name: str,
    instruments: Mapping[Symbol, Instrument],
    currencies: Mapping[str, str],
) -> list[Actor]:
    accounts = [
        AccountTerms(PortfolioId(portfolio_id), currencies[portfolio_id], portfolio.cash)
        for portfolio_id, portfolio in config.portfolios.items()
        if portfolio.venue == name
    ]
    venue_id = VenueId(name)
    venue = _start(VenueActor, kernel, venue_id=venue_id, counterpart=exchange_actor(name))
    exchange = _start(
        ExchangeActor,
        kernel,
        venue_id=venue_id,
        settings=config.venues[name],
        instruments=instruments,
        accounts=accounts,
    )
    return [venue, exchange]


def _market(kernel: Kernel, config: Config, instruments: Mapping[Symbol, Instrument]) -> list[Actor]:
    owners = {StrategyId(name): PortfolioId(s.portfolio) for name, s in config.strategies.items()}
    router = _start(Router, kernel, symbols=tuple(instruments), owners=owners)
    return [router] + [_start(SymbolActor, kernel, symbol=symbol) for symbol in instruments]


def _portfolio(
    kernel: Kernel,
    config: Config,
    name: str,
    *,
    by_symbol: Mapping[Symbol, Instrument],
    book: str,
    currency: str,
) -> Actor:
    settings = config.portfolios[name]
    capital: dict[StrategyId, Decimal] = {
        StrategyId(strategy_id): settings.cash * strategy.capital
        for strategy_id, strategy in config.strategies.items()
        if strategy.portfolio == name
    }
    return _start(
        PortfolioActor,
        kernel,
        terms=PortfolioTerms(
            portfolio_id=PortfolioId(name),
            venue_id=VenueId(settings.venue),
            currency=currency,
            cash=settings.cash,
            capital=capital,
            limits=settings.limits,
        ),
        book=book,
        instruments=by_symbol,
    )


def _strategy(
    kernel: Kernel,
    name: str,
    *,
    strategy: StrategySettings,
    symbols: tuple[Symbol, ...],
    default_timeframe: str,
    code: Path | None,
) -> Actor:
    try:
        kind = load_strategy(code or strategy.use)
        given: dict[str, Any] = dict(strategy.parameters)
        if "timeframe" in kind.Parameters.__struct_fields__ and "timeframe" not in given:
            given["timeframe"] = default_timeframe
        parameters = build_parameters(kind, given)
    except StrategyError as error:
        raise ConfigError(f"strategy.{name}: {error}") from error
    strategy_id = StrategyId(name)

    def make(context: StrategyContext) -> Strategy:
        try:
            return kind(strategy_id, parameters, symbols, context)
        except Exception as error:  # the user's own code, which has not begun to play
            place = traceback.extract_tb(error.__traceback__)[-1]
            raise ConfigError(
                f"strategy.{name}: {place.filename}:{place.lineno}: {kind.__name__} cannot be made: "
                f"{type(error).__name__}: {error}. Correct it there."
            ) from error

    return _start(StrategyActor, kernel, strategy_id=strategy_id, symbols=symbols, make=make)


def _currency(
    portfolio: PortfolioSettings,
    name: str,
    config: Config,
    chosen: Mapping[str, tuple[Symbol, ...]],
    instruments: Mapping[Symbol, Instrument],
) -> str:
    """The portfolio's currency: as configured, else the quote currency of the first symbol that it trades."""
    if portfolio.currency is not None:
        return portfolio.currency
    for strategy_id, strategy in config.strategies.items():
        if strategy.portfolio == name and chosen[strategy_id]:
            return instruments[chosen[strategy_id][0]].quote_currency
    return "USD"


def _start(kind: type[_A], kernel: Kernel, *args: Any, **terms: Any) -> _A:
    actor: _A = kind.start(kernel, *args, **terms).actor  # type: ignore[attr-defined]  # our own Ref
    return actor
