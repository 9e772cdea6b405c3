"""LEAN's folders: time zones, names, scales, instruments, and what is left out."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gateways.errors import FeedMissing
from gateways.replay import LeanBars, RecordKind, open_replay
from messages import DAY_NS, MINUTE_NS, AssetClass, Bar, Instrument, PriceRange, Quote, Symbol, Trade
from tests._paths import shared_data
from tests.gateways.replay._recorded import as_market_data, lean, ns, rest, write_zip

ECB_DECISION_NS = ns("2014-05-08T11:45")


def test_the_tick_day_of_three_symbols_is_whole_and_in_order() -> None:
    source = lean("forex/fxcm/tick", "cfd/oanda/tick")

    times = [record.time_ns for record in rest(source)]

    assert len(times) == 469_762
    assert times == sorted(times)
    assert [str(instrument.symbol) for instrument in source.instruments()] == ["EURUSD", "NZDUSD", "XAUUSD"]


def test_two_venues_agree_on_every_minute_once_their_zones_are_known() -> None:
    source = lean("forex/fxcm/minute/eurusd/20140508_quote.zip", "forex/oanda/minute/eurusd/20140508_quote.zip")
    closes: dict[str, dict[int, float]] = {"EURUSD.FXCM": {}, "EURUSD.OANDA": {}}
    for bar in rest(source):
        assert isinstance(bar, Bar)
        closes[bar.symbol][bar.time_ns] = bar.close

    fxcm, oanda = closes.values()
    common = sorted(fxcm.keys() & oanda.keys())
    assert len(common) > 1000
    assert max(abs(fxcm[time_ns] - oanda[time_ns]) for time_ns in common) < 0.001


def test_the_central_bank_decides_at_the_same_moment_at_both_venues() -> None:
    source = lean("forex/fxcm/minute/eurusd/20140508_quote.zip", "forex/oanda/minute/eurusd/20140508_quote.zip")
    ranges: dict[str, float] = {}
    for bar in rest(source):
        assert isinstance(bar, Bar)
        if bar.time_ns == ECB_DECISION_NS + MINUTE_NS:
            ranges[bar.symbol] = bar.high - bar.low

    assert set(ranges) == {"EURUSD.FXCM", "EURUSD.OANDA"}
    assert min(ranges.values()) > 0.0003


def test_a_fraction_of_a_millisecond_is_exact() -> None:
    first = lean("cfd/oanda/tick/xauusd").take(1)[0]

    assert first == Quote(Symbol("XAUUSD"), ns("2014-05-08T00:00:00") + 42_431_200, 1290.33, 1290.66)


def test_a_quote_bar_carries_both_sides_and_their_middle_at_its_end() -> None:
    first = lean("cfd/oanda/minute/xauusd/20140507_quote.zip").take(1)[0]

    bid = PriceRange(1307.391, 1307.665, 1306.934, 1307.3)
    ask = PriceRange(1307.707, 1307.935, 1307.241, 1307.596)
    assert first == Bar(
        Symbol("XAUUSD"),
        ns("2014-05-07T00:01"),
        MINUTE_NS,
        open=(1307.391 + 1307.707) / 2,
        high=(1307.665 + 1307.935) / 2,
        low=(1306.934 + 1307.241) / 2,
        close=(1307.3 + 1307.596) / 2,
        bid=bid,
        ask=ask,
    )


def test_a_daily_bar_of_new_york_dealers_ends_a_day_after_it_began() -> None:
    first = as_market_data(lean("forex/fxcm/daily/nzdusd.zip").take(1)[0])

    assert first.time_ns == ns("2007-03-30T05:00") + DAY_NS


def test_where_trade_and_quote_bars_exist_the_trades_are_replayed_and_the_rest_is_told() -> None:
    folder = shared_data() / "lean" / "cryptofuture" / "binance" / "hour"
    trades, quotes, both = (open_replay([folder], lean_bars=bars) for bars in LeanBars)

    assert [len(list(rest(source))) for source in (trades, quotes, both)] == [24, 24, 48]
    assert [Path(path).name for path in trades.left_out] == ["adausdt_quote.zip"]
    assert [Path(path).name for path in quotes.left_out] == ["adausdt_trade.zip"]
    assert both.left_out == ()


def test_a_whole_lean_root_is_one_source() -> None:
    source = lean(".")

    symbols = [str(instrument.symbol) for instrument in source.instruments()]
    assert symbols == [
        *("ADAUSDT", "BTCEUR", "BTCUSD.BINANCE", "BTCUSD.COINBASE", "DE30EUR", "ETHUSD", "EURGBP"),
        *("EURUSD.FXCM", "EURUSD.OANDA", "GBPUSD", "LTCUSD", "NZDUSD", "XAUUSD"),
    ]
    assert source.kinds() == (
        RecordKind("bar", MINUTE_NS),
        RecordKind("bar", 60 * MINUTE_NS),
        RecordKind("bar", DAY_NS),
        RecordKind("quote", 0),
    )


def test_terms_come_from_the_table_in_the_root() -> None:
    gold = lean("cfd/oanda/daily").instruments()[0]

    assert gold == Instrument(
        symbol=Symbol("XAUUSD"),
        asset_class=AssetClass.CFD,
        quote_currency="USD",
        tick_size=Decimal("0.001"),
        lot_size=Decimal(1),
    )


def test_equities_are_in_hundredths_of_cents_and_new_york_time(tmp_path: Path) -> None:
    folder = tmp_path / "equity" / "usa" / "tick" / "spy"
    write_zip(folder / "20131007_trade.zip", "34200000,1684500,100,T,1,0\n")
    write_zip(folder / "20131007_quote.zip", "34200001,1684400,200,1684600,300,T,,0\n")

    records = open_replay([tmp_path]).take(9)

    opening_ns = ns("2013-10-07T09:30", ZoneInfo("America/New_York"))
    assert records == [
        Trade(Symbol("SPY"), opening_ns, 168.45, 100.0, "", "1"),
        Quote(Symbol("SPY"), opening_ns + 1_000_000, 168.44, 168.46, 200.0, 300.0),
    ]


def test_a_zone_in_the_roots_table_goes_before_the_built_in_one(tmp_path: Path) -> None:
    table = '{"entries": {"Forex-fxcm-[*]": {"dataTimeZone": "UTC"}}}'
    (tmp_path / "market-hours-database.json").write_text(table)
    write_zip(tmp_path / "forex" / "fxcm" / "tick" / "eurusd" / "20140508_quote.zip", "5,1.39,1.40")

    first = as_market_data(open_replay([tmp_path]).take(1)[0])

    assert first.time_ns == ns("2014-05-08T00:00") + 5_000_000


def test_a_side_that_nobody_offers_leaves_the_other_as_the_middle(tmp_path: Path) -> None:
    row = "0,0,0,0,0,0,10,12,9,11,5\n"
    write_zip(tmp_path / "crypto" / "kraken" / "minute" / "xrpusd" / "20200101_quote.zip", row)

    bar = open_replay([tmp_path]).take(1)[0]

    assert isinstance(bar, Bar)
    assert (bar.open, bar.high, bar.low, bar.close) == (10.0, 12.0, 9.0, 11.0)


def test_one_file_named_twice_is_replayed_once() -> None:
    source = lean("cryptofuture/binance/hour", "cryptofuture/binance/hour/adausdt_trade.zip")

    assert len(list(rest(source))) == 24


def test_a_folder_that_is_not_leans_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FeedMissing) as refusal:
        open_replay([tmp_path])

    assert str(refusal.value) == (
        f"{tmp_path}: neither a description (.toml), nor a folder with one, nor LEAN data. "
        f"Write a description for it: see docs/data-sets.md."
    )
