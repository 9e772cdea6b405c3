"""Books drawn up from a journal in which a venue took executions back, and a person took its word."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from messages import (
    AdjustedPart,
    BooksAdjusted,
    OrderFillBusted,
    OrderFillCorrected,
    OrderReported,
    OrderStatus,
    PortfolioId,
    Side,
    Symbol,
    VenueOrderId,
)
from ops.books import Books
from tests.recorded import approved, at, filled, names_of, order, started

BUY = order(1, Side.BUY, "100", second=1)
FILL = filled(BUY, "60", "10", commission="0.6")
BUST = OrderFillBusted(
    **names_of(BUY),
    execution_id=FILL.execution_id,
    side=Side.BUY,
    quantity=FILL.quantity,
    price=FILL.price,
    commission=FILL.commission,
)


def recorded(*messages: object) -> Books:
    """Books of a run that began with 100,000 and sent one order."""
    books = Books()
    for message in (*started()[1], approved(BUY), BUY, *messages):
        books.record(message)  # type: ignore[arg-type]  # all of them are messages
    return books


def status_after(*messages: object) -> OrderStatus:
    """How the books have the order then."""
    return recorded(*messages).orders[BUY.client_order_id].status


def state_of(books: Books) -> tuple[Decimal, Decimal, int]:
    """Cash, what is held, and how many executions count."""
    held = sum((line.quantity for line in books.positions({})), Decimal(0))
    return books.portfolios({})[0].cash, held, len(books.fills)


def test_a_busted_execution_leaves_no_trace_in_cash_positions_and_fills() -> None:
    assert state_of(recorded(FILL)) == (Decimal("99399.4"), Decimal(60), 1)
    assert state_of(recorded(FILL, BUST)) == (Decimal(100_000), Decimal(0), 0)
    assert state_of(recorded(FILL, BUST, BUST, FILL)) == (Decimal(100_000), Decimal(0), 0)
    assert state_of(recorded(BUST, FILL)) == (Decimal(100_000), Decimal(0), 0)


def test_a_correction_takes_the_place_of_what_it_corrects() -> None:
    corrected = OrderFillCorrected(
        **names_of(BUY),
        execution_id=type(FILL.execution_id)("corrected"),
        side=Side.BUY,
        quantity=Decimal(50),
        price=Decimal(11),
        commission=Decimal(0),
        earlier_execution_id=FILL.execution_id,
        earlier_quantity=FILL.quantity,
        earlier_price=FILL.price,
        earlier_commission=FILL.commission,
    )

    assert state_of(recorded(FILL, corrected, corrected)) == (Decimal(99_450), Decimal(50), 1)


def reported(status: OrderStatus, filled: str, *, asked_ns: int = 0) -> OrderReported:
    """How the venue has the order."""
    return OrderReported(
        **names_of(BUY),
        venue_order_id=VenueOrderId("v"),
        status=status,
        quantity=BUY.quantity,
        filled_quantity=Decimal(filled),
        asked_ns=asked_ns,
    )


def test_an_ending_that_the_venue_reports_counts_unless_it_tells_of_more_than_is_known() -> None:
    canceled = OrderStatus.CANCELED

    assert status_after(FILL, reported(canceled, "60")) is OrderStatus.CANCELED
    assert status_after(FILL, reported(canceled, "80")) is OrderStatus.PARTIALLY_FILLED


def test_an_order_that_counts_as_filled_works_on_once_an_answer_says_so_and_less_is_filled() -> None:
    whole, works = filled(BUY, "100", "10"), OrderStatus.ACCEPTED
    bust = msgspec.structs.replace(BUST, execution_id=whole.execution_id, quantity=whole.quantity)
    later = bust.time_ns + 1

    assert status_after(whole, reported(works, "0", asked_ns=later)) is OrderStatus.FILLED
    assert status_after(whole, bust, reported(works, "0")) is OrderStatus.FILLED
    assert status_after(whole, bust, reported(works, "0", asked_ns=bust.time_ns)) is OrderStatus.FILLED
    assert status_after(whole, bust, reported(works, "0", asked_ns=later)) is OrderStatus.ACCEPTED


def test_what_a_person_accepted_is_taken_from_who_held_it_and_the_rest_is_nobodys() -> None:
    def adjusted(amount: str, *parts: AdjustedPart, symbol: Symbol | None) -> BooksAdjusted:
        return BooksAdjusted(
            portfolio_id=PortfolioId("main"),
            time_ns=at(9),
            amount=Decimal(amount),
            price=Decimal(10),
            symbol=symbol,
            parts=parts,
        )

    books = recorded(
        FILL,
        adjusted("-70", AdjustedPart(BUY.strategy_id, Decimal(-60)), symbol=BUY.symbol),
        adjusted("700", symbol=None),
    )

    assert {line.strategy_id: line.quantity for line in books.positions({})} == {"": -10, "cross": 0}
    assert books.portfolios({})[0].cash == Decimal("100099.4")
