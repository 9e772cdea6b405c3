"""Persons who put strategies out of the game, and what comes between a flatten and its exits.

A halt that closes all that is held has to cancel stops and entries before exits can leave. Amid that strategies are
paused, the market takes a part of the stops, persons cancel orders, and somebody halts once more.
"""

from __future__ import annotations

import random

from messages import SECOND_NS, ClientOrderId, HaltTrading, PauseStrategy, RequestCancel, ResumeStrategy, StrategyId
from ops.control.strategy_commands import MANUAL
from ops.drill.broker import BrokerModel
from ops.drill.judge.judge import Judge
from ops.drill.simulation.connection import PORTFOLIO
from ops.drill.simulation.process import Process
from ops.drill.simulation.swarm import MILLISECOND_NS
from ops.drill.simulation.world import World

_SHARE_OF_PAUSES = 0.1
"""Of the moments, those in which a strategy is paused."""

_PAUSED_MAX_NS = 20 * SECOND_NS

_MOMENTS_NS = (50 * MILLISECOND_NS, 300 * MILLISECOND_NS, SECOND_NS, 1500 * MILLISECOND_NS, 3 * SECOND_NS)
"""How long after a flatten something comes between."""

_SHARE_PAUSED, _SHARE_HIT, _SHARE_CANCELED, _SHARE_HALTED_AGAIN = 0.2, 0.4, 0.1, 0.2
"""In each of these moments: of the strategies, of the stops, of the other orders, and of the last halts."""


class Meddlers:
    """Whoever comes between, in one simulation whose swarm `pauses`."""

    def __init__(self, world: World, *, broker: BrokerModel, process: Process, judge: Judge) -> None:
        self._world = world
        self._broker = broker
        self._process = process
        self._judge = judge
        self._draw = random.Random(f"meddlers {world.swarm.seed}")  # noqa: S311  # a simulation, not a secret

    def pause(self) -> None:
        """Pause a strategy now and then, for a while."""
        if not self._world.swarm.pauses or self._draw.random() >= _SHARE_OF_PAUSES:
            return
        names = self._strategies()
        if names:
            self._pause(self._draw.choice(names))

    def meddle_with_a_flatten(self) -> None:
        """One was just commanded: what comes between does so in the next seconds."""
        if self._world.swarm.pauses:
            for moment_ns in _MOMENTS_NS:
                self._world.after(moment_ns, self._come_between)

    def _come_between(self) -> None:
        draw, now_ns = self._draw, self._world.now_ns
        self._broker.advance(now_ns + self._world.swarm.skew_ns)
        for name in self._strategies():
            if draw.random() < _SHARE_PAUSED:
                self._pause(name)
        for order in self._broker.open_orders():
            order_id = ClientOrderId(order.client_order_id)
            intent = self._judge.intents.get(order_id)
            if intent is None:
                continue
            is_hit = intent.protective and self._broker.can_fill(order_id) and draw.random() < _SHARE_HIT
            if is_hit:
                self._broker.fill_now(order_id, order.remaining // 3 + 1, now_ns=now_ns + self._world.swarm.skew_ns)
            elif draw.random() < _SHARE_CANCELED:
                self._process.command(
                    RequestCancel(client_order_id=order_id, portfolio_id=PORTFOLIO, time_ns=now_ns)
                )
        if draw.random() < _SHARE_HALTED_AGAIN and not self._world.is_faulty:
            self._process.command(HaltTrading(now_ns, "a drill", flatten=True))

    def _pause(self, name: StrategyId) -> None:
        self._process.command(PauseStrategy(strategy_id=name, time_ns=self._world.now_ns, reason="a drill"))
        self._world.after(self._draw.randrange(_PAUSED_MAX_NS), lambda: self._resume(name))

    def _resume(self, name: StrategyId) -> None:
        self._process.command(ResumeStrategy(strategy_id=name, time_ns=self._world.now_ns))

    def _strategies(self) -> list[StrategyId]:
        """Those that have ordered."""
        return sorted({each.strategy_id for each in self._judge.intents.values()} - {MANUAL})
