"""Merging and going on: the same records in the same order, wherever blocks, batches and restarts fall."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.kernel.ports import Source
from gateways.errors import FeedChanged, FeedMissing, FeedTooShort
from gateways.replay import ReplaySource, open_replay
from gateways.replay._ends import first_time_ns
from gateways.replay._loading import load_description
from gateways.replay._plans import description_plans
from gateways.replay._stream import Bounds
from messages import AnyMessage, Symbol, Trade
from tests._paths import shared_data
from tests.gateways.replay._recorded import DESCRIPTIONS, described, rest, write_set

DESCRIPTION = """
files = ["{symbol}.csv"]
format = "csv"
kind = "trade"
names = ["time", "price"]
on_bad_row = "skip"

[time]
format = "epoch-ns"
"""

Files = list[list[int | None]]
times = st.integers(min_value=0, max_value=40)
files_of_times = st.lists(st.lists(times, min_size=1, max_size=30).map(sorted), min_size=1, max_size=5)
files_with_bad_rows = st.lists(
    st.lists(st.one_of(times, st.none()), min_size=1, max_size=30).filter(
        lambda rows: any(row is not None for row in rows)
    ),
    min_size=1,
    max_size=4,
)


@contextmanager
def replayed(files: Sequence[Sequence[int | None]], *, block_bytes: int = 32) -> Iterator[ReplaySource]:
    """The files a.csv, b.csv, ... of these times (None: a bad row) as one source, read in small blocks."""
    with tempfile.TemporaryDirectory() as folder:
        for index, rows in enumerate(files):
            lines = ("bad\n" if row is None else f"{row},{number}\n" for number, row in enumerate(rows))
            (Path(folder) / f"{chr(ord('a') + index)}.csv").write_text("".join(lines), encoding="utf-8")
        description = write_set(Path(folder), DESCRIPTION)
        plans, instruments = description_plans(load_description(description), path=description, root=None)
        yield ReplaySource(
            "test",
            plans=[msgspec.structs.replace(plan, block_bytes=block_bytes) for plan in plans],
            begins_ns=[first_time_ns(plan) for plan in plans],
            instruments=instruments,
            bounds=Bounds(),
        )


def in_order(files: Sequence[Sequence[int | None]]) -> list[Trade]:
    """What must come out: all files one after the other, sorted by time alone; bad and late rows left out."""
    records = []
    for index, rows in enumerate(files):
        last = -1
        for number, row in enumerate(rows):
            if row is not None and row >= last:
                records.append(Trade(Symbol(chr(ord("a") + index)), row, float(number)))
                last = row
    return sorted(records, key=lambda record: record.time_ns)


@settings(deadline=None, max_examples=60)
@given(files=files_of_times, batch=st.integers(1, 20), block_bytes=st.integers(1, 64))
def test_a_merge_is_all_files_sorted_by_time_with_ties_in_the_order_of_the_files(
    files: list[list[int]], batch: int, block_bytes: int
) -> None:
    with replayed(files, block_bytes=block_bytes) as source:
        assert list(rest(source, batch)) == in_order(files)


@settings(deadline=None, max_examples=60)
@given(files=files_with_bad_rows, batch=st.integers(1, 20), data=st.data())
def test_a_restored_source_goes_on_as_if_it_had_never_stopped(
    files: Files, batch: int, data: st.DataObject
) -> None:
    expected: list[AnyMessage] = [*in_order(files)]
    cut = data.draw(st.integers(0, len(expected)))
    with replayed(files) as source:
        source.skip(cut)
        state = source.state()
        follows = source.take(batch)
        source.restore(state)

        assert follows == expected[cut : cut + batch]
        assert list(rest(source)) == expected[cut:]
        assert source.bad_rows == sum(map(len, files)) - len(expected)


@settings(deadline=None, max_examples=30)
@given(files=files_of_times, cuts=st.lists(st.integers(0, 12), max_size=8))
def test_any_number_of_restarts_loses_nothing_and_repeats_nothing(files: list[list[int]], cuts: list[int]) -> None:
    given_out: list[AnyMessage] = []
    with replayed(files) as source:
        for cut in cuts:
            given_out += source.take(cut)
            source.restore(source.state())

        assert [*given_out, *rest(source)] == in_order(files)


@pytest.mark.parametrize("name", ["crypto_feed", "etf_multi", "freqtrade", "xrp_eth_trades", "zipline_wiki"])
def test_a_recorded_set_goes_on_from_its_position(name: str) -> None:
    source = described(name)
    source.skip(11_111)
    state = source.state()
    follows = source.take(3000)

    fresh = described(name)
    fresh.restore(state)

    assert fresh.take(3000) == follows


def test_a_replay_is_what_the_core_expects_of_a_source() -> None:
    source: Source = described("lwc_2023")

    assert source.name == "lwc_2023"
    assert [str(instrument.symbol) for instrument in source.instruments()] == ["AAPL", "GOOGL", "TSLA"]


def test_bad_rows_of_a_file_that_is_sorted_are_counted_once_though_it_is_read_again(tmp_path: Path) -> None:
    rows = "".join(f"{5000 - number},1\n" for number in range(5000))
    path = write_set(tmp_path, DESCRIPTION.replace("on_bad_row", 'order = "any"\non_bad_row'), a_csv="bad\n" + rows)
    source = open_replay([path])
    source.skip(4500)

    source.restore(source.state())

    assert [record.time_ns for record in rest(source)] == list(range(4501, 5001))
    assert source.bad_rows == 1


def test_a_position_is_small_enough_to_be_kept_with_every_batch() -> None:
    source = open_replay([shared_data() / "lean"])
    source.skip(5000)

    assert len(source.state()) < 64 * 1024


def test_bounds_give_what_lies_between_and_no_more() -> None:
    every = list(rest(described("lwc_2023")))
    start_ns, stop_ns = every[1000].time_ns, every[3000].time_ns
    paths = [DESCRIPTIONS / "lwc_2023.toml"]

    source = open_replay(paths, root=shared_data(), start_ns=start_ns, stop_ns=stop_ns)

    assert list(rest(source)) == [record for record in every if start_ns <= record.time_ns < stop_ns]
    assert source.span_ns() == (start_ns, stop_ns - 1)


def test_bounds_before_all_data_are_refused(tmp_path: Path) -> None:
    path = write_set(tmp_path, DESCRIPTION, a_csv="5,1\n")

    with pytest.raises(FeedMissing, match=r"all data begins at or after the stop time\. Give a later one\."):
        open_replay([path], stop_ns=5)


def test_two_descriptions_are_one_source(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    one = write_set(tmp_path / "one", DESCRIPTION, a_csv="1,1\n3,1\n")
    two = write_set(tmp_path / "two", DESCRIPTION, b_csv="1,2\n2,2\n")

    source = open_replay([two, one.parent])

    assert [(record.symbol, record.time_ns) for record in rest(source)] == [("b", 1), ("a", 1), ("b", 2), ("a", 3)]
    assert source.name == "set+set"


def test_skipping_past_the_end_is_refused(tmp_path: Path) -> None:
    source = open_replay([write_set(tmp_path, DESCRIPTION, a_csv="1,1\n2,1\n")])

    with pytest.raises(FeedTooShort) as refusal:
        source.skip(3)

    assert str(refusal.value) == (
        "set: 3 records are to be skipped, but only 2 are left. "
        "Give the same files as when the position was recorded."
    )


def test_a_file_that_changed_since_its_position_is_refused(tmp_path: Path) -> None:
    path = write_set(tmp_path, DESCRIPTION, a_csv="1,1\n2,1\n")
    state = open_replay([path]).state()
    (tmp_path / "a.csv").write_text("1,1\n2,7\n")

    with pytest.raises(FeedChanged) as refusal:
        open_replay([path]).restore(state)

    assert str(refusal.value) == (
        f"{tmp_path / 'a.csv'}: the file has changed since the position was told. "
        f"Restore the files as they were, or start a new data directory."
    )


def test_other_files_than_the_positions_are_refused(tmp_path: Path) -> None:
    path = write_set(tmp_path, DESCRIPTION, a_csv="1,1\n2,1\n")
    state = open_replay([path]).state()
    (tmp_path / "b.csv").write_text("1,1\n")

    with pytest.raises(FeedChanged, match=r"set: the position was told for 1 files, now there are 2 or others\."):
        open_replay([path]).restore(state)


def test_the_kinds_and_symbols_are_known_without_reading_the_files(tmp_path: Path) -> None:
    source = open_replay([write_set(tmp_path, DESCRIPTION, b_csv="1,1\n", a_csv="1,1\n")])

    assert [str(instrument.symbol) for instrument in source.instruments()] == ["a", "b"]
    assert [(kind.kind, kind.timeframe_ns) for kind in source.kinds()] == [("trade", 0)]


def test_files_stay_closed_until_their_time_comes() -> None:
    with replayed([[1, 2, 3], [30, 31], [20, 21]]) as source:
        records = list(chain(source.take(1), rest(source)))

    assert [record.time_ns for record in records if isinstance(record, Trade)] == [1, 2, 3, 20, 21, 30, 31]
