"""Books held against what a venue reports."""

from __future__ import annotations

from decimal import Decimal

from messages import AccountReported, AdjustedPart, HeldPosition, PortfolioId, Side, StrategyId, Symbol, VenueId
from rules.adjusting import adjust_cash, adjust_position
from rules.ledger import Books, allocate, apply_fill, check_conservation, open_books
from rules.reconciliation import CASH, Difference, compare

ABC = Symbol("ABC")


def report(cash: str, quantity: str = "0") -> AccountReported:
    """What the venue says."""
    held = (HeldPosition(ABC, Decimal(quantity)),) if Decimal(quantity) else ()
    return AccountReported(
        venue_id=VenueId("live"),
        portfolio_id=PortfolioId("main"),
        time_ns=2,
        venue_time_ns=1,
        cash=Decimal(cash),
        positions=held,
        open_orders=(),
    )


def books(quantity: str) -> Books:
    """A portfolio of 1,000 whose one strategy bought so much at 10."""
    made = open_books(Decimal(1_000))
    allocate(made, "plan", Decimal(500))  # type: ignore[arg-type]  # a plain name will do
    for ledger in (made.account, made.strategies["plan"]):  # type: ignore[index]
        apply_fill(ledger, symbol=ABC, side=Side.BUY, quantity=Decimal(quantity), price=Decimal(10))
    return made


def test_books_that_agree_show_no_difference() -> None:
    assert compare(books("5").account, report("950", "5"), before={}) == {}


def test_a_difference_is_a_break_once_it_was_the_same_three_times_in_a_row() -> None:
    account, before = books("5").account, dict[str, Difference]()
    breaks = []
    for _ in range(4):
        before = compare(account, report("950", "4"), before=before)
        breaks.append((before[ABC].is_break, before[ABC].is_new_break))

    assert breaks == [(False, False), (False, False), (True, True), (True, False)]


def test_a_difference_that_changes_is_counted_anew() -> None:
    account = books("5").account
    before = compare(account, report("950", "4"), before=compare(account, report("950", "4"), before={}))

    assert compare(account, report("950", "3"), before=before)[ABC].times == 1


def test_an_unsettled_symbol_is_no_evidence_and_nor_is_cash_then() -> None:
    assert compare(books("5").account, report("1", "4"), before={}, unsettled=[ABC]) == {}
    assert set(compare(books("5").account, report("1", "4"), before={})) == {ABC, CASH}


def test_books_that_take_the_venues_word_are_whole_and_take_it_from_who_holds_it() -> None:
    made = books("5")

    parts = adjust_position(made, ABC, Decimal(-3), price=Decimal(12))
    adjust_cash(made, Decimal(-50))

    assert check_conservation(made) is None
    assert made.account.cash == Decimal(900)
    assert made.strategies["plan"].quantity(ABC) == 2  # type: ignore[index]
    assert parts == (AdjustedPart(StrategyId("plan"), Decimal(-3)),)
    assert made.unallocated.quantity(ABC) == 0


def test_what_nobody_holds_is_added_to_the_unallocated_part() -> None:
    made = books("5")

    adjust_position(made, ABC, Decimal(2), price=Decimal(12))

    assert made.unallocated.quantity(ABC) == 2
    assert check_conservation(made) is None
