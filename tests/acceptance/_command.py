"""The `understudy` command as a user gives it: a real process, its exit code and what it printed.

Nothing here waits by the clock: whoever waits looks at the journal of the run, or for the process to end, and
`DEADLINE_SECONDS` only bounds how long.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from storage import DataDirectoryView, StorageError
from tests._paths import REPOSITORY

DEADLINE_SECONDS = 100.0
POLL_SECONDS = 0.002
COMMAND = (sys.executable, "-c", "from cli.main import main; main()")
RUN = ("run", "--no-guardian")
"""The engine in the process that is started, so that whoever kills it kills the engine."""
TO_THE_END = ("--speed", "max", "--exit-at-end", "--json")
DATASETS = REPOSITORY / "tests" / "datasets"

Summary = dict[str, Any]
"""What `understudy run --json` prints."""


@dataclass(frozen=True)
class Ended:
    """A process that has ended."""

    code: int
    stdout: str
    stderr: str

    def summary(self) -> Summary:
        """What a run that ended well has printed."""
        assert self.code == 0, f"exit code {self.code}: {self.stderr}"
        found: Summary = json.loads(self.stdout)
        return found


def understudy(*arguments: object, cwd: Path | None = None, hash_seed: int = 0) -> Ended:
    """Give the command and wait for its end."""
    process = start(*arguments, cwd=cwd, hash_seed=hash_seed)
    return wait(process)


def run(*arguments: object, data_dir: Path, hash_seed: int = 0) -> Summary:
    """Run to the end of the source, and what the run says of itself. The run must end well."""
    return understudy(*RUN, *arguments, *TO_THE_END, "--data-dir", data_dir, hash_seed=hash_seed).summary()


def start(*arguments: object, cwd: Path | None = None, hash_seed: int = 0) -> subprocess.Popen[str]:
    """Give the command and go on at once."""
    return subprocess.Popen(
        [*COMMAND, *(str(argument) for argument in arguments)],
        cwd=cwd,
        env=environment(PYTHONHASHSEED=str(hash_seed)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait(process: subprocess.Popen[str]) -> Ended:
    """Wait for a process's end."""
    try:
        stdout, stderr = process.communicate(timeout=DEADLINE_SECONDS)
    finally:
        process.kill()
    return Ended(process.returncode, stdout, stderr)


def environment(**more: str) -> Mapping[str, str]:
    """The environment that the command runs in: this repository's packages, from whatever directory."""
    return {**os.environ, "PYTHONPATH": str(REPOSITORY), **more}


@contextmanager
def running(*arguments: object, data_dir: Path) -> Iterator[subprocess.Popen[str]]:
    """A run that is certainly trading (its journal has begun), ended at the latest with the block."""
    process = start(*RUN, *arguments, "--json", "--data-dir", data_dir)
    try:
        assert wait_for_input(process, data_dir, 1), f"the run ended early: {process.communicate()[1]}"
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for_input(process: subprocess.Popen[str], data_dir: Path, seq: int) -> bool:
    """Wait until input `seq` is durable; False if the process ended before. Raises TimeoutError."""
    if not wait_until(process, lambda: last_seq(data_dir) > 0):
        return False
    with DataDirectoryView(data_dir) as view:

        def is_durable() -> bool:
            view.journal.refresh()
            return view.journal.last_seq >= seq

        return wait_until(process, is_durable)


def wait_until(process: subprocess.Popen[str], is_so: Callable[[], bool]) -> bool:
    """Wait until something is so; False if the process ended before. Raises TimeoutError."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"nothing came of it in {DEADLINE_SECONDS:g} s")
        try:
            process.wait(POLL_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        return is_so()
    return True


def last_seq(data_dir: Path) -> int:
    """The last durable input of a data directory that may be in use, or not even made yet."""
    try:
        with DataDirectoryView(data_dir) as view:
            return view.journal.last_seq
    except (StorageError, FileNotFoundError):
        return 0


def wait_for_owner(process: subprocess.Popen[str], data_dir: Path) -> bool:
    """Wait until the process has opened the data directory, which has been owned before."""
    with DataDirectoryView(data_dir) as view:
        before = view.epoch
        return wait_until(process, lambda: view.epoch > before)


def run_and_kill(*arguments: object, data_dir: Path, at_seq: int) -> Ended:
    """Run, and kill the process (signal 9) as soon as input `at_seq` is durable. It may have ended before."""
    process = start(*RUN, *arguments, *TO_THE_END, "--data-dir", data_dir)
    wait_for_input(process, data_dir, at_seq)
    process.send_signal(signal.SIGKILL)
    return wait(process)


def exported(data_dir: Path) -> Iterator[dict[str, Any]]:
    """The records of a run's journal, as `understudy journal export --json` prints them."""
    process = start("journal", "export", "--json", "--data-dir", data_dir)
    assert process.stdout is not None
    assert process.stderr is not None
    with process:
        for line in process.stdout:
            yield msgspec.json.decode(line)
        said = process.stderr.read()
    assert process.returncode == 0, said


def file_bytes(path: Path) -> dict[str, bytes]:
    """Every file below a folder, to tell whether one has changed."""
    return {str(file.relative_to(path)): file.read_bytes() for file in sorted(path.rglob("*")) if file.is_file()}
