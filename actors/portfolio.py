"""The portfolio actor: sizes signals, judges every order, and keeps one user's books.

    SignalPriced -> the strategy's target -> what is missing to reach it -> risk -> SubmitOrder to the venue actor
                                                                               -> or OrderDenied
    order events -> the order's state -> fills into the books, and to the strategy -> what is missing now

Each strategy has a ledger of its own inside the portfolio's; together they are the account. Protective stops
belong to the portfolio: they stay when the strategy fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from actors._account_link import AccountLink
from actors._cancels import CANCEL_TIMER, Cancels
from actors._link_state import LinkState
from actors._portfolio_commands import HALT_TIMER, PortfolioCommands
from actors._portfolio_report import report_books
from actors._portfolio_state import Plot, PortfolioState, PriceView
from actors._standing import Standing
from actors.kernel.actor import Actor
from actors.names import ROUTER, portfolio_actor, strategy_actor, venue_actor
from messages import (
    AccountReported,
    Alert,
    AlertLevel,
    CancelOrder,
    ClientOrderId,
    Deployment,
    Instrument,
    Mark,
    OrderApproved,
    OrderCancelRejected,
    OrderDenied,
    OrderEvent,
    OrderFillBusted,
    OrderFillCorrected,
    OrderFilled,
    OrderReported,
    PortfolioId,
    PortfolioOpened,
    PortfolioReport,
    QueryOrder,
    ReplaceOrder,
    SignalPriced,
    StrategyId,
    SubmitOrder,
    Subscribe,
    Symbol,
    TimerFired,
    TradingHalted,
    Unsubscribe,
    VenueConnected,
    VenueDisconnected,
    VenueId,
)
from rules.client_order_ids import client_order_id, strategy_of
from rules.ledger import allocate, book_fill, open_books, unbook_fill
from rules.limits import RiskLimits
from rules.orders import OrderState, evolve, initial_state
from rules.planning import Cancel, Replace, Submit, plan, target_of
from rules.risk import Submission, judge_order
from rules.targets import Target, after_event, is_being_closed, refused, what_is_lost

if TYPE_CHECKING:
    from actors.kernel.kernel import Kernel

CLOSED_KEPT = 200
"""Closed orders that are remembered for late fills."""

RECENT_KEPT = 50
"""Submissions that are remembered to know a duplicate by; only seconds of them matter."""

_ZERO = Decimal(0)


class PortfolioTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What a portfolio begins with. `capital` divides its cash among its strategies; the rest is unallocated.

    `is_at_broker`: the account is somebody else's record, and no order leaves before it agrees with the books.
    """

    portfolio_id: PortfolioId
    venue_id: VenueId
    currency: str
    cash: Decimal
    capital: dict[StrategyId, Decimal]
    limits: RiskLimits = RiskLimits()
    is_at_broker: bool = False


