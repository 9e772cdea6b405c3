"""What a simulation does not let an engine do where books and account differ."""

from __future__ import annotations

from decimal import Decimal

import pytest

from messages import AccountDiffers, BooksAdjusted, OrderUnknown, TradingHalted
from tests.messages._samples import EVENT, ORDER, QUOTE
from tests.simulation.test_conduct import CONNECTED, Told

DIFFERS = AccountDiffers(
    portfolio_id=ORDER.portfolio_id, time_ns=5, ours=Decimal(1), theirs=Decimal(0), symbol=ORDER.symbol
)
ADJUSTED = BooksAdjusted(
    portfolio_id=ORDER.portfolio_id,
    time_ns=5,
    symbol=ORDER.symbol,
    amount=Decimal(1),
    price=Decimal(9),
    reason="so",
)
HALTED = TradingHalted(portfolio_id=ORDER.portfolio_id, time_ns=5, reason="no", symbol=ORDER.symbol)


def test_a_difference_is_told_after_three_reports_that_say_the_same() -> None:
    differs = AccountDiffers(
        portfolio_id=ORDER.portfolio_id, time_ns=5, symbol=None, ours=Decimal(1), theirs=Decimal(100)
    )
    told = Told()
    for time_ns in (1, 2, 3):
        told.report(time_ns)
    told.conduct.see_effect(differs)
    assert told.broken == []

    told.report(4, cash=7)
    told.conduct.see_effect(differs)

    assert told.broken == ["C16"]


def test_a_difference_is_not_told_while_an_order_is_unknown() -> None:
    told = Told()
    for time_ns in (1, 2, 3):
        told.report(time_ns)
    told.put(CONNECTED, OrderUnknown(**EVENT, reason="gone"))

    told.conduct.see_effect(
        AccountDiffers(
            portfolio_id=ORDER.portfolio_id,
            time_ns=5,
            symbol=ORDER.symbol,
            ours=Decimal(1),
            theirs=Decimal(0),
        )
    )

    assert told.broken == ["C16"]


def test_the_books_are_adjusted_once_to_a_report() -> None:
    told = Told()
    for time_ns in (1, 2, 3):
        told.report(time_ns)
    told.put(QUOTE, DIFFERS, HALTED)
    told.put(QUOTE, ADJUSTED)
    told.put(QUOTE, DIFFERS, HALTED)
    assert told.broken == []

    told.put(QUOTE, ADJUSTED)

    assert told.broken == ["C21"]


def test_the_books_are_adjusted_only_where_a_difference_was_told() -> None:
    told = Told()
    for time_ns in (1, 2, 3):
        told.report(time_ns)

    told.put(QUOTE, ADJUSTED)

    assert told.broken == ["C21"]


@pytest.mark.parametrize("is_halted", [True, False])
def test_a_difference_of_a_position_halts_its_symbol_at_once(is_halted: bool) -> None:
    told = Told()
    told.put(CONNECTED)
    told.report(1)

    told.put(QUOTE, DIFFERS, *([HALTED] if is_halted else []))
    told.put(QUOTE)

    assert ("C15" in told.broken) is not is_halted
