"""The gateways of an engine: one for each venue outside, built for its portfolio, there while the engine runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from messages import PortfolioId, VenueId
from ops.config import Config, PracticeVenueSettings
from ops.errors import ConfigError

if TYPE_CHECKING:
    from gateways.broker.gateway import BrokerGateway
    from ops.engine import Engine


@contextmanager
def connected(engine: Engine) -> Iterator[None]:
    """Connect an engine that is about to run to its venues outside, and part from them at the end.

    Raises ConfigError if the source goes faster than such a venue can, OSError if no connection can be tried.
    """
    with ExitStack() as parting:
        for name, venue in engine.config.venues.items():
            if isinstance(venue, PracticeVenueSettings):
                gateway = _practice_gateway(engine, VenueId(name), venue)
                engine.connect(name, gateway)
                gateway.start()
                parting.callback(gateway.close)
        yield


def _practice_gateway(engine: Engine, venue_id: VenueId, venue: PracticeVenueSettings) -> BrokerGateway:
    from gateways.broker import Translator  # noqa: PLC0415  # only who trades there pays for it
    from gateways.broker.gateway import REQUEST_SECONDS, BrokerGateway  # noqa: PLC0415
    from gateways.broker.http import BrokerHttp  # noqa: PLC0415

    _check_speed(engine.config, venue_id)
    portfolios = engine.config.portfolios
    portfolio_id = next(PortfolioId(name) for name, its in portfolios.items() if its.venue == venue_id)
    kernel = engine.kernel
    return BrokerGateway(
        BrokerHttp(venue.url, timeout_seconds=REQUEST_SECONDS),
        Translator(
            venue_id=venue_id,
            portfolio_id=portfolio_id,
            book=engine.directory.book,
            currency=engine.portfolio(portfolio_id).currency,
        ),
        venue_id=venue_id,
        put=kernel.ingress.put_execution,
        clock_ns=lambda: kernel.clock.now_ns(kernel.now_ns),
    )


def _check_speed(config: Config, venue_id: VenueId) -> None:
    """The command line may have changed the speed since the configuration was checked."""
    if config.source.speed == "max":
        raise ConfigError(
            f"the speed is max, and venue.{venue_id} answers in real time. Give a number, such as --speed 1."
        )
