"""Bad files and rows stop the replay with file, line, value and cure; or are skipped and counted, if so told."""

from __future__ import annotations

import gzip
import math
from pathlib import Path

import pytest

from gateways.errors import FeedMalformed
from gateways.replay import open_replay
from messages import Bar
from tests.gateways.replay._recorded import ns, rest, write_set, write_zip

BARS = """
files = ["a.csv"]
format = "csv"
kind = "bar"
symbol = "X"
timeframe = "1m"
stamp = "end"
"""
HEADER = "time,open,high,low,close,volume\n"
FIRST = "2020-01-01 00:01:00,1,2,0.5,1.5,10\n"
SECOND = "2020-01-01 00:02:00,1,2,0.5,1.5,10\n"

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
TRADE = '5 {"stream":"x@trade","data":{"p":"1.5"}}\n'

BAD_ROWS = (
    (BARS, HEADER + "2020-01-01 00:01:00,1,2,0.5,1.5\n", 2, "the row has 5 cells instead of 6"),
    (BARS, HEADER + FIRST + "2020-01-01 00:02:00,1,x,0.5,1.5,3\n", 3, "high is 'x', which is not a number"),
    (BARS, HEADER + FIRST + "2020-01-01 00:02:00,1,,0.5,1.5,3\n", 3, "high is '', which is not a number"),
    (
        BARS,
        HEADER + FIRST + "2020-13-01 00:02:00,1,2,0.5,1.5,3\n",
        3,
        "time is '2020-13-01 00:02:00', which is not a time of the format told",
    ),
    (
        BARS + '[time]\nformat = "epoch-s"',
        HEADER + "12x,1,2,0.5,1.5,3\n",
        2,
        "time is '12x', which is not a time of the format told",
    ),
    (
        JSON_LINES,
        TRADE + '6 {"stream":"x@trade","data":{"p":"abc"}}\n',
        2,
        "price (column 'data.p') is 'abc', which is not a number",
    ),
    (
        JSON_LINES,
        TRADE + '6 {"stream":"x@trade"}\n',
        2,
        "price (column 'data.p') is None, which is not a number",
    ),
    (
        JSON_LINES,
        TRADE + '6 {"stream":"x@trade","data":[]}\n',
        2,
        "the line has another structure than told (Expected `object | null`, got `array` - at `$.data`)",
    ),
    (JSON_LINES, TRADE + '6 {"stream":"x@tra\n', 2, "the line is not JSON (Input data was truncated)"),
    (
        BARS.replace('"csv"', '"json"') + 'names = ["time", "open", "high", "low", "close"]',
        '[["2020-01-01 00:01", 2, 3, 4, 5], ["2020-01-01 00:02", 2, 3, 4]]',
        2,
        "the row has 4 cells instead of 5",
    ),
    (
        BARS.replace('"csv"', '"json"'),
        '[{"time": "2020-01-01 00:01", "open": 1, "high": 1, "low": 1, "close": null}]',
        1,
        "close is None, which is not a number",
    ),
)


@pytest.mark.parametrize(("description", "text", "line", "fault"), BAD_ROWS, ids=range(len(BAD_ROWS)))
def test_a_bad_row_stops_with_its_line_and_value(
    tmp_path: Path, description: str, text: str, line: int, fault: str
) -> None:
    path = write_set(tmp_path, description, a_csv=text)

    with pytest.raises(FeedMalformed) as refusal:
        list(rest(open_replay([path])))

    assert str(refusal.value) == (
        f'{tmp_path / "a.csv"}:{line}: {fault}. Correct the row or set on_bad_row = "skip" in {path}.'
    )


@pytest.mark.parametrize(("description", "text"), [row[:2] for row in BAD_ROWS[1:4] + BAD_ROWS[5:10]], ids=range(8))
def test_a_bad_row_is_skipped_and_counted_if_so_told(tmp_path: Path, description: str, text: str) -> None:
    source = open_replay([write_set(tmp_path, 'on_bad_row = "skip"\n' + description, a_csv=text)])

    assert (len(list(rest(source))), source.bad_rows) == (1, 1)


def test_time_that_goes_back_stops(tmp_path: Path) -> None:
    path = write_set(tmp_path, BARS, a_csv=HEADER + SECOND + FIRST)

    with pytest.raises(FeedMalformed) as refusal:
        open_replay([path]).take(9)

    assert str(refusal.value) == (
        f"{tmp_path / 'a.csv'}:3: time goes back from 2020-01-01T00:02:00.000000000Z to "
        f"2020-01-01T00:01:00.000000000Z. Sort the file by time "
        f'or set order = "any" or on_bad_row = "skip" in {path}.'
    )


def test_time_that_goes_back_in_a_lean_file_stops(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "forex" / "oanda" / "tick" / "eurusd" / "20140508_quote.zip", "5,1,1\n4,1,1\n")

    with pytest.raises(FeedMalformed) as refusal:
        open_replay([path]).take(9)

    assert str(refusal.value) == (
        f"{path}:2: time goes back from 2014-05-08T00:00:00.005000000Z to 2014-05-08T00:00:00.004000000Z. "
        f"Sort the file by time."
    )


