"""Whether the parts of a portfolio's books sum to its account: worked out here, not by the engine's own check."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from rules.ledger import Books, Ledger

_ZERO = Decimal(0)


def what_does_not_sum(books: Books) -> Iterator[str]:
    """What does not come out, in words: each ledger by itself, then the account beside the sum of its parts."""
    parts: list[tuple[str, Ledger]] = [("unallocated", books.unallocated), *books.strategies.items()]
    for name, ledger in (("account", books.account), *parts):
        for what, has, should in _sums_of(ledger):
            if has != should:
                yield f"{what} of {name} is {has}, and its lines sum to {should}"
    whole, total = _contents(books.account), defaultdict[str, Decimal](Decimal)
    for _, ledger in parts:
        for what, amount in _contents(ledger).items():
            total[what] += amount
    for what in sorted({*whole, *total}):
        if whole.get(what, _ZERO) != total[what]:
            yield f"{what} of the account is {whole.get(what, _ZERO)}, and its parts sum to {total[what]}"


def _contents(ledger: Ledger) -> dict[str, Decimal]:
    """What is divided among the parts. What was earned is not: one may have bought what another sells."""
    money = {"cash": ledger.cash, "deposits": ledger.deposits, "commission": ledger.commission}
    return money | {str(symbol): each.quantity for symbol, each in ledger.positions.items()}


def _sums_of(ledger: Ledger) -> list[tuple[str, Decimal, Decimal]]:
    """What a ledger says that it has, and what its lines say."""
    lines = ledger.positions.values()
    earned = sum((each.realized_pnl for each in lines), _ZERO)
    paid = sum((each.commission for each in lines), _ZERO)
    spent = sum((each.cost for each in lines), _ZERO)
    return [
        ("profit", ledger.realized_pnl, earned),
        ("commission", ledger.commission, paid),
        ("cash", ledger.cash, ledger.deposits + earned - paid - spent),
    ]
