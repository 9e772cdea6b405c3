"""The books of a run, counted anew from the exported journal alone, by other means than the engine's own.

Cash and quantities are summed exactly. Profit is realised at average cost in exact fractions, where the engine
rounds each share of a cost to 12 decimals: `closes` tells how often, so a comparison knows how far off it may be.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

ROUNDING = Fraction(1, 10**12)
_MARKET_DATA = {
    "Quote": ("bid", "ask", "bid_size", "ask_size"),
    "Trade": ("price", "size", "trade_id"),
    "Bar": ("open", "high", "low", "close", "volume"),
}
_TERMS = ("symbol", "side", "quantity", "order_type", "limit_price", "stop_price", "strategy_id")

Record = dict[str, Any]
"""One line of `understudy journal export --json`."""

Told = tuple[Any, ...]
"""One record of market data: its type and time, and the fields above."""


@dataclass
class Holding:
    """One strategy's part in one symbol."""

    quantity: Decimal = Decimal(0)
    cost: Fraction = Fraction(0)
    realized: Fraction = Fraction(0)
    commission: Decimal = Decimal(0)
    closes: int = 0

    def fill(self, signed: Decimal, price: Decimal, multiplier: Decimal) -> None:
        """Buy, or sell if `signed` is negative: what closes is taken out at average cost, the rest is opened."""
        value = Fraction(price) * Fraction(multiplier)
        closing = Decimal(0)
        if self.quantity * signed < 0:
            closing = min(abs(signed), abs(self.quantity)) * (1 if signed > 0 else -1)
            taken_out = self.cost * Fraction(-closing) / Fraction(self.quantity)
            self.realized += -Fraction(closing) * value - taken_out
            self.cost -= taken_out
            self.closes += 1
        self.cost += Fraction(signed - closing) * value
        self.quantity += signed


@dataclass
class Book:
    """One portfolio."""

    opened: Decimal
    cash: Decimal
    commission: Decimal = Decimal(0)
    holdings: dict[tuple[str, str], Holding] = field(default_factory=dict)


@dataclass
class Recount:
    """All that the tests want to know of a journal."""

    books: dict[str, Book] = field(default_factory=dict)
    multipliers: dict[str, Decimal] = field(default_factory=dict)
    approved: dict[str, Record] = field(default_factory=dict)
    submitted: dict[str, Record] = field(default_factory=dict)
    filled: dict[str, Decimal] = field(default_factory=dict)
    executions: dict[str, None] = field(default_factory=dict)
    market_data: dict[str, list[Told]] = field(default_factory=dict)
    fills: int = 0
    denied: int = 0
    inputs: int = 0
    last_seq: int = 0

    @classmethod
    def of(cls, records: Iterable[Record]) -> Recount:
        """Count a journal. Asserts what must hold of every journal, whatever was traded."""
        recount = cls()
        time_ns = 0
        for record in records:
            assert record["time_ns"] >= time_ns, f"time went back at input {record['seq']}"
            time_ns = record["time_ns"]
            if record["kind"] == "input":
                assert record["seq"] == recount.last_seq + 1, f"{record['seq']} follows {recount.last_seq}"
                recount.last_seq = record["seq"]
            assert record["seq"] == recount.last_seq, "an effect stands behind the input that caused it"
            recount._count(record)
        return recount

    def _count(self, record: Record) -> None:
        kind = record["type"]
        if kind in _MARKET_DATA:
            self.inputs += 1
            told = (kind, record["message_time_ns"], *[record[name] for name in _MARKET_DATA[kind]])
            self.market_data.setdefault(record["symbol"], []).append(told)
        elif kind == "Instrument":
            self.multipliers[record["symbol"]] = Decimal(record["multiplier"])
        elif kind == "PortfolioOpened":
            cash = Decimal(record["cash"])
            self.books[record["portfolio_id"]] = Book(opened=cash, cash=cash)
        elif kind == "OrderApproved":
            self.approved[record["client_order_id"]] = record["order"]
        elif kind == "SubmitOrder":
            self._submit(record)
        elif kind == "OrderDenied":
            self.denied += 1
        elif kind == "OrderFilled":
            self._fill(record)

    def _submit(self, order: Record) -> None:
        order_id = order["client_order_id"]
        assert order_id not in self.submitted, f"{order_id} was sent twice"
        approved = self.approved[order_id]
        assert [order[name] for name in _TERMS] == [approved[name] for name in _TERMS], f"{order_id} was changed"
        self.submitted[order_id] = order

    def _fill(self, fill: Record) -> None:
        order = self.submitted[fill["client_order_id"]]
        assert fill["execution_id"] not in self.executions, f"{fill['execution_id']} was counted twice"
        self.executions[fill["execution_id"]] = None
        quantity, price, commission = (Decimal(fill[name]) for name in ("quantity", "price", "commission"))
        total = self.filled.get(fill["client_order_id"], Decimal(0)) + quantity
        assert total == Decimal(fill["cumulative_quantity"]), f"{fill['execution_id']} leaves a gap"
        assert total <= Decimal(order["quantity"]), f"{fill['client_order_id']} is filled beyond its quantity"
        assert (fill["side"], fill["symbol"]) == (order["side"], order["symbol"])
        self.filled[fill["client_order_id"]] = total
        self.fills += 1
        signed = quantity if fill["side"] == "buy" else -quantity
        book = self.books[fill["portfolio_id"]]
        multiplier = self.multipliers[fill["symbol"]]
        book.cash -= signed * price * multiplier + commission
        book.commission += commission
        holding = book.holdings.setdefault((fill["strategy_id"], fill["symbol"]), Holding())
        holding.commission += commission
        holding.fill(signed, price, multiplier)


