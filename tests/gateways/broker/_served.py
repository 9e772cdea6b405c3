"""A practice broker that listens on loopback from a thread of the test, and a gateway that trades there."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import TypeVar

from gateways.broker import Translator
from gateways.broker.gateway import BrokerGateway
from gateways.broker.http import BrokerHttp
from messages import (
    AnyMessage,
    CancelOrder,
    ClientOrderId,
    OrderType,
    PortfolioId,
    Side,
    StrategyId,
    SubmitOrder,
    Symbol,
    TimeInForce,
    VenueConnected,
    VenueId,
)
from ops.drill.broker import BrokerModel, BrokerRules
from ops.drill.broker_faults import Faults
from ops.drill.broker_record import CallRecord
from ops.drill.broker_server import BrokerServer

WAIT_SECONDS = 20.0
NOW_NS = 1_700_000_000_000_000_000
VENUE, MAIN, ABC = VenueId("live"), PortfolioId("main"), Symbol("ABC")

_T = TypeVar("_T")


class ServedBroker:
    """The server, and a way to do things on its thread."""

    def __init__(self) -> None:
        self.model = BrokerModel(cash="100000", rules=BrokerRules(), symbols={"ABC": "0.01"})
        self.server = BrokerServer(self.model, CallRecord())
        self.server.quote("ABC", "9.99", "10.01", "1000", "1000")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    def start(self, port: int = 0) -> None:
        if not self._thread.is_alive():
            self._thread.start()
        asyncio.run_coroutine_threadsafe(self.server.start(port), self._loop).result(WAIT_SECONDS)

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self.server.stop(), self._loop).result(WAIT_SECONDS)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(WAIT_SECONDS)
        self._loop.close()

    def do(self, function: Callable[[], _T]) -> _T:
        """Do something on the server's thread."""

        async def call() -> _T:
            return function()

        return asyncio.run_coroutine_threadsafe(call(), self._loop).result(WAIT_SECONDS)

    def suffer(self, **faults: float) -> None:
        self.do(lambda: setattr(self.server, "faults", Faults(**faults)))  # type: ignore[arg-type]


class Heard:
    """What the gateway put, in order; waits for what is to come."""

    def __init__(self) -> None:
        self.queue: queue.Queue[AnyMessage] = queue.Queue()

    def next(self) -> AnyMessage:
        return self.queue.get(timeout=WAIT_SECONDS)

    def until(self, kind: type[_T]) -> _T:
        while not isinstance(message := self.next(), kind):
            pass
        return message


@contextmanager
def trading() -> Iterator[tuple[ServedBroker, BrokerGateway, Heard]]:
    """A broker, a gateway that is connected to it, and what that says."""
    broker = ServedBroker()
    broker.start()
    heard = Heard()
    gateway = gateway_to(broker.url, heard)
    gateway.start()
    try:
        heard.until(VenueConnected)
        yield broker, gateway, heard
    finally:
        gateway.close()
        broker.stop()
        broker.close()


def gateway_to(url: str, heard: Heard, *, timeout_seconds: float = 5.0) -> BrokerGateway:
    return BrokerGateway(
        BrokerHttp(url, timeout_seconds=timeout_seconds),
        Translator(venue_id=VENUE, portfolio_id=MAIN, book="b00k", currency="USD"),
        venue_id=VENUE,
        put=heard.queue.put,
        clock_ns=lambda: NOW_NS,
    )


def buy(count: int, *, limit_price: str | None = None) -> SubmitOrder:
    return SubmitOrder(
        client_order_id=ClientOrderId(f"b00k-plan-{count}"),
        venue_id=VENUE,
        portfolio_id=MAIN,
        strategy_id=StrategyId("plan"),
        symbol=ABC,
        side=Side.BUY,
        quantity=Decimal(10),
        order_type=OrderType.MARKET if limit_price is None else OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        time_ns=NOW_NS,
        limit_price=None if limit_price is None else Decimal(limit_price),
    )


def cancel(order: SubmitOrder) -> CancelOrder:
    return CancelOrder(client_order_id=order.client_order_id, venue_id=VENUE, symbol=order.symbol, time_ns=NOW_NS)
