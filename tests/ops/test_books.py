"""The books that are folded from a journal alone."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages import (
    AnyMessage,
    AssetClass,
    Instrument,
    OrderCancelRejected,
    OrderReplaced,
    OrderStatus,
    OrderUnknown,
    ReplaceOrder,
    Side,
    Symbol,
)
from ops.book_lines import PortfolioLine, PositionLine
from ops.books import Books, read_books
from ops.errors import BooksError
from ops.marks import latest_marks
from storage import MemoryJournal
from tests.recorded import (
    Step,
    accepted,
    approved,
    at,
    cancel,
    canceled,
    denied,
    filled,
    frames,
    names_of,
    order,
    quote,
    rejected,
    small_run,
    started,
)

BUY = order(1, Side.BUY, "100", second=1, limit="10")


def test_the_books_of_a_small_run() -> None:
    journal = _journal(small_run())

    books = read_books(journal)
    marks = {("main", "AAPL"): latest_marks(journal, ["AAPL"])["AAPL"]}

    assert [(line.client_order_id, line.status) for line in books.orders.values()] == [
        ("bk-cross-1", OrderStatus.FILLED),
        ("bk-cross-2", OrderStatus.DENIED),
        ("bk-cross-3", OrderStatus.FILLED),
        ("bk-cross-4", OrderStatus.ACCEPTED),
    ]
    assert books.orders["bk-cross-1"].average_price == Decimal(11)
    assert books.orders["bk-cross-2"].reason == "too much"
    assert [fill.price for fill in books.fills] == [Decimal(10), Decimal(12), Decimal(13)]
    assert books.positions(marks) == [
        PositionLine(
            portfolio_id="main",
            strategy_id="cross",
            symbol="AAPL",
            quantity=Decimal(40),
            average_price=Decimal(11),
            mark_price=Decimal(14),
            realized_pnl=Decimal(120),
            unrealized_pnl=Decimal(120),
            commission=Decimal("1.5"),
        )
    ]
    assert books.portfolios(marks) == [
        PortfolioLine(
            portfolio_id="main",
            currency="USD",
            cash=Decimal("99678.5"),
            equity=Decimal("100238.5"),
            realized_pnl=Decimal(120),
            unrealized_pnl=Decimal(120),
            commission=Decimal("1.5"),
            orders=4,
            fills=3,
            open_positions=1,
        )
    ]


def test_a_journal_without_inputs_has_empty_books() -> None:
    books = read_books(MemoryJournal())

    assert (books.orders, books.fills, books.positions({}), books.portfolios({})) == ({}, [], [], [])


def test_outcomes_that_came_in_from_a_broker_count_as_much_as_those_of_a_simulated_venue() -> None:
    broker = b'{"venue": {"alpaca": {"kind": "alpaca"}}}'
    steps: list[Step] = [
        started(broker),
        (quote(1, 9, 10), [approved(BUY), BUY]),
        (accepted(BUY), []),
        (filled(BUY, "100", "10"), []),
    ]

    books = read_books(_journal(steps))

    assert books.orders["bk-cross-1"].status is OrderStatus.FILLED
    assert books.portfolios({("main", "AAPL"): Decimal(10)})[0].cash == Decimal(99_000)


def test_a_multiplier_scales_cash_and_profit() -> None:
    future = Instrument(
        symbol=Symbol("AAPL"),
        asset_class=AssetClass.FUTURE,
        quote_currency="USD",
        tick_size=Decimal("0.25"),
        lot_size=Decimal(1),
        multiplier=Decimal(50),
    )

    books = read_books(_journal(small_run()), instruments=[future])

    assert books.positions({("main", "AAPL"): Decimal(14)})[0].unrealized_pnl == Decimal(6_000)
    assert books.portfolios({("main", "AAPL"): Decimal(14)})[0].cash == Decimal(100_000 - 16_000) - Decimal("1.5")


def test_equity_is_unknown_while_a_held_symbol_has_no_mark() -> None:
    books = read_books(_journal(small_run()))

    line = books.portfolios({})[0]

    assert (line.equity, line.unrealized_pnl, line.cash) == (None, None, Decimal("99678.5"))


@pytest.mark.parametrize(
    ("events", "status"),
    [
        ([approved(BUY)], OrderStatus.INITIALIZED),
        ([denied(BUY, "no")], OrderStatus.DENIED),
        ([BUY], OrderStatus.SUBMITTED),
        ([BUY, accepted(BUY)], OrderStatus.ACCEPTED),
        ([BUY, rejected(BUY, "closed")], OrderStatus.REJECTED),
        ([BUY, accepted(BUY), filled(BUY, "99", "10")], OrderStatus.PARTIALLY_FILLED),
        ([BUY, accepted(BUY), filled(BUY, "100", "10")], OrderStatus.FILLED),
        ([BUY, filled(BUY, "40", "10"), accepted(BUY)], OrderStatus.PARTIALLY_FILLED),
        ([BUY, accepted(BUY), cancel(BUY)], OrderStatus.PENDING_CANCEL),
        ([BUY, accepted(BUY), cancel(BUY), canceled(BUY)], OrderStatus.CANCELED),
        ([BUY, cancel(BUY), canceled(BUY), filled(BUY, "40", "10")], OrderStatus.CANCELED),
        ([BUY, cancel(BUY), canceled(BUY), filled(BUY, "100", "10")], OrderStatus.FILLED),
        ([BUY, filled(BUY, "100", "10"), canceled(BUY)], OrderStatus.FILLED),
        ([BUY, filled(BUY, "100", "10"), cancel(BUY)], OrderStatus.FILLED),
    ],
)
def test_an_order_stands_where_its_events_leave_it(events: Sequence[AnyMessage], status: OrderStatus) -> None:
    assert _after(events).orders["bk-cross-1"].status is status


def test_a_cancel_that_the_venue_refuses_leaves_the_order_working() -> None:
    refused = OrderCancelRejected(**names_of(BUY), reason="too late")

    line = _after([BUY, accepted(BUY), filled(BUY, "40", "10"), cancel(BUY), refused]).orders["bk-cross-1"]

    assert (line.status, line.reason) == (OrderStatus.PARTIALLY_FILLED, "too late")


def test_a_replaced_order_has_its_new_terms() -> None:
    asked = ReplaceOrder(
        client_order_id=BUY.client_order_id,
        venue_id=BUY.venue_id,
        symbol=BUY.symbol,
        time_ns=at(2),
        limit_price=Decimal(11),
    )
    replaced = OrderReplaced(**names_of(BUY), quantity=Decimal(80), limit_price=Decimal(11))

    pending = _after([BUY, accepted(BUY), asked]).orders["bk-cross-1"]
    line = _after([BUY, accepted(BUY), asked, replaced]).orders["bk-cross-1"]

    assert pending.status is OrderStatus.PENDING_REPLACE
    assert (line.status, line.quantity, line.limit_price) == (OrderStatus.ACCEPTED, Decimal(80), Decimal(11))


def test_an_order_that_nobody_answers_for_is_unknown_until_the_venue_speaks() -> None:
    silence = OrderUnknown(**names_of(BUY), reason="no answer within 10 s")

    assert _after([BUY, silence]).orders["bk-cross-1"].status is OrderStatus.UNKNOWN
    assert _after([BUY, silence, BUY, accepted(BUY)]).orders["bk-cross-1"].status is OrderStatus.ACCEPTED


def test_an_execution_told_twice_counts_once() -> None:
    first = filled(BUY, "40", "10", commission="1")

    books = _after([BUY, first, filled(BUY, "60", "11", cumulative="100"), first])

    assert [fill.quantity for fill in books.fills] == [Decimal(40), Decimal(60)]
    assert books.orders["bk-cross-1"].commission == Decimal(1)


def test_an_event_of_an_order_that_was_never_submitted_is_a_contradiction() -> None:
    with pytest.raises(BooksError, match="OrderAccepted of order bk-cross-1, which the journal never submitted"):
        _after([accepted(BUY)])


class _Cut(MemoryJournal):
    """A journal whose first days were deleted."""

    @property
    def first_seq(self) -> int:
        return 7


def test_books_cannot_be_drawn_up_without_the_beginning() -> None:
    with pytest.raises(BooksError, match="the journal begins with input 7: earlier days were deleted"):
        read_books(_Cut())


sides = st.sampled_from(Side)
quantities = st.decimals("0.01", "1000", places=2)
prices = st.decimals("0.01", "1000", places=2)


@given(st.lists(st.tuples(sides, quantities, prices), max_size=30), prices)
def test_what_cash_lost_is_what_positions_cost_less_what_they_earned(
    trades: list[tuple[Side, Decimal, Decimal]], mark: Decimal
) -> None:
    books = Books()
    books.record(started()[1][0])
    for count, (side, quantity, price) in enumerate(trades, start=1):
        submit = order(count, side, str(quantity), second=count)
        books.record(submit)
        books.record(filled(submit, str(quantity), str(price), commission="0.25"))

    [line] = books.portfolios({("main", "AAPL"): mark})

    signed = sum((side.sign * quantity for side, quantity, _ in trades), Decimal(0))
    paid = sum((side.sign * quantity * price for side, quantity, price in trades), Decimal(0))
    assert line.cash == 100_000 - paid - line.commission
    assert line.equity == line.cash + signed * mark
    assert line.unrealized_pnl is not None
    assert line.equity - 100_000 == line.realized_pnl + line.unrealized_pnl - line.commission


def test_the_latest_mark_is_found_however_far_back_it_lies() -> None:
    steps: list[Step] = [started(), (quote(1, 7, 9, symbol="OLD"), [])]
    steps += [(quote(second, 1, 2), []) for second in range(2, 1_500)]

    marks = latest_marks(_journal(steps), ["OLD", "AAPL", "NEVER"])

    assert marks == {"OLD": Decimal("8.0"), "AAPL": Decimal("1.5")}


def test_a_quote_with_one_side_only_is_no_mark() -> None:
    steps: list[Step] = [started(), (quote(1, 7, 9), []), (quote(2, 7, 0), []), (quote(3, 0, 9), [])]

    assert latest_marks(_journal(steps), ["AAPL"]) == {"AAPL": Decimal("8.0")}


def _journal(steps: Sequence[Step]) -> MemoryJournal:
    journal = MemoryJournal()
    journal.append(frames(steps))
    return journal


def _after(events: Sequence[AnyMessage]) -> Books:
    books = Books()
    for event in events:
        books.record(event)
    return books
