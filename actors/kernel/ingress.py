"""Where everything from other threads enters: three lanes, each with a bound and a policy.

Control goes before executions, executions before market data. Control and executions never drop: a full lane
makes the caller wait. Market data beyond its bound keeps only the latest of each kind and symbol (`conflated`).
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Any

CONTROL, EXECUTIONS, MARKET = LANES = ("control", "executions", "market")

CONTROL_LIMIT = 10_000
EXECUTION_LIMIT = 10_000
MARKET_LIMIT = 20_000


class Ingress:
    """Thread-safe. Any thread puts; only the core thread takes.

    `taken` counts what the core took out of each lane, `conflated` market data replaced before that, by symbol.
    """

    def __init__(self, *, market_limit: int = MARKET_LIMIT) -> None:
        self._lock = threading.Lock()
        self._arrived = threading.Condition(self._lock)
        self._taken = threading.Condition(self._lock)
        self._control: deque[Any] = deque()
        self._executions: deque[Any] = deque()
        self._market: deque[Any] = deque()
        self._overflow: dict[tuple[type, str], Any] = {}
        self._market_limit = market_limit
        self._waiting = False
        self.taken: dict[str, int] = dict.fromkeys(LANES, 0)
        self.conflated: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._control) + len(self._executions) + len(self._market) + len(self._overflow)

    def put_control(self, item: Any) -> None:
        """A command or a question. Waits while the lane is full."""
        self._put(self._control, CONTROL_LIMIT, item)

    def put_execution(self, item: Any) -> None:
        """What a venue said about an order. Waits while the lane is full."""
        self._put(self._executions, EXECUTION_LIMIT, item)

    def put_market(self, message: Any) -> None:
        """Live market data. Never waits: beyond the bound the latest of each kind and symbol stays."""
        market = self._market
        if len(market) < self._market_limit and not self._overflow:
            market.append(message)
        else:
            with self._lock:
                key = (type(message), message.symbol)
                if key in self._overflow:
                    self.conflated[message.symbol] = self.conflated.get(message.symbol, 0) + 1
                self._overflow[key] = message
        if self._waiting:
            self.wake()

    def take(self, limit: int) -> tuple[list[Any], list[Any]]:
        """Up to `limit` items: first all that is waiting of control and executions, then market data."""
        urgent: list[Any] = []
        for name, lane in ((CONTROL, self._control), (EXECUTIONS, self._executions)):
            before = len(urgent)
            while lane and len(urgent) < limit:
                urgent.append(lane.popleft())
            self.taken[name] += len(urgent) - before
        if urgent:
            with self._lock:
                self._taken.notify_all()
        market: list[Any] = []
        lane = self._market
        room = limit - len(urgent)
        while lane and len(market) < room:
            market.append(lane.popleft())
        if self._overflow and len(market) < room:
            with self._lock:
                market.extend(self._overflow.values())
                self._overflow.clear()
        self.taken[MARKET] += len(market)
        return urgent, market

    def waiting(self) -> dict[str, int]:
        """How many items wait in each lane."""
        market = len(self._market) + len(self._overflow)
        return {CONTROL: len(self._control), EXECUTIONS: len(self._executions), MARKET: market}

    def limits(self) -> dict[str, int]:
        """How many items each lane holds before its policy begins: the caller waits, or market data conflates."""
        return {CONTROL: CONTROL_LIMIT, EXECUTIONS: EXECUTION_LIMIT, MARKET: self._market_limit}

    def wait(self, seconds: float | None) -> None:
        """Sleep until something arrives, at most `seconds`."""
        with self._lock:
            self._waiting = True
            if not len(self):
                self._arrived.wait(seconds)
            self._waiting = False

    def wake(self) -> None:
        """End the core's `wait`."""
        with self._lock:
            self._arrived.notify()

    def _put(self, lane: deque[Any], limit: int, item: Any) -> None:
        with self._lock:
            while len(lane) >= limit:
                self._taken.wait()
            lane.append(item)
            self._arrived.notify()
