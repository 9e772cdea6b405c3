"""Runs the console blocks of a document and compares what they print.

The convention. A block fenced as `console` is run; any other (`sh`, `toml`, `python`, `text`) is only read. In it
a line that begins with `$ ` is a command for bash, all blocks of a document in one directory, one after another.
The lines up to the next command are what it prints, standard error included; a line `...` stands for any lines, and
`...` within a line for any text. A command that prints more than is shown needs a closing `...`.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TIMEOUT_SECONDS = 100
_NUMBER = r"(?:-?\d[\d.,:]*|-)"
_TOKEN = re.compile(r"(\s+|(?<!\S)-(?!\S)|(?<!\S)-\d[\d.,:]*|\d[\d.,:]*)")
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Step:
    """One command and the output that the document shows for it."""

    command: str
    expected: str


def steps(document: str) -> Iterator[Step]:
    """The commands of all console blocks, in order. Raises ValueError for output that no command precedes."""
    for block in _BLOCK.finditer(document):
        head, *parts = re.split(r"^\$ ", block.group(1), flags=re.MULTILINE)
        if head.strip():
            raise ValueError(f"a console block begins with {head.splitlines()[0]!r}; begin it with `$ `")
        for part in parts:
            command, _, expected = part.partition("\n")
            yield Step(command, expected.rstrip("\n"))


def run(step: Step, *, directory: Path, environment: dict[str, str]) -> str:
    """What the command prints, both streams as they come. Raises CalledProcessError if it fails."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", step.command],
        cwd=directory,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=True,
    )
    return done.stdout.rstrip("\n")


def matches(printed: str, expected: str) -> bool:
    """Whether the output is as shown, `...` standing for anything."""
    return _lines_match(printed.splitlines(), expected.splitlines())


def refreshed(expected: str, printed: str) -> str:
    """The output to show, with the figures that are printed now; what `...` leaves out stays left out.

    Raises ValueError if a line's words are no longer printed: that is to be corrected by hand.
    """
    lines = iter(printed.splitlines())
    return "\n".join(
        shown if shown.strip() == "..." else _refreshed_line(shown, lines) for shown in expected.splitlines()
    )


def _refreshed_line(shown: str, lines: Iterator[str]) -> str:
    shape = re.compile(".*?".join(f"({_shape(part)})" for part in shown.split("...")))
    for line in lines:
        if found := shape.fullmatch(line):
            return "...".join(found.groups())
    raise ValueError(f"nothing that is printed looks like {shown!r}; correct it by hand")


def _shape(text: str) -> str:
    """A pattern for text whose numbers, and so its spaces, may be others."""
    tokens = enumerate(_TOKEN.split(text))
    return "".join(
        (r"\s*" if token.isspace() else _NUMBER) if odd % 2 else re.escape(token) for odd, token in tokens
    )


def _lines_match(printed: list[str], expected: list[str]) -> bool:
    if not expected:
        return not printed
    if expected[0].strip() == "...":
        return any(_lines_match(printed[skipped:], expected[1:]) for skipped in range(len(printed) + 1))
    pattern = ".*".join(re.escape(part) for part in expected[0].split("..."))
    return bool(printed) and bool(re.fullmatch(pattern, printed[0])) and _lines_match(printed[1:], expected[1:])
