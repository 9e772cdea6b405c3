"""The broker as a whole: its requests, its market, its people, and the evidence that judges look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from ops.drill.broker.account import CashAdjustment, Execution
from ops.drill.broker.admission import Claim
from ops.drill.broker.audit import check_books
from ops.drill.broker.desk import Desk
from ops.drill.broker.matching import Quote
from ops.drill.broker.orders import Order
from ops.drill.broker.replies import FORBIDDEN, NOT_FOUND, UNPROCESSABLE, Document, Invalid, Reply, refused
from ops.drill.broker.rules import ZERO, BrokerRules
from ops.drill.broker.terms import Terms, read_changes, read_id, read_terms, text

Body = Mapping[str, Any]
Amount = str | Decimal

MANUAL_PREFIX = "manual-"
REPLACEABLE = ("new", "partially_filled")


class Sent(NamedTuple):
    """One body as it came over the wire, and when."""

    time_ns: int
    client_order_id: str
    body: Document


class BrokerModel:
    """A broker in memory. It reads no clock: each call tells the time, in ns UTC, and time never runs back.

    Methods without a time happen at the latest time told. The same calls give the same answers, ids included.
    """

    def __init__(self, *, cash: str, rules: BrokerRules, symbols: Mapping[str, str]) -> None:
        """`cash` in account currency; `symbols` gives the tick size of each symbol that is traded."""
        ticks = {symbol: Decimal(tick) for symbol, tick in symbols.items()}
        self._desk = Desk(cash=Decimal(cash), rules=rules, ticks=ticks)
        self._manual_count = 0
        self.rules = rules
        self.accepted: list[Sent] = []
        """Submissions that became orders, in order: the wire's truth."""
        self.replace_requests: list[Sent] = []
        """Replaces that were answered 200, whatever came of them."""
        self.cancel_requests: list[tuple[int, str]] = []
        """Time and id of the cancels that were answered 204, or 200 within a cancel of all."""
        self.reused_ids: list[Sent] = []
        """Submissions under a known id with other terms: whoever sends one has a fault."""
        self.requests_seen: Counter[str] = Counter()
        """By method and endpoint, such as `DELETE /orders/{id}`; refused ones too."""

    def request(self, method: str, path: str, body: Body | None, query: Body | None, now_ns: int) -> Reply:
        """Answer one request of the wire."""
        self._desk.advance(now_ns)
        collection, _, client_order_id = path.removeprefix("/").partition("/")
        endpoint = f"{method} /{collection}" + ("/{id}" if client_order_id else "")
        self.requests_seen[endpoint] += 1
        match endpoint:
            case "POST /orders":
                return self._submit(body or {})
            case "GET /orders/{id}":
                return self._order(client_order_id)
            case "DELETE /orders/{id}":
                return self._cancel(client_order_id)
            case "PATCH /orders/{id}":
                return self._replace(client_order_id, body or {})
            case "DELETE /orders":
                return self._cancel_all()
            case "GET /account":
                return self._account(query or {})
        return refused(NOT_FOUND, "not_found", f"there is no {method} {path}")

    def quote(
        self, symbol: str, bid: Amount, ask: Amount, bid_size: Amount, ask_size: Amount, *, now_ns: int
    ) -> None:
        """A new best bid and ask, with the units displayed at each. Open orders try for one execution each."""
        assert symbol in self._desk.grid.ticks, f"{symbol} is not traded here"
        self._desk.advance(now_ns)
        self._desk.quotes[symbol] = Quote(Decimal(bid), Decimal(ask), Decimal(bid_size), Decimal(ask_size))
        self._desk.work_symbol(symbol)

    def advance(self, now_ns: int) -> None:
        """Let happen what is due by then: acknowledgements, cancels, replaces, the end of the day."""
        self._desk.advance(now_ns)

    def take_updates(self) -> list[Document]:
        """The news since the last call, in the order in which it happened."""
        updates, self._desk.updates = self._desk.updates, []
        return updates

    def set_day_end(self, day_end_ns: int | None) -> None:
        """When day orders expire next; the day end of the rules is only the first."""
        self._desk.day_end_ns = day_end_ns

    def manual_order(self, symbol: str, side: str, qty: Amount, now_ns: int) -> Reply:
        """A person buys or sells at the market by hand: all of it at the touch, whatever is displayed.

        Answered like a submission. In a halted symbol it waits, or is refused, by the rules.
        """
        self._desk.advance(now_ns)
        self._manual_count += 1
        body = {"symbol": symbol, "side": side, "type": "market", "time_in_force": "day", "qty": str(qty)}
        try:
            terms = read_terms(body, self._desk.grid)
        except Invalid as error:
            return refused(UNPROCESSABLE, "invalid", str(error))
        return self._take_on(f"{MANUAL_PREFIX}{self._manual_count}", terms, is_manual=True)

    def manual_cancel(self, client_order_id: str) -> None:
        """A person cancels an order by hand, at once. Raises ValueError if it is not open."""
        self._desk.close(self._open_order(client_order_id), "canceled", "manual")

    def manual_cancel_all(self, *, but: Collection[str], now_ns: int) -> Reply:
        """A person cancels all orders by hand. Those in `but` are refused, whatever the broker's reason is.

        Answered like a cancel of all: the others take the broker's time, and may fill meanwhile.
        """
        self._desk.advance(now_ns)
        return self._cancel_all(but)

    def bust(self, execution_id: str, now_ns: int) -> Execution:
        """Undo an execution. Raises ValueError if it is unknown, busted or corrected already."""
        self._desk.advance(now_ns)
        return self._desk.undo(self._desk.account.still_counting(execution_id), None)

    def correct(
        self,
        execution_id: str,
        *,
        qty: Amount | None = None,
        price: Amount | None = None,
        commission: Amount | None = None,
        now_ns: int,
    ) -> Execution:
        """Give an execution another quantity or price, both above zero, or a commission of its own.

        Raises ValueError as `bust` does, and if the order would have more executed than it asked for.
        """
        self._desk.advance(now_ns)
        execution = self._desk.account.still_counting(execution_id)
        new_qty = execution.qty if qty is None else Decimal(qty)
        new_price = execution.price if price is None else Decimal(price)
        if new_qty <= 0 or new_price <= 0:
            raise ValueError(f"a correction to {new_qty} at {new_price}; both must be above zero")
        return self._desk.undo(
            execution, (new_qty, new_price), commission=None if commission is None else Decimal(commission)
        )

    def fill_late(self, client_order_id: str, qty: Amount, now_ns: int) -> None:
        """Execute units of an order that was canceled or has expired: the market had done so before it heard of it.

        Raises ValueError if the order is not over so, has not so much left, or there is no market in its symbol.
        """
        self._desk.advance(now_ns)
        order, units = self._desk.orders.get(client_order_id), Decimal(qty)
        if order is None or order.closed not in ("canceled", "expired") or not 0 < units <= order.remaining:
            raise ValueError(f"{client_order_id} is not over with {units} left")
        if not self.has_market(order.terms.symbol):
            raise ValueError(f"{client_order_id} has no market: there was no quote of {order.terms.symbol} yet")
        self._desk.execute_late(order, units)

    def fill_now(self, client_order_id: str, qty: Amount, now_ns: int) -> None:
        """Execute units of an open order, whatever its price and the market's: somebody had the other side.

        Raises ValueError if it is not open, cannot execute now, has not so much left, or there is no market.
        """
        self._desk.advance(now_ns)
        order, units = self._open_order(client_order_id), Decimal(qty)
        if not self.can_fill(client_order_id) or not 0 < units <= order.remaining:
            raise ValueError(f"{client_order_id} cannot execute {units} now")
        self._desk.execute_now(order, units)

    def adjust_cash(self, amount: Amount, reason: str, now_ns: int) -> None:
        """Money comes or goes without a trade: a fee is below zero, a dividend above."""
        self._desk.advance(now_ns)
        self._desk.account.adjust(CashAdjustment(self._desk.now_ns, Decimal(amount), reason))

    def set_buying_power_factor(self, factor: Amount) -> None:
        """Let the broker lend more or less than its rules say: 1 is as they say."""
        self._desk.admission.factor = Decimal(factor)

    def set_buying_power_reserve(self, amount: Amount) -> None:
        """Withhold an amount of account currency from the buying power."""
        self._desk.admission.reserve = Decimal(amount)

    def halt(self, symbol: str) -> None:
        """Stop executions in a symbol. Working orders become suspended; new ones are held or refused."""
        self._desk.halt(symbol)

    def resume(self, symbol: str) -> None:
        """End the halt. The orders work at once against the last quote told, also if it came during the halt."""
        self._desk.resume(symbol)

    def block(self) -> None:
        """Refuse new orders and replaces. Working orders go on, and can be canceled."""
        self._desk.account.is_blocked = True

    def unblock(self) -> None:
        """Take orders again."""
        self._desk.account.is_blocked = False

    def set_status_word(self, client_order_id: str, word: str) -> None:
        """Show an open order under any word until something happens to it. Raises ValueError if it is not open.

        It changes nothing about the order, which executes and can be canceled as before.
        """
        self._desk.show(self._open_order(client_order_id), word)

    @property
    def now_ns(self) -> int:
        """The latest time told."""
        return self._desk.now_ns

    @property
    def orders(self) -> dict[str, Order]:
        """Every order ever, a person's too, by client order id, oldest first."""
        return self._desk.orders

    @property
    def executions(self) -> list[Execution]:
        """Every execution record ever, oldest first."""
        return self._desk.account.executions

    @property
    def adjustments(self) -> list[CashAdjustment]:
        """Every movement of cash without a trade, oldest first."""
        return self._desk.account.adjustments

    @property
    def cash(self) -> Decimal:
        """Account currency, exact."""
        return self._desk.account.cash

    @property
    def buying_power(self) -> Decimal:
        """Account currency left for new exposure; below zero when overdrawn, though the wire then says 0."""
        return self._desk.admission.buying_power(self._desk.claims())

    def position(self, symbol: str) -> Decimal:
        """Signed units held."""
        return self._desk.account.positions.get(symbol, ZERO)

    def has_market(self, symbol: str) -> bool:
        """Was there a quote of the symbol?"""
        return symbol in self._desk.quotes

    def ask(self, symbol: str) -> Decimal:
        """What the symbol is offered at. Raises KeyError if there was no quote of it."""
        return self._desk.quotes[symbol].ask

    def is_open(self, client_order_id: str) -> bool:
        """Is it an order that can still execute?"""
        return client_order_id in self._desk.open

    def can_fill(self, client_order_id: str) -> bool:
        """Is the order open, at the market and free to execute there?"""
        order = self._desk.open.get(client_order_id)
        return order is not None and self._desk.is_executable(order) and self.has_market(order.terms.symbol)

    def open_orders(self) -> list[Order]:
        """The orders that can still execute, a person's too, oldest first."""
        return list(self._desk.open.values())

    def counting_executions(self) -> list[Execution]:
        """The executions that count: fills and corrections, neither busted nor corrected since."""
        return list(self._desk.account.counting.values())

    def check(self) -> None:
        """Do cash, positions and orders follow from the records? Raises AssertionError if not."""
        check_books(self._desk.account, self._desk.orders, self._desk.open)

    def _submit(self, body: Body) -> Reply:
        try:
            client_order_id = read_id(body)
            if client_order_id.startswith(MANUAL_PREFIX):
                raise Invalid(f"client_order_id is {client_order_id!r}; {MANUAL_PREFIX} is kept for people")
            known = self._desk.orders.get(client_order_id)
            if known is not None:
                return self._repeated(known, body)
            terms = read_terms(body, self._desk.grid)
        except Invalid as error:
            return refused(UNPROCESSABLE, "invalid", str(error))
        reply = self._take_on(client_order_id, terms)
        if reply.status == 200:
            self.accepted.append(Sent(self._desk.now_ns, client_order_id, dict(body)))
        return reply

    def _repeated(self, known: Order, body: Body) -> Reply:
        client_order_id = known.client_order_id
        if not self._asks_the_same(known, body):
            self.reused_ids.append(Sent(self._desk.now_ns, client_order_id, dict(body)))
        elif self.rules.duplicates == "replay":
            return Reply(200, known.document())
        return refused(UNPROCESSABLE, "duplicate_client_order_id", f"{client_order_id} is taken")

    def _asks_the_same(self, known: Order, body: Body) -> bool:
        try:
            return read_terms(body, self._desk.grid) == known.first_terms
        except Invalid:
            return False

    def _take_on(self, client_order_id: str, terms: Terms, *, is_manual: bool = False) -> Reply:
        desk = self._desk
        if terms.type == "market" and terms.symbol not in desk.quotes:
            return refused(UNPROCESSABLE, "invalid", f"there is no market in {terms.symbol} yet")
        refusal = desk.admission.refusal(Claim(terms, terms.qty), desk.claims())
        if refusal is not None:
            return refused(FORBIDDEN, refusal.code, refusal.message)
        order = desk.take_on(client_order_id, terms, is_manual=is_manual)
        answer = order.document()
        desk.after(0 if is_manual else self.rules.ack_delay_ns, desk.acknowledge, order)
        return Reply(200, answer)

    def _order(self, client_order_id: str) -> Reply:
        order = self._desk.orders.get(client_order_id)
        if order is None:
            return _unknown(client_order_id)
        records = self._desk.account.by_order.get(client_order_id, [])
        return Reply(200, {**order.document(), "executions": [record.document() for record in records]})

    def _cancel(self, client_order_id: str) -> Reply:
        order = self._desk.orders.get(client_order_id)
        if order is None:
            return _unknown(client_order_id)
        if order.closed not in (None, "canceled"):
            message = f"{client_order_id} is {order.status}"
            return refused(UNPROCESSABLE, "not_cancelable", message, status=order.status)
        self.cancel_requests.append((self._desk.now_ns, client_order_id))
        if order.is_open:
            self._desk.request_cancel(order)
        return Reply(204)

    def _cancel_all(self, but: Collection[str] = ()) -> Reply:
        results: list[Document] = []
        for order in self.open_orders():
            if order.client_order_id in but:
                results.append({"client_order_id": order.client_order_id, "status": 500})
                continue
            self.cancel_requests.append((self._desk.now_ns, order.client_order_id))
            self._desk.request_cancel(order)
            results.append({"client_order_id": order.client_order_id, "status": 200})
        return Reply(207, results)

    def _replace(self, client_order_id: str, body: Body) -> Reply:
        order = self._desk.orders.get(client_order_id)
        if order is None:
            return _unknown(client_order_id)
        try:
            terms = read_changes(body, order.terms, self._desk.grid)
        except Invalid as error:
            return refused(UNPROCESSABLE, "invalid", str(error))
        if order.status not in REPLACEABLE or terms.qty <= order.filled_qty:
            message = f"{client_order_id} is {order.status}, {text(order.filled_qty)} filled"
            return refused(UNPROCESSABLE, "not_replaceable", message, status=order.status)
        self.replace_requests.append(Sent(self._desk.now_ns, client_order_id, dict(body)))
        return Reply(200, self._desk.request_replace(order, terms))

    def _account(self, query: Body) -> Reply:
        try:
            since_ns = int(query.get("since", 0))
        except (TypeError, ValueError):
            return refused(UNPROCESSABLE, "invalid", f"since is {query['since']!r}; it must be whole nanoseconds")
        account = self._desk.account
        return Reply(
            200,
            {
                "time_ns": self._desk.now_ns,
                "cash": text(account.cash),
                "buying_power": text(max(ZERO, self.buying_power)),
                "status": "BLOCKED" if account.is_blocked else "ACTIVE",
                "positions": [{"symbol": s, "qty": text(qty)} for s, qty in account.positions.items()],
                "open_orders": list(self._desk.open),
                "executions": [record.document() for record in account.since(since_ns)],
            },
        )

    def _open_order(self, client_order_id: str) -> Order:
        if client_order_id not in self._desk.open:
            raise ValueError(f"{client_order_id} is not open")
        return self._desk.open[client_order_id]


def _unknown(client_order_id: str) -> Reply:
    return refused(NOT_FOUND, "not_found", f"there is no order {client_order_id}")
