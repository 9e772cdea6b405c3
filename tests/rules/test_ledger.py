"""Books that agree to the last digit, by arithmetic laws."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages import Side, StrategyId, Symbol
from rules.ledger import (
    Books,
    Ledger,
    Position,
    allocate,
    apply_fill,
    apply_split,
    book_fill,
    check_conservation,
    check_ledger,
    deposit,
    open_books,
)
from tests.rules._orders import SYMBOL, filled

OTHER = Symbol("MSFT")
SMA, RSI = StrategyId("sma"), StrategyId("rsi")
D = Decimal
ONE = Decimal(1)
PRICES = st.decimals("0.01", 10_000, places=4)
QUANTITIES = st.one_of(st.integers(1, 500).map(Decimal), st.decimals("0.00000001", 10, places=8))
FILLS = st.tuples(st.sampled_from([SYMBOL, OTHER]), st.sampled_from(Side), QUANTITIES, PRICES, PRICES.map(abs))
Fills = list[tuple[Symbol, Side, Decimal, Decimal, Decimal]]


def ledger_of(fills: Fills, *, multiplier: Decimal = ONE) -> Ledger:
    ledger = Ledger()
    deposit(ledger, D(1_000_000))
    for symbol, side, quantity, price, commission in fills:
        apply_fill(
            ledger,
            symbol=symbol,
            side=side,
            quantity=quantity,
            price=price,
            commission=commission,
            multiplier=multiplier,
        )
    return ledger


def trade(ledger: Ledger, signed: str, price: str, commission: str = "0", multiplier: str = "1") -> Decimal:
    quantity = D(signed)
    return apply_fill(
        ledger,
        symbol=SYMBOL,
        side=Side.BUY if quantity > 0 else Side.SELL,
        quantity=abs(quantity),
        price=D(price),
        commission=D(commission),
        multiplier=D(multiplier),
    )


def test_a_purchase_costs_cash_and_commission() -> None:
    ledger = Ledger(cash=D(10_000), deposits=D(10_000))

    trade(ledger, "100", "10.50", commission="1")

    assert ledger.cash == D("8949.00")
    assert ledger.positions[SYMBOL] == Position(symbol=SYMBOL, quantity=D(100), cost=D(1050), commission=D(1))
    assert ledger.positions[SYMBOL].average_price == D("10.5")


def test_part_of_a_position_is_closed_at_its_average_price() -> None:
    ledger = Ledger()
    trade(ledger, "100", "10")
    trade(ledger, "100", "20")

    realized = trade(ledger, "-50", "30")

    assert realized == 50 * (30 - 15)
    assert ledger.positions[SYMBOL].average_price == 15


def test_a_sale_through_zero_closes_at_the_average_and_opens_at_the_price() -> None:
    ledger = Ledger()
    trade(ledger, "100", "10")

    realized = trade(ledger, "-150", "12")

    assert realized == 200
    assert ledger.quantity(SYMBOL) == -50
    assert ledger.positions[SYMBOL].average_price == 12


def test_a_short_position_gains_when_the_price_falls() -> None:
    ledger = Ledger()
    trade(ledger, "-100", "10", multiplier="5")

    assert ledger.unrealized_pnl({SYMBOL: D(9)}) == 500
    assert ledger.gross_exposure({SYMBOL: D(9)}) == 4500
    assert trade(ledger, "40", "8", multiplier="5") == 400


def test_a_flat_position_has_no_average_and_keeps_its_profit() -> None:
    ledger = Ledger()
    trade(ledger, "3", "10")
    trade(ledger, "-1", "11")
    trade(ledger, "-2", "11")

    position = ledger.positions[SYMBOL]

    assert [position.average_price, position.cost, position.realized_pnl] == [None, 0, 3]
    assert ledger.equity({}) == ledger.cash == 3


@pytest.mark.parametrize("mark", [{}, {SYMBOL: D("NaN")}, {SYMBOL: D("Infinity")}])
def test_a_held_symbol_without_a_mark_leaves_the_worth_unknown(mark: dict[Symbol, Decimal]) -> None:
    ledger = Ledger()
    trade(ledger, "3", "10")

    assert [ledger.equity(mark), ledger.unrealized_pnl(mark), ledger.gross_exposure(mark)] == [None, None, None]


def test_what_was_never_traded_is_not_held() -> None:
    assert Ledger().quantity(SYMBOL) == 0
    assert Ledger().gross_exposure({}) == 0


def test_a_split_multiplies_the_units_and_keeps_the_cost() -> None:
    ledger = Ledger()
    trade(ledger, "10", "700")

    apply_split(ledger, SYMBOL, new_units=D(7), old_units=D(1))
    apply_split(ledger, OTHER, new_units=D(7), old_units=D(1))

    assert [ledger.quantity(SYMBOL), ledger.positions[SYMBOL].average_price] == [70, 100]


def test_a_position_cannot_change_its_multiplier() -> None:
    ledger = Ledger()
    trade(ledger, "1", "1", multiplier="5")

    with pytest.raises(AssertionError, match="AAPL has multiplier 5, not 10"):
        trade(ledger, "1", "1", multiplier="10")


def test_a_share_of_a_cost_past_all_bounds_is_rounded_to_whole_units_and_does_not_raise() -> None:
    ledger = Ledger()
    trade(ledger, "3000", "1e14")

    trade(ledger, "-1000", "1e14")

    assert ledger.positions[SYMBOL].cost == D("2e17")


@given(st.lists(FILLS, max_size=30), st.sampled_from(["1", "10", "0.5"]).map(Decimal))
def test_fills_sum_to_the_position_and_cash_is_conserved(fills: Fills, multiplier: Decimal) -> None:
    ledger = ledger_of(fills, multiplier=multiplier)

    for symbol in (SYMBOL, OTHER):
        assert ledger.quantity(symbol) == sum(side.sign * q for s, side, q, _, _ in fills if s == symbol)
    spent = sum(side.sign * q * price * multiplier + fee for _, side, q, price, fee in fills)
    assert ledger.cash == 1_000_000 - spent
    assert check_ledger(ledger) is None


@given(st.lists(FILLS, max_size=30), PRICES, PRICES, st.sampled_from(["1", "10", "0.5"]).map(Decimal))
def test_realised_and_unrealised_profit_less_commission_is_the_change_in_equity(
    fills: Fills, mark: Decimal, other: Decimal, multiplier: Decimal
) -> None:
    ledger = ledger_of(fills, multiplier=multiplier)
    marks = {SYMBOL: mark, OTHER: other}

    equity, unrealized = ledger.equity(marks), ledger.unrealized_pnl(marks)

    assert equity is not None
    assert unrealized is not None
    assert equity - ledger.deposits == ledger.realized_pnl + unrealized - ledger.commission
    assert unrealized == sum(p.unrealized_pnl(marks[s]) for s, p in ledger.positions.items())
    assert equity == ledger.equity(dict(reversed(marks.items())))


@given(st.lists(FILLS, max_size=30), PRICES)
def test_closing_at_the_mark_realises_what_was_unrealised(fills: Fills, mark: Decimal) -> None:
    ledger = ledger_of(fills)
    marks = {SYMBOL: mark, OTHER: mark}
    before = ledger.equity(marks)

    for symbol, position in ledger.positions.items():
        if position.quantity:
            side = Side.SELL if position.quantity > 0 else Side.BUY
            apply_fill(ledger, symbol=symbol, side=side, quantity=abs(position.quantity), price=mark)

    assert ledger.equity({}) == ledger.cash == before
    assert all(position.cost == 0 for position in ledger.positions.values())


def test_ten_thousand_partial_closes_leave_no_drift() -> None:
    ledger = Ledger()
    for _ in range(10_000):
        trade(ledger, "3", "10.01")
        trade(ledger, "-1", "9.99")
    trade(ledger, "-20000", "10")

    assert check_ledger(ledger) is None
    assert ledger.realized_pnl == ledger.cash == D("-300.3") * 1000 + D("99.9") * 1000 + 200_000


@given(st.lists(st.tuples(st.sampled_from([SMA, RSI, StrategyId("late")]), FILLS), max_size=30))
def test_the_ledgers_of_the_strategies_sum_to_the_account(
    fills: list[tuple[StrategyId, tuple[Symbol, Side, Decimal, Decimal, Decimal]]],
) -> None:
    books = open_books(D(1_000_000))
    allocate(books, SMA, D(400_000))
    allocate(books, RSI, D(500_000))
    allocate(books, RSI, D(-100_000))

    for strategy_id, (symbol, side, quantity, price, commission) in fills:
        terms: dict[str, Any] = {"symbol": symbol, "side": side, "price": price, "commission": commission}
        book_fill(books, filled(str(quantity), str(quantity), strategy_id=strategy_id, **terms))

    marks = {SYMBOL: D("12.34"), OTHER: D("56.78")}
    assert check_conservation(books) is None
    parts = [ledger.equity(marks) or D(0) for ledger in (books.unallocated, *books.strategies.values())]
    assert books.account.equity(marks) == sum(parts)


def test_a_fill_tells_what_it_realised_for_its_strategy_not_for_the_account() -> None:
    books = open_books(D(1000))
    book_fill(books, filled("10", "10", price=D(10), strategy_id=RSI))
    book_fill(books, filled("10", "10", price=D(20), strategy_id=SMA))

    assert book_fill(books, filled("10", "20", price=D(30), side=Side.SELL, strategy_id=SMA)) == 100
    assert books.account.realized_pnl == 150


def test_no_more_can_be_allocated_than_there_is() -> None:
    books = open_books(D(100))
    allocate(books, SMA, D(100))

    with pytest.raises(ValueError, match="unallocated cash is 0; 1 cannot be taken from it"):
        allocate(books, RSI, D(1))
    with pytest.raises(ValueError, match="cash of sma is 100; 101 cannot be taken from it"):
        allocate(books, SMA, D(-101))
    assert list(books.strategies) == [SMA]


def broken_books() -> list[tuple[Books, str]]:
    def books() -> Books:
        made = open_books(D(100))
        allocate(made, SMA, D(50))
        return made

    cash, sums, quantity, deposits = books(), books(), books(), books()
    cash.strategies[SMA].cash += D("0.01")
    deposit(sums.strategies[SMA], D(1))
    apply_fill(quantity.strategies[SMA], symbol=SYMBOL, side=Side.BUY, quantity=D(1), price=D(0))
    deposits.unallocated.positions[SYMBOL] = Position(symbol=SYMBOL, realized_pnl=D(5))
    return [
        (cash, "sma: cash is 50.01, its parts sum to 50"),
        (sums, "cash of the account is 100, of its parts 101"),
        (quantity, "quantity of AAPL in the account is 0, in its parts 1"),
        (deposits, "unallocated: realized_pnl is 0, its parts sum to 5"),
    ]


@pytest.mark.parametrize(("books", "text"), broken_books())
def test_books_that_do_not_sum_say_where(books: Books, text: str) -> None:
    assert check_conservation(books) == text


def test_books_survive_their_checkpoint() -> None:
    books = open_books(D(1000))
    allocate(books, SMA, D(500))
    book_fill(books, filled("10", "10"))

    assert msgspec.msgpack.decode(msgspec.msgpack.encode(books), type=Books) == books
