"""The venue actor: keeps the orders that are at one venue, from intent to outcome.

    SubmitOrder from a portfolio -> emitted (durable, then released to the gateway) -> outcome, or in time UNKNOWN
    UNKNOWN -> QueryOrder, again and again -> the venue says; only if it knows nothing is the same id sent again
    VenueConnected -> every open order is asked for: what became of it meanwhile was not heard
    AccountReported -> so is every order that is open for us and not for the venue, or the other way round

A simulated venue is an actor of the same core (`counterpart`) and is told directly. A broker is reached by a
gateway that gets the emitted effects; its answers come back as inputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from actors._retold import QUESTIONS_BEFORE_BELIEVED, is_of_before, tells_enough
from actors.kernel.actor import Actor
from actors.names import ROUTER, venue_actor
from messages import (
    AccountReported,
    Alert,
    AlertLevel,
    CancelOrder,
    ClientOrderId,
    ExecutionId,
    HaltTrading,
    OrderAccepted,
    OrderCanceled,
    OrderEvent,
    OrderExpired,
    OrderNotFound,
    OrderRejected,
    OrderReplaceRejected,
    OrderReported,
    OrderStatus,
    OrderUnknown,
    PortfolioId,
    QueryOrder,
    ReleaseTrading,
    ReplaceOrder,
    SubmitOrder,
    TimerFired,
    TradingHalted,
    VenueConnected,
    VenueId,
    VenueOrderId,
)
from rules.orders import REQUEST_MAX_NS, TERMINAL, Evolution, OrderState, evolve, initial_state

if TYPE_CHECKING:
    from actors.kernel.kernel import Kernel

ANSWER_TIMEOUT_NS = 10_000_000_000
"""Silence after which a submitted order counts as UNKNOWN."""

QUERY_DELAYS_NS = tuple(int(seconds * 1e9) for seconds in (0.2, 0.5, 1, 2, 5, 10, 30))
"""Waits between two queries of one order; the last one repeats."""

NOT_FOUND_BEFORE_RESEND = 3
"""How often the venue must say that it knows nothing of an order before the same id is sent again.

Nor is that believed of a question that was asked before `REQUEST_MAX_NS` had passed since the order was sent, and
since the last connection: its request may be on the way, and the clock may have been set between two starts.
"""

REPORTS_BEFORE_CANCEL = 2
"""How often the venue must report an order as working that is over for us before we cancel it."""

RESEND_MAX_AGE_NS = 60_000_000_000
"""An order older than that leaves no more, nor again: its portfolio decides anew, at the prices of now."""

CLOSED_KEPT = 200
"""Closed orders that are remembered for late fills; older ones are the portfolio's history only."""

_ENDINGS: dict[OrderStatus, type[OrderCanceled | OrderExpired | OrderRejected]] = {
    OrderStatus.EXPIRED: OrderExpired,
    OrderStatus.REJECTED: OrderRejected,
}

OwnWord = TypeVar(
    "OwnWord", bound=OrderCanceled | OrderExpired | OrderRejected | OrderReplaceRejected | OrderUnknown
)


def not_handled(
    message: OrderEvent | SubmitOrder | CancelOrder | ReplaceOrder, *, portfolio_id: PortfolioId, now_ns: int
) -> TradingHalted:
    """What a portfolio is told of a message about its order that could not be handled."""
    reason = f"{type(message).__name__} of {message.client_order_id} could not be handled"
    return TradingHalted(portfolio_id=portfolio_id, time_ns=now_ns, reason=reason, symbol=message.symbol)


class VenueState(msgspec.Struct):
    """Orders by id, oldest first, and when each left last; how often each UNKNOWN one was asked for, and not found,
    in a row; which executions were told since it was.

    While trading `is_halted`, nothing but a protective stop is sent again, and nothing else is sent that a
    portfolio had approved before it heard of the halt of `halted_ns`, the last: the `stopped` ones have, and send
    only what may leave.
    The last connection came at `connected_ns`.
    """

    orders: dict[ClientOrderId, OrderState] = {}
    queries: dict[ClientOrderId, int] = {}
    retold: dict[ClientOrderId, list[ExecutionId]] = {}
    not_found: dict[ClientOrderId, int] = {}
    closed: list[ClientOrderId] = []
    still_working: dict[ClientOrderId, int] = {}
    is_halted: bool = False
    halted_ns: int = 0
    stopped: list[PortfolioId] = []
    sent: int = 0
    sent_ns: dict[ClientOrderId, int] = {}
    stray_events: int = 0
    connected_ns: int = 0


