"""The life of the orders: taken on, acknowledged, executed, changed, closed; and the news of each step.

What takes time waits on a heap and happens at its own moment, in order, before anything later is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from heapq import heappop, heappush

from ops.drill.broker.account import Account, Execution
from ops.drill.broker.admission import Admission, Claim
from ops.drill.broker.matching import Quote, executable_qty
from ops.drill.broker.orders import Order
from ops.drill.broker.replies import Document, Refusal
from ops.drill.broker.rules import BrokerRules
from ops.drill.broker.terms import AT_ONCE, Grid, Terms


class Desk:
    """Keeps the orders and works them. It answers nobody: see `model` for the requests."""

    def __init__(self, *, cash: Decimal, rules: BrokerRules, ticks: Mapping[str, Decimal]) -> None:
        self.rules = rules
        self.grid = Grid(rules.lot, ticks)
        self.account = Account(cash)
        self.quotes: dict[str, Quote] = {}
        self.admission = Admission(rules, self.account, self.quotes)
        self.orders: dict[str, Order] = {}
        self.open: dict[str, Order] = {}
        self.now_ns = 0
        self.updates: list[Document] = []
        self._due: list[tuple[int, int, Callable[[Order], None], Order]] = []
        self._due_count = 0
        self.day_end_ns = rules.day_end_ns

    def advance(self, now_ns: int) -> None:
        """Let happen what is due by then. An earlier time than the last one counts as the last one."""
        while True:
            due_ns = self._due[0][0] if self._due else None
            end_ns = self.day_end_ns
            if end_ns is not None and end_ns <= now_ns and (due_ns is None or end_ns < due_ns):
                self._end_day(end_ns)
            elif due_ns is not None and due_ns <= now_ns:
                _, _, happen, order = heappop(self._due)
                self.now_ns = max(self.now_ns, due_ns)
                happen(order)
            else:
                break
        self.now_ns = max(self.now_ns, now_ns)

    def claims(self, *, but: Order | None = None) -> list[Claim]:
        """What the open orders may still do, oldest first."""
        return [Claim(order.terms, order.remaining) for order in self.open.values() if order is not but]

    def take_on(self, client_order_id: str, terms: Terms, *, is_manual: bool = False) -> Order:
        """A new order, not yet acknowledged. The caller has made sure that it is not refused."""
        assert client_order_id not in self.orders, f"{client_order_id} is taken"
        order = Order(f"b-{len(self.orders) + 1}", client_order_id, terms, self.now_ns, is_manual)
        self.orders[client_order_id] = self.open[client_order_id] = order
        return order

    def acknowledge(self, order: Order) -> None:
        """The order reaches the market: working, held, or rejected if it is no longer acceptable."""
        if not order.is_open:
            return
        refusal = self._second_thoughts(order)
        if refusal is not None:
            self.close(order, "rejected", refusal.code)
            return
        order.is_acknowledged = True
        is_halted = self.is_halted(order.terms.symbol)
        if is_halted and order.terms.time_in_force not in AT_ONCE:
            order.hold = "held"
        self.emit(order.hold or "new", order)
        if order.terms.time_in_force in AT_ONCE:
            self._work_at_once(order)
        else:
            self.work(order)

    def work(self, order: Order) -> bool:
        """Try for one execution against the market as it stands; True if there was one."""
        quote = self.quotes.get(order.terms.symbol)
        if quote is None or not self.is_executable(order):
            return False
        if order.awaits_trigger:
            if not quote.triggers(order.terms):
                return False
            order.is_triggered = True
        qty = executable_qty(order, quote, self.rules.max_slice)
        if qty <= 0:
            return False
        price = quote.touch(order.terms.side)
        quote.take(order.terms.side, qty)
        self._execute(order, qty, price)
        return True

    def work_symbol(self, symbol: str) -> None:
        """One execution at most for each open order of the symbol, oldest first."""
        for order in list(self.open.values()):
            if order.terms.symbol == symbol:
                self.work(order)

    def request_cancel(self, order: Order) -> None:
        """Close the order after the delay, unless it fills first. Asking twice changes nothing."""
        assert order.is_open, f"{order.client_order_id} is {order.status}"
        if order.is_cancel_pending:
            return
        order.is_cancel_pending = True
        if self.rules.cancel_delay_ns:
            self.emit("pending_cancel", order)
        self.after(self.rules.cancel_delay_ns, self._settle_cancel, order)

    def request_replace(self, order: Order, terms: Terms) -> Document:
        """Change the terms after the delay. Returns the order as it is answered: pending_replace."""
        assert order.is_open, f"{order.client_order_id} is {order.status}"
        assert order.replacement is None, f"{order.client_order_id} has a replace pending"
        order.replacement = terms
        self.emit("pending_replace", order)
        answer = order.document()
        self.after(self.rules.replace_delay_ns, self._settle_replace, order)
        return answer

    def close(self, order: Order, status: str, reason: str | None) -> None:
        """Give the order its final status."""
        assert order.is_open, f"{order.client_order_id} is {order.status} already"
        order.closed = status
        order.reason = reason
        del self.open[order.client_order_id]
        self.emit(status, order)

    def after(self, delay_ns: int, happen: Callable[[Order], None], order: Order) -> None:
        """Let something happen to an order after a delay, or at once if there is none."""
        if not delay_ns:
            happen(order)
            return
        self._due_count += 1
        heappush(self._due, (self.now_ns + delay_ns, self._due_count, happen, order))

    def is_halted(self, symbol: str) -> bool:
        """Is trading in the symbol halted?"""
        return self.admission.halted.get(symbol, False)

    def halt(self, symbol: str) -> None:
        """Stop executions in the symbol; acknowledged orders become suspended."""
        self.admission.halted[symbol] = True
        for order in self.open.values():
            if order.terms.symbol == symbol and order.is_acknowledged and order.hold is None:
                order.hold = "suspended"
                self.emit("suspended", order)

    def resume(self, symbol: str) -> None:
        """Let the orders of the symbol work again, against the market as it stands."""
        self.admission.halted[symbol] = False
        for order in list(self.open.values()):
            if order.terms.symbol == symbol and order.hold is not None:
                event = "new" if order.hold == "held" else "restated"
                order.hold = None
                self.emit(event, order)
                self.work(order)

    def undo(
        self,
        execution: Execution,
        replaced_by: tuple[Decimal, Decimal] | None,
        *,
        commission: Decimal | None = None,
    ) -> Execution:
        """Bust an execution, or correct it to another quantity, price and commission.

        Raises ValueError if the correction would make the order larger than it is.
        """
        order = self.orders[execution.client_order_id]
        filled_qty = order.filled_qty - execution.qty
        filled_value = order.filled_value - execution.qty * execution.price
        qty, price = execution.qty, execution.price
        if replaced_by is not None:
            qty, price = replaced_by
            if filled_qty + qty > order.terms.qty:
                raise ValueError(f"a correction to {qty} makes {order.client_order_id} more than it asked for")
            filled_qty += qty
            filled_value += qty * price
        order.filled_qty, order.filled_value = filled_qty, filled_value
        kind = "bust" if replaced_by is None else "correct"
        record = self._record(order, kind, qty, price, previous=execution, commission=commission)
        if order.is_open and not order.remaining:
            order.closed = "filled"
            del self.open[order.client_order_id]
        self.emit("trade_bust" if replaced_by is None else "trade_correct", order, execution=record)
        return record

    def execute_late(self, order: Order, qty: Decimal) -> None:
        """An execution of a closed order at the touch. The order stays closed, as filled if all of it is."""
        price = self.quotes[order.terms.symbol].touch(order.terms.side)
        order.filled_qty += qty
        order.filled_value += qty * price
        record = self._record(order, "fill", qty, price)
        if not order.remaining:
            order.closed = "filled"
        self.emit("partial_fill" if order.remaining else "fill", order, execution=record)

    def execute_now(self, order: Order, qty: Decimal) -> None:
        """An execution at the touch, or at the order's limit if that is better for it.

        A replace under way loses at once if nothing is left.
        """
        price = self.quotes[order.terms.symbol].touch(order.terms.side)
        if order.terms.limit_price is not None:
            better = min if order.terms.side == "buy" else max
            price = better(price, order.terms.limit_price)
        order.is_triggered = True
        self._execute(order, qty, price)
        if order.replacement is not None and not order.is_open:
            self._settle_replace(order)

    def show(self, order: Order, word: str) -> None:
        """Tell of a status word put there from outside; the next real news takes it away."""
        order.updated_ns = self.now_ns
        order.odd_word = word
        self.updates.append({"event": word, "time_ns": self.now_ns, "order": order.document()})

    def emit(
        self, event: str, order: Order, *, execution: Execution | None = None, reason: str | None = None
    ) -> None:
        """Put one piece of news into the outbox. `reason` is told with it, and not kept on the order."""
        order.odd_word = None
        order.updated_ns = self.now_ns
        update: Document = {"event": event, "time_ns": self.now_ns, "order": order.document()}
        if reason is not None:
            update["order"]["reason"] = reason
        if execution is not None:
            update["execution"] = execution.document()
        self.updates.append(update)

    def _second_thoughts(self, order: Order) -> Refusal | None:
        """Has anything come up since the order was taken on? Only time can bring that."""
        if order.submitted_ns == self.now_ns:
            return None
        return self.admission.refusal(Claim(order.terms, order.remaining), self.claims(but=order))

    def is_executable(self, order: Order) -> bool:
        """May the market take it, if it comes to its price?"""
        if not order.is_open or not order.is_acknowledged or self.is_halted(order.terms.symbol):
            return False
        return order.replacement is None or self.rules.replace_race

    def _work_at_once(self, order: Order) -> None:
        """Take what is there now and cancel the rest; fok takes all or nothing."""
        quote = self.quotes.get(order.terms.symbol)
        available = 0 if quote is None or not self.is_executable(order) else quote.available(order.terms)
        if order.terms.time_in_force == "ioc" or available >= order.remaining:
            while self.work(order):
                pass
        if order.is_open:
            self.close(order, "canceled", order.terms.time_in_force)

    def _execute(self, order: Order, qty: Decimal, price: Decimal) -> None:
        assert order.is_open, f"{order.client_order_id} is {order.status}"
        assert qty <= order.remaining, f"{order.client_order_id} cannot execute {qty}"
        order.filled_qty += qty
        order.filled_value += qty * price
        record = self._record(order, "fill", qty, price)
        if order.remaining:
            self.emit("partial_fill", order, execution=record)
            return
        order.closed = "filled"
        del self.open[order.client_order_id]
        self.emit("fill", order, execution=record)

    def _record(
        self,
        order: Order,
        kind: str,
        qty: Decimal,
        price: Decimal,
        *,
        previous: Execution | None = None,
        commission: Decimal | None = None,
    ) -> Execution:
        if kind == "bust" and previous is not None:
            commission = previous.commission
        elif commission is None:
            commission = qty * self.rules.commission_per_share
        record = Execution(
            kind,
            f"x-{len(self.account.executions) + 1}",
            None if previous is None else previous.execution_id,
            order.client_order_id,
            order.terms.symbol,
            order.terms.side,
            qty,
            price,
            commission,
            order.filled_qty,
            self.now_ns,
        )
        self.account.record(record)
        return record

    def _settle_cancel(self, order: Order) -> None:
        if order.is_open:
            self.close(order, "canceled", "requested")
        elif order.closed != "canceled":
            self.emit("order_cancel_rejected", order, reason=order.closed)

    def _settle_replace(self, order: Order) -> None:
        terms = order.replacement
        if terms is None:  # it has lost already
            return
        order.replacement = None
        reason = self._why_not_replaced(order, terms)
        if reason is not None:
            self.emit("order_replace_rejected", order, reason=reason)
        else:
            order.terms = terms
            self.emit("replaced", order)
        self.work(order)

    def _why_not_replaced(self, order: Order, terms: Terms) -> str | None:
        if order.closed is not None:
            return order.closed
        if terms.qty <= order.filled_qty:
            return "filled"
        if order.is_triggered and terms.stop_price != order.terms.stop_price:
            return "triggered"
        claim, before = Claim(terms, terms.qty - order.filled_qty), Claim(order.terms, order.remaining)
        refusal = self.admission.refusal(claim, self.claims(but=order), before=before)
        return None if refusal is None else refusal.code

    def _end_day(self, end_ns: int) -> None:
        self.now_ns = max(self.now_ns, end_ns)
        self.day_end_ns = None
        for order in list(self.open.values()):
            if order.terms.time_in_force == "day":
                self.close(order, "expired", "day_end")
