"""Persons who trade beside the strategies: orders of their own, cancels of anybody's, positions closed.

What a person orders is followed by nothing: no strategy changes, cancels or renews it.
"""

from __future__ import annotations

import random
from decimal import Decimal

from messages import (
    AnyMessage,
    ClientOrderId,
    ClosePositions,
    OrderType,
    RequestCancel,
    RequestOrder,
    Side,
    Symbol,
    TimeInForce,
)
from ops.control.strategy_commands import MANUAL
from ops.drill.broker import BrokerModel
from ops.drill.simulation.connection import PORTFOLIO
from ops.drill.simulation.market import TICK
from ops.drill.simulation.world import World

_SHARE_OF_MOMENTS = 0.5
"""In which one of them wants something."""

_AWAY = (Decimal("-0.01"), Decimal("-0.002"), Decimal(0), Decimal("0.002"), Decimal("0.01"))
"""How far from the market a price is, as a share of it."""


class Traders:
    """Whoever trades in one simulation and is no strategy."""

    def __init__(self, world: World, broker: BrokerModel) -> None:
        self._world = world
        self._broker = broker
        self._draw = random.Random(f"traders {world.swarm.seed}")  # noqa: S311  # a simulation, not a secret

    def last_orders(self) -> list[RequestOrder]:
        """One order of each symbol, if anybody trades."""
        symbols = [Symbol(each) for each in self._world.swarm.symbols if self._broker.has_market(each)]
        return [self._order(each) for each in symbols] if self._world.swarm.has_traders else []

    def command(self) -> AnyMessage | None:
        """What one of them wants now."""
        draw, now_ns = self._draw, self._world.now_ns
        if not self._world.swarm.has_traders or draw.random() >= _SHARE_OF_MOMENTS:
            return None
        symbol = Symbol(draw.choice(self._world.swarm.symbols))
        works = [each.client_order_id for each in self._broker.open_orders() if not each.is_manual]
        kind = draw.random()
        if kind < 0.1:
            return ClosePositions(portfolio_id=PORTFOLIO, time_ns=now_ns, symbol=draw.choice((symbol, None)))
        if kind < 0.3 and works:
            order_id = ClientOrderId(draw.choice(works))
            return RequestCancel(client_order_id=order_id, portfolio_id=PORTFOLIO, time_ns=now_ns)
        return self._order(symbol) if self._broker.has_market(symbol) else None

    def _order(self, symbol: Symbol) -> RequestOrder:
        draw = self._draw
        order_type = draw.choice((OrderType.MARKET, OrderType.LIMIT, OrderType.LIMIT, OrderType.STOP))
        price = (self._broker.ask(symbol) * (1 + draw.choice(_AWAY))).quantize(TICK)
        return RequestOrder(
            portfolio_id=PORTFOLIO,
            strategy_id=MANUAL,
            symbol=symbol,
            time_ns=self._world.now_ns,
            side=draw.choice((Side.BUY, Side.BUY, Side.SELL)),
            quantity=Decimal(draw.choice((1, 3, 10))),
            order_type=order_type,
            time_in_force=draw.choice((TimeInForce.GTC, TimeInForce.DAY)),
            limit_price=price if order_type is OrderType.LIMIT else None,
            stop_price=price if order_type is OrderType.STOP else None,
        )
