"""How a run of the engine came to its end, as whoever started it sees it."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from enum import Enum

from ops.drill.process.in_time import RUN_SECONDS, overdue, run_in_time

_SAID_MAX = 500


class Ending(Enum):
    """How a run in which something was wrong came to its end."""

    WENT_ON = "went on"
    ONE_LINE = "ended with one line"
    OTHERWISE = "ended with no line, or several"
    """It may be so where standard error itself fails."""
    TRACEBACK = "ended with a traceback"
    HUNG = "did not end"
    DIED = "died of a signal"


FAULTY = (Ending.TRACEBACK, Ending.HUNG, Ending.DIED)
"""What an engine may not do, whatever happens to it."""


def ending_of(command: Sequence[str]) -> tuple[Ending, str]:
    """Run an engine to its end: how that was, and what it said then."""
    try:
        ended = run_in_time(command)
    except subprocess.TimeoutExpired:
        return Ending.HUNG, overdue("the run", RUN_SECONDS)
    said = ended.stderr.strip()
    if ended.returncode == 0:
        return Ending.WENT_ON, said
    if ended.returncode < 0 or ended.returncode > 2:
        return Ending.DIED, f"code {ended.returncode}; {said[-_SAID_MAX:]}"
    if "Traceback" in said or "This is a mistake in" in said:
        return Ending.TRACEBACK, said[-_SAID_MAX:]
    errors = [line for line in said.splitlines() if " WARNING " not in line and " INFO " not in line]
    return (Ending.ONE_LINE if len(errors) == 1 else Ending.OTHERWISE), said[-_SAID_MAX:]
