"""The sums of a portfolio's books, as a drill works them out."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from messages import Side, StrategyId, Symbol
from ops.drill.judge.sums import what_does_not_sum
from rules.ledger import Books, allocate, apply_fill, open_books

SYMBOL, STRATEGY = Symbol("ACME"), StrategyId("s1")


def traded() -> Books:
    books = open_books(Decimal(1000))
    allocate(books, STRATEGY, Decimal(600))
    for side, price in ((Side.BUY, 10), (Side.SELL, 12)):
        for ledger in (books.account, books.strategies[STRATEGY]):
            apply_fill(
                ledger,
                symbol=SYMBOL,
                side=side,
                quantity=Decimal(6 if side is Side.BUY else 2),
                price=Decimal(price),
                commission=Decimal("0.1"),
            )
    return books


def test_books_that_were_kept_sum() -> None:
    assert list(what_does_not_sum(traded())) == []


def lose_units(books: Books) -> None:
    books.account.positions[SYMBOL].quantity -= 1


def lose_a_line(books: Books) -> None:
    books.strategies[STRATEGY].positions.clear()


def lose_cash(books: Books) -> None:
    books.unallocated.cash -= 1
    books.unallocated.deposits -= 1


def lose_a_fee(books: Books) -> None:
    books.account.commission = Decimal(0)


def earn_too_much(books: Books) -> None:
    books.account.realized_pnl += 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lose_units, ["ACME of the account"]),
        (lose_a_line, ["profit of s1", "commission of s1", "cash of s1", "ACME of the account"]),
        (lose_cash, ["cash of the account", "deposits of the account"]),
        (lose_a_fee, ["commission of account", "commission of the account"]),
        (earn_too_much, ["profit of account"]),
    ],
)
def test_what_is_lost_is_told(change: Callable[[Books], None], told: list[str]) -> None:
    books = traded()

    change(books)

    assert [each.partition(" is ")[0] for each in what_does_not_sum(books)] == told
