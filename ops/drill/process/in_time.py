"""Running a program that may hang: it ends in time, or it is ended together with all that it started."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress

RUN_SECONDS = 60.0
"""Many times as long as a session of a drill takes."""


def run_in_time(command: Sequence[str], *, seconds: float = RUN_SECONDS) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, and hand back what it said. Raises subprocess.TimeoutExpired.

    A program under strace would outlive a strace that is killed alone, and keep its data directory locked: all of
    them are in a process group of their own, which is killed whole.
    """
    with subprocess.Popen(  # noqa: S603  # our own program
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace", process_group=0
    ) as process:
        try:
            said, complained = process.communicate(timeout=seconds)
        except BaseException:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
    return subprocess.CompletedProcess(list(command), process.returncode, said, complained)


def overdue(what: str, seconds: float) -> str:
    """The fault of what did not end in time."""
    return f"{what} did not end within {seconds:g} s"
