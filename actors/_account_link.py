"""A portfolio's link to its account at a broker: no order leaves before books and broker agree.

    VenueConnected -> held -> QueryAccount -> AccountReported -> they agree: let go
                                                              -> they do not, again and again: a break, which
                                                                 halts the symbol (cash: all) until a person looks
    VenueDisconnected -> held; after a while working entries are canceled

While a portfolio is held it sends nothing but cancels. What its strategies want meanwhile is done afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from actors._link_state import LinkState
from messages import (
    SECOND_NS,
    AccountDiffers,
    AccountReported,
    AdjustedPart,
    Alert,
    AlertLevel,
    BooksAdjusted,
    ClientOrderId,
    OrderReported,
    OrderStatus,
    OrderUnknown,
    QueryAccount,
    QueryOrder,
    Symbol,
    VenueConnected,
    VenueDisconnected,
)
from rules.adjusting import adjust_cash, adjust_position
from rules.client_order_ids import strategy_of
from rules.orders import TERMINAL, OrderState, evolve
from rules.reconciliation import CASH, Difference, compare

if TYPE_CHECKING:
    from actors.portfolio import PortfolioActor

REPORT_INTERVAL_NS = 30 * SECOND_NS
"""Between two reports while all is well: what updates have lost is found within it."""

RECHECK_INTERVAL_NS = SECOND_NS
"""Between two reports while books and venue differ, or while the portfolio is held."""

ANSWER_TIMEOUT_NS = 5 * SECOND_NS
"""Silence after which the question is asked again."""

OVERLAP_NS = 300 * SECOND_NS
"""How far before the last report executions are asked for again: some are entered late."""

FIRST_SPAN_NS = 86_400 * SECOND_NS
"""How far back executions are asked for before there was any report."""

DEAD_MAN_NS = 30 * SECOND_NS
"""How long the venue may be unheard of before working entries are canceled."""

UNSETTLED_MAX_NS = 60 * SECOND_NS
"""How long an order of which nobody knows how it stands excuses a difference."""

ASK_AGAIN_NS = 600 * SECOND_NS
"""How long the venue's actor is not asked again for the same order unless an answer could be handled: longer than
an actor runs to be healthy."""

FOREIGN_KEPT = 100
"""Orders of other people that were told of already."""

ACCOUNT_TIMER, DEAD_MAN_TIMER = "account", "dead-man"

_BLOCKED = "the venue has blocked the account"


class AccountLink:
    """The part of a portfolio actor that keeps its books and its account at a broker together."""

    def __init__(self, portfolio: PortfolioActor, state: LinkState) -> None:
        self._portfolio = portfolio
        self._state = state

    @property
    def hold(self) -> str:
        """Why no order may leave; empty if it may."""
        return self._state.hold

    def on_connected(self, message: VenueConnected) -> None:
        """Updates come in from now on; what was missed is asked for."""
        if message.venue_id == self._portfolio.venue_id:
            self._state.is_connected = True
            self._state.connected_ns = self._portfolio.now_ns
            self._state.hold = "books and venue are being compared"
            self._portfolio.cancel_timer(DEAD_MAN_TIMER)
            self._ask()

    def on_disconnected(self, message: VenueDisconnected) -> None:
        """Nothing is heard of the venue."""
        if message.venue_id == self._portfolio.venue_id:
            self._state.is_connected = False
            self._state.hold = f"the venue is not connected: {message.reason}"
            self._portfolio.set_timer(DEAD_MAN_TIMER, self._portfolio.now_ns + DEAD_MAN_NS)

    def on_timer(self, name: str) -> None:
        """Ask again, or give working entries up."""
        if name == ACCOUNT_TIMER:
            self._ask()
        elif name == DEAD_MAN_TIMER and not self._state.is_connected:
            self._portfolio.cancel_all_entries("nothing was heard of the venue for too long")

    def on_report(self, report: AccountReported) -> None:
        """Compare. A report that was overtaken by a later one says nothing, nor does the same told again, or one of
        before the connection.
        """
        state, portfolio = self._state, self._portfolio
        if (report.asked_ns or report.time_ns) < state.connected_ns:
            return
        if state.report is not None and report.venue_time_ns <= state.report.venue_time_ns:
            return
        state.report = report
        account = portfolio.state.books.account
        state.differences = compare(
            account, report, before=state.differences, unsettled=self._symbols_with_unknown_orders()
        )
        if state.to_adopt:
            self._adopt_what_still_differs()
        for name, difference in state.differences.items():
            if difference.is_new_break:
                self._tell_break(name, difference)
        self._note_foreign(report)
        self._ask_for_unheard(report)
        undecided = any(not each.is_break for each in state.differences.values())
        self._decide_hold(report, undecided=undecided)
        is_quiet = not undecided and not state.hold
        delay_ns = REPORT_INTERVAL_NS if is_quiet else RECHECK_INTERVAL_NS
        portfolio.set_timer(ACCOUNT_TIMER, portfolio.now_ns + delay_ns)

    def note_missed(self, order_id: ClientOrderId) -> None:
        """Something told of an order could not be handled: it is asked for, however much else is heard of it."""
        if self._portfolio.is_at_broker:
            self._state.missed_ns.setdefault(order_id, self._portfolio.now_ns)

    def note_asked(self, order_id: ClientOrderId) -> None:
        """Something was asked of an order just now: what could not be handled before is no answer to that."""
        if order_id in self._state.missed_ns:
            self._state.missed_ns[order_id] = self._portfolio.now_ns

    def note_answer(self, report: OrderReported) -> None:
        """How an order stands was told, and could be handled. Where other executions are booked it is asked for
        once more. One that works at the venue and is over here, for good, is canceled.
        """
        state, order_id, now_ns = self._state, report.client_order_id, self._portfolio.now_ns
        order = self._portfolio.state.orders[order_id]
        if order_id in state.ask_from_ns and order_id not in state.missed_ns:
            state.ask_from_ns[order_id] = min(state.ask_from_ns[order_id], now_ns + UNSETTLED_MAX_NS)
        if report.filled_quantity != order.filled_quantity:
            self.note_missed(order_id)
        if not (order.is_open or order.may_turn_up or report.status in TERMINAL):
            self._portfolio.cancels.ask(order_id, f"it works at the venue and is {order.status.value} here")

    def accept_difference(self, reason: str) -> str:
        """Take the venue's word for what it has told again and again. Why that cannot be done, empty if it was.

        What differs only since the last report or two may be on its way, and would be booked twice. So would what
        was heard of since the last one: if a position has moved, the next one decides.
        """
        breaks = {name: each for name, each in self._state.differences.items() if each.is_break}
        if not breaks:
            is_early = bool(self._state.differences)
            return "they differ, but not for long enough yet" if is_early else "books and venue do not differ"
        held = self._portfolio.state.books.account.quantity
        missing = {name: each.theirs - each.ours for name, each in breaks.items()}
        if any(name != CASH and each.ours != held(Symbol(name)) for name, each in breaks.items()):
            self._state.to_adopt, self._state.adopted_because = missing, reason
        else:
            self._adopt(missing, reason)
        self._ask()
        return ""

    def _adopt_what_still_differs(self) -> None:
        state = self._state
        accepted, state.to_adopt = state.to_adopt, {}
        found = {name: each.theirs - each.ours for name, each in state.differences.items()}
        lasting = {name: each for name, each in found.items() if accepted.get(name) == each}
        self._adopt(lasting, state.adopted_because)

    def _adopt(self, missing: Mapping[str, Decimal], reason: str) -> None:
        for name, amount in missing.items():
            if name == CASH:
                self._adjust_cash(amount, reason)
            else:
                self._adjust_position(Symbol(name), amount, reason)
            del self._state.differences[name]
        self._portfolio.pursue_all()

    def _ask(self) -> None:
        portfolio, report = self._portfolio, self._state.report
        since_ns = portfolio.now_ns - FIRST_SPAN_NS if report is None else report.venue_time_ns - OVERLAP_NS
        portfolio.emit(
            QueryAccount(
                venue_id=portfolio.venue_id,
                portfolio_id=portfolio.portfolio_id,
                time_ns=portfolio.now_ns,
                since_ns=max(since_ns, 0),
            )
        )
        portfolio.set_timer(ACCOUNT_TIMER, portfolio.now_ns + ANSWER_TIMEOUT_NS)

    def _decide_hold(self, report: AccountReported, *, undecided: bool) -> None:
        state = self._state
        was_held = bool(state.hold)
        if report.is_blocked:
            was_blocked, state.hold = state.hold == _BLOCKED, _BLOCKED
            if not was_blocked:
                self._alert(AlertLevel.CRITICAL, state.hold)
        elif was_held and state.is_connected and not undecided:
            state.hold = ""
            self._portfolio.pursue_all()

    def _tell_break(self, name: str, difference: Difference) -> None:
        portfolio = self._portfolio
        symbol = Symbol(name) if name != CASH else None
        portfolio.emit(
            AccountDiffers(
                portfolio_id=portfolio.portfolio_id,
                time_ns=portfolio.now_ns,
                symbol=symbol,
                ours=difference.ours,
                theirs=difference.theirs,
            )
        )
        reason = f"the books have {difference.ours} {symbol or 'of cash'} and the venue {difference.theirs}"
        if symbol is None:
            portfolio.block_entries(reason)
        else:
            portfolio.halt_symbol(symbol, reason)
        self._alert(AlertLevel.CRITICAL, reason)

    def _note_foreign(self, report: AccountReported) -> None:
        """Working orders at the venue that the books do not hold: a person's own, or a sign of lost books."""
        portfolio, told = self._portfolio, self._state.foreign
        for order_id in report.open_orders:
            if order_id in portfolio.state.orders or order_id in told:
                continue
            told.append(order_id)
            del told[:-FOREIGN_KEPT]
            if strategy_of(order_id, portfolio.book) is None:
                self._alert(AlertLevel.WARNING, f"order {order_id} works in the account and is none of ours")
            elif not portfolio.was_closed(order_id):
                reason = f"order {order_id} works at the venue and is missing in the books"
                portfolio.block_entries(reason)
                self._alert(AlertLevel.CRITICAL, reason)

    def _ask_for_unheard(self, report: AccountReported) -> None:
        """Ask the venue's actor for an order of which something could not be handled here, or that is open here and
        does not work or the other way round, or of which an answer has been awaited, for long.

        Nobody knows here how it stands. Whoever fails at one answer may fail at all: they come one by one, and
        seldom again; what was asked for longest ago comes first.
        """
        portfolio, working, state = self._portfolio, frozenset(report.open_orders), self._state
        orders, now_ns = portfolio.state.orders, portfolio.now_ns
        for noted in (state.missed_ns, state.ask_from_ns):
            for order_id in [each for each in noted if not self._may_be_open(each, working)]:
                del noted[order_id]
        for order_id in sorted(orders, key=lambda each: state.ask_from_ns.get(each, 0)):
            each = orders[order_id]
            is_missed = order_id in state.missed_ns
            is_unheard = each.is_open != (order_id in working) or (each.is_open and each.is_awaited)
            heard_ns = min(each.last_time_ns, state.missed_ns.get(order_id, each.last_time_ns))
            is_due = heard_ns <= now_ns - UNSETTLED_MAX_NS and state.ask_from_ns.get(order_id, 0) <= now_ns
            if is_due and (is_missed or is_unheard):
                state.missed_ns.pop(order_id, None)
                state.ask_from_ns[order_id] = now_ns + ASK_AGAIN_NS
                self._ask_for(each)
                return

    def _may_be_open(self, order_id: ClientOrderId, working: frozenset[ClientOrderId]) -> bool:
        """One that is over here and works at the venue has turned up."""
        order = self._portfolio.state.orders.get(order_id)
        return order is not None and (order.is_open or order_id in working)

    def _ask_for(self, order: OrderState) -> None:
        portfolio, submitted = self._portfolio, order.order
        if order.is_awaited:
            lost = OrderUnknown(
                client_order_id=submitted.client_order_id,
                portfolio_id=submitted.portfolio_id,
                strategy_id=submitted.strategy_id,
                symbol=submitted.symbol,
                time_ns=order.last_time_ns,
                reason="no answer was heard for long",
            )
            evolve(order, lost)
        question = QueryOrder(
            client_order_id=submitted.client_order_id,
            venue_id=portfolio.venue_id,
            symbol=submitted.symbol,
            time_ns=portfolio.now_ns,
        )
        portfolio.tell_venue(question)

    def _symbols_with_unknown_orders(self) -> list[Symbol]:
        orders, since_ns = self._portfolio.state.orders.values(), self._portfolio.now_ns - UNSETTLED_MAX_NS
        return [
            each.order.symbol
            for each in orders
            if (each.status is OrderStatus.UNKNOWN or each.missing_quantity > 0) and each.last_time_ns > since_ns
        ]

    def _adjust_cash(self, amount: Decimal, reason: str) -> None:
        adjust_cash(self._portfolio.state.books, amount)
        self._tell_adjusted(None, amount, Decimal(1), reason, ())

    def _adjust_position(self, symbol: Symbol, quantity: Decimal, reason: str) -> None:
        portfolio = self._portfolio
        price = portfolio.state.marks.get(symbol, Decimal(0))
        parts = adjust_position(
            portfolio.state.books, symbol, quantity, price=price, multiplier=portfolio.multiplier(symbol)
        )
        self._tell_adjusted(symbol, quantity, price, reason, parts)
        portfolio.standing.revalue(symbol)

    def _tell_adjusted(
        self, symbol: Symbol | None, amount: Decimal, price: Decimal, reason: str, parts: tuple[AdjustedPart, ...]
    ) -> None:
        portfolio = self._portfolio
        adjusted = BooksAdjusted(
            portfolio_id=portfolio.portfolio_id,
            time_ns=portfolio.now_ns,
            symbol=symbol,
            amount=amount,
            price=price,
            reason=reason,
            parts=parts,
        )
        portfolio.emit(adjusted)
        for part in parts:
            portfolio.tell_strategy(part.strategy_id, adjusted)

    def _alert(self, level: AlertLevel, text: str) -> None:
        portfolio = self._portfolio
        portfolio.emit(Alert(level=level, subject=portfolio.portfolio_id, text=text, time_ns=portfolio.now_ns))
