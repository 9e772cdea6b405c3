"""Standard input, output and error as a process of ours finds them: there, closed, full, or read by nobody."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Any

from ops.errors import UnderstudyError

_DESCRIPTORS = (0, 1, 2)
_NOTHING = Path(os.devnull)


class OutputFailed(UnderstudyError):
    """Standard output cannot be written. Make room where it goes, or let it go elsewhere."""


class ReaderGone(Exception):
    """Whoever read standard output wants no more of it. That is no failure."""


class _Output(io.FileIO):
    """Standard output, whose errors are told apart from those of files."""

    def write(self, data: Any) -> int:
        """Raises OutputFailed and ReaderGone, once: what is printed after that goes nowhere."""
        try:
            return super().write(data)
        except OSError as error:
            os.dup2(os.open(_NOTHING, os.O_WRONLY), self.fileno())  # else the interpreter tries again at its exit
            if isinstance(error, BrokenPipeError):
                raise ReaderGone from error
            raise OutputFailed(
                f"standard output cannot be written ({error.strerror}). Free space there, or send it elsewhere."
            ) from error


def prepare_streams() -> None:
    """To be called before anything else is opened or printed, at the beginning of a process.

    What is closed becomes the null device: else the next file that is opened would get its number. From then on
    whoever prints may meet OutputFailed and ReaderGone.
    """
    for descriptor in _DESCRIPTORS:
        _open_if_closed(descriptor)
    if sys.stdin is None:
        sys.stdin = _NOTHING.open(encoding="utf-8")
    if sys.stderr is None:
        sys.stderr = _NOTHING.open("w", encoding="utf-8")
    if sys.stdout is None:
        sys.stdout = _NOTHING.open("w", encoding="utf-8")
    elif sys.stdout is sys.__stdout__:
        sys.stdout = _telling_output(sys.__stdout__)


def _open_if_closed(descriptor: int) -> None:
    try:
        os.fstat(descriptor)
    except OSError:
        opened = os.open(_NOTHING, os.O_RDWR)
        assert opened == descriptor, "the lowest number that is free"
        os.set_inheritable(descriptor, True)  # for the processes that this one becomes and starts


def _telling_output(stream: Any) -> io.TextIOWrapper:
    return io.TextIOWrapper(
        io.BufferedWriter(_Output(stream.fileno(), "w", closefd=False)),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering,
    )
