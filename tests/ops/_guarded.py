"""A real guardian over engines that are a few lines of Python, which say on a pipe what becomes of them."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

from tests._paths import REPOSITORY

DEADLINE_SECONDS = 30.0
PYTHON = (sys.executable, "-S", "-P")

ENGINE = """
import os, select, signal, sys
from ops.shared_page import Phase, SharedPage

page = SharedPage.from_descriptor(int(sys.argv[1]))
lifeline = int(sys.argv[2])

def say(*words):
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())

def trade():
    page.phase = Phase.TRADING
    page.durable_seq += 1
    page.beat()
    say("trading", page.engine_starts, "pid", os.getpid(), "hung", page.hung)
    page.hung = 0

def go_on():
    while not select.select([lifeline], [], [], 0.01)[0]:
        page.beat()
    say("the guardian is gone")
    sys.exit(1)
"""


def guardian_command(script: str, data_dir: Path, **options: Any) -> list[str]:
    """The command of a guardian whose engines run this script after the beginning above."""
    engine = [*PYTHON, "-c", ENGINE + script]
    return [*PYTHON, "-m", "ops.guardian", json.dumps({"engine": engine, "data_dir": str(data_dir), **options})]


class Guarded:
    """A guardian that runs, with what its engines say. Ended at the latest with the block."""

    def __init__(
        self,
        script: str,
        data_dir: Path,
        *,
        environment: dict[str, str] | None = None,
        command: list[str] | None = None,
        **options: Any,
    ) -> None:
        self.process = subprocess.Popen(
            command or guardian_command(script, data_dir, **options),
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._buffer = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def line(self) -> str:
        """The next line that an engine says; empty when nobody is left who could say anything."""
        assert self.process.stdout is not None
        deadline = time.monotonic() + DEADLINE_SECONDS
        while b"\n" not in self._buffer:
            ready = select.select([self.process.stdout], [], [], deadline - time.monotonic())[0]
            if not ready:
                raise TimeoutError("the engine says nothing")
            read = os.read(self.process.stdout.fileno(), 4096)
            if not read:
                break
            self._buffer += read
        first, _, self._buffer = self._buffer.partition(b"\n")
        return first.decode()

    def trading(self) -> tuple[int, int, int]:
        """Wait until an engine says that it trades: which start it is, its process, whom it was told hung."""
        words = self.line().split()
        assert words[0] == "trading", words
        return int(words[1]), int(words[3]), int(words[5])

    def send(self, number: signal.Signals) -> None:
        """Send the guardian a signal."""
        self.process.send_signal(number)

    def ended(self) -> tuple[int, str]:
        """Wait for the guardian's end: its exit code, and what was said on standard error."""
        _, said = self.process.communicate(timeout=DEADLINE_SECONDS)
        return self.process.returncode, said.decode()


def is_gone(pid: int) -> bool:
    """Whether no process has this number, not even a zombie."""
    return not Path(f"/proc/{pid}").exists()
