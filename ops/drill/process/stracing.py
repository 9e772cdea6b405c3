"""Running a program so that one chosen system call of it kills it, or fails. By strace, where there is one.

strace counts calls for each thread by itself: the N-th call is that of the thread which makes an N-th one first.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ops.drill.process.in_time import overdue, run_in_time

_UNDISTURBED_SECONDS = 120.0
_CALL = re.compile(r"(?:(\d+) +)?(\w+)\((.*)")


@cache
def why_not_traceable() -> str:
    """Why strace cannot be used here; empty if it can."""
    strace = shutil.which("strace")
    if strace is None:
        return "strace is not installed"
    tried = subprocess.run(  # noqa: S603
        [strace, "-f", "-qq", "-o", "/dev/null", "-e", "trace=write", sys.executable, "-c", ""],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return "" if tried.returncode == 0 else f"strace cannot trace here: {tried.stderr.strip()[:200]}"


@dataclass(frozen=True, slots=True)
class Call:
    """A call of one thread, the `number`-th of its kind that this thread made."""

    name: str
    number: int
    arguments: str


def calls_of(command: Sequence[str], names: Sequence[str], trace_file: Path) -> Iterator[Call]:
    """Run a program undisturbed, and tell the calls that it made, in order, paths beside descriptors.

    Raises OSError if it failed.
    """
    trace(command, names, trace_file, "-y")
    counts: Counter[tuple[str, str]] = Counter()
    with trace_file.open(errors="replace") as lines:
        for line in lines:
            if (found := _CALL.match(line)) is not None:
                thread, name, arguments = found.groups()
                counts[thread, name] += 1
                yield Call(name, counts[thread, name], arguments)


def trace(command: Sequence[str], names: Sequence[str], trace_file: Path, *options: str) -> None:
    """Run a program undisturbed, its calls of these names written to a file. Raises OSError if it failed."""
    strace = ["strace", "-f", "-qq", *options, "-o", str(trace_file), "-e", f"trace={','.join(names)}"]
    try:
        done = run_in_time([*strace, *command], seconds=_UNDISTURBED_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise OSError(overdue("the undisturbed run", _UNDISTURBED_SECONDS)) from error
    if done.returncode != 0:
        raise OSError(f"the undisturbed run failed: {done.stderr.strip()[-500:]}")


def killed_at(command: Sequence[str], name: str, number: int) -> list[str]:
    """A command line that runs a program and kills it right before its N-th call of that name."""
    return _injected(command, name, f"signal=KILL:when={number}", Path("/dev/null"))


def failing_at(
    command: Sequence[str], name: str, number: int, *, error: str, for_ever: bool, trace_file: Path
) -> list[str]:
    """A command line that runs a program whose N-th call of that name fails, and every later one if `for_ever`.

    `has_failed` tells from the trace whether the program came so far.
    """
    return _injected(command, name, f"error={error}:when={number}{'+' if for_ever else ''}", trace_file)


def has_failed(trace_file: Path) -> bool:
    """Whether some call was made to fail."""
    with trace_file.open(errors="replace") as lines:
        return any(line.rstrip().endswith("(INJECTED)") for line in lines)


def _injected(command: Sequence[str], name: str, how: str, trace_file: Path) -> list[str]:
    traced = ["-o", str(trace_file), "-e", f"trace={name}", "-e", f"inject={name}:{how}"]
    return ["strace", "-f", "-qq", *traced, *command]


def spread(numbers: Sequence[int], most: int | None) -> list[int]:
    """At most so many of the numbers, evenly over them, the first and the last among them."""
    if most is None or len(numbers) <= most:
        return list(numbers)
    if most == 1:
        return [numbers[len(numbers) // 2]]
    return [numbers[index * (len(numbers) - 1) // (most - 1)] for index in range(most)]
