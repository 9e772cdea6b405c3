"""The market as the broker sees it: one quote a symbol, whose displayed size is used up by what trades."""

from __future__ import annotations

from decimal import Decimal

from ops.drill.broker.orders import Order
from ops.drill.broker.rules import ZERO
from ops.drill.broker.terms import Terms


class Quote:
    """The best bid and ask of a symbol, and the units of each that are still to be had."""

    __slots__ = ("ask", "ask_left", "bid", "bid_left")

    def __init__(self, bid: Decimal, ask: Decimal, bid_left: Decimal, ask_left: Decimal) -> None:
        self.bid = bid
        self.ask = ask
        self.bid_left = bid_left
        self.ask_left = ask_left

    def touch(self, side: str) -> Decimal:
        """The price at which that side trades at once: a buyer pays the ask, a seller gets the bid."""
        return self.ask if side == "buy" else self.bid

    def triggers(self, terms: Terms) -> bool:
        """Has the market reached the stop price: the bid down to a sell stop, the ask up to a buy stop?"""
        assert terms.stop_price is not None, "only a stop order has a trigger"
        if terms.is_buy:
            return self.ask >= terms.stop_price
        return self.bid <= terms.stop_price

    def available(self, terms: Terms) -> Decimal:
        """Units that an order with these terms could take now; its stop is taken as triggered."""
        if terms.is_buy:
            is_crossed = terms.limit_price is None or terms.limit_price >= self.ask
            return self.ask_left if is_crossed else ZERO
        is_crossed = terms.limit_price is None or terms.limit_price <= self.bid
        return self.bid_left if is_crossed else ZERO

    def take(self, side: str, qty: Decimal) -> None:
        """Use up displayed size; a person's order may take more than is displayed."""
        if side == "buy":
            self.ask_left = max(ZERO, self.ask_left - qty)
        else:
            self.bid_left = max(ZERO, self.bid_left - qty)


def executable_qty(order: Order, quote: Quote, max_slice: Decimal | None) -> Decimal:
    """Units of the next execution of a triggered order against this quote; zero if there is none.

    A person's order is filled in one piece whatever is displayed.
    """
    if order.is_manual:
        return order.remaining
    qty = min(order.remaining, quote.available(order.terms))
    return qty if max_slice is None else min(qty, max_slice)
