"""When orders meet the market: which of them fill on a quote, a trade or a bar, at what price and how much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from gateways.simulated import _events
from gateways.simulated._charges import slipped_price
from gateways.simulated._grid import down_to_lot, exact, on_grid
from gateways.simulated._ledger import NO_FUNDS, NO_POSITION, Ledger
from gateways.simulated._offers import (
    Offer,
    QuotePrices,
    bar_spread,
    bar_touch,
    is_within_limit,
    quote_prices,
    reaches_stop,
    size_bound,
)
from gateways.simulated._settings import BarPrice, SimulatedVenueSettings
from gateways.simulated._state import ZERO, Grain, SimulatedVenueState, SymbolBook, VenueOrder
from messages import (
    Bar,
    Instrument,
    OrderCanceled,
    OrderEvent,
    OrderStatus,
    OrderType,
    Quote,
    Side,
    Symbol,
    TimeInForce,
    Trade,
)

_WAITS_FOR_STOP = (OrderType.STOP, OrderType.STOP_LIMIT)
_ONE_CHANCE = (TimeInForce.IOC, TimeInForce.FOK)


class Matcher:
    """Matches working orders, oldest first, against one message at a time. The rules are in `SimulatedVenue`."""

    def __init__(
        self,
        *,
        settings: SimulatedVenueSettings,
        instruments: Mapping[Symbol, Instrument],
        state: SimulatedVenueState,
        ledger: Ledger,
    ) -> None:
        self._settings = settings
        self._instruments = instruments
        self._state = state
        self._ledger = ledger

    def arrive(self, record: VenueOrder, book: SymbolBook, now_ns: int) -> list[OrderEvent]:
        """A new or replaced order meets the standing quote, if quotes are what this symbol matches on."""
        record.queue_ahead = self._queue_ahead(record, book)
        if book.grain is not Grain.QUOTE:
            return []
        prices = quote_prices(book.quote, self._instruments[record.order.symbol].tick_size)
        return self._meet_quote(record, book, prices, now_ns)

    def match_quote(self, book: SymbolBook, quote: Quote, now_ns: int) -> list[OrderEvent]:
        """The book's quote is new."""
        events: list[OrderEvent] = []
        prices = quote_prices(quote, self._instruments[quote.symbol].tick_size)
        for record in self._working(book):
            events += self._meet_quote(record, book, prices, now_ns)
        return events

    def match_trade(self, book: SymbolBook, trade: Trade, now_ns: int) -> list[OrderEvent]:
        """A print: one that happened before an order arrived cannot fill it."""
        events: list[OrderEvent] = []
        price = exact(trade.price)
        if price is None or book.grain < Grain.TRADE:
            return events
        lot_size = self._instruments[trade.symbol].lot_size
        offer = Offer(size_bound(trade.size, self._settings.trade_participation_max, lot_size))
        for record in self._working(book):
            if trade.time_ns >= record.active_ns:
                events += self._meet_trade(record, book, trade, offer=offer, now_ns=now_ns)
        return events

    def match_bar(self, book: SymbolBook, bar: Bar, now_ns: int) -> list[OrderEvent]:
        """A bar fills orders that had arrived when it started, and only if nothing finer is known."""
        events: list[OrderEvent] = []
        if book.grain is not Grain.BAR or bar.timeframe_ns != book.bar_timeframe_ns:
            return events
        instrument = self._instruments[bar.symbol]
        bound = size_bound(bar.volume, self._settings.bar_participation_max, instrument.lot_size)
        offer = Offer(bound, spread=bar_spread(bar), volume=exact(bar.volume) or ZERO)
        for record in self._working(book):
            if bar.time_ns - bar.timeframe_ns >= record.active_ns:
                events += self._meet_bar(record, bar, offer, now_ns)
        return events

    def _working(self, book: SymbolBook) -> Iterator[VenueOrder]:
        orders = self._state.orders
        return (orders[order_id] for order_id in tuple(book.working))

    def _meet_quote(
        self, record: VenueOrder, book: SymbolBook, prices: QuotePrices, now_ns: int
    ) -> list[OrderEvent]:
        """Try one order against the standing quote. At its first meeting it fills at the quote's price."""
        side = record.order.side
        price = prices.taken_by(side)
        if price is not None and record.acts_as in _WAITS_FOR_STOP:
            assert record.stop_price is not None, f"{record.order.client_order_id} waits for no stop price"
            record.is_triggered = reaches_stop(side, price, record.stop_price)
        if record.acts_as in _WAITS_FOR_STOP:
            return []
        events: list[OrderEvent] = []
        fill_price = None if price is None else _price_for(record, price)
        if fill_price is not None:
            events += self._take_shown(record, book, fill_price, spread=prices.spread, now_ns=now_ns)
        record.has_rested = record.has_rested or price is not None
        return events + self._end_chance(record, now_ns)

    def _take_shown(
        self, record: VenueOrder, book: SymbolBook, price: Decimal, *, spread: Decimal, now_ns: int
    ) -> list[OrderEvent]:
        """Fill from the size that the quote shows and our earlier fills left."""
        assert book.quote is not None, f"a price of {record.order.symbol} without a quote"
        is_buy = record.order.side is Side.BUY
        shown = book.quote.ask_size if is_buy else book.quote.bid_size
        bound = size_bound(shown, Decimal(1), self._instruments[record.order.symbol].lot_size)
        offer = Offer(bound, spread=spread, taken=book.ask_taken if is_buy else book.bid_taken)
        events = self._take(record, offer, price, now_ns=now_ns)
        if is_buy:
            book.ask_taken = offer.taken
        else:
            book.bid_taken = offer.taken
        return events

    def _meet_trade(
        self, record: VenueOrder, book: SymbolBook, trade: Trade, *, offer: Offer, now_ns: int
    ) -> list[OrderEvent]:
        side = record.order.side
        raw_price = exact(trade.price)
        assert raw_price is not None, f"print of {trade.symbol} at {trade.price}"
        price = on_grid(raw_price, tick_size=self._instruments[trade.symbol].tick_size, side=side)
        if record.acts_as in _WAITS_FOR_STOP:
            assert record.stop_price is not None, f"{record.order.client_order_id} waits for no stop price"
            record.is_triggered = reaches_stop(side, price, record.stop_price)
            # The print that sets off a stop is over; what fills it is the standing quote or the next print.
            return self.arrive(record, book, now_ns) if record.is_triggered else []
        if record.acts_as is OrderType.LIMIT:
            events = self._meet_print_at_limit(record, trade, price, offer=offer, now_ns=now_ns)
        elif book.grain is Grain.TRADE:
            events = self._take(record, offer, price, now_ns=now_ns)
        else:
            return []
        record.has_rested = True
        return events + self._end_chance(record, now_ns)

    def _meet_print_at_limit(
        self, record: VenueOrder, trade: Trade, price: Decimal, *, offer: Offer, now_ns: int
    ) -> list[OrderEvent]:
        """A print through the limit fills; one at the limit first works off what was ahead in the queue."""
        assert record.limit_price is not None, f"limit order {record.order.client_order_id} has no limit price"
        fill_price = _price_for(record, price)
        if fill_price is None:
            return []
        if price != record.limit_price:
            return self._take(record, offer, fill_price, now_ns=now_ns)
        size = exact(trade.size) or ZERO
        beyond = size - record.queue_ahead
        record.queue_ahead = max(ZERO, -beyond)
        if beyond <= 0:
            return []
        lot_size = self._instruments[trade.symbol].lot_size
        reached = down_to_lot(beyond * self._settings.trade_participation_max, lot_size)
        return self._take(record, offer, fill_price, now_ns=now_ns, at_most=reached)

    def _meet_bar(self, record: VenueOrder, bar: Bar, offer: Offer, now_ns: int) -> list[OrderEvent]:
        touch = bar_touch(
            record,
            bar,
            self._instruments[bar.symbol],
            at_close=self._settings.bar_market_price is BarPrice.CLOSE,
        )
        record.is_triggered = record.is_triggered or touch.triggers
        events = [] if touch.price is None else self._take(record, offer, touch.price, now_ns=now_ns)
        if record.acts_as in _WAITS_FOR_STOP or (touch.triggers and touch.price is None):
            return events
        record.has_rested = True
        return events + self._end_chance(record, now_ns)

    def _take(
        self, record: VenueOrder, offer: Offer, price: Decimal, *, now_ns: int, at_most: Decimal | None = None
    ) -> list[OrderEvent]:
        """Fill what the offer and the account allow; what the account cannot carry is canceled."""
        wanted = record.remaining
        quantity = offer.available(wanted if at_most is None else min(wanted, at_most))
        is_all_or_nothing = record.order.time_in_force is TimeInForce.FOK
        if quantity <= 0 or (is_all_or_nothing and quantity < wanted):
            return []
        if record.acts_as is OrderType.MARKET:
            price = self._slip(record, offer, price, quantity)
        fundable = self._ledger.fundable_quantity(record, quantity, price)
        events: list[OrderEvent] = []
        if fundable == quantity or (fundable > 0 and not is_all_or_nothing):
            offer.taken += fundable
            events.append(self._ledger.fill(record, quantity=fundable, price=price, now_ns=now_ns))
        if fundable < quantity:
            reason = NO_FUNDS if record.order.side is Side.BUY else NO_POSITION
            events.append(self.cancel(record, reason, now_ns))
        return events

    def _slip(self, record: VenueOrder, offer: Offer, price: Decimal, quantity: Decimal) -> Decimal:
        side = record.order.side
        slipped = slipped_price(
            self._settings.slippage,
            side=side,
            price=price,
            spread=max(ZERO, offer.spread),
            volume_share=offer.share_with(quantity),
        )
        return on_grid(slipped, tick_size=self._instruments[record.order.symbol].tick_size, side=side)

    def cancel(self, record: VenueOrder, reason: str, now_ns: int) -> OrderCanceled:
        """End a working order before it is filled."""
        event = _events.canceled(record, reason, now_ns)
        self._ledger.close(record, event, OrderStatus.CANCELED)
        return event

    def _end_chance(self, record: VenueOrder, now_ns: int) -> list[OrderEvent]:
        """Cancel what an IOC or FOK order could not fill at its one chance."""
        if not record.is_working or record.order.time_in_force not in _ONE_CHANCE:
            return []
        if record.order.time_in_force is TimeInForce.FOK:
            return [self.cancel(record, "FOK: the whole quantity could not be filled at once", now_ns)]
        return [self.cancel(record, f"IOC: {record.remaining} could not be filled at once", now_ns)]

    def _queue_ahead(self, record: VenueOrder, book: SymbolBook) -> Decimal:
        """What stands before a limit order at its price: the size shown there, none if it is the best of its
        side, and its own quantity where nobody tells (a guess: as much as we bring ourselves)."""
        if record.limit_price is None:
            return ZERO
        side = record.order.side
        best = quote_prices(book.quote, self._instruments[record.order.symbol].tick_size).taken_by(side.opposite)
        if book.quote is None or best is None or not is_within_limit(side, best, record.limit_price):
            return record.remaining
        if best != record.limit_price:
            return ZERO
        return exact(book.quote.bid_size if side is Side.BUY else book.quote.ask_size) or record.remaining


def _price_for(record: VenueOrder, price: Decimal) -> Decimal | None:
    """At what price an order fills when `price` is to be had: a limit order that rested fills at its limit, one
    that meets the market for the first time at the better price; `None` beyond the limit."""
    if record.acts_as is OrderType.MARKET:
        return price
    assert record.limit_price is not None, f"limit order {record.order.client_order_id} has no limit price"
    if not is_within_limit(record.order.side, price, record.limit_price):
        return None
    return record.limit_price if record.has_rested else price
