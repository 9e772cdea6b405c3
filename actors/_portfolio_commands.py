"""What people command a portfolio: halts, pauses, limits, their own orders, closing, and a broker's word."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from actors._portfolio_state import Plot, PriceView
from messages import (
    SECOND_NS,
    AcceptDifference,
    ChangeLimits,
    ClosePositions,
    CommandRefused,
    DeployStrategy,
    HaltTrading,
    OrderRequestPriced,
    PauseStrategy,
    ReleaseTrading,
    RequestCancel,
    ResumeStrategy,
    StrategyId,
    StrategyQuarantined,
    StrategyReleased,
    Symbol,
    UndeployStrategy,
)
from rules.ledger import allocate
from rules.limits import RiskLimits
from rules.planning import Submit, Target
from rules.targets import guard_of, is_being_closed, is_closed_by_a_person, left_alone, refused

if TYPE_CHECKING:
    from actors.portfolio import PortfolioActor

_ZERO = Decimal(0)

HALT_TIMER = "halt"
"""Cancels what works when a halt, or the end of a strategy's game, could not be carried out."""

REQUEST_MAX_AGE_NS = 60 * SECOND_NS
"""How long a person's order may wait on its way, for an actor that is restarted."""


def _has_orders(plot: Plot | None) -> bool:
    return plot is not None and bool(plot.open_orders)


