"""What the broker takes on: the reasons to refuse an order, and the buying power behind them.

    equity       = cash + sum of position x mark                      mark: middle of the quote
    buying power = equity x leverage x factor - exposure - reserve - cost of the open orders
    exposure     = sum of |position| x mark

Open orders cost only as far as they open or enlarge a position, at their limit price, or else at the worse of
touch and stop. For a long-only account without leverage this is the cash less the open buys, whatever the marks.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from ops.drill.broker.account import Account
from ops.drill.broker.matching import Quote
from ops.drill.broker.replies import Refusal
from ops.drill.broker.rules import ONE, ZERO, BrokerRules
from ops.drill.broker.terms import Terms, text


class Claim(NamedTuple):
    """What an open order may still do: its terms, and the units that are left of them."""

    terms: Terms
    qty: Decimal


class Admission:
    """Judges orders against the account and the market. It changes neither."""

    def __init__(self, rules: BrokerRules, account: Account, quotes: dict[str, Quote]) -> None:
        self._rules = rules
        self._account = account
        self._quotes = quotes
        self.halted: dict[str, bool] = {}
        self.factor = ONE
        self.reserve = ZERO

    def refusal(self, claim: Claim, others: list[Claim], *, before: Claim | None = None) -> Refusal | None:
        """Why the broker does not take this on beside its other open orders; None if it does.

        `before` is what the same order claimed until now, when this is a replace: nobody is refused for
        asking less of the account than he already has.
        """
        if self._account.is_blocked:
            return Refusal("account_blocked", "the account is blocked")
        symbol = claim.terms.symbol
        if self.halted.get(symbol) and self._rules.halted_orders == "refuse":
            return Refusal("symbol_halted", f"{symbol} is halted")
        if self._rules.wash_trade_refusal and any(could_trade(claim.terms, other.terms) for other in others):
            return Refusal("wash_trade", "the order could trade with a working order of the account")
        if not self._rules.shorting and not claim.terms.is_buy:
            return self._beyond_holdings(claim, others, before)
        return self._beyond_buying_power(claim, others, before)

    def buying_power(self, claims: Iterable[Claim]) -> Decimal:
        """Account currency left for new exposure beside these open orders; below zero when overdrawn."""
        equity, exposure = self._account.cash, ZERO
        for symbol, position in self._account.positions.items():
            value = position * self._mark(symbol)
            equity += value
            exposure += abs(value)
        return equity * self._rules.leverage * self.factor - exposure - self.reserve - self._cost(claims)

    def _beyond_holdings(self, claim: Claim, others: list[Claim], before: Claim | None) -> Refusal | None:
        symbol = claim.terms.symbol
        promised = sum((c.qty for c in others if c.terms.symbol == symbol and not c.terms.is_buy), ZERO)
        available = max(ZERO, self._account.positions.get(symbol, ZERO) - promised)
        if claim.qty <= available or (before is not None and claim.qty <= before.qty):
            return None
        return Refusal("insufficient_qty", f"{text(available)} {symbol} available, {text(claim.qty)} to be sold")

    def _beyond_buying_power(self, claim: Claim, others: list[Claim], before: Claim | None) -> Refusal | None:
        power_now = self.buying_power(others if before is None else [*others, before])
        power_then = self.buying_power([*others, claim])
        if power_then >= min(ZERO, power_now):
            return None
        return Refusal("insufficient_buying_power", f"{text(-power_then)} more would be needed")

    def _mark(self, symbol: str) -> Decimal:
        quote = self._quotes[symbol]
        return (quote.bid + quote.ask) / 2

    def _cost(self, claims: Iterable[Claim]) -> Decimal:
        """Cost of what the claims open, after the older ones have used up what there is to close."""
        closable: dict[tuple[str, str], Decimal] = {}
        for symbol, position in self._account.positions.items():
            closable[symbol, "sell" if position > 0 else "buy"] = abs(position)
        cost = ZERO
        for claim in claims:
            key = (claim.terms.symbol, claim.terms.side)
            closing = min(claim.qty, closable.get(key, ZERO))
            if closing:
                closable[key] -= closing
            if closing < claim.qty:
                unit = self._price_of(claim.terms) + self._rules.commission_per_share
                cost += (claim.qty - closing) * unit
        return cost

    def _price_of(self, terms: Terms) -> Decimal:
        quote = self._quotes.get(terms.symbol)
        touch = ZERO if quote is None else quote.touch(terms.side)
        if terms.limit_price is not None:
            return terms.limit_price if terms.is_buy else max(terms.limit_price, touch)
        return touch if terms.stop_price is None else max(terms.stop_price, touch)


def could_trade(one: Terms, other: Terms) -> bool:
    """Could two orders of one account trade with each other? As Alpaca judges it.

    Opposite sides of one symbol: always if either has no limit price, else when the buyer's reaches the seller's.
    """
    if one.symbol != other.symbol or one.side == other.side:
        return False
    buy, sell = (one, other) if one.is_buy else (other, one)
    if buy.limit_price is None or sell.limit_price is None:
        return True
    return buy.limit_price >= sell.limit_price
