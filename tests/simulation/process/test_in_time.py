"""What hangs is ended with all that it started, so that nothing of it stands in the way of what comes next."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from pathlib import Path

import pytest

from ops.drill.process.in_time import run_in_time

PROGRAM = """
import fcntl, pathlib, signal, subprocess, sys
if len(sys.argv) > 2:
    lock = open(sys.argv[1], "w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    signal.pause()
subprocess.run([sys.executable, "-c", pathlib.Path(sys.argv[1] + ".py").read_text(), sys.argv[1], "child"])
"""


def test_what_a_program_said_and_how_it_ended_is_handed_back() -> None:
    program = "import sys; print('out'); print('error', file=sys.stderr); sys.exit(3)"

    ended = run_in_time([sys.executable, "-c", program])

    assert (ended.returncode, ended.stdout, ended.stderr) == (3, "out\n", "error\n")


def test_a_program_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.with_name("lock.py").write_text(PROGRAM, "utf-8")

    with pytest.raises(subprocess.TimeoutExpired):
        run_in_time([sys.executable, "-c", PROGRAM, str(path)], seconds=1.0)

    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # waits for ever while the child lives
