"""Books drawn up from a journal in which a venue took executions back, and a person took its word."""

from __future__ import annotations

from decimal import Decimal

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


def test_an_ending_that_the_venue_reports_counts_unless_it_tells_of_more_than_is_known() -> None:
    def ending(quantity: str) -> OrderReported:
        return OrderReported(
            **names_of(BUY),
            venue_order_id=VenueOrderId("v"),
            status=OrderStatus.CANCELED,
            quantity=BUY.quantity,
            filled_quantity=Decimal(quantity),
        )

    assert recorded(FILL, ending("60")).orders[BUY.client_order_id].status is OrderStatus.CANCELED
    assert recorded(FILL, ending("80")).orders[BUY.client_order_id].status is OrderStatus.PARTIALLY_FILLED


def test_an_order_that_counts_as_filled_works_on_once_an_answer_says_so_and_less_is_filled() -> None:
    whole = filled(BUY, "100", "10")
    bust = OrderFillBusted(
        **names_of(BUY),
        execution_id=whole.execution_id,
        side=Side.BUY,
        quantity=whole.quantity,
        price=whole.price,
        commission=whole.commission,
    )

    def works(asked_ns: int) -> OrderReported:
        return OrderReported(
            **names_of(BUY),
            venue_order_id=VenueOrderId("v"),
            status=OrderStatus.ACCEPTED,
            quantity=BUY.quantity,
            filled_quantity=Decimal(0),
            asked_ns=asked_ns,
        )

    assert recorded(whole, works(whole.time_ns + 1)).orders[BUY.client_order_id].status is OrderStatus.FILLED
    assert recorded(whole, bust, works(0)).orders[BUY.client_order_id].status is OrderStatus.FILLED
    assert recorded(whole, bust, works(bust.time_ns)).orders[BUY.client_order_id].status is OrderStatus.FILLED
    assert recorded(whole, bust, works(bust.time_ns + 1)).orders[BUY.client_order_id].status is OrderStatus.ACCEPTED


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
