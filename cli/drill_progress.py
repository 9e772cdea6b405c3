"""How `understudy drill` shows whoever sits there how far it is, and what Ctrl-C does meanwhile."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_TOLD = b"understudy: interrupted. What is under way is the last; press Ctrl-C again to end at once.\n"


@contextmanager
def told_to_stop() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C was pressed, which is all that it does the first time; the second one interrupts as usual."""
    pressed = threading.Event()

    def press(*_: object) -> None:
        pressed.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.write(
            2, b"\n" + _TOLD if sys.__stderr__ and sys.__stderr__.isatty() else _TOLD
        )  # a signal may come amid a write

    before = signal.signal(signal.SIGINT, press)
    try:
        yield pressed.is_set
    finally:
        signal.signal(signal.SIGINT, before)
