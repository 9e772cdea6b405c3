"""The router: fans market data out to symbols, signals to portfolios, executions to their owners.

market data, subscriptions -> the symbol's actor
Signal                     -> the symbol's actor, which stamps it with its prices
SignalPriced               -> the portfolio that owns the strategy
order events               -> the portfolio that owns the order
a person's order           -> the symbol's actor, then the portfolio that it names
a person's other commands  -> the portfolio that they name, or that owns the strategy
a venue is connected       -> its actor, and every portfolio
how an account stands      -> the venue's actor, and the account's portfolio

What does not come this way is in `actors.past_the_router`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from actors.kernel.actor import Actor
from actors.names import ROUTER, portfolio_actor, symbol_actor, venue_actor
from messages import (
    AcceptDifference,
    AccountReported,
    Alert,
    AlertLevel,
    Bar,
    ChangeLimits,
    ClosePositions,
    CommandRefused,
    DeployStrategy,
    Instrument,
    OrderEvent,
    OrderRequestPriced,
    PauseStrategy,
    PortfolioId,
    Quote,
    RequestCancel,
    RequestOrder,
    ResumeStrategy,
    Signal,
    SignalPriced,
    SourceEnded,
    StrategyId,
    StrategyQuarantined,
    StrategyReleased,
    Subscribe,
    Symbol,
    SymbolHalted,
    Trade,
    TradingHalted,
    UndeployStrategy,
    Unsubscribe,
)

if TYPE_CHECKING:
    from actors.kernel.kernel import Kernel

_BY_SYMBOL = (Quote, Trade, Bar, SymbolHalted, Signal, Subscribe, Unsubscribe, RequestOrder)


class RouterState(msgspec.Struct):
    """Who owns each strategy; symbols that market data named and nobody has defined, and how much there was."""

    owners: dict[StrategyId, PortfolioId]
    unknown_symbols: dict[str, int] = {}


class Router(Actor):
    """Knows who is where, and decides nothing."""

    State = RouterState
    state: RouterState

    def __init__(
        self,
        kernel: Kernel,
        *,
        symbols: Sequence[Symbol],
        owners: Mapping[StrategyId, PortfolioId],
        portfolios: Sequence[PortfolioId] = (),
    ) -> None:
        self._owners_at_first = dict(owners)
        super().__init__(kernel, ROUTER)
        self._symbols = tuple(symbols)
        self._portfolio_names = [portfolio_actor(each) for each in dict.fromkeys((*owners.values(), *portfolios))]
        self._symbol_actors: dict[str, Actor] = {}

    def new_state(self) -> RouterState:
        """The owners that the engine began with."""
        return RouterState(owners=dict(self._owners_at_first))

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
                self._tell_portfolio(message.portfolio_id, message)
            case StrategyQuarantined() | StrategyReleased() | PauseStrategy() | ResumeStrategy():
                self._tell_owner(message.strategy_id, message)
            case OrderRequestPriced(request=request):
                self._tell_portfolio(request.portfolio_id, message)
            case ChangeLimits() | RequestCancel() | ClosePositions() | AcceptDifference():
                self._tell_portfolio(message.portfolio_id, message)
            case DeployStrategy(deployment=deployment):
                self.state.owners[deployment.strategy_id] = deployment.portfolio_id
                self._tell_portfolio(deployment.portfolio_id, message)
            case UndeployStrategy(strategy_id=strategy_id):
                self._tell_owner(strategy_id, message)
                self.state.owners.pop(strategy_id, None)
            case AccountReported():
                self.tell(venue_actor(message.venue_id), message)
                self._tell_portfolio(message.portfolio_id, message)
            case SourceEnded() | Instrument():
                pass
            case _:
                raise TypeError(f"the router has no way for {type(message).__name__}")

    def on_poison(self, message: Any) -> None:
        """What a venue said of an order reaches its portfolio all the same, and so does what only tightens."""
        super().on_poison(message)
        match message:
            case OrderEvent() | TradingHalted() | ChangeLimits():
                self._tell_portfolio(message.portfolio_id, message)
            case StrategyQuarantined() | PauseStrategy():
                self._tell_owner(message.strategy_id, message)
            case UndeployStrategy(strategy_id=strategy_id):
                self._tell_owner(strategy_id, message)
                self.state.owners.pop(strategy_id, None)

    def _tell_owner(self, strategy_id: StrategyId, message: Any) -> None:
        owner = self.state.owners.get(strategy_id)
        if owner is None:
            self._refuse(strategy_id, f"there is no strategy {strategy_id}")
        else:
            self.tell(portfolio_actor(owner), message)

    def _tell_portfolio(self, portfolio_id: PortfolioId, message: Any) -> None:
        name = portfolio_actor(portfolio_id)
        if name in self._portfolio_names:
            self.tell(name, message)
        else:
            self._refuse(portfolio_id, f"there is no portfolio {portfolio_id}")

    def _refuse(self, subject: str, reason: str) -> None:
        self.emit(CommandRefused(subject=subject, time_ns=self.now_ns, reason=reason))

    def _note_unknown(self, message: Any) -> None:
        counts = self.state.unknown_symbols
        counts[message.symbol] = counts.get(message.symbol, 0) + 1
        if counts[message.symbol] == 1:
            text = f"{message.symbol} is not defined; its market data is ignored. Define it as an instrument."
            self.emit(Alert(level=AlertLevel.WARNING, subject=message.symbol, text=text, time_ns=self.now_ns))
