"""The logs of engine and guardian read as one, while they are written, rotated and torn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from ops.log_file import LogFile, log_line
from ops.log_reader import LogFilter, LogReader, LogRecord, has_logs

ALL = LogFilter()


def line(message: str, *, time_ns: int = 1, level: str = "INFO", logger: str = "ops.engine") -> str:
    return log_line("engine", logger, message, time_ns=time_ns, level=level)


def engine_log(tmp_path: Path, *, bytes_max: int = 1 << 20) -> LogFile:
    return LogFile(tmp_path / "log" / "engine.jsonl", bytes_max=bytes_max)


def write(tmp_path: Path, name: str, *lines: str) -> None:
    path = tmp_path / "log" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(f"{each}\n" for each in lines))


def messages(records: Iterable[LogRecord]) -> list[str]:
    return [record.raw or record.message for record in records]


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[LogReader]:
    made = LogReader(tmp_path)
    yield made
    made.close()


def test_both_logs_with_their_older_files_are_merged_by_time(tmp_path: Path, reader: LogReader) -> None:
    write(tmp_path, "engine.jsonl.10", line("first", time_ns=1))
    write(tmp_path, "engine.jsonl.2", line("second", time_ns=2))
    write(tmp_path, "engine.jsonl", line("fourth", time_ns=4), line("fifth", time_ns=5))
    write(tmp_path, "guardian.jsonl.1", line("third", time_ns=3))
    write(tmp_path, "guardian.jsonl", line("sixth", time_ns=6))
    write(tmp_path, "engine.jsonl.old", line("nobody's", time_ns=7))

    assert messages(reader.read(ALL)) == ["first", "second", "third", "fourth", "fifth", "sixth"]
    assert messages(reader.read(ALL)) == []


def test_a_record_is_read_as_it_was_written(tmp_path: Path, reader: LogReader) -> None:
    text = log_line("guardian", "ops.guardian", "über\nzwei", time_ns=7, level="ERROR", error="Traceback\nboom")
    write(tmp_path, "guardian.jsonl", text)

    (record,) = reader.read(ALL)

    assert (record.time_ns, record.level, record.process, record.logger) == (7, "ERROR", "guardian", "ops.guardian")
    assert (record.message, record.error, record.raw) == ("über\nzwei", "Traceback\nboom", "")


@pytest.mark.parametrize("strange", ['{"time_ns": 5, "mess', "Segmentation fault", "[1, 2]", '{"other": "JSON"}'])
def test_a_line_that_is_no_record_is_kept_in_its_place(tmp_path: Path, reader: LogReader, strange: str) -> None:
    write(tmp_path, "engine.jsonl", line("before", time_ns=5), strange, "", line("after", time_ns=9))
    write(tmp_path, "guardian.jsonl", line("between", time_ns=7))

    assert messages(reader.read(ALL)) == ["before", strange, "between", "after"]


def test_bytes_that_are_no_text_are_kept_readable(tmp_path: Path, reader: LogReader) -> None:
    write(tmp_path, "engine.jsonl")
    (tmp_path / "log" / "engine.jsonl").write_bytes(b"\x00\xff torn\r\n")

    assert messages(reader.read(ALL)) == ["\x00\ufffd torn"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (LogFilter(level="WARNING"), ["slow", "torn", "dead"]),
        (LogFilter(level="ERROR"), ["torn", "dead"]),
        (LogFilter(since_ns=3), ["dead"]),
        (LogFilter(logger="ops"), ["start", "slow"]),
        (LogFilter(logger="ops.engine"), ["start"]),
        (LogFilter(logger="op"), []),
        (LogFilter(level="INFO", since_ns=2, logger="ops"), ["slow"]),
    ],
)
def test_records_are_chosen_by_level_time_and_logger(
    tmp_path: Path, reader: LogReader, wanted: LogFilter, found: list[str]
) -> None:
    write(
        tmp_path,
        "engine.jsonl",
        line("start", time_ns=1),
        line("slow", time_ns=2, level="WARNING", logger="ops.engine_room"),
        "torn",
        line("dead", time_ns=3, level="ERROR", logger="gateways"),
    )

    assert messages(reader.read(wanted)) == found


def test_what_is_appended_is_read_once_and_only_in_whole_lines(tmp_path: Path, reader: LogReader) -> None:
    path = tmp_path / "log" / "engine.jsonl"
    write(tmp_path, "engine.jsonl", line("one"))
    first = messages(reader.read(ALL))
    with path.open("a") as file:
        file.write(line("two")[:20])
    torn = messages(reader.read(ALL))
    with path.open("a") as file:
        file.write(line("two")[20:] + "\n")

    assert (first, torn, messages(reader.read(ALL))) == (["one"], [], ["two"])


def test_a_last_line_without_an_end_is_told_to_one_who_does_not_read_on(tmp_path: Path, reader: LogReader) -> None:
    write(tmp_path, "engine.jsonl", line("one"))
    with (tmp_path / "log" / "engine.jsonl").open("a") as file:
        file.write('{"time_ns": 12')

    assert messages(reader.read(ALL)) == ["one"]
    assert messages(reader.unfinished(ALL)) == ['{"time_ns": 12']
    assert messages(reader.unfinished(ALL)) == []


@pytest.mark.parametrize("between", [1, 3, 7])
def test_no_line_is_lost_or_told_twice_while_files_are_rotated(
    tmp_path: Path, reader: LogReader, between: int
) -> None:
    log = engine_log(tmp_path, bytes_max=300)  # two lines a file, so that several are rotated between two readings
    written, read = [], []
    for number in range(30):
        written.append(f"message {number}")
        log.write(line(written[-1], time_ns=number))
        if number % between == 0:
            read += messages(reader.read(ALL))
    log.close()

    assert (tmp_path / "log" / "engine.jsonl.4").exists()
    assert [*read, *messages(reader.read(ALL))] == written


def test_a_log_that_begins_later_or_is_deleted_or_cut_is_read_on(tmp_path: Path, reader: LogReader) -> None:
    path = tmp_path / "log" / "engine.jsonl"
    assert (has_logs(tmp_path), messages(reader.read(ALL))) == (False, [])

    write(tmp_path, "engine.jsonl", line("begun"))
    assert (has_logs(tmp_path), messages(reader.read(ALL))) == (True, ["begun"])

    path.unlink()
    assert messages(reader.read(ALL)) == []
    write(tmp_path, "engine.jsonl", line("made anew"))
    assert messages(reader.read(ALL)) == ["made anew"]

    path.write_text("")
    assert messages(reader.read(ALL)) == []
    write(tmp_path, "engine.jsonl", line("cut"))
    assert messages(reader.read(ALL)) == ["cut"]
