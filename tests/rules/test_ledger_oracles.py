"""The same fills in other people's engines: their cash and equity, every day, to the cent."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from messages import Side, Symbol
from rules.ledger import Ledger, apply_fill, apply_split, check_ledger, deposit
from tests._paths import shared_data

CENT = Decimal("0.01")
AAPL, DAX, GOOG = Symbol("AAPL"), Symbol("DAX"), Symbol("GOOG")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def cents(number: str | float | Decimal | None) -> Decimal:
    return Decimal(str(number)).quantize(CENT)


def opened(cash: int) -> Ledger:
    ledger = Ledger()
    deposit(ledger, Decimal(cash))
    return ledger


def trade(ledger: Ledger, symbol: Symbol, signed: Decimal, price: Decimal, **terms: Decimal) -> Decimal:
    side = Side.BUY if signed > 0 else Side.SELL
    return apply_fill(ledger, symbol=symbol, side=side, quantity=abs(signed), price=price, **terms)


def test_zipline_buys_apple_every_day_through_a_split_to_the_same_cent() -> None:
    folder = shared_data() / "oracles" / "zipline" / "buyapple"
    fills = defaultdict(list)
    for fill in rows(folder / "transactions.csv"):
        fills[fill["session"]].append(fill)
    ledger = opened(10_000_000)

    for day in rows(folder / "perf.csv"):
        if day["date"] == "2014-06-09":
            apply_split(ledger, AAPL, new_units=Decimal(7), old_units=Decimal(1))
        for fill in fills[day["date"]]:
            price = Decimal(fill["price"]).quantize(Decimal("0.001"))
            trade(ledger, AAPL, Decimal(fill["amount"]), price, commission=Decimal(1))
        mark = Decimal(day["AAPL"]).quantize(Decimal("0.001"))
        assert cents(ledger.cash) == cents(day["ending_cash"]), day["date"]
        assert cents(ledger.equity({AAPL: mark})) == cents(day["portfolio_value"]), day["date"]

    assert ledger.quantity(AAPL) == 8580
    assert check_ledger(ledger) is None


@pytest.mark.parametrize(
    ("name", "equity_file", "multiplier"),
    [("stock_like", "stocklike_equity.csv", Decimal(1)), ("futures_like", "futureslike_equity.csv", Decimal(10))],
)
def test_backtrader_trades_an_index_to_the_same_cent_every_day(
    name: str, equity_file: str, multiplier: Decimal
) -> None:
    folder = shared_data() / "oracles" / "backtrader"
    expected = json.loads((folder / "expected.json").read_text("utf-8"))["reproduced_backtrader_1.9.78.123"][name]
    fills = {fill["date"]: fill for fill in expected["fills"]}
    closes = {day["Date"]: cents(day["Close"]) for day in rows(folder / "2006-day-001.txt")}
    ledger = opened(10_000)

    for day in rows(folder / equity_file):
        fill = fills.get(day["date"])
        if fill is not None:
            realized = trade(
                ledger,
                DAX,
                Decimal(fill["size"]),
                cents(fill["price"]),
                commission=cents(fill["commission"]),
                multiplier=multiplier,
            )
            assert realized == cents(fill["pnl"])
        equity = ledger.equity({DAX: closes[day["date"]]})
        assert cents(equity) == cents(day["value"]), day["date"]
        if multiplier == 1:  # backtrader holds margin instead of paying for a future
            assert cents(ledger.cash) == cents(day["cash"]), day["date"]

    assert cents(equity) == cents(expected["final_value"])


@pytest.mark.parametrize("name", ["10_20_commission", "10_20_free", "10_30"])
def test_backtesting_py_flips_long_and_short_to_the_same_profit_on_every_trade(name: str) -> None:
    folder = shared_data() / "oracles" / "backtesting_py"
    ledger = opened(10_000)

    for done in rows(folder / f"smacross_{name}_trades.csv"):
        size = Decimal(done["Size"])
        before = ledger.realized_pnl - ledger.commission
        trade(ledger, GOOG, size, Decimal(done["EntryPrice"]), commission=Decimal(done["Commission"]))
        trade(ledger, GOOG, -size, Decimal(done["ExitPrice"]))
        profit = ledger.realized_pnl - ledger.commission - before
        assert cents(profit) == cents(done["PnL"]), done["EntryTime"]

    if name == "10_20_commission":  # its last trade stayed open and is not on the list
        assert cents(ledger.commission) == Decimal("10563.95")
    else:
        final = rows(folder / f"smacross_{name}_equity.csv")[-1]["Equity"]
        assert cents(ledger.equity({})) == cents(final)


def test_backtesting_py_flips_in_one_order_to_the_same_final_equity() -> None:
    folder = shared_data() / "oracles" / "backtesting_py"
    done = rows(folder / "smacross_10_20_free_trades.csv")
    changes: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for each in done:
        changes[each["EntryTime"], each["EntryPrice"]] += Decimal(each["Size"])
        changes[each["ExitTime"], each["ExitPrice"]] -= Decimal(each["Size"])
    ledger = opened(10_000)

    for (_, price), signed in sorted(changes.items()):
        trade(ledger, GOOG, signed, Decimal(price))

    assert len(changes) < len(done) * 2  # some orders closed one trade and opened the next
    assert cents(ledger.equity({})) == cents(rows(folder / "smacross_10_20_free_equity.csv")[-1]["Equity"])
