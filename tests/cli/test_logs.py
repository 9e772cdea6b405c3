"""`understudy logs`: what was logged, and what is being logged."""

from __future__ import annotations

import json
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

import pytest

from ops.log_file import LogFile, log_line
from tests._paths import REPOSITORY
from tests.cli._asking import call, printed

TIMEOUT_SECONDS = 30


def write(data_dir: Path, *lines: str) -> None:
    log = LogFile(data_dir / "log" / "engine.jsonl")
    for line in lines:
        log.write(line)
    log.close()


def line(message: str, *, time_ns: int = 1_000, level: str = "INFO", error: str | None = None) -> str:
    return log_line("engine", "ops.engine", message, time_ns=time_ns, level=level, error=error)


def told_messages(data_dir: Path, *arguments: str) -> list[str]:
    lines = printed(data_dir, "logs", "--json", *arguments).splitlines()
    return [json.loads(each)["message"] for each in lines]


def next_line(stream: IO[str]) -> str:
    ready, _, _ = select.select([stream], [], [], TIMEOUT_SECONDS)
    assert ready, f"nothing came within {TIMEOUT_SECONDS} s"
    return stream.readline()


def test_a_record_is_one_line_and_its_traceback_is_below_it(tmp_path: Path) -> None:
    write(tmp_path, line("it fell", level="ERROR", error="Traceback\nboom"), "torn {")

    found = printed(tmp_path, "logs").splitlines()

    assert found[0].startswith("1970-01-01T00:00:00.000001Z ERROR   engine ")
    assert found[0].endswith(" ops.engine: it fell")
    assert found[1:] == ["    Traceback", "    boom", "torn {"]


def test_the_last_n_are_shown_and_by_default_fifty(tmp_path: Path) -> None:
    write(tmp_path, *(line(str(number), time_ns=number) for number in range(60)))

    assert told_messages(tmp_path) == [str(number) for number in range(10, 60)]
    assert told_messages(tmp_path, "-n", "2") == ["58", "59"]
    assert told_messages(tmp_path, "-n", "0") == []


def test_since_shows_all_that_is_younger(tmp_path: Path) -> None:
    now_ns = time.time_ns()
    write(tmp_path, line("old", time_ns=now_ns - 3_600 * 10**9), *(line("new", time_ns=now_ns) for _ in range(60)))

    assert told_messages(tmp_path, "--since", "10m") == ["new"] * 60
    assert told_messages(tmp_path, "--since", "2h", "-n", "61")[0] == "old"


@pytest.mark.parametrize("level", ["warning", "WARNING"])
def test_a_level_is_the_least_that_is_shown(tmp_path: Path, level: str) -> None:
    write(tmp_path, line("a"), line("b", level="WARNING"), line("c", level="ERROR"))

    assert told_messages(tmp_path, "--level", level) == ["b", "c"]


@pytest.mark.parametrize("span", ["10", "m", "-5m", "10 m", "1w"])
def test_a_span_that_cannot_be_read_is_a_misuse(tmp_path: Path, span: str) -> None:
    result = call(tmp_path, "logs", "--since", span)

    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "is no span of time such as 90s, 10m, 2h or 3d." in result.stderr


def test_no_log_is_one_line_and_exit_code_one(tmp_path: Path) -> None:
    result = call(tmp_path, "logs")

    expected = f"understudy: there is no log in {tmp_path / 'log'}. One is begun by: understudy run\n"
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", expected)


def test_following_tells_what_comes_from_a_log_that_is_not_there_yet_until_interrupted(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-c",
        "from cli.main import main; main()",
        "logs",
        "--follow",
        "--data-dir",
        str(tmp_path),
    ]
    with subprocess.Popen(
        command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        waiting = next_line(process.stderr)
        write(tmp_path, line("begun"))
        begun = next_line(process.stdout)
        (tmp_path / "log" / "engine.jsonl").rename(tmp_path / "log" / "engine.jsonl.1")
        write(tmp_path, line("rotated"))
        rotated = next_line(process.stdout)
        process.send_signal(signal.SIGINT)
        code = process.wait(TIMEOUT_SECONDS)

    assert waiting.endswith("Waiting for one.\n")
    assert (begun.endswith(": begun\n"), rotated.endswith(": rotated\n"), code) == (True, True, 0)
