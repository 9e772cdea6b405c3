"""What an engine process logs: for people, for machines, and never a secret."""

from __future__ import annotations

import json
import logging
import os
import threading
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from ops.log_file import LogFile, log_line
from ops.logs import WAITING_MAX, _Sender, logging_to, redacted, register_secret

logger = logging.getLogger("engine.of.a.test")


def written(data_dir: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (data_dir / "log" / "engine.jsonl").read_text().splitlines()]


def test_people_are_told_of_warnings_and_machines_of_whatever_happened(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with logging_to(tmp_path):
        logger.debug("nobody wants to know")
        logger.info("state changed seq=%d", 7)
        logger.warning("odd price=%s", 1.5)

    assert capsys.readouterr().err == "understudy: WARNING odd price=1.5\n"
    first, second = written(tmp_path)
    assert first == {
        **{"time_ns": first["time_ns"], "level": "INFO", "process": "engine", "pid": os.getpid()},
        **{"logger": "engine.of.a.test", "message": "state changed seq=7"},
    }
    assert (second["level"], second["message"]) == ("WARNING", "odd price=1.5")


def test_whoever_asks_for_more_is_told_of_every_change(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with logging_to(tmp_path, level="info"):
        logger.info("state changed")

    assert capsys.readouterr().err == "understudy: INFO state changed\n"


def test_a_secret_is_blotted_out_of_messages_arguments_and_tracebacks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = 'hush "quoted" 7f3a'
    register_secret(secret)

    with logging_to(tmp_path):
        try:
            raise ValueError(f"refused: {secret}")
        except ValueError:
            logger.exception("login as %s", secret)

    told = capsys.readouterr().err
    (record,) = written(tmp_path)
    assert record["message"] == "login as ***"
    assert record["error"].startswith("Traceback (most recent call last):\n")
    assert record["error"].endswith("\nValueError: refused: ***")
    assert told.startswith("understudy: ERROR login as ***\nTraceback")
    assert "7f3a" not in told + json.dumps(record)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("key_id=PKTEST0123456789ABCD", "key_id=***"),
        ("APCA-API-KEY-ID: PKTEST0123456789ABCD", "APCA-API-KEY-ID: ***"),
        (
            "{'APCA-API-SECRET-KEY': 'aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0dF3gH6jK9m', 'a': 1}",
            "{'APCA-API-SECRET-KEY': '***', 'a': 1}",
        ),
        ('"secret":"aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0dF3gH6jK9m"', '"secret":"***"'),
        ("secret_key=aB3/dE6+gH9jK2mN5pQ8 next=1", "secret_key=*** next=1"),
        ("client_order_id=7k3m2p-cross-122 key=short monkey=0123456789abcdef0123", None),
    ],
)
def test_what_looks_like_a_brokers_key_is_blotted_out_and_nothing_else(text: str, shown: str | None) -> None:
    assert redacted(text) == (text if shown is None else shown)


def test_of_two_secrets_one_of_which_is_part_of_the_other_nothing_is_left() -> None:
    register_secret("swordfish")
    register_secret("swordfish-and-more")

    assert redacted("swordfish-and-more or swordfish") == "*** or ***"


def test_what_is_logged_before_there_is_a_data_directory_is_kept_until_there_is_one(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"

    with logging_to(data_dir):
        logger.info("early")
        data_dir.mkdir()
        logger.info("late")

    assert [record["message"] for record in written(data_dir)] == ["early", "late"]


def test_a_data_directory_that_never_came_to_be_is_not_made_for_a_log(tmp_path: Path) -> None:
    with logging_to(tmp_path / "data"):
        logger.info("early")

    assert list(tmp_path.iterdir()) == []


def test_logging_is_as_before_once_the_block_is_left(tmp_path: Path) -> None:
    root = logging.getLogger()
    before = (root.level, root.handlers[:])

    with logging_to(tmp_path):
        inside = threading.active_count()

    assert (root.level, root.handlers[:]) == before
    assert threading.active_count() < inside


def test_records_that_come_faster_than_they_can_be_written_are_shed_and_counted() -> None:
    queue: SimpleQueue[logging.LogRecord] = SimpleQueue()
    sender = _Sender(queue)
    record = logging.LogRecord("x", logging.INFO, __file__, 1, "text", None, None)

    for _ in range(WAITING_MAX + 3):
        sender.enqueue(record)

    assert (queue.qsize(), sender.shed) == (WAITING_MAX, 3)


def test_a_log_file_that_is_full_makes_way_for_another_and_the_oldest_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "log" / "engine.jsonl"
    file = LogFile(path, bytes_max=20, kept=3)

    for number in range(9):
        file.write(f"line {number}")
    file.close()

    assert sorted(each.name for each in path.parent.iterdir()) == [
        "engine.jsonl", "engine.jsonl.1", "engine.jsonl.2",
    ]  # fmt: skip
    assert path.read_text() == "line 8\n"
    assert path.with_name("engine.jsonl.1").read_text() == "line 6\nline 7\n"
    assert path.with_name("engine.jsonl.2").read_text() == "line 4\nline 5\n"


@pytest.mark.parametrize(("kept", "names"), [(1, [""]), (2, ["", ".1"]), (5, ["", ".1", ".2", ".3", ".4"])])
def test_as_many_files_of_a_log_are_kept_as_is_said_also_after_there_were_more(
    kept: int, names: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "engine.jsonl"
    for name in ["", *(f".{number}" for number in range(1, 12))]:
        path.with_name(path.name + name).write_text("an older line\n")
    others = [path.with_name("engine.jsonl.gz"), path.with_name("guardian.jsonl.9")]
    for other in others:
        other.touch()

    file = LogFile(path, bytes_max=20, kept=kept)
    file.write("a line that fits no more")
    file.close()

    assert sorted(tmp_path.iterdir()) == sorted([*others, *(path.with_name(path.name + name) for name in names)])
    assert path.read_text() == "a line that fits no more\n"


def test_a_log_goes_on_in_the_file_of_the_process_before(tmp_path: Path) -> None:
    path = tmp_path / "engine.jsonl"

    for number in range(3):
        file = LogFile(path, bytes_max=15, kept=2)
        file.write(f"line {number}")
        file.close()

    assert (path.read_text(), path.with_name("engine.jsonl.1").read_text()) == ("line 2\n", "line 0\nline 1\n")


def test_a_full_disk_costs_log_lines_and_is_told_of_once() -> None:
    told: list[str] = []
    file = LogFile(Path("/dev/full"), complain=told.append)

    file.write("first")
    file.write("second")

    assert file.lost == 2
    assert told == ["WARNING log /dev/full cannot be written: No space left on device. Trading goes on."]


def test_a_log_that_could_not_be_written_goes_on_when_it_can(tmp_path: Path) -> None:
    told: list[str] = []
    file = LogFile(tmp_path / "data" / "log" / "engine.jsonl", complain=told.append)

    file.write("lost")
    (tmp_path / "data").mkdir()
    file.write("kept")
    file.close()

    assert (file.lost, len(told)) == (1, 1)
    assert (tmp_path / "data" / "log" / "engine.jsonl").read_text() == "kept\n"


def test_a_line_is_json_whatever_its_message_holds() -> None:
    line = log_line("guardian", "guardian", 'two\nlines and a "quote"', time_ns=5, level="INFO")

    assert "\n" not in line
    assert json.loads(line) == {
        **{"time_ns": 5, "level": "INFO", "process": "guardian", "pid": os.getpid()},
        **{"logger": "guardian", "message": 'two\nlines and a "quote"'},
    }
