"""A stage for one strategy: the whole context that it sees, kept in plain lists and moved by the test."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from messages import (
    DAY_NS,
    MINUTE_NS,
    Bar,
    ClientOrderId,
    ExecutionId,
    OrderFilled,
    PortfolioId,
    Quote,
    Side,
    Signal,
    StrategyId,
    Symbol,
    VenueOrderId,
)
from strategies import Strategy, build_parameters, load_strategy

START_NS = 20_000 * DAY_NS
SYMBOL = Symbol("AAPL")
OTHER = Symbol("MSFT")


class Stage:
    """Implements `StrategyContext` and plays messages to a strategy."""

    def __init__(
        self, kind: type[Strategy] | str, symbols: tuple[Symbol, ...] = (SYMBOL,), **parameters: Any
    ) -> None:
        self.kind = load_strategy(kind) if isinstance(kind, str) else kind
        self.now_ns = START_NS
        self.signals: list[Signal] = []
        self.positions: dict[Symbol, float] = {}
        self.timers: dict[str, int] = {}
        self.strategy = self.kind(StrategyId("one"), build_parameters(self.kind, parameters), symbols, self)

    def emit(self, signal: Signal) -> None:
        self.signals.append(signal)

    def position(self, symbol: Symbol) -> float:
        return self.positions.get(symbol, 0.0)

    def set_timer(self, name: str, due_ns: int) -> None:
        self.timers[name] = due_ns

    def checkpoint(self) -> None:
        """Encode the strategy's state and go on from the bytes, as after a crash."""
        state = self.strategy.state
        self.strategy.state = msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=type(state))

    def bar(
        self, close: float, *, high: float | None = None, low: float | None = None, of: Symbol = SYMBOL
    ) -> None:
        """The bar of the next minute."""
        self.now_ns += MINUTE_NS
        self.bar_now(close, high=high, low=low, of=of)

    def bar_now(
        self, close: float, *, high: float | None = None, low: float | None = None, of: Symbol = SYMBOL
    ) -> None:
        """A bar that ends at this moment."""
        high, low = close if high is None else high, close if low is None else low
        self.strategy.on_bar(Bar(of, self.now_ns, MINUTE_NS, close, high, low, close, 1.0))

    def quote(self, bid: float, ask: float) -> None:
        """A quote one nanosecond on."""
        self.now_ns += 1
        self.strategy.on_quote(Quote(SYMBOL, self.now_ns, bid, ask))

    def fill(self, quantity: float, *, of: Symbol = SYMBOL) -> None:
        """A fill of a signed quantity."""
        self.positions[of] = self.position(of) + quantity
        self.strategy.on_fill(
            OrderFilled(
                client_order_id=ClientOrderId("b-one-1"),
                portfolio_id=PortfolioId("main"),
                strategy_id=StrategyId("one"),
                symbol=of,
                time_ns=self.now_ns,
                execution_id=ExecutionId("e1"),
                venue_order_id=VenueOrderId("v1"),
                side=Side.BUY if quantity > 0 else Side.SELL,
                quantity=Decimal(str(abs(quantity))),
                price=Decimal(100),
                cumulative_quantity=Decimal(str(abs(quantity))),
                commission=Decimal(0),
                currency="USD",
            )
        )

    def timer(self, name: str) -> None:
        """Time goes on to the timer, which fires."""
        self.now_ns = self.timers.pop(name)
        self.strategy.on_timer(name)

    @property
    def wanted(self) -> list[tuple[str, float]]:
        """Symbol and value of each signal so far."""
        return [(signal.symbol, signal.value) for signal in self.signals]
