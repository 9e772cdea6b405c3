"""The simulated venue: a deterministic state machine of commands and market data."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from decimal import Decimal
from hashlib import sha256

from gateways.simulated import _events
from gateways.simulated._ledger import Ledger
from gateways.simulated._matcher import Matcher
from gateways.simulated._settings import SimulatedVenueSettings
from gateways.simulated._state import (
    ZERO,
    Grain,
    SimulatedAccount,
    SimulatedVenueState,
    SymbolBook,
    VenueOrder,
)
from gateways.simulated._terms import hold_price, replace_refusal, terms_refusal
from messages import (
    DAY_NS,
    SECOND_NS,
    Bar,
    CancelOrder,
    Instrument,
    OrderEvent,
    OrderStatus,
    PortfolioId,
    QueryOrder,
    Quote,
    ReplaceOrder,
    Side,
    SubmitOrder,
    Symbol,
    SymbolHalted,
    TimeInForce,
    Trade,
    VenueId,
    VenueOrderId,
)

_QUOTE = Grain.QUOTE  # looked up once: on every quote, the lookup in an enum is felt


class SimulatedVenue:
    """One venue with accounts, orders and books. No clock, no randomness, no I/O: times are passed in.

    Every method returns the order events that it caused, in order; the same calls give the same events, and a
    venue restored from an encoded `state` goes on exactly as the one that told it.

    **No look-ahead.** An order is matched only against what is told after it arrived, except for the quote that
    stands when it arrives: that is known, and still on offer. A print that happened before the order arrived
    does not fill it. A bar fills an order only if the bar *started* at or after the order's arrival, so an order
    that arrives at a bar's end meets the next bar, whose open comes after it. A replaced order arrives anew.

    **The finest data wins.** A symbol matches on quotes once it had a quote, else on trades, else on the shortest
    bars seen, so that one market move never fills an order twice. Prints still fill resting limit orders and set
    off stops where there are quotes.

    **Prices.** A fill's price is rounded to the tick against us.
    - Market, and a stop once set off: the ask for a buy, the bid for a sell; without quotes the next print;
      without prints the open of the next bar. Slippage is added to these.
    - Limit, meeting the market for the first time: at the price to be had, if that is within the limit.
    - Limit, resting: at its limit, and never better, once the quote comes to it; or a print goes *through* it;
      or prints at it have worked off the size that stood before it (the size shown at its price when it came;
      nothing if it was the best of its side; its own quantity where that is unknown). Bars: `bar_touch`.
    - Stop: set off when the price that would fill it, or a print, reaches it; then a market or limit order.
    - A side that is missing (0, negative, NaN) fills nothing; a crossed quote fills nothing on either side.

    **Sizes.** At most the size shown, less what our earlier fills took of the same size; a part of a print's size
    or of a bar's volume (settings), shared between our orders, oldest first; a size of 0 means that the feed told
    none and bounds nothing. Whole lots. What is left goes on working. IOC cancels it, FOK wants everything at
    once: both have their one chance at the standing quote, or at the first print or bar where there are no quotes.

    **Halts.** A halted symbol rejects new orders, holds working ones without filling them, and forgets its quote.

    **Money.** See `Ledger`. A fill that would overdraw the account is cut to what cash allows, the rest canceled.
    """

    def __init__(
        self,
        *,
        venue_id: VenueId,
        settings: SimulatedVenueSettings,
        instruments: Mapping[Symbol, Instrument],
        state: SimulatedVenueState | None = None,
    ) -> None:
        self.state = SimulatedVenueState() if state is None else state
        self._venue_id = venue_id
        self._settings = settings
        self._instruments = dict(instruments)
        self._books = self.state.books
        for symbol in self._instruments:
            self._books.setdefault(symbol, SymbolBook())
        self._ledger = Ledger(venue_id=venue_id, settings=settings, instruments=self._instruments, state=self.state)
        self._matcher = Matcher(
            settings=settings, instruments=self._instruments, state=self.state, ledger=self._ledger
        )
        self._due = [
            (record.expires_ns, order_id)
            for order_id, record in self.state.orders.items()
            if record.is_working and record.expires_ns
        ]
        heapq.heapify(self._due)

    def open_account(self, portfolio_id: PortfolioId, currency: str, cash: Decimal) -> None:
        """Give a portfolio an account. Raises ValueError if it has one, or if `cash` is negative or no number."""
        if portfolio_id in self.state.accounts:
            raise ValueError(f"portfolio {portfolio_id} has an account already; open each account once")
        if not cash.is_finite() or cash < 0:
            raise ValueError(f"cash of {portfolio_id} is {cash}; it must be a number of 0 or more")
        self.state.accounts[portfolio_id] = SimulatedAccount(currency=currency, cash=cash)

    def submit(self, order: SubmitOrder, now_ns: int) -> list[OrderEvent]:
        """Accept or reject an order; fill it at once as far as it is marketable against the standing quote.

        An id never makes a second order. The same order sent again is answered with everything that became of
        it, as `query` would; another order under a known id is rejected, and the first one stands.
        """
        known = self.state.orders.get(order.client_order_id)
        if known is not None:
            if known.order == order:
                return list(known.history)
            reason = f"client_order_id {order.client_order_id} is in use for another order; use a new id"
            return [_events.rejected(order, reason, now_ns)]
        record = VenueOrder(
            order=order,
            venue_order_id=VenueOrderId(self._ledger.next_id()),
            quantity=order.quantity,
            limit_price=order.limit_price,
            stop_price=order.stop_price,
            active_ns=now_ns,
        )
        self.state.orders[order.client_order_id] = record
        reason = self._refusal(order)
        if reason:
            rejection = _events.rejected(order, reason, now_ns)
            self._ledger.close(record, rejection, OrderStatus.REJECTED)
            return [rejection]
        return self._accept(record, now_ns)

    def cancel(self, command: CancelOrder, now_ns: int) -> list[OrderEvent]:
        """Cancel what is left of an order. One that was canceled before is told so again."""
        record = self.state.orders.get(command.client_order_id)
        if record is None:
            return [_events.cancel_rejected(command, None, "the venue knows no such order", now_ns)]
        if record.is_working:
            return [self._matcher.cancel(record, command.reason, now_ns)]
        if record.status is OrderStatus.CANCELED:
            return [record.history[-1]]
        return [_events.cancel_rejected(command, record.order, f"the order is {record.status.value}", now_ns)]

    def replace(self, command: ReplaceOrder, now_ns: int) -> list[OrderEvent]:
        """Change a working order's terms; it goes to the end of the queue and meets the market as a new one.

        `command.quantity` is the order's whole quantity, what is filled included.
        """
        record = self.state.orders.get(command.client_order_id)
        if record is None:
            return [_events.replace_rejected(command, None, "the venue knows no such order", now_ns)]
        reason = replace_refusal(record, command, self._instruments[record.order.symbol])
        if not reason:
            reason = self._change_terms(record, command)
        if reason:
            return [_events.replace_rejected(command, record.order, reason, now_ns)]
        record.active_ns = now_ns
        record.has_rested = False
        book = self._books[record.order.symbol]
        book.working.remove(command.client_order_id)
        book.working.append(command.client_order_id)
        event = _events.replaced(record, now_ns)
        record.history.append(event)
        return [event, *([] if book.halted else self._matcher.arrive(record, book, now_ns))]

    def query(self, command: QueryOrder, now_ns: int) -> list[OrderEvent]:
        """All that became of an order so far, with the times and execution ids of then; or `OrderNotFound`."""
        record = self.state.orders.get(command.client_order_id)
        return [_events.not_found(command, now_ns)] if record is None else list(record.history)

    def on_market(self, message: Quote | Trade | Bar | SymbolHalted, now_ns: int) -> list[OrderEvent]:
        """Take note of market data and fill what it fills. Data on a symbol that is not traded here is ignored."""
        book = self._books.get(message.symbol)
        if book is None:
            return []
        if isinstance(message, Quote):
            if not book.halted:
                _note_quote(book, message)
        elif isinstance(message, SymbolHalted):
            _note_halt(book, message)
            return []
        elif not book.halted:
            _note_print(book, message)
        if book.halted or not book.working:
            return []
        events = self.on_time(now_ns)
        match message:
            case Quote():
                return events + self._matcher.match_quote(book, message, now_ns)
            case Trade():
                return events + self._matcher.match_trade(book, message, now_ns)
            case Bar():
                return events + self._matcher.match_bar(book, message, now_ns)

    def on_time(self, now_ns: int) -> list[OrderEvent]:
        """Expire the DAY orders whose day has ended."""
        events: list[OrderEvent] = []
        due = self.next_due_ns
        while due is not None and due <= now_ns:
            record = self.state.orders[heapq.heappop(self._due)[1]]
            event = _events.expired(record, now_ns)
            self._ledger.close(record, event, OrderStatus.EXPIRED)
            events.append(event)
            due = self.next_due_ns
        return events

    @property
    def next_due_ns(self) -> int | None:
        """When `on_time` will next have something to do; `None` without working DAY orders."""
        while self._due:
            due_ns, order_id = self._due[0]
            record = self.state.orders.get(order_id)
            if record is not None and record.is_working:
                return due_ns
            heapq.heappop(self._due)
        return None

    def is_working(self, symbol: Symbol) -> bool:
        """Whether any order on the symbol may still fill."""
        book = self._books.get(symbol)
        return book is not None and bool(book.working)

    def latency_ns(self, client_order_id: str) -> int:
        """How long an order takes to arrive: hashed from the seed and its id, so always the same for one order.

        The id counts from its first hyphen on: what is before it is drawn anew for each data directory, and two
        runs over the same inputs are to be the same.
        """
        least = round(self._settings.latency_ms_min * 1_000_000)
        span = round(self._settings.latency_ms_max * 1_000_000) - least
        named = client_order_id.partition("-")[2] or client_order_id
        digest = sha256(f"{self._settings.seed}:{named}".encode()).digest()
        return least + int.from_bytes(digest[:8], "big") % (span + 1)

    def _refusal(self, order: SubmitOrder) -> str:
        if order.venue_id != self._venue_id:
            return f"the order is for venue {order.venue_id}, this is {self._venue_id}"
        reason = terms_refusal(
            order, instruments=self._instruments, accounts=self.state.accounts, books=self._books
        )
        if reason:
            return reason
        price = self._hold_price(order, order.limit_price, order.stop_price)
        if price is None:
            return f"{order.symbol} has no price yet to judge the order by"
        return self._ledger.refusal(order, order.quantity, price, own=None)

    def _hold_price(
        self, order: SubmitOrder, limit_price: Decimal | None, stop_price: Decimal | None
    ) -> Decimal | None:
        """A sell, or a buy on margin, needs no price: nothing is reserved for it."""
        if order.side is Side.SELL or self._settings.allow_margin:
            return ZERO
        return hold_price(
            order,
            self._books[order.symbol],
            limit_price=limit_price,
            stop_price=stop_price,
            instrument=self._instruments[order.symbol],
            slippage=self._settings.slippage,
        )

    def _accept(self, record: VenueOrder, now_ns: int) -> list[OrderEvent]:
        order = record.order
        book = self._books[order.symbol]
        acceptance = _events.accepted(record, now_ns)
        record.history.append(acceptance)
        record.hold_price = self._hold_price(order, order.limit_price, order.stop_price) or ZERO
        self._ledger.hold(record)
        book.working.append(order.client_order_id)
        if order.time_in_force is TimeInForce.DAY:
            record.expires_ns = _day_end_ns(now_ns, self._settings.day_end_seconds * SECOND_NS)
            heapq.heappush(self._due, (record.expires_ns, order.client_order_id))
        return [acceptance, *self._matcher.arrive(record, book, now_ns)]

    def _change_terms(self, record: VenueOrder, command: ReplaceOrder) -> str:
        """Give the order its new terms, or say why its account cannot carry them."""
        quantity = record.quantity if command.quantity is None else command.quantity
        limit_price = record.limit_price if command.limit_price is None else command.limit_price
        stop_price = record.stop_price if command.stop_price is None else command.stop_price
        price = self._hold_price(record.order, limit_price, stop_price)
        if price is None:
            return f"{record.order.symbol} has no price yet to judge the order by"
        reason = self._ledger.refusal(record.order, quantity - record.filled_quantity, price, own=record)
        if not reason:
            record.quantity, record.limit_price, record.stop_price = quantity, limit_price, stop_price
            record.hold_price = price
            self._ledger.hold(record)
        return reason


def _note_quote(book: SymbolBook, quote: Quote) -> None:
    # A side that did not change is the same liquidity, of which our fills have taken their part.
    before = book.quote
    if book.ask_taken and (before is None or (before.ask, before.ask_size) != (quote.ask, quote.ask_size)):
        book.ask_taken = ZERO
    if book.bid_taken and (before is None or (before.bid, before.bid_size) != (quote.bid, quote.bid_size)):
        book.bid_taken = ZERO
    book.quote = quote
    if quote.bid > 0.0 or quote.ask > 0.0:
        book.grain = _QUOTE


def _note_print(book: SymbolBook, message: Trade | Bar) -> None:
    if isinstance(message, Trade):
        book.last_price = message.price
        book.grain = max(book.grain, Grain.TRADE)
        return
    book.last_price = message.close
    book.grain = max(book.grain, Grain.BAR)
    if not 0 < book.bar_timeframe_ns <= message.timeframe_ns:
        book.bar_timeframe_ns = message.timeframe_ns


def _note_halt(book: SymbolBook, message: SymbolHalted) -> None:
    book.halted = message.halted
    book.quote = None
    book.ask_taken = book.bid_taken = ZERO


def _day_end_ns(now_ns: int, day_end_ns: int) -> int:
    """The first end of a day after `now_ns`, days ending `day_end_ns` after 00:00 UTC."""
    end_ns = now_ns - now_ns % DAY_NS + day_end_ns
    return end_ns if end_ns > now_ns else end_ns + DAY_NS
