"""What a command does whose input or output is closed, full, or read by nobody any more."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests._paths import REPOSITORY
from tests.acceptance._command import COMMAND

PRINTS = (("--help",), ("journal", "export", "--help"), ("completion", "bash"))


def given(*arguments: str, closed: str = "", stdout: int = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    """The command after the shell has closed what `closed` says, such as `>&-`."""
    return subprocess.run(
        ["bash", "-c", f'exec "$@" {closed}', "bash", *COMMAND, *arguments],
        cwd=REPOSITORY,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("words", PRINTS)
def test_a_reader_that_has_gone_is_no_failure(words: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)

    done = given(*words, stdout=writing)
    os.close(writing)

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("words", PRINTS)
def test_an_output_that_is_full_is_told_with_the_cure(words: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        done = given(*words, stdout=full.fileno())

    said = "understudy: standard output cannot be written (No space left on device). "
    assert (done.returncode, done.stderr) == (1, f"{said}Free space there, or send it elsewhere.\n")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "<&- >&-"])
def test_a_command_does_without_the_streams_that_are_closed(closed: str) -> None:
    done = given("close", "--all", "--data-dir", "nowhere", closed=closed)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("understudy: --all closes every position of portfolio main")
    assert given("completion", "bash", closed=closed).returncode == 0


def test_an_error_that_nobody_can_be_told_still_has_its_exit_code() -> None:
    done = given("close", "--all", "--data-dir", "nowhere", closed="<&- >&- 2>&-")

    assert (done.returncode, done.stdout, done.stderr) == (2, "", "")
