"""What one market-data message offers to our orders, as pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from gateways.simulated._grid import down_to_lot, exact, on_grid
from gateways.simulated._state import ZERO, VenueOrder
from messages import Bar, Instrument, OrderType, PriceRange, Quote, Side


@dataclass(slots=True)
class Offer:
    """Liquidity that our orders share: at most `bound` units in all, `None` where the feed told no size.

    `spread` is ask less bid, 0 where unknown; `volume` the bar's, 0 for a quote or a trade.
    """

    bound: Decimal | None
    spread: Decimal = ZERO
    volume: Decimal = ZERO
    taken: Decimal = ZERO

    def available(self, wanted: Decimal) -> Decimal:
        """How much of `wanted` is left to take."""
        return wanted if self.bound is None else min(wanted, max(ZERO, self.bound - self.taken))

    def share_with(self, quantity: Decimal) -> Decimal:
        """Our part of the bar's volume once `quantity` more is taken; 0 where there is no volume."""
        return (self.taken + quantity) / self.volume if self.volume else ZERO


class QuotePrices(NamedTuple):
    """Where a buy and a sell would fill on a quote; `None` on a side that offers nothing."""

    buy: Decimal | None
    sell: Decimal | None

    def taken_by(self, side: Side) -> Decimal | None:
        """The price for one side."""
        return self.buy if side is Side.BUY else self.sell

    @property
    def spread(self) -> Decimal:
        """Ask less bid, 0 where one of them is missing."""
        return self.buy - self.sell if self.buy is not None and self.sell is not None else ZERO


NOTHING = QuotePrices(None, None)


class BarTouch(NamedTuple):
    """What a bar does to an order: trigger its stop, fill it at `price`, both, or neither."""

    price: Decimal | None
    triggers: bool = False


UNTOUCHED = BarTouch(None)


def quote_prices(quote: Quote | None, tick_size: Decimal) -> QuotePrices:
    """Ask for a buy and bid for a sell, on the grid. A crossed quote offers nothing: it is an error, not a gift."""
    if quote is None:
        return NOTHING
    bid, ask = exact(quote.bid), exact(quote.ask)
    if bid is not None and ask is not None and bid > ask:
        return NOTHING
    return QuotePrices(
        buy=on_grid(ask, tick_size=tick_size, side=Side.BUY) if ask is not None else None,
        sell=on_grid(bid, tick_size=tick_size, side=Side.SELL) if bid is not None else None,
    )


def size_bound(size: float, participation: Decimal, lot_size: Decimal) -> Decimal | None:
    """Whole lots that a size lets us take; `None` where the feed told none."""
    number = exact(size)
    return None if number is None else down_to_lot(number * participation, lot_size)


def reaches_stop(side: Side, price: Decimal, stop_price: Decimal) -> bool:
    """Whether a price sets off a stop: at or above it for a buy, at or below it for a sell."""
    return price >= stop_price if side is Side.BUY else price <= stop_price


def is_within_limit(side: Side, price: Decimal, limit_price: Decimal) -> bool:
    """Whether a limit order may fill at a price."""
    return price <= limit_price if side is Side.BUY else price >= limit_price


def better_price(side: Side, one: Decimal, other: Decimal) -> Decimal:
    """The lower of two for a buy, the higher for a sell."""
    return min(one, other) if side is Side.BUY else max(one, other)


def bar_touch(record: VenueOrder, bar: Bar, instrument: Instrument, *, at_close: bool) -> BarTouch:
    """Where an order that was there from the bar's start meets the bar.

    Market: the open (the close if `at_close`). Limit: once the bar trades at it, at the better of open and
    limit. Stop: once the bar trades at it, at the worse of open and stop. Stop-limit: an open beyond the stop
    makes it a limit order for the whole bar; a stop reached later makes it one from the next bar on, because
    a bar does not tell what came after what. A buy reads the ask's range and a sell the bid's if there is one.
    """
    side = record.order.side
    prices = _side_prices(bar, instrument, side)
    if prices is None:
        return UNTOUCHED
    opened, best, worst, closed = prices
    match record.acts_as:
        case OrderType.MARKET:
            return BarTouch(closed if at_close else opened)
        case OrderType.LIMIT:
            return BarTouch(_limit_price(record, opened, best))
        case OrderType.STOP:
            stop_price = _stop_of(record)
            if not reaches_stop(side, worst, stop_price):
                return UNTOUCHED
            return BarTouch(better_price(side.opposite, opened, stop_price), triggers=True)
        case OrderType.STOP_LIMIT:
            stop_price = _stop_of(record)
            if reaches_stop(side, opened, stop_price):
                return BarTouch(_limit_price(record, opened, best), triggers=True)
            return BarTouch(None, triggers=reaches_stop(side, worst, stop_price))


def bar_spread(bar: Bar) -> Decimal:
    """Ask less bid at the bar's open, 0 where the bar has not both sides or they are crossed."""
    if bar.bid is None or bar.ask is None:
        return ZERO
    bid, ask = exact(bar.bid.open), exact(bar.ask.open)
    return max(ZERO, ask - bid) if bid is not None and ask is not None else ZERO


def _side_prices(bar: Bar, instrument: Instrument, side: Side) -> tuple[Decimal, Decimal, Decimal, Decimal] | None:
    """Open, best extreme, worst extreme and close for one side, on the grid; `None` if one of them is no price."""
    sided: PriceRange | None = bar.ask if side is Side.BUY else bar.bid
    prices: PriceRange | Bar = bar if sided is None else sided
    best, worst = (prices.low, prices.high) if side is Side.BUY else (prices.high, prices.low)
    numbers = (exact(prices.open), exact(best), exact(worst), exact(prices.close))
    opened, best_price, worst_price, closed = (
        None if number is None else on_grid(number, tick_size=instrument.tick_size, side=side) for number in numbers
    )
    if opened is None or best_price is None or worst_price is None or closed is None:
        return None
    return opened, best_price, worst_price, closed


def _limit_price(record: VenueOrder, opened: Decimal, best: Decimal) -> Decimal | None:
    limit_price = record.limit_price
    assert limit_price is not None, f"limit order {record.order.client_order_id} has no limit price"
    if not is_within_limit(record.order.side, best, limit_price):
        return None
    return better_price(record.order.side, opened, limit_price)


def _stop_of(record: VenueOrder) -> Decimal:
    assert record.stop_price is not None, f"stop order {record.order.client_order_id} has no stop price"
    return record.stop_price
