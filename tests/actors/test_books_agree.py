"""Random days: after every event, portfolio, venue and running totals say the same."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest

from actors._valuation import Valuation
from gateways.simulated import SimulatedVenueSettings
from messages import CrashActor, HaltTrading, OrderType, ReleaseTrading, SymbolHalted, TimeInForce, Trade
from rules.ledger import check_conservation
from rules.limits import RiskLimits
from tests.actors._trading import ABC, PORTFOLIO, Trading

STEPS = 150
ACTORS = ("portfolio/main", "venue/paper", "exchange/paper", "symbol/ABC", "router")


class Day:
    """A trading tree and a price that wanders, both of one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        free = self.random.random() < 0.3
        latency = self.random.choice([0, 0, 1500])
        self.trading = Trading(
            cash=self.random.choice(["100000", "5000"]),
            limits=RiskLimits(allow_short=free, allow_margin=free),
            venue_settings=SimulatedVenueSettings(
                latency_ms_min=latency, latency_ms_max=latency * 2, allow_short=free, allow_margin=free
            ),
        )
        self.price = 100.0

    def step(self) -> None:
        """Something happens."""
        draw, trading, now_ns = self.random, self.trading, self.trading.now_ns
        kind = draw.random()
        if kind < 0.5:
            self.quote()
        elif kind < 0.85:
            trading.want(draw.choice([0, 0, 10, 20, 50, -10, -30, 5]), **self.terms())
        elif kind < 0.9:
            trading.input(Trade(ABC, now_ns, round(self.price, 2), draw.choice([1.0, 100.0])))
        elif kind < 0.94:
            trading.input(CrashActor(draw.choice(ACTORS)))
        elif kind < 0.96:
            trading.wait(draw.choice([5, 100, 86_400]))
        elif kind < 0.98:
            command = draw.choice([HaltTrading, ReleaseTrading])
            trading.input(command(time_ns=now_ns, reason="a person"))
        else:
            trading.input(SymbolHalted(ABC, now_ns, draw.random() < 0.5))

    def quote(self) -> None:
        draw = self.random
        self.price = max(1.0, self.price * (1 + draw.gauss(0, 0.01)))
        bid, ask = (round(self.price + offset, 2) if draw.random() > 0.02 else 0.0 for offset in (-0.02, 0.02))
        self.trading.quote(bid, ask, size=draw.choice([0, 3, 50]), after=draw.choice([0, 1, 1, 30]))

    def terms(self) -> dict[str, Any]:
        draw = self.random
        kind = draw.choice(list(OrderType))
        terms: dict[str, Any] = {"order_type": kind, "time_in_force": draw.choice(list(TimeInForce))}
        if kind in (OrderType.LIMIT, OrderType.STOP_LIMIT):
            terms["limit_price"] = round(self.price * draw.uniform(0.98, 1.02), 2)
        if kind in (OrderType.STOP, OrderType.STOP_LIMIT):
            terms["stop_price"] = round(self.price * draw.uniform(0.98, 1.02), 2)
        if draw.random() < 0.5:
            terms["protective_stop_price"] = round(self.price * draw.choice([0.99, 1.01]), 2)
        return terms


def totals(valuation: Valuation, cash: Decimal) -> tuple[Any, ...]:
    return valuation.equity(cash), valuation.exposure_besides(ABC), valuation.held_cash, valuation.of(ABC)


def check_totals(trading: Trading) -> None:
    """The running totals are what a valuation made anew says."""
    portfolio = trading.portfolio
    cash, running = portfolio.state.books.account.cash, portfolio.standing._valuation
    portfolio.on_restore()
    portfolio.standing.revalue(ABC)
    assert totals(running, cash) == totals(portfolio.standing._valuation, cash)


def check_venue(trading: Trading) -> None:
    """Portfolio and venue agree on cash, positions and, with nothing under way, on open orders."""
    state, exchange = trading.portfolio.state, trading.kernel.actors["exchange/paper"].state
    account = exchange.venue.accounts[PORTFOLIO]
    assert account.cash == state.books.account.cash
    assert account.positions.get(ABC, Decimal(0)) == trading.held()
    listed = {each for plots in state.plots.values() for plot in plots.values() for each in plot.open_orders}
    assert {name for name, order in state.orders.items() if order.is_open} == listed
    if not exchange.journeys and not exchange.waiting:
        assert {name for name, order in exchange.venue.orders.items() if order.is_working} == listed


@pytest.mark.parametrize("seed", range(12))
def test_books_orders_and_totals_agree_after_every_event(seed: int) -> None:
    day = Day(seed)
    for _ in range(STEPS):
        day.step()
        assert check_conservation(day.trading.portfolio.state.books) is None
        check_totals(day.trading)
        check_venue(day.trading)
    assert day.trading.kernel.fatal is None
