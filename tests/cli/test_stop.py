"""`understudy stop` and what it waits for, and the word that has to be typed before everything is closed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ops.control.answers import CommandDone
from ops.control.commands import Command, Stop
from ops.processes import hold_guardian, lock_owner
from storage import DataDirectory
from tests._paths import REPOSITORY
from tests.cli._asking import call, printed, told
from tests.cli._desk import MemoryDesk, serving, status
from tests.recorded import SMALL


class EndingDesk(MemoryDesk):
    """One whose engine and guardian end when they are told to stop."""

    def __init__(self, *processes: subprocess.Popen[bytes]) -> None:
        super().__init__()
        self.processes = processes
        self.status_now = status(engine_pid=processes[0].pid, guardian_pid=processes[-1].pid)

    async def do(self, command: Command) -> CommandDone:
        """End them."""
        for process in self.processes:
            process.terminate()
        return await super().do(command)


@contextmanager
def waiting() -> Iterator[subprocess.Popen[bytes]]:
    """A process that waits until it is told to end."""
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def test_stop_waits_until_engine_and_guardian_have_gone(tmp_path: Path) -> None:
    with waiting() as engine, waiting() as guardian:
        desk = EndingDesk(engine, guardian)
        with serving(desk, tmp_path):
            output = printed(tmp_path, "stop", "--reason", "night")

        assert (engine.poll(), guardian.poll()) == (-15, -15)
    assert (output, desk.told) == ("done: Stop.\nengine and guardian have ended\n", [Stop(reason="night")])


def test_an_engine_that_does_not_end_in_time_is_named(tmp_path: Path) -> None:
    with waiting() as engine:
        desk = MemoryDesk()
        desk.status_now = status(engine_pid=engine.pid)
        with serving(desk, tmp_path):
            result = call(tmp_path, "stop", "--timeout", "0.05")

        assert (result.exit_code, result.stdout) == (1, "")
        assert f"process {engine.pid}, which serves {tmp_path}, has not ended within 0.05 s." in result.stderr


@pytest.mark.parametrize("seconds", ["nan", "inf", "-1", "0", "1e9", "soon"])
@pytest.mark.parametrize("words", ["stop --timeout", "demo --seconds"])
def test_a_time_that_nobody_can_wait_is_a_misuse(words: str, seconds: str, tmp_path: Path) -> None:
    result = call(tmp_path, *words.split(), seconds)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"understudy: Invalid value for '{words.split()[1]}': '{seconds}' is no")


def test_a_guardian_whose_engine_does_not_answer_is_told_by_a_signal(tmp_path: Path) -> None:
    with waiting() as guardian:
        _write_daemon(tmp_path, guardian.pid, time.time_ns())

        answer = told(tmp_path, "stop")

        assert guardian.wait(30) == -15
    assert answer["seq"] == 0
    assert answer["text"] == (
        f"the control socket does not answer, so process {guardian.pid} was told to end by SIGTERM"
    )


@pytest.mark.parametrize("text", ['{"guardian_pid": 0, "started_ns": 1}', "{", '{"guardian_pid": "x"}'])
def test_a_file_that_names_no_guardian_is_passed_over(text: str, tmp_path: Path) -> None:
    (tmp_path / "daemon.json").write_text(text)

    assert call(tmp_path, "stop").stderr.startswith(f"understudy: no engine runs on {tmp_path}.")


def test_a_process_that_got_the_number_of_an_earlier_guardian_is_left_alone(tmp_path: Path) -> None:
    with waiting() as stranger:
        _write_daemon(tmp_path, stranger.pid, time.time_ns() - 3_600_000_000_000)

        result = call(tmp_path, "stop")

        assert (result.exit_code, stranger.poll()) == (1, None)
    assert result.stderr.startswith(f"understudy: no engine runs on {tmp_path}.")


def test_a_guardian_that_has_ended_is_none(tmp_path: Path) -> None:
    with waiting() as guardian:
        _write_daemon(tmp_path, guardian.pid, time.time_ns())
        guardian.kill()
        guardian.wait(30)

        assert hold_guardian(tmp_path) is None


def test_the_owner_of_the_lock_is_known_as_long_as_it_holds_it(tmp_path: Path) -> None:
    with DataDirectory.open(tmp_path, options=SMALL):
        held = lock_owner(tmp_path)

    assert (held, lock_owner(tmp_path), lock_owner(tmp_path / "none")) == (os.getpid(), None, None)


@pytest.mark.parametrize(
    ("typed", "error"),
    [("yes", "understudy: no engine runs on nowhere. Start one"), ("y", "understudy: nothing was done.\n")],
)
def test_closing_everything_wants_the_whole_word_on_a_terminal(typed: str, error: str) -> None:
    ours, theirs = os.openpty()
    os.write(ours, f"{typed}\n".encode())

    done = subprocess.run(
        [sys.executable, "-c", "from cli.main import main; main()", "close", "--all", "--data-dir", "nowhere"],
        cwd=REPOSITORY,
        stdin=theirs,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    os.close(ours)
    os.close(theirs)

    assert (done.returncode, done.stdout) == (1, "")
    assert "--all closes every position of portfolio main at the market. Type yes to go on: " in done.stderr
    assert error in done.stderr


def _write_daemon(path: Path, pid: int, started_ns: int) -> None:
    text = json.dumps({"guardian_pid": pid, "engine_pid": None, "started_ns": started_ns})
    (path / "daemon.json").write_text(text)
