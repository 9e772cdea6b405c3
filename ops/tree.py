"""The tree of actors that a configuration asks for.

root
  supervisor/venues       venue/<id>, and exchange/<id> where the venue is simulated
  supervisor/market       router, symbol/<symbol>
  supervisor/portfolios   portfolio/<id>
  supervisor/strategies   strategy/<id>: quarantined, not escalated, when it fails too often
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from actors import PortfolioActor, PortfolioTerms, Router, StrategySupervisor, SymbolActor, VenueActor
from actors.kernel import Actor, Kernel, Supervisor
from actors.names import exchange_actor, portfolio_actor, venue_actor
from actors.past_the_router import let_brokers_speak, let_halts_through
from gateways.simulated.actor import AccountTerms, ExchangeActor
from messages import (
    Deployment,
    Instrument,
    PortfolioId,
    StrategyId,
    Symbol,
    VenueId,
)
from ops.config import Config, PortfolioSettings, VenueSettings, decode_config, encode_config, quality_limits
from ops.deployments import Deployer, deployments_of, symbols_of
from rules.restarts import RestartPolicy

ROOT_POLICY = RestartPolicy(max_restarts=3, within_seconds=300)


_A = TypeVar("_A", bound=Actor)


def build_tree(
    kernel: Kernel,
    config: Config,
    *,
    instruments: Sequence[Instrument],
    book: str,
    default_timeframe: str,
    deployments: Sequence[Deployment] | None = None,
) -> Deployer:
    """Make all actors, under their supervisors, in start order; what will deploy strategies later.

    Actors are made in the order of their names, whatever the order of the tables: that order decides who is told
    first, and the journal keeps the tables sorted. `deployments` are the strategies to make, those of the
    configuration if they are not given. Raises ConfigError.
    """
    config = decode_config(encode_config(config))
    by_symbol = {instrument.symbol: instrument for instrument in instruments}
    if deployments is None:
        deployments = deployments_of(config, by_symbol)
    currencies = {
        name: _currency(portfolio, name, config, by_symbol) for name, portfolio in config.portfolios.items()
    }
    deployer = Deployer(kernel, default_timeframe=default_timeframe)
    let_brokers_speak(kernel, _brokers(config))
    let_halts_through(kernel, _senders(config))
    root = _start(Supervisor, kernel, "root", policy=ROOT_POLICY)
    groups: dict[str, Sequence[Actor]] = {
        "venues": [
            actor for name in config.venues for actor in _venue(kernel, config, name, by_symbol, currencies)
        ],
        "market": _market(kernel, config, by_symbol, deployments),
        "portfolios": [
            _portfolio(
                kernel,
                name,
                settings,
                by_symbol=by_symbol,
                book=book,
                currency=currencies[name],
                deployments=deployments,
                is_at_broker=not isinstance(config.venues[settings.venue], VenueSettings),
            )
            for name, settings in config.portfolios.items()
        ],
        "strategies": [deployer.start(deployment) for deployment in deployments],
    }
    for group, actors in groups.items():
        supervisor: Supervisor = (
            _start(StrategySupervisor, kernel, deployments=deployments)
            if group == "strategies"
            else _start(Supervisor, kernel, f"supervisor/{group}")
        )
        supervisor.supervise(actors)
        root.supervise([supervisor])
    return deployer


def walk(kernel: Kernel) -> Iterator[tuple[int, Actor]]:
    """Every actor with its depth in the tree, parents before their children."""

    def below(name: str, depth: int) -> Iterator[tuple[int, Actor]]:
        actor = kernel.actors[name]
        yield depth, actor
        for child in getattr(actor, "children", ()):
            yield from below(child, depth + 1)

    yield from below("root", 0)


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
    venue_id, settings = VenueId(name), config.venues[name]
    if not isinstance(settings, VenueSettings):
        return [_start(VenueActor, kernel, venue_id=venue_id)]
    venue = _start(VenueActor, kernel, venue_id=venue_id, counterpart=exchange_actor(name))
    exchange = _start(
        ExchangeActor,
        kernel,
        venue_id=venue_id,
        settings=settings,
        instruments=instruments,
        accounts=accounts,
    )
    return [venue, exchange]


def _brokers(config: Config) -> dict[PortfolioId, str]:
    """The actor of the venue of each portfolio whose account is at a broker."""
    return {
        PortfolioId(name): venue_actor(VenueId(portfolio.venue))
        for name, portfolio in config.portfolios.items()
        if not isinstance(config.venues[portfolio.venue], VenueSettings)
    }


def _senders(config: Config) -> list[str]:
    """The actors that send orders."""
    venues = [venue_actor(VenueId(name)) for name in config.venues]
    return venues + [portfolio_actor(PortfolioId(name)) for name in config.portfolios]


def _market(
    kernel: Kernel,
    config: Config,
    instruments: Mapping[Symbol, Instrument],
    deployments: Sequence[Deployment],
) -> list[Actor]:
    owners = {each.strategy_id: each.portfolio_id for each in deployments}
    portfolios = tuple(PortfolioId(name) for name in config.portfolios)
    router = _start(Router, kernel, symbols=tuple(instruments), owners=owners, portfolios=portfolios)
    return [router] + [
        _start(SymbolActor, kernel, symbol=symbol, limits=quality_limits(config, symbol)) for symbol in instruments
    ]


def _portfolio(
    kernel: Kernel,
    name: str,
    settings: PortfolioSettings,
    *,
    by_symbol: Mapping[Symbol, Instrument],
    book: str,
    currency: str,
    deployments: Sequence[Deployment],
    is_at_broker: bool,
) -> Actor:
    capital: dict[StrategyId, Decimal] = {
        each.strategy_id: settings.cash * each.capital for each in deployments if each.portfolio_id == name
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
            is_at_broker=is_at_broker,
        ),
        book=book,
        instruments=by_symbol,
    )


def _currency(
    portfolio: PortfolioSettings, name: str, config: Config, instruments: Mapping[Symbol, Instrument]
) -> str:
    """The portfolio's currency: as configured, else the quote currency of the first symbol that it trades."""
    if portfolio.currency is not None:
        return portfolio.currency
    for strategy_id in sorted(config.strategies):
        strategy = config.strategies[strategy_id]
        if strategy.portfolio == name and (symbols := symbols_of(strategy, strategy_id, instruments)):
            return instruments[symbols[0]].quote_currency
    return "USD"


def _start(kind: type[_A], kernel: Kernel, *args: Any, **terms: Any) -> _A:
    actor: _A = kind.start(kernel, *args, **terms).actor  # type: ignore[attr-defined]  # our own Ref
    return actor
