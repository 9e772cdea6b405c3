"""Work in a forked process: its answer, its death, and its end if it has no answer."""

from __future__ import annotations

import os
import signal

from ops.drill.process.in_child import in_child


def work_for_ever() -> bytes:
    while True:
        pass


def die() -> bytes:
    os.kill(os.getpid(), signal.SIGKILL)
    return b""


def test_what_a_child_answers_is_handed_back() -> None:
    assert in_child(lambda: b"read") == b"read"


def test_a_child_that_dies_has_no_answer() -> None:
    assert in_child(die) is None


def test_a_child_that_hangs_is_ended_and_has_no_answer() -> None:
    assert in_child(work_for_ever, seconds=0.05) is None