def assert_balanced(summary: Record, recount: Recount) -> None:
    """The run's own summary says what the recount says: counts exactly, money to the last digit."""
    counts = ("orders", "fills", "denied", "inputs", "journal_inputs")
    counted = (len(recount.submitted), recount.fills, recount.denied, recount.inputs, recount.last_seq)
    assert {name: summary[name] for name in counts} == dict(zip(counts, counted, strict=True))
    assert [told["portfolio_id"] for told in summary["portfolios"]] == list(recount.books)
    for told in summary["portfolios"]:
        _assert_portfolio(told, recount.books[told["portfolio_id"]], recount.multipliers)


def _assert_portfolio(told: Record, book: Book, multipliers: dict[str, Decimal]) -> None:
    positions = {(position["strategy_id"], position["symbol"]): position for position in told["positions"]}
    assert positions.keys() == book.holdings.keys()
    worth = unrealized = Decimal(0)
    for name, position in positions.items():
        holding = book.holdings[name]
        _assert_position(position, holding)
        if holding.quantity:
            value = holding.quantity * Decimal(position["mark_price"]) * multipliers[name[1]]
            worth += value
            unrealized += Decimal(position["unrealized_pnl"])
            off = abs(Fraction(Decimal(position["unrealized_pnl"])) - (Fraction(value) - holding.cost))
            assert off <= holding.closes * ROUNDING, f"unrealized_pnl of {name} is off by {float(off)}"
    assert Decimal(told["cash"]) == book.cash
    assert Decimal(told["commission"]) == book.commission
    assert Decimal(told["equity"]) == book.cash + worth
    assert Decimal(told["unrealized_pnl"]) == unrealized
    gained = Decimal(told["realized_pnl"]) + unrealized - book.commission
    assert Decimal(told["equity"]) - book.opened == gained


def _assert_position(position: Record, holding: Holding) -> None:
    assert Decimal(position["quantity"]) == holding.quantity
    assert Decimal(position["commission"]) == holding.commission
    off = abs(Fraction(Decimal(position["realized_pnl"])) - holding.realized)
    assert off <= holding.closes * ROUNDING, f"realized_pnl of {position['symbol']} is off by {float(off)}"


def assert_marked_at_the_market(summary: Record, recount: Recount, *, within_ns: int) -> None:
    """Every position is valued at a price that its symbol had within that time before its last record."""
    for portfolio in summary["portfolios"]:
        for position in portfolio["positions"]:
            if Decimal(position["quantity"]):
                records = recount.market_data[position["symbol"]]
                since_ns = records[-1][1] - within_ns
                assert Decimal(position["mark_price"]) in {_price(told) for told in records if told[1] >= since_ns}


def _price(told: Told) -> Decimal:
    """What a unit was worth by this record: the middle of a quote, a trade's price, a bar's close."""
    match told:
        case ("Quote", _, bid, ask, *_):
            return Decimal(repr((bid + ask) / 2))
        case ("Trade", _, price, *_):
            return Decimal(repr(price))
        case _:
            return Decimal(repr(told[5]))
