"""The router: fans market data out to symbols, signals to portfolios, executions to their owners.

market data, subscriptions -> the symbol's actor
Signal                     -> the symbol's actor, which stamps it with its prices
SignalPriced               -> the portfolio that owns the strategy
order events               -> the portfolio that owns the order
halts and releases         -> every portfolio
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from actors.kernel.actor import Actor
from actors.names import ROUTER, portfolio_actor, symbol_actor
from messages import (
    Alert,
    AlertLevel,
    Bar,
    HaltTrading,
    Instrument,
    OrderEvent,
    PortfolioId,
    Quote,
    ReleaseTrading,
    Signal,
    SignalPriced,
    SourceEnded,
    StrategyId,
    StrategyQuarantined,
    Subscribe,
    Symbol,
    SymbolHalted,
    Trade,
    TradingHalted,
    Unsubscribe,
)

if TYPE_CHECKING:
    from actors.kernel.kernel import Kernel

_BY_SYMBOL = (Quote, Trade, Bar, SymbolHalted, Signal, Subscribe, Unsubscribe)


class RouterState(msgspec.Struct):
    """Symbols that market data named and nobody has defined, and how much of it there was."""

    unknown_symbols: dict[str, int] = {}


class Router(Actor):
    """Knows who is where, and decides nothing."""

    State = RouterState

    def __init__(
        self, kernel: Kernel, *, symbols: Sequence[Symbol], owners: Mapping[StrategyId, PortfolioId]
    ) -> None:
        super().__init__(kernel, ROUTER)
        self._symbols = tuple(symbols)
        self._owners = dict(owners)
        self._portfolio_names = [portfolio_actor(portfolio) for portfolio in dict.fromkeys(owners.values())]
        self._symbol_actors: dict[str, Actor] = {}

    def on_restore(self) -> None:
        """Look the symbols' actors up once: the way of market data may not cost a name each time."""
        actors = self.kernel.actors
        self._symbol_actors = {symbol: actors[symbol_actor(symbol)] for symbol in self._symbols}

    def on_receive(self, message: Any) -> None:
        """Send each message on to whom it concerns."""
        kind = message.__class__
        if kind is Quote or kind in _BY_SYMBOL:
            target = self._symbol_actors.get(message.symbol)
            if target is None:
                self._note_unknown(message)
            else:
                self.kernel.outbox.append((target, message))
            return
        match message:
            case SignalPriced():
                self._tell_owner(message.signal.strategy_id, message)
            case OrderEvent() | TradingHalted():
                self.tell(portfolio_actor(message.portfolio_id), message)
            case StrategyQuarantined():
                self._tell_owner(message.strategy_id, message)
            case HaltTrading() | ReleaseTrading():
                for name in self._portfolio_names:
                    self.tell(name, message)
            case SourceEnded() | Instrument():
                pass
            case _:
                raise TypeError(f"the router has no way for {type(message).__name__}")

    def _tell_owner(self, strategy_id: StrategyId, message: Any) -> None:
        self.tell(portfolio_actor(self._owners[strategy_id]), message)

    def _note_unknown(self, message: Any) -> None:
        counts = self.state.unknown_symbols
        counts[message.symbol] = counts.get(message.symbol, 0) + 1
        if counts[message.symbol] == 1:
            text = f"{message.symbol} is not defined; its market data is ignored. Define it as an instrument."
            self.emit(Alert(level=AlertLevel.WARNING, subject=message.symbol, text=text, time_ns=self.now_ns))
