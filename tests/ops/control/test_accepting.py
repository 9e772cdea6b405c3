"""What a person is told once the books took the broker's word."""

from __future__ import annotations

from decimal import Decimal

from messages import BooksAdjusted, PortfolioId, Symbol
from ops.control.trading_commands import adjusted_text
from ops.export import RecordKind, record


def test_what_the_books_took_is_told_in_one_line() -> None:
    taken = [
        BooksAdjusted(
            portfolio_id=PortfolioId("main"), time_ns=1, amount=Decimal(amount), price=Decimal(10), symbol=symbol
        )
        for amount, symbol in (("-3", Symbol("AAA")), ("12.50", None))
    ]
    records = tuple(record(each, seq=7, time_ns=1, kind=RecordKind.EFFECT) for each in taken)

    assert adjusted_text(records) == (
        "the books took the broker's word: -3 AAA, +12.50 of cash. What was halted is still halted"
    )
