"""Books that take the venue's word: what it holds more or less than they, and its cash.

A quantity comes in, or goes out, at a price that is nobody's trade: it is booked against cash at that price and the
same cash is deposited, so cash stays and the sums of `rules.ledger` go on to hold exactly.
"""

from __future__ import annotations

from decimal import Decimal

from messages import AdjustedPart, Side, StrategyId, Symbol
from rules.ledger import Books, Ledger, apply_fill, deposit

_ZERO = Decimal(0)
_ONE = Decimal(1)


def adjust_cash(books: Books, amount: Decimal) -> None:
    """Add `amount` of cash, or take it away if negative: from what is allocated to no strategy."""
    deposit(books.account, amount)
    deposit(books.unallocated, amount)


def adjust_position(
    books: Books, symbol: Symbol, quantity: Decimal, *, price: Decimal, multiplier: Decimal = _ONE
) -> tuple[AdjustedPart, ...]:
    """Add `quantity` of a symbol (negative: take away), valued at `price`; what of it concerned strategies.

    What is gone is taken from the strategies that hold it, in the order of their names; only what none of them
    holds concerns the unallocated part.
    """
    _shift(books.account, symbol, quantity, price=price, multiplier=multiplier)
    left, parts = quantity, []
    for strategy_id in sorted(books.strategies):
        ledger = books.strategies[strategy_id]
        held = ledger.quantity(symbol)
        if held * left < 0:
            part = -held if abs(held) < abs(left) else left
            _shift(ledger, symbol, part, price=price, multiplier=multiplier)
            parts.append(AdjustedPart(StrategyId(strategy_id), part))
            left -= part
    if left:
        _shift(books.unallocated, symbol, left, price=price, multiplier=multiplier)
    return tuple(parts)


def _shift(ledger: Ledger, symbol: Symbol, quantity: Decimal, *, price: Decimal, multiplier: Decimal) -> None:
    side = Side.BUY if quantity > 0 else Side.SELL
    apply_fill(ledger, symbol=symbol, side=side, quantity=abs(quantity), price=price, multiplier=multiplier)
    deposit(ledger, quantity * price * multiplier)
