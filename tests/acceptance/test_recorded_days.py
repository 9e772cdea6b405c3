"""Recorded days through the command: every record in order, orders and fills, and books that balance.

The books are counted anew by `_recount`, from the exported journal alone; the files are read anew by `_raw`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from messages import MINUTE_NS, SECOND_NS
from tests._paths import shared_data
from tests.acceptance import _raw as raw
from tests.acceptance._command import DATASETS, Summary, exported, run
from tests.acceptance._recount import Recount, Told, assert_balanced, assert_marked_at_the_market

CROSSED_ON_THE_FX_DAY = 18_285 + 2_132
"""Quotes of EURUSD and NZDUSD there whose bid is above their ask, as the manifest of the data counts them."""

Reader = Callable[[Path], Iterable[Told]]


@dataclass(frozen=True)
class Day:
    """A recorded day: how many records it has by the manifest of the data, and how far apart they lie.

    `files` names each symbol's file with what reads it anew. The day is replayed by the description of its name,
    or with `direct` by those files.
    """

    name: str
    records: int
    files: tuple[tuple[str, str, Reader], ...]
    spacing_ns: int = SECOND_NS
    direct: bool = False

    def __str__(self) -> str:
        return self.name

    def arguments(self, root: Path) -> list[object]:
        """What `understudy run` is given."""
        if self.direct:
            return ["--replay", *(root / path for _, path, _ in self.files)]
        return ["--replay", DATASETS / f"{self.name}.toml", "--root", root]


def _files(pattern: str, read: Reader, **names: str) -> tuple[tuple[str, str, Reader], ...]:
    """One file per symbol; `names` are what stands in the pattern."""
    return tuple((symbol, pattern.format(name), read) for symbol, name in names.items())


def _trades(symbol: str) -> tuple[str, str, Reader]:
    path = "equity_ticks/etf_multi/ETF_AAA_BBB_trades_20140917.csv.gz"
    return symbol, path, lambda file: raw.new_york_trades(file, symbol)


FX_DAY = Day(
    "fx_and_gold",
    469_762,
    _files(
        "lean/{}/20140508_quote.zip",
        raw.lean_ticks,
        EURUSD="forex/fxcm/tick/eurusd",
        NZDUSD="forex/fxcm/tick/nzdusd",
        XAUUSD="cfd/oanda/tick/xauusd",
    ),
    direct=True,
)
DAYS = (
    Day(
        "lwc_2023",
        2_083 + 2_084 + 2_086,
        _files("equity_minute/lwc_2023/{}_1min.csv", raw.lwc_bars, AAPL="AAPL", GOOGL="GOOGL", TSLA="TSLA"),
        MINUTE_NS,
    ),
    Day(
        "rsc_2016",
        2 * 8_211,
        _files("equity_minute/rsc_2016/{}_1min_20160415_20160513.tsv", raw.rsc_bars, AAPL="AAPL", MSFT="MSFT"),
        MINUTE_NS,
    ),
    Day(
        "spy_2011",
        14_180,
        _files("equity_minute/spy_2011/{}", raw.ninja_trader_bars, SPY="nt-spy-minute-201101.csv"),
        MINUTE_NS,
    ),
    Day(
        "es_2011",
        6_784,
        _files("futures_minute/{}", raw.chicago_bars, ES="ES_1min_20110102_20110107.csv.gz"),
        MINUTE_NS,
    ),
    Day("etf_multi", 7_848 + 19_540 + 16_193, (_trades("AAA"), _trades("BBB"), _trades("ETF"))),
    Day(
        "xxx_taq_clean",
        46_564 + 7_168,
        _files("equity_ticks/xxx_taq/{}_quotes_clean_20180102_20180103.csv.gz", raw.clean_tape, XXX="XXX"),
    ),
    Day(
        "crypto_feed",
        28_040 + 9_757 + 24_077 + 6_106 + 66_089 + 21_313,
        _files(
            "crypto_feed/binance_{}_20240808.jsonl.gz",
            raw.binance_capture,
            **{"BTCUSDT": "spot_BTCUSDT", "ETHUSDT": "spot_ETHUSDT", "BTCUSDT.PERP": "usdm_BTCUSDT"},
        ),
    ),
    Day(
        "yahoo_long",
        3_379 + 2_335 + 4_012 + 5_036,
        _files(
            "daily/yahoo_long/{}",
            raw.yahoo_bars,
            AAPL="AAPL.csv",
            INTC="INTC.csv",
            NVDA="NVDA.txt",
            ORCL="ORCL.txt",
        ),
        MINUTE_NS,
    ),
    FX_DAY,
)


@dataclass(frozen=True)
class Played:
    """A day that the command has traded, and its journal counted anew."""

    day: Day
    root: Path
    summary: Summary
    recount: Recount


@pytest.fixture(scope="module", params=DAYS, ids=str)
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Played:
    day: Day = request.param
    root, data_dir = shared_data(), tmp_path_factory.mktemp(day.name)
    summary = run(*day.arguments(root), data_dir=data_dir)
    return Played(day, root, summary, Recount.of(exported(data_dir)))


def test_a_recorded_day_is_traded_to_its_end(played: Played) -> None:
    summary = played.summary

    told = {
        name: summary[name] for name in ("ended", "inputs", "bad_rows", "conflated", "restarts", "dead_letters")
    }
    assert told == {
        "ended": True,
        "inputs": played.day.records,
        "bad_rows": 0,
        "conflated": 0,
        "restarts": 0,
        "dead_letters": 0,
    }
    assert summary["orders"] > 0
    assert summary["fills"] > 0


def test_the_books_of_a_recorded_day_balance_to_the_last_digit(played: Played) -> None:
    assert_balanced(played.summary, played.recount)
    assert_marked_at_the_market(played.summary, played.recount, within_ns=played.day.spacing_ns)


def test_the_records_of_a_day_come_in_the_order_of_their_files(played: Played) -> None:
    market_data = played.recount.market_data

    assert market_data.keys() == {symbol for symbol, _, _ in played.day.files}
    for symbol, path, read in played.day.files:
        assert market_data[symbol] == list(read(played.root / path))


def test_crossed_quotes_are_refused_and_all_others_are_not(played: Played) -> None:
    expected = {"crossed": CROSSED_ON_THE_FX_DAY} if played.day is FX_DAY else {}

    assert played.summary["refused"] == expected


def test_commission_is_paid_from_cash_and_counted(tmp_path: Path) -> None:
    root = shared_data()
    config = tmp_path / "costly.toml"
    config.write_text(
        '[source]\nreplay = ["given below"]\n\n'
        '[venue.paper.commission]\nkind = "per_share"\nper_share = 0.0035\nminimum_per_order = 0.35\n'
    )
    arguments = ["--config", config, "--replay", DATASETS / "lwc_2023.toml", "--root", root]

    summary = run(*arguments, data_dir=tmp_path / "data")

    assert Decimal(summary["commission"]) >= summary["orders"] * Decimal("0.35")
    assert_balanced(summary, Recount.of(exported(tmp_path / "data")))
