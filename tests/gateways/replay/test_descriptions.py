"""What is wrong in a description is told in one line: the file, the key, its value, what is allowed, the cure."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from gateways.errors import DescriptionInvalid, FeedError, FeedMalformed, FeedMissing
from gateways.replay import open_replay
from messages import AssetClass, Instrument, Symbol
from tests.gateways.replay._recorded import DESCRIPTIONS, as_market_data, described, ns, write_set

GOOD = """
files = ["a.csv"]
format = "csv"
kind = "bar"
symbol = "X"
timeframe = "1m"
stamp = "end"
"""
ROWS = "time,open,high,low,close,volume\n2020-01-01 00:01:00,1,2,0.5,1.5,10\n"

JSON_LINES = """
files = ["a.csv"]
format = "jsonl"
symbol = "X"
prefix = " "

[time]
format = "epoch-ns"

[[records]]
kind = "trade"
match = { path = "stream", ends_with = "@trade" }
columns = { time = "prefix", price = "data.p" }
"""

KEYS = (
    "columns, delimiter, files, format, instrument, instruments, kind, name, names, on_bad_row, order, prefix, "
    "price_scale, records, root, size_scale, stamp, symbol, symbols, time, timeframe"
)

WRONG = (
    (GOOD.replace("kind", "knd"), "knd = 'bar': no such key. Did you mean 'kind'?"),
    (GOOD + "zzzzz = 1", f"zzzzz = 1: no such key. Known keys: {KEYS}."),
    (GOOD.replace('"bar"', '"baar"'), "kind is 'baar'; allowed: bar, quote, trade. Did you mean 'bar'?"),
    (GOOD.replace('"csv"', '"xls"'), "format is 'xls'; allowed: csv, tsv, jsonl, json, parquet, feather."),
    (GOOD.replace('"end"', "true"), "stamp is true; allowed: start, end."),
    (GOOD.replace('"1m"', "60"), "timeframe is 60; it must be text in quotes."),
    (
        GOOD.replace('"1m"', '"1 minute"'),
        "timeframe is '1 minute'; give a count and a unit of s, m, h, d or w, such as '5m'.",
    ),
    (GOOD.replace('timeframe = "1m"', ""), 'timeframe is missing. Add it: timeframe = "1m".'),
    (
        GOOD.replace('stamp = "end"', ""),
        'stamp is missing. Add it: stamp = "start" or "end", whichever of its interval a bar\'s time is.',
    ),
    (GOOD.replace('format = "csv"', ""), 'format is missing. Add it: format = "csv".'),
    (GOOD.replace('kind = "bar"', ""), 'kind is missing. Add it: kind = "bar", "quote" or "trade".'),
    (GOOD.replace('files = ["a.csv"]', ""), "files is missing. Add it."),
    (GOOD.replace('["a.csv"]', '"a.csv"'), "files is 'a.csv'; it must be a list in [brackets]."),
    (GOOD.replace('["a.csv"]', "[]"), "files is a list; name at least one file."),
    (
        GOOD.replace('["a.csv"]', '[{ path = "a.csv", symbl = "Q" }]'),
        "files[0].symbl = 'Q': no such key. Did you mean 'symbol'?",
    ),
    (
        GOOD.replace('["a.csv"]', '[{ path = "a.csv", timeframe = "1x" }]'),
        "files[0].timeframe is '1x'; give a count and a unit of s, m, h, d or w, such as '5m'.",
    ),
    (
        GOOD.replace('symbol = "X"', ""),
        "symbol is missing. Add it, put {symbol} into the path, or name columns.symbol and list symbols.",
    ),
    (
        GOOD + '[time]\nzone = "America/NewYork"',
        "time.zone is 'America/NewYork'; give an IANA name such as 'America/New_York', 'UTC', or an offset such as "
        "'UTC-05:00'.",
    ),
    (
        GOOD + '[time]\nformat = "isoo"',
        "time.format is 'isoo'; allowed: iso, epoch-s, epoch-ms, epoch-us, epoch-ns, ms-of-day, lean, or a pattern "
        "such as '%d.%m.%Y %H:%M'. Did you mean 'iso'?",
    ),
    (
        GOOD + '[time]\nformat = "ms-of-day"',
        "time.format is 'ms-of-day'; it needs {date} in the path of the files.",
    ),
    (
        GOOD + '[time]\nof_day = "25:00"',
        "time.of_day is '25:00'; give hours and minutes from '00:00' to '24:00'.",
    ),
    (
        GOOD + '[columns]\nopn = "open"',
        "columns.opn = 'open': a bar has no such field. Did you mean 'open'?",
    ),
    (
        GOOD + "[instruments.Y]\ntick_size = 1",
        "instruments.Y: the data set has no such symbol. It has: X.",
    ),
    (
        GOOD + "[instrument]\ntick_size = 0",
        "tick_size of X is 0; it must be a number above zero. Correct it under [instrument] or [instruments].",
    ),
    (GOOD + '[instrument]\ntick_size = "x"', "instrument.tick_size is 'x'; it must be a number."),
    (
        GOOD + '[instruments.X]\nasset_class = "stock"',
        "instruments.X.asset_class is 'stock'; allowed: equity, forex, crypto, future, cfd, index.",
    ),
    (GOOD + "price_scale = -1", "price_scale is -1.0; it must be a number above zero."),
    (GOOD + 'delimiter = "::"', "delimiter is '::'; it must be one character."),
    (GOOD + "a = [", "not valid TOML: Invalid value (at end of document). Correct it there."),
    (
        GOOD + '[[records]]\nkind = "bar"\nmatch = { path = "a", equals = "b" }',
        'records is a list; they need format = "jsonl".',
    ),
    (
        JSON_LINES.replace("ends_with", "endswith"),
        "records[0].match.endswith = '@trade': no such key. Did you mean 'ends_with'?",
    ),
    (
        JSON_LINES.replace(', ends_with = "@trade"', ""),
        "records[0].match is a dict; give one of equals, starts_with, ends_with.",
    ),
    (
        JSON_LINES.replace("price", "prise"),
        "records[0].columns.prise = 'data.p': a trade has no such field. Did you mean 'price'?",
    ),
)


@pytest.mark.parametrize(("text", "expected"), WRONG, ids=range(len(WRONG)))
def test_a_wrong_key_is_told_with_its_value_and_the_cure(tmp_path: Path, text: str, expected: str) -> None:
    path = write_set(tmp_path, text, a_csv=ROWS)

    with pytest.raises(DescriptionInvalid) as refusal:
        open_replay([path])

    assert str(refusal.value) == f"{path}: {expected}"


def test_a_pattern_that_matches_no_file_is_refused(tmp_path: Path) -> None:
    path = write_set(tmp_path, GOOD)

    with pytest.raises(FeedMissing) as refusal:
        open_replay([path])

    assert str(refusal.value) == (
        f"{path}: files[0] is 'a.csv', and no file below {tmp_path} matches it. Correct it, or root."
    )


def test_a_root_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    path = write_set(tmp_path, GOOD + 'root = "nowhere"', a_csv=ROWS)

    with pytest.raises(FeedMissing) as refusal:
        open_replay([path])

    assert str(refusal.value) == (
        f"{path}: root '{tmp_path / 'nowhere'}' is not a folder. Correct root, or give another one when opening."
    )


def test_a_column_that_the_file_does_not_have_is_refused(tmp_path: Path) -> None:
    path = write_set(tmp_path, GOOD + '[columns]\nopen = "opening"', a_csv=ROWS)

    with pytest.raises(FeedMalformed) as refusal:
        open_replay([path])

    assert str(refusal.value) == (
        f"{tmp_path / 'a.csv'}:1: there is no column 'opening' for open. Did you mean 'open'? "
        f"Correct columns.open in {path}."
    )


def test_a_path_that_is_not_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "absent"

    with pytest.raises(FeedMissing, match=r"there is no such file or folder\. Correct the path\."):
        open_replay([path])


def test_a_folder_with_two_descriptions_is_refused(tmp_path: Path) -> None:
    for name in ("one.toml", "two.toml"):
        (tmp_path / name).write_text(GOOD)

    with pytest.raises(FeedMissing) as refusal:
        open_replay([tmp_path])

    assert str(refusal.value) == (
        f"{tmp_path}: holds 2 descriptions (one.toml, two.toml). Name the one to be replayed."
    )


def test_one_symbol_with_two_terms_is_refused(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    one = write_set(tmp_path / "one", GOOD, a_csv=ROWS)
    two = write_set(tmp_path, GOOD + "[instrument]\ntick_size = 5", a_csv=ROWS)

    with pytest.raises(FeedError, match=r"X has other terms in two of the inputs: .* under \[instruments\.X\]"):
        open_replay([one, two])


def test_every_shipped_description_finds_its_files() -> None:
    names = sorted(path.stem for path in DESCRIPTIONS.glob("*.toml"))

    assert len(names) >= 20
    for name in names:
        assert described(name).take(1), name


def test_terms_are_those_told_else_those_usual_in_the_asset_class() -> None:
    perpetual, ether = described("crypto_feed").instruments()[1:]

    assert perpetual == Instrument(
        symbol=Symbol("BTCUSDT.PERP"),
        asset_class=AssetClass.CRYPTO,
        quote_currency="USDT",
        tick_size=Decimal("0.1"),
        lot_size=Decimal("0.001"),
    )
    assert ether.quote_currency == "USDT"
    assert ether.tick_size == Decimal("0.01")


def test_a_pair_with_an_underscore_is_quoted_in_what_stands_behind_it() -> None:
    currencies = {instrument.quote_currency for instrument in described("freqtrade").instruments()}

    assert currencies == {"BTC", "ETH"}


def test_symbol_and_date_can_stand_in_the_path(tmp_path: Path) -> None:
    (tmp_path / "ABC").mkdir()
    (tmp_path / "ABC" / "20200102_quote.csv").write_text("1500,9.5,10.5\n")
    text = """
files = ["{symbol}/{date}_quote.csv"]
format = "csv"
kind = "quote"
names = ["time", "bid", "ask"]
time = { format = "ms-of-day", zone = "UTC+01:00" }
"""

    first = as_market_data(open_replay([write_set(tmp_path, text)]).take(1)[0])

    assert (first.symbol, first.time_ns) == ("ABC", ns("2020-01-01T23:00:01.5"))


def test_scales_are_exact_where_they_divide(tmp_path: Path) -> None:
    text = GOOD.replace('"bar"', '"trade"') + "price_scale = 0.0001\nsize_scale = 100\n"

    first = open_replay([write_set(tmp_path, text, a_csv="time,price,size\n2020-01-01,1684500,3\n")]).take(1)[0]

    trade = as_market_data(first)
    assert (getattr(trade, "price"), getattr(trade, "size")) == (168.45, 300.0)  # noqa: B009
