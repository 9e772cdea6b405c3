"""Work that may crash whoever does it, or never end: done by a forked process."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

from ops.drill.process.in_time import RUN_SECONDS


def in_child(work: Callable[[], bytes], *, seconds: float = RUN_SECONDS) -> bytes | None:
    """What a forked process answers, a few KiB at most; `None` if it died, or had no answer within `seconds`."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(reading)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)  # ends it, wherever it is
            signal.setitimer(signal.ITIMER_REAL, seconds)
            os.write(writing, work())
            os._exit(0)
        finally:
            os._exit(1)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        data = answer.read()
    return data if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0 else None