def test_rows_in_any_order_are_sorted_if_so_told(tmp_path: Path) -> None:
    source = open_replay([write_set(tmp_path, BARS + 'order = "any"', a_csv=HEADER + SECOND + FIRST)])

    assert [record.time_ns for record in rest(source)] == [ns("2020-01-01T00:01"), ns("2020-01-01T00:02")]


def test_numbers_that_are_implausible_but_readable_are_passed_on(tmp_path: Path) -> None:
    path = write_set(tmp_path, BARS, a_csv=HEADER + "2020-01-01 00:01:00,nan,-2,0,inf,3\n")

    bar = open_replay([path]).take(1)[0]

    assert isinstance(bar, Bar)
    assert math.isnan(bar.open)
    assert (bar.high, bar.low, bar.close) == (-2.0, 0.0, math.inf)


WHOLE_FILES = (
    ("", "the file is empty. Copy it again from where it came, or leave it out."),
    (HEADER, "the file has no rows of the kind told. Copy it again from where it came, or leave it out."),
)


@pytest.mark.parametrize(("text", "fault"), WHOLE_FILES, ids=["empty", "only a header"])
def test_a_file_without_rows_is_refused_when_it_is_opened(tmp_path: Path, text: str, fault: str) -> None:
    path = write_set(tmp_path, BARS, a_csv=text)

    with pytest.raises(FeedMalformed) as refusal:
        open_replay([path])

    assert str(refusal.value) == f"{tmp_path / 'a.csv'}: {fault}"


DAMAGED = (
    (gzip.compress((HEADER + FIRST * 100).encode())[:-20], "the compressed file is damaged or cut short ("),
    (b"PK\x03\x04" + bytes(100), "the compressed file is damaged or cut short (File is not a zip file)"),
)


@pytest.mark.parametrize(("data", "fault"), DAMAGED, ids=["gz", "zip"])
def test_a_compressed_file_that_was_cut_short_is_refused(tmp_path: Path, data: bytes, fault: str) -> None:
    path = write_set(tmp_path, BARS)
    (tmp_path / "a.csv").write_bytes(data)

    with pytest.raises(FeedMalformed) as refusal:
        open_replay([path]).take(1000)

    assert str(refusal.value).startswith(f"{tmp_path / 'a.csv'}: {fault}")
    assert str(refusal.value).endswith(" Copy it again from where it came.")


def test_bytes_that_are_not_text_are_told_with_their_line(tmp_path: Path) -> None:
    path = write_set(tmp_path, BARS)
    (tmp_path / "a.csv").write_bytes((HEADER + FIRST).encode() + b"2020-01-01 00:02:00,\xff,2,0.5,1.5,3\n")

    with pytest.raises(FeedMalformed) as refusal:
        open_replay([path])

    assert str(refusal.value) == f"{tmp_path / 'a.csv'}:3: byte 0xff is not UTF-8. Convert the file to UTF-8."


@pytest.mark.parametrize("form", ["parquet", "feather"])
def test_a_typed_file_of_another_kind_is_refused(tmp_path: Path, form: str) -> None:
    path = write_set(tmp_path, BARS.replace('"csv"', f'"{form}"'), a_csv="something else")

    with pytest.raises(FeedMalformed, match=f"not a {form} file, or a damaged one"):
        open_replay([path])


VARIANTS = (
    (HEADER + FIRST + "\n\n" + SECOND).removesuffix("\n"),
    (HEADER + FIRST + SECOND).replace("\n", "\r\n"),
    "\ufeff" + HEADER + FIRST + SECOND,
    HEADER + '"2020-01-01 00:01:00","1","2","0.5","1.5",10\n' + SECOND,
)


@pytest.mark.parametrize("text", VARIANTS, ids=["blank lines", "CRLF", "byte order mark", "quoted cells"])
def test_harmless_variants_of_csv_are_read_alike(tmp_path: Path, text: str) -> None:
    plain = open_replay([write_set(tmp_path, BARS, a_csv=HEADER + FIRST + SECOND)]).take(9)

    assert open_replay([write_set(tmp_path, BARS, a_csv=text)]).take(9) == plain


def test_a_line_of_another_stream_may_have_any_structure(tmp_path: Path) -> None:
    others = '6 {"stream":"x@depth","data":[]}\n7 {"stream":["x"]}\n8 []\n9 {}\n'
    source = open_replay([write_set(tmp_path, JSON_LINES, a_csv=TRADE + others)])

    assert (len(list(rest(source))), source.ignored, source.bad_rows) == (1, 4, 0)


def test_rows_of_symbols_that_are_not_listed_are_passed_over(tmp_path: Path) -> None:
    text = BARS.replace('symbol = "X"', 'symbols = ["X"]') + '[columns]\nsymbol = "name"'
    rows = "name," + HEADER + "X," + FIRST + "Y," + FIRST
    source = open_replay([write_set(tmp_path, text, a_csv=rows)])

    assert ([record.symbol for record in rest(source)], source.ignored) == (["X"], 1)