class PortfolioActor(Actor):
    """One user's books, risk and orders at one venue."""

    state: PortfolioState

    def __init__(
        self,
        kernel: Kernel,
        *,
        terms: PortfolioTerms,
        book: str,
        instruments: Mapping[Symbol, Instrument],
    ) -> None:
        self.portfolio_id = terms.portfolio_id
        self.currency = terms.currency
        self._terms = terms
        self.venue_id = terms.venue_id
        self._venue = venue_actor(terms.venue_id)
        self.book = book
        self._instruments = instruments
        super().__init__(kernel, portfolio_actor(terms.portfolio_id))

    def new_state(self) -> PortfolioState:
        """Cash, divided among the strategies, and nothing else."""
        books = open_books(self._terms.cash)
        for strategy_id, amount in self._terms.capital.items():
            allocate(books, strategy_id, amount)
        link = LinkState() if self._terms.is_at_broker else LinkState(hold="")
        return PortfolioState(books=books, link=link)

    def on_restore(self) -> None:
        """Value everything anew."""
        self.standing = Standing(self.state, instruments=self._instruments, currency=self.currency)
        self.link = AccountLink(self, self.state.link)
        self.cancels = Cancels(self)
        self._commands = PortfolioCommands(self)

    def on_start(self) -> None:
        """Write the first line of the books."""
        self.emit(
            PortfolioOpened(
                portfolio_id=self.portfolio_id, currency=self.currency, cash=self._terms.cash, time_ns=self.now_ns
            )
        )

    def on_receive(self, message: Any) -> None:
        """Marks, signals, what the venue says, and what people command."""
        match message:
            case Mark():
                self._on_mark(message)
            case SignalPriced():
                self._on_signal(message)
            case OrderEvent():
                self._on_order_event(message)
            case TradingHalted(symbol=str(symbol), reason=reason):
                self.halt_symbol(Symbol(symbol), reason)
            case TimerFired(name=name):
                self._on_timer(name)
            case VenueConnected():
                self.link.on_connected(message)
            case VenueDisconnected():
                self.link.on_disconnected(message)
            case AccountReported():
                self.link.on_report(message)
            case _:
                self._commands.carry_out(message)

    def on_poison(self, message: Any) -> None:
        """What may not be passed over has its safe side: no new position until a person has looked."""
        super().on_poison(message)
        match message:
            case TradingHalted(symbol=str(symbol), reason=reason):
                self.halt_symbol(Symbol(symbol), reason)
            case VenueConnected():
                self.link.on_connected(message)
            case VenueDisconnected():
                self.link.on_disconnected(message)
            case OrderEvent(client_order_id=order_id):
                self.halt_symbol(message.symbol, f"{type(message).__name__} of {order_id} could not be handled")
                if isinstance(message, OrderFilled | OrderFillBusted | OrderFillCorrected):
                    self.state.shut_symbols[message.symbol] = True
                self.link.note_missed(order_id)
            case _:
                self._commands.note_at_least(message)

    def capital_of(self, deployment: Deployment) -> Decimal:
        """What a strategy is given to size its orders by."""
        return self._terms.cash * deployment.capital

    def is_busy(self, strategy_id: StrategyId) -> bool:
        """Whether a strategy holds something or has open orders."""
        ledger = self.state.books.strategies.get(strategy_id)
        if ledger is not None and any(position.quantity for position in ledger.positions.values()):
            return True
        plots = (plots.get(strategy_id) for plots in self.state.plots.values())
        return any(plot is not None and plot.open_orders for plot in plots)

    def multiplier(self, symbol: Symbol) -> Decimal:
        """How many units one contract of the symbol stands for; 1 for what we have no terms of."""
        instrument = self._instruments.get(symbol)
        return Decimal(1) if instrument is None else instrument.multiplier

    def was_closed(self, order_id: ClientOrderId) -> bool:
        """Whether the books once held the order, by its number: closed ones are forgotten after a while."""
        strategy_id = strategy_of(order_id, self.book)
        count = int(order_id.rpartition("-")[2]) if strategy_id is not None else 0
        return strategy_id is not None and count <= self.state.order_counts.get(strategy_id, 0)

    @property
    def is_at_broker(self) -> bool:
        """Whether its account is somebody else's record."""
        return self._terms.is_at_broker

    @property
    def starting_cash(self) -> Decimal:
        """What it was opened with."""
        return self._terms.cash

    @property
    def limits(self) -> RiskLimits:
        """What its orders are judged by now."""
        return self.state.limits or self._terms.limits

    def report(self) -> PortfolioReport:
        """The books as they stand."""
        return report_books(
            self.state.books,
            portfolio_id=self.portfolio_id,
            currency=self.currency,
            marks=self.state.marks,
            halted=bool(self.state.entries_blocked),
        )

    # ---- what is told

    def _on_timer(self, name: str) -> None:
        if name == CANCEL_TIMER:
            self.cancels.on_timer()
        elif name == HALT_TIMER:
            self._commands.carry_out_what_failed()
        else:
            self.link.on_timer(name)

    def _on_mark(self, mark: Mark) -> None:
        view = self.state.prices.get(mark.symbol, PriceView()).moved_to(mark)
        self.standing.set_view(mark.symbol, view, mark.price)

    def _on_signal(self, priced: SignalPriced) -> None:
        signal = priced.signal
        if self.state.is_sidelined(signal.strategy_id):
            return
        view = PriceView.of_signal(priced)
        self.standing.set_view(signal.symbol, view, view.mark_price)
        plot = self.standing.plot(signal.strategy_id, signal.symbol)
        if self.state.entries_blocked and plot.target is not None and is_being_closed(plot.target):
            self._deny_signal(priced, "trading is halted, and what is held is closed")
            return
        plot.signal, plot.since = priced, self.state.order_counts.get(signal.strategy_id, 0)
        plot.target = target_of(
            priced,
            equity=self.standing.strategy_equity(signal.strategy_id),
            instrument=self._instruments.get(signal.symbol),
            position=self.standing.held(signal.strategy_id, signal.symbol),
            previous=plot.target,
        )
        if plot.target.reason:
            self._deny_signal(priced, plot.target.reason)
        self.pursue(signal.strategy_id, signal.symbol)

    def _on_order_event(self, event: OrderEvent) -> None:
        order = self.state.orders.get(event.client_order_id)
        if order is None:
            self.state.stray_events += 1
            text = f"{type(event).__name__} of {event.client_order_id}, which is no order of this portfolio"
            self._alert(event.client_order_id, text)
            return
        was_canceling = order.is_cancel_pending or event.client_order_id in self.state.given_up
        evolution = evolve(order, event)
        if evolution.problem:
            self._alert(event.client_order_id, evolution.problem)
        if (undone := evolution.undone) is not None:
            self._book_undone(undone, order)
        if evolution.fill is not None:
            self._book_fill(evolution.fill)
        plot = self.standing.plot(event.strategy_id, event.symbol)
        is_told_again = isinstance(event, OrderReported) and evolution.before is evolution.after
        is_news = not (evolution.is_ignored or is_told_again)
        if isinstance(event, OrderCancelRejected) and is_news:
            self.cancels.on_refused(event.client_order_id)
        held = self.standing.held(event.strategy_id, event.symbol)
        if plot.target is not None and is_news and plot.concerns(order, held):
            is_undone = undone is not None
            target = after_event(plot.target, event, order, was_canceling=was_canceling, undone=is_undone)
            self._take_on(plot, target, order.order, order.status.value, order.reason)
        if order.is_open:
            self._remember_open(event.client_order_id, plot)
            self.cancels.ask_if_given_up(event.client_order_id)
        elif event.client_order_id in plot.open_orders:
            plot.open_orders.remove(event.client_order_id)
            self._remember_closed(event.client_order_id, was_canceling=was_canceling)
        if isinstance(event, OrderReported):
            self.link.note_answer(event)
        self.standing.revalue(event.symbol)
        self.pursue(event.strategy_id, event.symbol)
        self._watch(event.symbol)
        if event.strategy_id in self.state.retired:
            self._commands.free_capital(event.strategy_id)

    def block_entries(self, reason: str) -> None:
        """Open no position any more, and cancel what would."""
        self.state.entries_blocked = reason
        if self._terms.is_at_broker:  # what it is sent from here on may leave; the time is that of the halt obeyed
            self.tell_venue(
                TradingHalted(portfolio_id=self.portfolio_id, time_ns=self.state.halted_ns, reason=reason)
            )
        self.cancel_all_entries(reason)

    def cancel_all_entries(self, reason: str) -> None:
        """Cancel every working order that is no protective stop."""
        for plots in self.state.plots.values():
            for plot in plots.values():
                self.cancels.give_up_entries(plot, reason)

    def halt_symbol(self, symbol: Symbol, reason: str) -> None:
        """Open no position in a symbol any more."""
        self.state.halted_symbols[symbol] = reason
        self.emit(TradingHalted(portfolio_id=self.portfolio_id, time_ns=self.now_ns, reason=reason, symbol=symbol))

    # ---- what is done

    def pursue_all(self) -> None:
        """Do what is missing everywhere."""
        for symbol, plots in self.state.plots.items():
            for strategy_id in list(plots):
                self.pursue(strategy_id, symbol)

    def pursue(self, strategy_id: StrategyId, symbol: Symbol) -> None:
        """Do what is missing between what a strategy wants of a symbol and what it has."""
        plot = self.standing.plot(strategy_id, symbol)
        if self.state.entries_blocked:
            self.cancels.give_up_what_opens(plot, self.state.entries_blocked)
        if plot.target is None or symbol in self.state.shut_symbols:
            return
        working = [self.state.orders[order_id] for order_id in plot.open_orders]
        held_back, target = bool(self.link.hold), plot.target
        for step in plan(target, position=self.standing.held(strategy_id, symbol), working=working):
            match step:
                case Submit() | Replace() if held_back:
                    continue
                case Submit():
                    self.submit(strategy_id, symbol, step)
                case Cancel(client_order_id=order_id, reason=reason):
                    self.cancels.ask(order_id, reason)
                case Replace():
                    self._replace(step)
        if plot.target is not target:  # an order for it was denied: what had made way for it is missing now
            self.pursue(strategy_id, symbol)

    def submit(self, strategy_id: StrategyId, symbol: Symbol, step: Submit) -> None:
        """Judge an order and send it, or deny it."""
        state = self.state
        plot = self.standing.plot(strategy_id, symbol)
        count = state.order_counts.get(strategy_id, 0) + 1
        state.order_counts[strategy_id] = count
        order = SubmitOrder(
            client_order_id=client_order_id(self.book, strategy_id, count),
            venue_id=self.venue_id,
            portfolio_id=self.portfolio_id,
            strategy_id=strategy_id,
            symbol=symbol,
            side=step.side,
            quantity=step.quantity,
            order_type=step.order_type,
            time_in_force=step.time_in_force,
            time_ns=self.now_ns,
            limit_price=step.limit_price,
            stop_price=step.stop_price,
            protective=step.protective,
        )
        context = self.standing.risk_context(order, now_ns=self.now_ns)
        verdict = judge_order(order, limits=self.limits, context=context, signal=plot.signal)
        self.emit(verdict)
        if isinstance(verdict, OrderDenied):
            state.denied += 1
            if plot.target is not None:
                self._take_on(plot, refused(plot.target, order), order, "denied", verdict.reason)
            return
        self._send(order, verdict, plot)

    def _take_on(self, plot: Plot, target: Target, order: SubmitOrder, ending: str, reason: str) -> None:
        """The target after news of an order for it. A person is told if what is held has lost its stop or exit."""
        before, plot.target = plot.target, target
        if before is None or target is before:
            return
        held = self.standing.held(order.strategy_id, order.symbol)
        if what := what_is_lost(before, target, held):
            text = f"{held} {order.symbol} of {order.strategy_id} {what} was {ending}: {reason}"
            self._alert(order.client_order_id, text.rstrip(": "), AlertLevel.CRITICAL)

    def _send(self, order: SubmitOrder, verdict: OrderApproved, plot: Plot) -> None:
        state = self.state
        order_state = initial_state(order)
        evolve(order_state, verdict)
        evolve(order_state, order)
        state.orders[order.client_order_id] = order_state
        state.orders_sent += 1
        state.recent.append(Submission.of(order, time_ns=self.now_ns))
        del state.recent[:-RECENT_KEPT]
        plot.open_orders.append(order.client_order_id)
        self.standing.revalue(order.symbol)
        self._watch(order.symbol)
        self.tell(self._venue, order)

    def tell_venue(self, message: CancelOrder | ReplaceOrder | QueryOrder | TradingHalted) -> None:
        """Something for the actor that keeps the orders at the venue."""
        self.tell(self._venue, message)

    def _replace(self, step: Replace) -> None:
        order = self.state.orders[step.client_order_id]
        command = ReplaceOrder(
            client_order_id=step.client_order_id,
            venue_id=self.venue_id,
            symbol=order.order.symbol,
            time_ns=self.now_ns,
            quantity=step.quantity,
            limit_price=step.limit_price,
            stop_price=step.stop_price,
        )
        evolve(order, command)
        self.link.note_asked(step.client_order_id)
        self.standing.revalue(order.order.symbol)
        self.tell(self._venue, command)

    def _book_fill(self, fill: OrderFilled) -> None:
        book_fill(self.state.books, fill, multiplier=self._instruments[fill.symbol].multiplier)
        self.state.fills += 1
        self.tell_strategy(fill.strategy_id, fill)

    def _book_undone(self, undone: OrderFillBusted, order: OrderState) -> None:
        """Book an execution that was taken back out again."""
        unbook_fill(self.state.books, undone, multiplier=self.multiplier(order.order.symbol))
        self.tell_strategy(undone.strategy_id, undone)

    def tell_strategy(self, strategy_id: StrategyId, message: Any) -> None:
        """Tell a strategy what concerns what it holds, if it is one of those that play."""
        if (name := strategy_actor(strategy_id)) in self.kernel.actors:
            self.tell(name, message)

    def _deny_signal(self, priced: SignalPriced, reason: str) -> None:
        """A signal that cannot even be sized is refused as an order would be."""
        signal = priced.signal
        count = self.state.order_counts.get(signal.strategy_id, 0) + 1
        self.state.order_counts[signal.strategy_id] = count
        self.state.denied += 1
        self.emit(
            OrderDenied(
                client_order_id=client_order_id(self.book, signal.strategy_id, count),
                portfolio_id=self.portfolio_id,
                strategy_id=signal.strategy_id,
                symbol=signal.symbol,
                time_ns=self.now_ns,
                order=None,
                verdicts=(),
                reason=reason,
                signal=priced,
            )
        )

    def _watch(self, symbol: Symbol) -> None:
        """Be told marks of exactly those symbols that are held or have open orders."""
        is_needed = self.standing.needs_marks(symbol)
        if is_needed and symbol not in self.state.watched:
            self.state.watched[symbol] = True
            self.tell(ROUTER, Subscribe(symbol, self.actor_urn, marks=True))
        elif not is_needed and symbol in self.state.watched:
            del self.state.watched[symbol]
            self.tell(ROUTER, Unsubscribe(symbol, self.actor_urn, marks=True))

    def _remember_open(self, order_id: ClientOrderId, plot: Plot) -> None:
        """A venue may hold an order after all that it said it did not know, or change one that was filled."""
        if order_id not in plot.open_orders:
            plot.open_orders.append(order_id)
            self.state.closed.remove(order_id)

    def _remember_closed(self, order_id: ClientOrderId, *, was_canceling: bool) -> None:
        order, closed = self.state.orders[order_id], self.state.closed
        if not order.may_turn_up:
            self.state.given_up.pop(order_id, None)
            if was_canceling and not order.filled_quantity:  # the same once more is no duplicate
                self.state.recent = [each for each in self.state.recent if each.client_order_id != order_id]
        closed.append(order_id)
        if len(closed) > CLOSED_KEPT:
            oldest = closed.pop(0)
            del self.state.orders[oldest]
            self.state.given_up.pop(oldest, None)

    def _alert(self, subject: str, text: str, level: AlertLevel = AlertLevel.WARNING) -> None:
        self.emit(Alert(level=level, subject=subject, text=text, time_ns=self.now_ns))
