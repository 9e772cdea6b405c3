"""Venues, orders and market data, short enough to read in a test."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from gateways.simulated import NoSlippage, SimulatedVenue, SimulatedVenueSettings
from messages import (
    MINUTE_NS,
    AssetClass,
    Bar,
    CancelOrder,
    ClientOrderId,
    Instrument,
    OrderEvent,
    OrderFilled,
    OrderType,
    PortfolioId,
    QueryOrder,
    Quote,
    ReplaceOrder,
    Side,
    StrategyId,
    SubmitOrder,
    Symbol,
    TimeInForce,
    Trade,
    VenueId,
)

NOON_NS = 1_767_614_400_000_000_000  # 2026-01-05 12:00 UTC
SIM = VenueId("SIM")
MAIN = PortfolioId("main")
AAA = Symbol("AAA")

type_of = {
    (False, False): OrderType.MARKET,
    (True, False): OrderType.LIMIT,
    (False, True): OrderType.STOP,
    (True, True): OrderType.STOP_LIMIT,
}


def instrument(symbol: str = "AAA", **terms: Any) -> Instrument:
    """A share in dollars with cents for ticks, unless told otherwise."""
    usual: dict[str, Any] = {
        "asset_class": AssetClass.EQUITY,
        "quote_currency": "USD",
        "tick_size": Decimal("0.01"),
        "lot_size": Decimal(1),
    }
    return Instrument(symbol=Symbol(symbol), **(usual | terms))


def settings(**terms: Any) -> SimulatedVenueSettings:
    """No charges, unless told otherwise."""
    return SimulatedVenueSettings(**({"slippage": NoSlippage()} | terms))


def venue(
    *, cash: str = "1000000", holding: int = 0, instruments: Sequence[Instrument] = (), **terms: Any
) -> SimulatedVenue:
    """A venue with one account; `holding` shares of AAA are in it already."""
    listed = tuple(instruments) or (instrument(),)
    made = SimulatedVenue(venue_id=SIM, settings=settings(**terms), instruments={one.symbol: one for one in listed})
    made.open_account(MAIN, "USD", Decimal(cash))
    if holding:
        made.state.accounts[MAIN].positions[AAA] = Decimal(holding)
    return made


def order(
    side: Side,
    quantity: str | int,
    *,
    limit: str | None = None,
    stop: str | None = None,
    order_id: str = "o1",
    lasts: TimeInForce = TimeInForce.GTC,
    **terms: Any,
) -> SubmitOrder:
    """Its type follows from the prices that it has."""
    usual: dict[str, Any] = {
        "venue_id": SIM,
        "portfolio_id": MAIN,
        "strategy_id": StrategyId("s"),
        "symbol": AAA,
        "time_ns": NOON_NS,
    }
    return SubmitOrder(
        client_order_id=ClientOrderId(order_id),
        side=side,
        quantity=Decimal(quantity),
        order_type=type_of[limit is not None, stop is not None],
        time_in_force=lasts,
        limit_price=None if limit is None else Decimal(limit),
        stop_price=None if stop is None else Decimal(stop),
        **(usual | terms),
    )


def buy(quantity: str | int, **terms: Any) -> SubmitOrder:
    return order(Side.BUY, quantity, **terms)


def sell(quantity: str | int, **terms: Any) -> SubmitOrder:
    return order(Side.SELL, quantity, **terms)


def cancel(order_id: str = "o1") -> CancelOrder:
    return CancelOrder(
        client_order_id=ClientOrderId(order_id), venue_id=SIM, symbol=AAA, time_ns=NOON_NS, reason="asked"
    )


def query(order_id: str = "o1") -> QueryOrder:
    return QueryOrder(client_order_id=ClientOrderId(order_id), venue_id=SIM, symbol=AAA, time_ns=NOON_NS)


def replace(
    order_id: str = "o1", *, quantity: str | int | None = None, limit: str | None = None, stop: str | None = None
) -> ReplaceOrder:
    return ReplaceOrder(
        client_order_id=ClientOrderId(order_id),
        venue_id=SIM,
        symbol=AAA,
        time_ns=NOON_NS,
        quantity=None if quantity is None else Decimal(quantity),
        limit_price=None if limit is None else Decimal(limit),
        stop_price=None if stop is None else Decimal(stop),
    )


def quote(bid: float, ask: float, bid_size: float = 0.0, ask_size: float = 0.0, at_ns: int = NOON_NS) -> Quote:
    return Quote(AAA, at_ns, bid, ask, bid_size, ask_size)


def trade(price: float, size: float = 0.0, at_ns: int = NOON_NS) -> Trade:
    return Trade(AAA, at_ns, price, size)


def bar(
    prices: tuple[float, float, float, float],
    *,
    volume: float = 0.0,
    ends_ns: int = NOON_NS + MINUTE_NS,
    timeframe_ns: int = MINUTE_NS,
    **sides: Any,
) -> Bar:
    """A bar of (open, high, low, close) that starts at noon, unless told otherwise."""
    opened, high, low, close = prices
    return Bar(AAA, ends_ns, timeframe_ns, opened, high, low, close, volume, **sides)


def kinds(events: Sequence[OrderEvent]) -> list[str]:
    """The types of the events, by name."""
    return [type(event).__name__ for event in events]


def fills(events: Sequence[OrderEvent]) -> list[tuple[str, str]]:
    """Quantity and price of each fill."""
    return [(str(event.quantity), str(event.price)) for event in events if isinstance(event, OrderFilled)]


def told(made: SimulatedVenue, message: Quote | Trade | Bar) -> list[tuple[str, str]]:
    """The fills that a message causes, handled at its own time."""
    return fills(made.on_market(message, message.time_ns))


def sent(made: SimulatedVenue, command: SubmitOrder, now_ns: int = NOON_NS) -> list[tuple[str, str]]:
    """The fills that an order meets at once; it must have been accepted."""
    events = made.submit(command, now_ns)
    assert kinds(events)[0] == "OrderAccepted", events
    return fills(events)


def reason_of(events: Sequence[OrderEvent]) -> str:
    """The reason of the only event."""
    (event,) = events
    reason: str = getattr(event, "reason")  # noqa: B009 events without a reason must fail here
    return reason
