"""The venue against a naive model: one book in whole ticks and lots, with plain lists and no cleverness."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from messages import Side, TimeInForce
from tests.gateways.simulated._venues import AAA, NOON_NS, cancel, fills, order, quote, trade, venue

Fill = tuple[int, int]
"""Lots and ticks."""


@dataclass
class NaiveOrder:
    name: str
    is_buy: bool
    left: int
    limit: int | None
    stop: int | None
    lasts: TimeInForce
    ahead: int = 0
    rested: bool = False


@dataclass
class NaiveVenue:
    """Fills of market, limit, stop and stop-limit orders on quotes with sizes, and of resting limits on prints."""

    bid: int = 0
    ask: int = 0
    bid_left: int = 0
    ask_left: int = 0
    bid_shown: int = 0
    ask_shown: int = 0
    orders: list[NaiveOrder] = field(default_factory=list)

    def on_quote(self, bid: int, ask: int, bid_size: int, ask_size: int) -> list[Fill]:
        if (bid, bid_size) != (self.bid, self.bid_shown):
            self.bid_left = bid_size
        if (ask, ask_size) != (self.ask, self.ask_shown):
            self.ask_left = ask_size
        self.bid, self.ask, self.bid_shown, self.ask_shown = bid, ask, bid_size, ask_size
        return [fill for one in list(self.orders) for fill in self.try_quote(one)]

    def submit(self, one: NaiveOrder) -> list[Fill]:
        self.orders.append(one)
        self.queue(one)
        return self.try_quote(one)

    def queue(self, one: NaiveOrder) -> None:
        if one.limit is None:
            return
        best, shown = (self.bid, self.bid_shown) if one.is_buy else (self.ask, self.ask_shown)
        inside = one.limit > best if one.is_buy else one.limit < best
        if self.bid > self.ask:
            one.ahead = one.left
        elif inside:
            one.ahead = 0
        else:
            one.ahead = shown if one.limit == best else one.left

    def try_quote(self, one: NaiveOrder) -> list[Fill]:
        price = self.ask if one.is_buy else self.bid
        if self.bid > self.ask:
            price = 0
        if one.stop is not None:
            if price == 0 or (price < one.stop if one.is_buy else price > one.stop):
                return []
            one.stop = None
        made: list[Fill] = []
        if price and (one.limit is None or (price <= one.limit if one.is_buy else price >= one.limit)):
            left = self.ask_left if one.is_buy else self.bid_left
            lots = min(one.left, left)
            if lots and not (one.lasts is TimeInForce.FOK and lots < one.left):
                made.append((lots, one.limit if one.limit is not None and one.rested else price))
                one.left -= lots
                if one.is_buy:
                    self.ask_left -= lots
                else:
                    self.bid_left -= lots
        one.rested = one.rested or price > 0
        if one.left == 0 or one.lasts in (TimeInForce.IOC, TimeInForce.FOK):
            self.orders.remove(one)
        return made

    def on_trade(self, price: int, size: int) -> list[Fill]:
        made: list[Fill] = []
        pool = size
        for one in list(self.orders):
            if one.stop is not None:
                if price >= one.stop if one.is_buy else price <= one.stop:
                    one.stop = None
                    self.queue(one)
                    made += self.try_quote(one)
                continue
            if one.limit is None or (price > one.limit if one.is_buy else price < one.limit):
                one.rested = one.rested or one.limit is not None
                continue
            reach = size
            if price == one.limit:
                reach = max(0, size - one.ahead)
                one.ahead = max(0, one.ahead - size)
            lots = min(one.left, reach, pool)
            if lots:
                made.append((lots, one.limit if one.rested else price))
                one.left -= lots
                pool -= lots
            one.rested = True
            if one.left == 0:
                self.orders.remove(one)
        return made


ticks = st.integers(9_990, 10_010)
lots = st.integers(1, 40)


class VenueAgainstModel(RuleBasedStateMachine):
    """Every fill of the venue is the model's, in the same order."""

    def __init__(self) -> None:
        super().__init__()
        self.venue = venue(allow_margin=True, allow_short=True)
        self.model = NaiveVenue()
        self.count = 0
        self.venue.on_market(quote(99.99, 100.01, 10, 10), NOON_NS)
        self.model.on_quote(9_999, 10_001, 10, 10)

    @rule(bid=ticks, ask=ticks, bid_size=lots, ask_size=lots)
    def quote_changes(self, bid: int, ask: int, bid_size: int, ask_size: int) -> None:
        events = self.venue.on_market(quote(bid / 100, ask / 100, bid_size, ask_size), NOON_NS)
        assert in_lots(fills(events)) == self.model.on_quote(bid, ask, bid_size, ask_size)

    @rule(price=ticks, size=lots)
    def trade_prints(self, price: int, size: int) -> None:
        events = self.venue.on_market(trade(price / 100, size), NOON_NS)
        assert in_lots(fills(events)) == self.model.on_trade(price, size)

    @rule(
        side=st.sampled_from(Side),
        quantity=lots,
        limit=st.none() | ticks,
        stop=st.none() | ticks,
        lasts=st.sampled_from([TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK]),
    )
    def order_comes(
        self, side: Side, quantity: int, limit: int | None, stop: int | None, lasts: TimeInForce
    ) -> None:
        self.count += 1
        name = f"o{self.count}"
        command = order(side, quantity, limit=cents(limit), stop=cents(stop), order_id=name, lasts=lasts)
        events = self.venue.submit(command, NOON_NS)
        naive = NaiveOrder(name, side is Side.BUY, quantity, limit, stop, lasts)
        assert in_lots(fills(events)) == self.model.submit(naive)

    @rule(data=st.data())
    def order_is_canceled(self, data: st.DataObject) -> None:
        if self.model.orders:
            chosen = data.draw(st.sampled_from(self.model.orders))
            self.venue.cancel(cancel(chosen.name), NOON_NS)
            self.model.orders.remove(chosen)

    @invariant()
    def the_same_orders_work(self) -> None:
        assert self.venue.state.books[AAA].working == [one.name for one in self.model.orders]
        for one in self.model.orders:
            assert self.venue.state.orders[one.name].remaining == one.left  # type: ignore[index]


def cents(price: int | None) -> str | None:
    return None if price is None else f"{price / 100:.2f}"


def in_lots(made: list[tuple[str, str]]) -> list[Fill]:
    return [(int(Decimal(quantity)), int(Decimal(price) * 100)) for quantity, price in made]


TestVenueAgainstModel = VenueAgainstModel.TestCase
TestVenueAgainstModel.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
