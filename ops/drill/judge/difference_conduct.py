"""What an engine must make of a report of the account that its books differ from, worked out from the journal.

differs since the last report or two, after a connection -> nothing is ordered before it agrees, or is told
three reports say the same, as do the books               -> it is told, though an order is in doubt for a minute

What is not certain of the books, or may be in doubt, is no evidence: of such symbols, and of cash, nothing is said.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal

import msgspec

from messages import (
    SECOND_NS,
    AccountDiffers,
    AccountReported,
    Alert,
    AnyMessage,
    BooksAdjusted,
    CancelOrder,
    OrderAccepted,
    OrderApproved,
    OrderCanceled,
    OrderCancelRejected,
    OrderDenied,
    OrderEvent,
    OrderExpired,
    OrderFillBusted,
    OrderFillCorrected,
    OrderFilled,
    OrderNotFound,
    OrderRejected,
    OrderReplaced,
    OrderReplaceRejected,
    OrderReported,
    OrderStatus,
    PortfolioOpened,
    ReplaceOrder,
    VenueConnected,
)
from ops.drill.judge.endings import OVER

REPORTS_BEFORE_BREAK = 3
IN_DOUBT_NS = 62 * SECOND_NS
"""How long an order excuses what differs after the last news of it, and a little more."""

CASH = ""
_IN_PART = "had been counted before"
_ZERO = Decimal(0)


class _Difference(msgspec.Struct):
    """`most` reports in a row, at most, counted for the engine, and `least` at least."""

    ours: Decimal
    theirs: Decimal
    most: int
    least: int


class DifferenceConduct:
    """Books and reports of one simulation. `fail` as in `Conduct`."""

    def __init__(self, fail: Callable[[str, str], None]) -> None:
        self._fail = fail
        self._is_excused = False
        self._now_ns = 0
        self._books: defaultdict[str, Decimal] = defaultdict(Decimal)
        self._uncertain = {CASH}
        self._filled: defaultdict[str, Decimal] = defaultdict(Decimal)
        self._held: set[str] = set()
        self._refused: set[str] = set()
        self._incomplete: set[str] = set()
        self._quantities: dict[str, Decimal] = {}
        self._changed: set[str] = set()
        self._doubtful: dict[str, tuple[str, int]] = {}
        self._differences: dict[str, _Difference] = {}
        self._told: dict[str, tuple[Decimal, Decimal]] = {}
        self._connected_ns = 0
        self._venue_time_ns = 0
        self._is_held = True
        self._report: AccountReported | None = None

    def excuse(self) -> None:
        """An actor on the way of orders has failed."""
        self._is_excused = True

    def see_input(self, message: AnyMessage, time_ns: int) -> None:
        """The next input, and when it was handled (ns, the engine's clock)."""
        self._see_end_of_report()
        self._now_ns = time_ns
        match message:
            case VenueConnected():
                self._connected_ns, self._is_held = time_ns, True
            case AccountReported():
                is_of_before = (message.asked_ns or message.time_ns) < self._connected_ns
                if not is_of_before and message.venue_time_ns > self._venue_time_ns:
                    self._venue_time_ns, self._report = message.venue_time_ns, message
                    self._compare(message)

    def see_effect(self, message: AnyMessage) -> None:
        """What the input has led to."""
        match message:
            case PortfolioOpened(cash=cash):
                self._books[CASH] = cash
                self._uncertain.discard(CASH)
            case OrderApproved(order=order):
                self._quantities[order.client_order_id] = order.quantity
                self._see_approved(order.client_order_id)
            case OrderDenied():
                pass
            case Alert(text=text) if _IN_PART in text:  # nobody but the engine knows by how much
                self._is_excused = True
            case OrderFillBusted(symbol=symbol) | OrderFillCorrected(symbol=symbol):
                self._uncertain |= {symbol, CASH}
            case AccountDiffers(symbol=symbol, ours=ours, theirs=theirs):
                self._told[symbol or CASH] = ours, theirs
            case BooksAdjusted(symbol=symbol, amount=amount):
                self._books[symbol or CASH] += amount
                self._differences.pop(symbol or CASH, None)
            case ReplaceOrder(client_order_id=order_id):
                self._changed.add(order_id)
                self._renew(order_id)
            case CancelOrder(client_order_id=order_id):
                self._renew(order_id)
            case OrderEvent():
                self._see_news(message)

    # ---- what is in doubt

    def _see_news(self, event: OrderEvent) -> None:
        """An order is out of doubt once it has ended, or is told to work with all that was counted of it."""
        order_id = event.client_order_id
        if isinstance(event, OrderFilled):
            self._book(event)
        match event:
            case OrderCanceled() | OrderExpired():
                is_clear = order_id not in self._incomplete
            case OrderRejected() | OrderNotFound():  # else of a request that came twice one may be meant
                is_clear = order_id not in self._held
            case OrderAccepted() | OrderCancelRejected() | OrderReplaceRejected():
                is_clear = order_id not in self._doubtful
            case OrderFilled(cumulative_quantity=filled):
                if filled > self._filled[order_id]:
                    self._incomplete.add(order_id)
                is_all = filled == self._quantities.get(order_id) and order_id not in self._changed
                was_certain = order_id not in self._doubtful and order_id not in self._refused
                is_clear = filled == self._filled[order_id] and (is_all or was_certain)
                self._refused.discard(order_id)
            case OrderReported(status=status, filled_quantity=filled):
                tells = status in OVER or (status is OrderStatus.ACCEPTED and order_id not in self._changed)
                is_clear = tells and filled == self._filled[order_id]
                if filled == self._filled[order_id]:
                    self._incomplete.discard(order_id)
            case _:
                is_clear = False
        if isinstance(event, OrderAccepted | OrderFilled | OrderReplaced | OrderReported):
            self._held.add(order_id)
        if isinstance(event, OrderRejected):  # if it executes all the same, it is in doubt
            self._refused.add(order_id)
        if isinstance(event, OrderReplaced):
            self._changed.add(order_id)
        if is_clear:
            self._doubtful.pop(order_id, None)
        else:
            self._doubtful[order_id] = event.symbol, self._now_ns

    def _renew(self, order_id: str) -> None:
        if order_id in self._doubtful:
            self._doubtful[order_id] = self._doubtful[order_id][0], self._now_ns

    def _book(self, fill: OrderFilled) -> None:
        self._filled[fill.client_order_id] += fill.quantity
        self._books[fill.symbol] += fill.side.sign * fill.quantity
        self._books[CASH] -= fill.side.sign * fill.quantity * fill.price + fill.commission

    # ---- what differs

    def _compare(self, report: AccountReported) -> None:
        theirs = {each.symbol: each.quantity for each in report.positions}
        since_ns = self._now_ns - IN_DOUBT_NS
        fresh = {symbol for symbol, heard_ns in self._doubtful.values() if heard_ns > since_ns}
        for name in {*theirs, *self._books}:
            there = report.cash if name == CASH else theirs.get(name, _ZERO)  # type: ignore[call-overload]
            self._note(name, there, is_in_doubt=bool(fresh) if name == CASH else name in fresh)

    def _note(self, name: str, theirs: Decimal, *, is_in_doubt: bool) -> None:
        ours, before = self._books[name], self._differences.pop(name, None)
        if ours == theirs:
            self._told.pop(name, None)
            return
        most = least = 0
        if before is not None and (before.ours, before.theirs) == (ours, theirs):
            most, least = before.most, before.least
        self._differences[name] = _Difference(ours, theirs, most + 1, 0 if is_in_doubt else least + 1)

    def _undecided(self) -> str:
        """What differs, so shortly that it may be one of timing, and nothing of it is in doubt; empty if none."""
        doubted = {symbol for symbol, _ in self._doubtful.values()}
        for name, each in self._differences.items():
            is_in_doubt = bool(doubted) if name == CASH else name in doubted
            if not is_in_doubt and name not in self._uncertain and each.most < REPORTS_BEFORE_BREAK:
                return f"{name or 'cash'} is {each.ours} here and {each.theirs} there"
        return ""

    def _see_approved(self, order_id: str) -> None:
        if self._is_held and not self._is_excused and (what := self._undecided()):
            self._fail("C49", f"{order_id} is ordered after a new connection although {what}")

    def _see_end_of_report(self) -> None:
        """All that the last report has led to is known."""
        report, self._report = self._report, None
        if report is None:
            return
        if report.is_blocked:
            self._is_held = True
        elif not self._undecided():
            self._is_held = False
        for name, each in self._differences.items():
            is_known = self._told.get(name) == (each.ours, each.theirs) or name in self._uncertain
            if each.least >= REPORTS_BEFORE_BREAK and not is_known and not self._is_excused:
                self._fail(
                    "C50",
                    f"{each.least} reports say {each.theirs} of {name or 'cash'}, the books {each.ours}: untold",
                )
