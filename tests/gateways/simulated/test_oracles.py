"""The same orders as published runs of other engines, and the same fills, to the cent."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from gateways.simulated import BarPrice, PerShareCommission, VolumeShareSlippage
from messages import DAY_NS, SECOND_NS, Bar, OrderEvent, OrderFilled, Side
from tests._paths import shared_data
from tests.gateways.simulated._venues import AAA, MAIN, instrument, order, venue


def rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a table, packed or not."""
    text = gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text()
    yield from csv.DictReader(text.splitlines())


def daily_bar(row: dict[str, str], close_hour: str = "21:00:00+00:00") -> Bar:
    """A day as a bar that ends at the close of that day."""
    ends = datetime.fromisoformat(f"{row['date']}T{close_hour}")
    opened, high, low, close, volume = (float(row[name]) for name in ("open", "high", "low", "close", "volume"))
    return Bar(AAA, int(ends.timestamp()) * SECOND_NS, DAY_NS, opened, high, low, close, volume)


def filled(events: list[OrderEvent]) -> list[OrderFilled]:
    return [event for event in events if isinstance(event, OrderFilled)]


def test_zipline_buying_ten_apple_a_day_fills_at_the_next_close_with_its_impact_and_commission() -> None:
    folder = shared_data() / "oracles" / "zipline" / "buyapple"
    prices = rows(shared_data() / "daily" / "zipline_wiki" / "prices.csv.gz")
    days = [row for row in prices if row["symbol"] == "AAPL" and "2014-01-02" <= row["date"] <= "2014-10-31"]
    made = venue(
        cash="10000000",
        instruments=[instrument(tick_size=Decimal("1e-13"))],
        commission=PerShareCommission(Decimal("0.0075"), Decimal("1.00")),
        slippage=VolumeShareSlippage(Decimal("0.1")),
        bar_participation_max=Decimal("0.025"),
        bar_market_price=BarPrice.CLOSE,
    )

    ours: list[OrderFilled] = []
    for number, day in enumerate(days):
        bar = daily_bar(day)
        ours += filled(made.on_market(bar, bar.time_ns))
        # The split of 7 to 1 on 2014-06-09 makes 70 of the 10 that were ordered the evening before.
        quantity = 70 if day["date"] == "2014-06-06" else 10
        made.submit(order(Side.BUY, quantity, order_id=f"o{number}"), bar.time_ns)

    theirs = list(rows(folder / "transactions.csv"))
    assert len(ours) == len(theirs) == 210
    apart = [abs(one.price - Decimal(other["price"])) for one, other in zip(ours, theirs, strict=True)]
    assert max(apart) <= Decimal("2e-13")  # theirs are floats
    assert {one.commission for one in ours} == {Decimal("1.00")}
    last = list(rows(folder / "perf.csv"))[-1]
    assert round(made.state.accounts[MAIN].cash, 2) == round(Decimal(last["ending_cash"]), 2)


def test_backtrader_crossing_its_average_fills_at_the_next_open() -> None:
    folder = shared_data() / "oracles" / "backtrader"
    expected: dict[str, Any] = json.loads((folder / "expected.json").read_text())
    theirs = expected["reproduced_backtrader_1.9.78.123"]["stock_like"]
    named = {"Date": "date", "Open": "open", "High": "high", "Low": "low", "Close": "close", "Volume": "volume"}
    days = [{named.get(key, key): value for key, value in row.items()} for row in rows(folder / "2006-day-001.txt")]
    made = venue(cash="10000")

    ours: list[OrderFilled] = []
    closes: list[float] = []
    for number, day in enumerate(days):
        bar = daily_bar(day, "00:00:00+00:00")
        ours += filled(made.on_market(bar, bar.time_ns))
        closes.append(bar.close)
        side = crossing(closes, holds=bool(made.state.accounts[MAIN].positions))
        if side is not None:
            made.submit(order(side, 1, order_id=f"o{number}"), bar.time_ns)

    assert [(one.side.value, float(one.price)) for one in ours] == [
        (t["side"], t["price"]) for t in theirs["fills"]
    ]
    assert made.state.accounts[MAIN].cash == Decimal(str(theirs["final_cash"]))


def crossing(closes: list[float], *, holds: bool, period: int = 15) -> Side | None:
    """The order of a strategy that buys when the close crosses above its average, and sells when below."""
    if len(closes) <= period:
        return None
    before, now = sum(closes[-period - 1 : -1]) / period, sum(closes[-period:]) / period
    if not holds and closes[-2] <= before and closes[-1] > now:
        return Side.BUY
    if holds and closes[-2] >= before and closes[-1] < now:
        return Side.SELL
    return None