class PortfolioCommands:
    """The part of a portfolio actor that obeys people."""

    def __init__(self, portfolio: PortfolioActor) -> None:
        self._portfolio = portfolio

    def carry_out(self, message: Any) -> None:
        """One command."""
        state = self._portfolio.state
        match message:
            case HaltTrading(reason=reason, flatten=flatten, time_ns=time_ns):
                state.halted_ns = time_ns
                self._portfolio.block_entries(reason or "halted")
                if flatten:
                    self._close_positions(None, None, is_flatten=True)
            case ReleaseTrading():
                state.entries_blocked = ""
                state.halted_symbols.clear()
                state.shut_symbols.clear()
                self._portfolio.standing.end_flatten()
            case StrategyQuarantined(strategy_id=strategy_id, reason=reason):
                state.quarantined[strategy_id] = reason
                self._sideline(strategy_id, f"{strategy_id} was quarantined")
            case StrategyReleased(strategy_id=strategy_id):
                state.quarantined.pop(strategy_id, None)
            case PauseStrategy(strategy_id=strategy_id, reason=reason):
                state.paused[strategy_id] = reason or "paused"
                self._sideline(strategy_id, f"{strategy_id} was paused")
            case ResumeStrategy(strategy_id=strategy_id):
                state.paused.pop(strategy_id, None)
            case DeployStrategy(deployment=deployment):
                state.retired.pop(deployment.strategy_id, None)
                allocate(state.books, deployment.strategy_id, self._portfolio.capital_of(deployment))
            case UndeployStrategy(strategy_id=strategy_id, close=close):
                self._retire(strategy_id, close=close)
            case ChangeLimits(limits=limits):
                state.limits = msgspec.json.decode(limits, type=RiskLimits)
            case OrderRequestPriced():
                self._on_request(message)
            case RequestCancel():
                self._on_cancel_request(message)
            case ClosePositions(symbol=symbol, strategy_id=one):
                self._close_positions(symbol, one)
            case AcceptDifference(reason=reason):
                if refusal := self._portfolio.link.accept_difference(reason):
                    self._refuse(self._portfolio.portfolio_id, refusal)

    def note_at_least(self, message: Any) -> None:
        """Of a command that could not be carried out, what keeps positions from being opened.

        What works is canceled by a handler of its own: that may be what failed.
        """
        portfolio, state = self._portfolio, self._portfolio.state
        match message:
            case HaltTrading(reason=reason, time_ns=time_ns):
                state.entries_blocked, state.halted_ns = reason or "halted", time_ns
                portfolio.set_timer(HALT_TIMER, portfolio.now_ns)
            case StrategyQuarantined(strategy_id=strategy_id, reason=reason):
                state.quarantined[strategy_id] = reason
                self._sideline_later(strategy_id)
            case PauseStrategy(strategy_id=strategy_id, reason=reason):
                state.paused[strategy_id] = reason or "paused"
                self._sideline_later(strategy_id)
            case UndeployStrategy(strategy_id=strategy_id):
                self._note_retired(strategy_id)
                self._sideline_later(strategy_id)
            case ChangeLimits(limits=limits):
                state.limits = msgspec.json.decode(limits, type=RiskLimits)

    def carry_out_what_failed(self) -> None:
        """Cancel what a command that could not be carried out has left to work."""
        portfolio, state = self._portfolio, self._portfolio.state
        if state.entries_blocked:
            portfolio.block_entries(state.entries_blocked)
        while state.to_sideline:
            strategy_id = state.to_sideline.pop(0)
            self._sideline(strategy_id, f"{strategy_id} was put out of the game")
            if strategy_id in state.retired:
                self.free_capital(strategy_id)

    def _sideline_later(self, strategy_id: StrategyId) -> None:
        self._portfolio.state.to_sideline.append(strategy_id)
        self._portfolio.set_timer(HALT_TIMER, self._portfolio.now_ns)

    def free_capital(self, strategy_id: StrategyId) -> None:
        """Give back what a strategy that has gone holds in cash, once it holds nothing else."""
        ledger = self._portfolio.state.books.strategies.get(strategy_id)
        if ledger is not None and ledger.cash > 0 and not self._portfolio.is_busy(strategy_id):
            allocate(self._portfolio.state.books, strategy_id, -ledger.cash)

    def _on_request(self, priced: OrderRequestPriced) -> None:
        """A person's order: judged and sent as it is, and followed by nothing."""
        request, portfolio = priced.request, self._portfolio
        is_old = portfolio.now_ns - request.time_ns > REQUEST_MAX_AGE_NS
        if is_old or request.time_ns < portfolio.state.halted_ns:
            why = "it has waited too long" if is_old else "trading was halted after it was given"
            self._refuse(request.portfolio_id, f"no order leaves: {why}. Give it again if it is still wanted.")
            return
        if self._portfolio.link.hold:
            self._refuse(request.portfolio_id, f"no order leaves now: {self._portfolio.link.hold}")
            return
        plot = portfolio.standing.plot(request.strategy_id, request.symbol)
        is_shut = request.symbol in portfolio.state.shut_symbols  # then nobody closes anything but the person
        if plot.target is not None and is_being_closed(plot.target) and not is_shut:
            self._refuse(request.portfolio_id, "no order leaves now: trading is halted, and what is held is closed")
            return
        view = PriceView.of_signal(priced)
        portfolio.standing.set_view(request.symbol, view, view.mark_price)
        plot.target = None
        step = Submit(
            side=request.side,
            quantity=request.quantity,
            order_type=request.order_type,
            time_in_force=request.time_in_force,
            limit_price=request.limit_price,
            stop_price=request.stop_price,
        )
        self._portfolio.submit(request.strategy_id, request.symbol, step)

    def _on_cancel_request(self, wanted: RequestCancel) -> None:
        """A person's cancel: what was wanted of the order is wanted no more."""
        order = self._portfolio.state.orders.get(wanted.client_order_id)
        if order is None or not order.is_open:
            reason = f"{wanted.client_order_id} is no open order of {self._portfolio.portfolio_id}"
            self._refuse(wanted.client_order_id, reason)
            return
        standing, owner, symbol = self._portfolio.standing, order.order.strategy_id, order.order.symbol
        plot, held = standing.plot(owner, symbol), standing.held(owner, symbol)
        if plot.target is not None and plot.concerns(order, held):
            plot.target = refused(plot.target, order.order)
        self._portfolio.cancels.give_up(wanted.client_order_id, wanted.reason or "a person canceled it")

    def _close_positions(
        self, symbol: Symbol | None, strategy_id: StrategyId | None, *, is_flatten: bool = False
    ) -> None:
        """Want nothing any more of what is held, or may yet be bought by an order that works; at the market.

        A protective stop stays until what it guards is gone.
        """
        standing = self._portfolio.standing
        for owner in self._owners():
            for traded in self._traded_by(owner):
                if symbol in (None, traded) and strategy_id in (None, owner):
                    plot, held = standing.plot(owner, traded), standing.held(owner, traded)
                    guard, side = guard_of(plot.target, held)
                    plot.since = self._portfolio.state.order_counts.get(owner, 0)
                    before = plot.target or Target(quantity=None)
                    plot.target = Target(
                        quantity=_ZERO,
                        exit_stop_price=guard,
                        is_flatten=is_flatten or is_being_closed(before),
                        is_close=not is_flatten or is_closed_by_a_person(before),
                        held=side,
                    )
                    self._portfolio.pursue(owner, traded)

    def _owners(self) -> list[StrategyId]:
        """Who holds something, or may: a person has no ledger before the first order executes."""
        state = self._portfolio.state
        ordering = [owner for plots in state.plots.values() for owner in plots]
        return [*dict.fromkeys((*state.books.strategies, *ordering))]

    def _traded_by(self, strategy_id: StrategyId) -> list[Symbol]:
        """What a strategy holds or has open orders in, and those that were not found: they may turn up."""
        state = self._portfolio.state
        ledger = state.books.strategies.get(strategy_id)
        positions = {} if ledger is None else ledger.positions
        held = [symbol for symbol, position in positions.items() if position.quantity]
        ordered = [symbol for symbol, plots in state.plots.items() if _has_orders(plots.get(strategy_id))]
        mine = [each for each in state.orders.values() if each.order.strategy_id == strategy_id]
        lost = [each.order.symbol for each in mine if each.was_not_found]
        return [*dict.fromkeys((*held, *ordered, *lost))]

    def _sideline(self, strategy_id: StrategyId, reason: str, *, keeps: bool = False) -> None:
        """A strategy plays no more: its entries are canceled, its positions and their stops stay.

        What a halt is about to close is closed all the same, and what a person is, unless one `keeps` it now.
        """
        for symbol, plots in self._portfolio.state.plots.items():
            plot = plots.get(strategy_id)
            if plot is None or (plot.target is not None and plot.target.is_left_alone):
                continue
            target = plot.target
            if target is not None and (is_being_closed(target) or (is_closed_by_a_person(target) and not keeps)):
                self._portfolio.cancels.give_up_what_opens(plot, reason)
                continue
            if target is not None:
                plot.target = left_alone(target, self._portfolio.standing.held(strategy_id, symbol))
            self._portfolio.cancels.give_up_entries(plot, reason)

    def _retire(self, strategy_id: StrategyId, *, close: bool) -> None:
        """A strategy has gone. Its cash is free again once it holds nothing."""
        self._sideline(strategy_id, f"{strategy_id} was undeployed", keeps=not close)
        self._note_retired(strategy_id)
        if close:
            self._close_positions(None, strategy_id)
        self.free_capital(strategy_id)

    def _note_retired(self, strategy_id: StrategyId) -> None:
        state = self._portfolio.state
        state.paused.pop(strategy_id, None)
        state.quarantined.pop(strategy_id, None)
        state.retired[strategy_id] = True

    def _refuse(self, subject: str, reason: str) -> None:
        portfolio = self._portfolio
        portfolio.emit(CommandRefused(subject=subject, time_ns=portfolio.now_ns, reason=reason))