class VenueActor(Actor):
    """Intents, states, UNKNOWN and its resolution for one venue."""

    State = VenueState

    def __init__(self, kernel: Kernel, *, venue_id: VenueId, counterpart: str | None = None) -> None:
        super().__init__(kernel, venue_actor(venue_id))
        self.venue_id = venue_id
        self._counterpart = counterpart

    def on_receive(self, message: Any) -> None:
        """A command to send, or what the venue says."""
        match message:
            case SubmitOrder():
                self._submit(message)
            case CancelOrder() | ReplaceOrder():
                self._change(message)
            case OrderEvent():
                self._on_event(message)
            case TimerFired(name=name):
                self._on_silence(ClientOrderId(name))
            case VenueConnected(venue_id=venue_id) if venue_id == self.venue_id:
                self._on_connected()
            case HaltTrading() | ReleaseTrading():
                self._note_halt(message)
            case TradingHalted(portfolio_id=portfolio_id, time_ns=halted_ns):
                if halted_ns == self.state.halted_ns and portfolio_id not in self.state.stopped:
                    self.state.stopped.append(portfolio_id)
            case AccountReported():
                self._on_account(message)
            case QueryOrder():
                self._on_asked(message)

    def on_poison(self, message: Any) -> None:
        """A money message may not be passed over: its portfolio stops trading the symbol until a person looks."""
        super().on_poison(message)
        if isinstance(message, HaltTrading):
            self._note_halt(message)
        elif isinstance(message, VenueConnected) and message.venue_id == self.venue_id:
            self._on_connected()
        if not isinstance(message, OrderEvent | SubmitOrder | CancelOrder | ReplaceOrder):
            return
        known = self.state.orders.get(message.client_order_id)
        if isinstance(message, ReplaceOrder) and known is not None and self._counterpart is not None:
            self._say(OrderReplaceRejected, known.order, "it could not be handled here, and never left")
        elif isinstance(message, CancelOrder | ReplaceOrder) and known is not None and known.is_open:
            evolve(known, message)  # as its portfolio has done
            self._become_unknown(known, f"a {type(message).__name__} of it could not be handled here")
            self._query(known)
        whose = known.order if isinstance(message, CancelOrder | ReplaceOrder) and known is not None else message
        if not isinstance(whose, CancelOrder | ReplaceOrder):
            self.tell(ROUTER, not_handled(message, portfolio_id=whose.portfolio_id, now_ns=self.now_ns))
        if isinstance(message, SubmitOrder) and known is None:  # behind the halt: its portfolio may order anew
            self._refuse(message, "it could not be handled here, and never left")

    def _note_halt(self, message: HaltTrading | ReleaseTrading) -> None:
        self.state.is_halted = isinstance(message, HaltTrading)
        self.state.halted_ns = message.time_ns
        self.state.stopped = []

    def _submit(self, order: SubmitOrder) -> None:
        order_id = order.client_order_id
        known = self.state.orders.get(order_id)
        if known is not None and not known.is_open:  # it was refused when it could not be handled
            self._tell_end_again(known)
            return
        assert known is None, f"{order_id} was submitted twice"
        if self._is_of_before_the_halt(order):
            self._refuse(order, "trading was halted before it left")
            return
        if self._is_too_old(order):
            self._refuse(order, "it has waited too long to leave")
            return
        state = initial_state(order)
        evolve(state, order)
        self.state.orders[order_id] = state
        self.state.sent += 1
        self._let_go(order)

    def _let_go(self, order: SubmitOrder) -> None:
        self.state.sent_ns[order.client_order_id] = self.now_ns
        self._send(order)
        self._await_answer(order.client_order_id)

    def _is_of_before_the_halt(self, order: SubmitOrder) -> bool:
        """Whether it waited here when a halt came past, and its portfolio did not know of that."""
        is_of_before = self.state.is_halted and order.portfolio_id not in self.state.stopped
        return is_of_before and not order.protective and self._counterpart is None

    def _is_too_old(self, order: SubmitOrder) -> bool:
        is_old = self.now_ns - order.time_ns > RESEND_MAX_AGE_NS
        return is_old and not order.protective and self._counterpart is None

    def _refuse(self, order: SubmitOrder, reason: str) -> None:
        """The order has not left and never will: for its portfolio that is a refusal like the venue's.

        It is remembered, for a portfolio that cannot handle the refusal and asks.
        """
        state = initial_state(order)
        evolve(state, order)
        evolve(state, self._say(OrderRejected, order, reason))
        self.state.orders[order.client_order_id] = state
        self._close(order.client_order_id)

    def _change(self, command: CancelOrder | ReplaceOrder) -> None:
        state = self.state.orders.get(command.client_order_id)
        if state is None:
            return
        if not state.is_open:
            self._refuse_change(state, command)
            return
        evolve(state, command)
        self._send(command)
        if command.client_order_id not in self.state.queries:  # a question that is out goes first
            self._await_answer(command.client_order_id)

    def _refuse_change(self, state: OrderState, command: CancelOrder | ReplaceOrder) -> None:
        """The order ended while the command was on its way. Its portfolio waits for an answer to a change. The end
        of the order answers a cancel: it is told once more, for whoever could not handle it.
        """
        if isinstance(command, CancelOrder):
            self._tell_end_again(state)
            return
        self._say(OrderReplaceRejected, state.order, f"the order is {state.status.value}")

    def _on_asked(self, question: QueryOrder) -> None:
        """A portfolio has not heard for long how its order stands."""
        state = self.state.orders.get(question.client_order_id)
        if state is None:
            return
        if not state.is_open:
            self._tell_end_again(state)
        elif not state.is_awaited:
            self._tell_standing(state, asked_ns=question.time_ns)
        elif question.client_order_id not in self.state.queries:
            self._query(state)

    def _tell_standing(self, state: OrderState, *, asked_ns: int) -> None:
        """News of when it was heard, since what differs has differed since then; and as old as the question: a
        change may wait behind that.
        """
        order = state.order
        standing = OrderReported(
            client_order_id=order.client_order_id,
            portfolio_id=order.portfolio_id,
            strategy_id=order.strategy_id,
            symbol=order.symbol,
            time_ns=state.last_time_ns,
            venue_order_id=state.venue_order_id or VenueOrderId(""),
            status=OrderStatus.ACCEPTED,
            quantity=state.quantity,
            filled_quantity=state.filled_quantity + state.missing_quantity,
            limit_price=state.limit_price,
            stop_price=state.stop_price,
            asked_ns=asked_ns,
        )
        self.tell(ROUTER, standing)

    def _tell_end_again(self, state: OrderState) -> None:
        order, kind = state.order, _ENDINGS.get(state.status, OrderCanceled)
        if not state.was_not_found:
            self.tell(ROUTER, self._word(kind, order, "it was over before"))
            return
        not_found = OrderNotFound(  # and so it may turn up yet
            client_order_id=order.client_order_id,
            portfolio_id=order.portfolio_id,
            strategy_id=order.strategy_id,
            symbol=order.symbol,
            time_ns=self.now_ns,
        )
        self.tell(ROUTER, not_found)

    def _say(self, kind: type[OwnWord], order: SubmitOrder, reason: str) -> OwnWord:
        """Tell an order's portfolio what the venue did not say itself."""
        event = self._word(kind, order, reason)
        self.emit(event)
        self.tell(ROUTER, event)
        return event

    def _word(self, kind: type[OwnWord], order: SubmitOrder, reason: str) -> OwnWord:
        return kind(
            client_order_id=order.client_order_id,
            portfolio_id=order.portfolio_id,
            strategy_id=order.strategy_id,
            symbol=order.symbol,
            time_ns=self.now_ns,
            reason=reason,
        )

    def _send(self, command: SubmitOrder | CancelOrder | ReplaceOrder | QueryOrder) -> None:
        self.emit(command)
        if self._counterpart is not None:
            self.tell(self._counterpart, command)

    def _await_answer(self, order_id: ClientOrderId) -> None:
        if self._counterpart is None:  # a simulated venue always answers, in its own time
            self.set_timer(order_id, self.now_ns + ANSWER_TIMEOUT_NS)

    def _on_event(self, event: OrderEvent) -> None:
        order_id = event.client_order_id
        state = self.state.orders.get(order_id)
        if state is None:
            self.state.stray_events += 1
            text = f"the venue told {type(event).__name__} of {order_id}, which is no order of ours"
            self.emit(Alert(level=AlertLevel.WARNING, subject=order_id, text=text, time_ns=self.now_ns))
            return
        if isinstance(event, OrderNotFound):
            self._on_not_found(state, event)
            return
        self.state.not_found.pop(order_id, None)
        told = self.state.retold.get(order_id)
        is_believed = self.state.queries.get(order_id, 0) > QUESTIONS_BEFORE_BELIEVED
        if told is not None and is_of_before(state, event, told) and not is_believed:  # the timer asks again
            return
        evolution = evolve(state, event)
        if self._counterpart is None:
            self._keep_asking(state, evolution, event)
        if not evolution.is_ignored:
            if self._counterpart is None:
                self.emit(event)
            self.tell(ROUTER, event)
        if isinstance(event, OrderReported):
            self._compare_ends(state, event)
        elif isinstance(event, OrderAccepted) and state.status is OrderStatus.REJECTED:
            self._look_again(state)
        if not state.is_open:
            self._close(order_id)
        elif order_id in self.state.closed:  # the venue holds it after all
            self.state.closed.remove(order_id)

    def _compare_ends(self, state: OrderState, report: OrderReported) -> None:
        """An order that is over for us and works on at the venue is canceled: its request came twice, say."""
        order, still_working = state.order, self.state.still_working
        if state.is_open or report.status in TERMINAL:
            still_working.pop(order.client_order_id, None)
            return
        if state.status is OrderStatus.FILLED and report.asked_ns <= state.counted_ns:
            return  # it may be of before that
        times = still_working[order.client_order_id] = still_working.get(order.client_order_id, 0) + 1
        if times < REPORTS_BEFORE_CANCEL:
            self._look_again(state)
            return
        reason = f"it works at the venue and is {state.status.value} here"
        self._send(
            CancelOrder(
                client_order_id=order.client_order_id,
                venue_id=self.venue_id,
                symbol=order.symbol,
                time_ns=self.now_ns,
                reason=reason,
            )
        )
        subject = order.client_order_id
        self.emit(Alert(level=AlertLevel.WARNING, subject=subject, text=reason, time_ns=self.now_ns))

    def _look_again(self, state: OrderState) -> None:
        """Ask at once for what works at the venue although it is over for us: the next report may be far off."""
        if self._counterpart is None and state.order.client_order_id not in self.state.queries:
            self._query(state)

    def _keep_asking(self, state: OrderState, evolution: Evolution, event: OrderEvent) -> None:
        """Ask what only the venue can tell, one question at a time: the timer asks again until it answers."""
        order_id = state.order.client_order_id
        if evolution.needs_query:
            if order_id not in self.state.queries:
                self._query(state)
        elif not state.is_awaited and tells_enough(state, event, is_news=not evolution.is_ignored):
            self._stop_asking(order_id)

    def _stop_asking(self, order_id: ClientOrderId) -> None:
        self.state.queries.pop(order_id, None)
        self.state.retold.pop(order_id, None)
        self.cancel_timer(order_id)

    def _on_connected(self) -> None:
        """What the venue said while nobody listened is lost, and requests may have been with it."""
        self.state.connected_ns = self.now_ns
        self.state.not_found.clear()
        for order_id in list(self.state.orders):
            state = self.state.orders[order_id]
            if not state.is_open:
                continue
            if state.is_awaited and state.status is not OrderStatus.UNKNOWN:
                self._become_unknown(state, "the venue's answer may have been lost with the connection")
            self.state.queries.pop(order_id, None)
            self._query(state)

    def _on_account(self, report: AccountReported) -> None:
        """Ask for the orders that we and the venue see differently; those with a question out are left alone."""
        working = dict.fromkeys(report.open_orders)
        for order_id, state in self.state.orders.items():
            if state.is_awaited or order_id in self.state.queries:
                continue
            if state.is_open != (order_id in working):
                self._query(state)

    def _on_silence(self, order_id: ClientOrderId) -> None:
        state = self.state.orders.get(order_id)
        is_asked = order_id in self.state.queries
        if state is None or not (state.is_open or is_asked):
            return
        if state.is_awaited and state.status is not OrderStatus.UNKNOWN:
            waited = "in time to a question" if is_asked else f"within {ANSWER_TIMEOUT_NS / 1e9:g} s"
            self._become_unknown(state, f"no answer {waited}")
        self._query(state)

    def _become_unknown(self, state: OrderState, reason: str) -> None:
        evolve(state, self._say(OrderUnknown, state.order, reason))

    def _query(self, state: OrderState) -> None:
        order = state.order
        asked = self.state.queries.get(order.client_order_id, 0)
        self.state.queries[order.client_order_id] = asked + 1
        self.state.retold[order.client_order_id] = []
        self._send(
            QueryOrder(
                client_order_id=order.client_order_id,
                venue_id=self.venue_id,
                symbol=order.symbol,
                time_ns=self.now_ns,
            )
        )
        delay_ns = QUERY_DELAYS_NS[min(asked, len(QUERY_DELAYS_NS) - 1)]
        self.set_timer(order.client_order_id, self.now_ns + delay_ns)

    def _on_not_found(self, state: OrderState, event: OrderNotFound) -> None:
        """The venue knows nothing of the order. Once is no proof: the request may still be on its way.

        Nor does it know whose the order is: we do.
        """
        order_id, order = event.client_order_id, state.order
        event = msgspec.structs.replace(event, portfolio_id=order.portfolio_id, strategy_id=order.strategy_id)
        times = self.state.not_found.get(order_id, 0) + 1
        self.state.not_found[order_id] = times
        if not state.is_open:  # what is over is not sent again
            if times >= (QUESTIONS_BEFORE_BELIEVED if state.is_accepted else NOT_FOUND_BEFORE_RESEND):
                self._stop_asking(order_id)
            return
        if times < NOT_FOUND_BEFORE_RESEND and not state.is_accepted:  # it answers: the next question need not wait
            self.set_timer(order_id, self.now_ns + QUERY_DELAYS_NS[times])
        if times < NOT_FOUND_BEFORE_RESEND or state.filled_quantity > 0:
            return
        sent_ns = self.state.sent_ns.get(order_id, order.time_ns)
        believed_ns = max(sent_ns, self.state.connected_ns) + REQUEST_MAX_NS
        if (event.asked_ns or self.now_ns) < believed_ns:  # its request may have come since: ask once more by then
            self.set_timer(order_id, max(believed_ns, self.now_ns + QUERY_DELAYS_NS[0]))
            return
        self.state.not_found.pop(order_id)
        is_halted = self.state.is_halted and not state.order.protective
        is_unwanted = state.is_cancel_pending or is_halted or self.now_ns - state.order.time_ns > RESEND_MAX_AGE_NS
        pending = state.pending_replace
        evolution = evolve(state, event)
        if is_unwanted or not state.was_not_found:
            if self._counterpart is None:
                self.emit(event)
            self.tell(ROUTER, event)
            if evolution.after is OrderStatus.CANCELED:
                self._stop_asking(order_id)
                self._close(order_id)
            return
        assert evolution.after is OrderStatus.CANCELED, "an order that is not found is sent again or over"
        if pending is not None:  # it is sent again on its first terms
            self._say(OrderReplaceRejected, state.order, "the venue did not know the order")
        evolve(state, state.order)
        self._stop_asking(order_id)
        self._let_go(state.order)

    def _close(self, order_id: ClientOrderId) -> None:
        closed = self.state.closed
        if order_id in closed:
            return
        closed.append(order_id)
        if len(closed) > CLOSED_KEPT:
            oldest = closed.pop(0)
            del self.state.orders[oldest]
            self.state.sent_ns.pop(oldest, None)
            self.state.not_found.pop(oldest, None)
            self.state.queries.pop(oldest, None)
            self.state.retold.pop(oldest, None)
            self.state.still_working.pop(oldest, None)
