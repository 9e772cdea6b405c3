"""The log for machines: one JSON object a line, in files that are rotated by size. Standard library only.

    <data_dir>/log/engine.jsonl      the engine process; engine.jsonl.1 is older, .2 older still
    <data_dir>/log/guardian.jsonl    its guardian

    {"time_ns": ..., "level": "INFO", "process": "engine", "pid": ..., "logger": ..., "message": ..., "error": ...}

`error` is a traceback, and left out where there is none.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

LOG_FOLDER = "log"
BYTES_MAX = 10 * 1024 * 1024
KEPT = 5
"""Files of a log, the one that is written among them."""


def log_line(process: str, logger: str, message: str, *, time_ns: int, level: str, error: str | None = None) -> str:
    """One record of this process as JSON, without the line's end."""
    record: dict[str, object] = {"time_ns": time_ns, "level": level, "process": process, "pid": os.getpid()}
    record |= {"logger": logger, "message": message}
    if error is not None:
        record["error"] = error
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))


def say(text: str) -> None:
    """One line on standard error, for people. Nobody there to read it is no error."""
    try:
        sys.stderr.write(f"understudy: {text}\n")
        sys.stderr.flush()
    except (OSError, ValueError):  # the terminal has gone, or the stream was closed
        return


class LogFile:
    """Appends lines. Never raises: a line that cannot be written is counted, and told of once.

    A file that would grow beyond `bytes_max` makes way for a new one; the `kept` latest stay, the new one included.
    """

    def __init__(
        self, path: Path, *, bytes_max: int = BYTES_MAX, kept: int = KEPT, complain: Callable[[str], None] = say
    ) -> None:
        self._path = path
        self._bytes_max = bytes_max
        self._kept = kept
        self._complain = complain
        self._descriptor: int | None = None
        self._size = 0
        self.lost = 0

    def __repr__(self) -> str:
        return f"LogFile({self._path}, lost={self.lost})"

    def write(self, line: str) -> None:
        """Append a line, in a new file if this one is full."""
        data = line.encode("utf-8", "backslashreplace") + b"\n"
        try:
            self._append(data)
        except OSError as error:
            self.close()
            self.lost += 1
            if self.lost == 1:
                self._complain(f"WARNING log {self._path} cannot be written: {error.strerror}. Trading goes on.")

    def close(self) -> None:
        """Close the file; another line opens it again."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def _append(self, data: bytes) -> None:
        descriptor = self._open()
        if self._size and self._size + len(data) > self._bytes_max:
            self._rotate()
            descriptor = self._open()
        written = os.write(descriptor, data)
        if written < len(data):
            os.ftruncate(descriptor, self._size)  # half a line would spoil the next one
            raise OSError(None, "no space is left")
        self._size += written

    def _open(self) -> int:
        if self._descriptor is None:
            self._path.parent.mkdir(mode=0o700, exist_ok=True)
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
            self._descriptor = os.open(self._path, flags, 0o600)
            self._size = os.fstat(self._descriptor).st_size
        return self._descriptor

    def _rotate(self) -> None:
        self.close()
        for number in self._numbers():
            if number >= self._kept - 1:  # also what is left from when more were kept
                self._numbered(number).unlink()
            else:
                self._numbered(number).replace(self._numbered(number + 1))

    def _numbers(self) -> list[int]:
        """Of the files that are there, the oldest and highest first; 0 is the one that was written."""
        folder, name = self._path.parent, self._path.name
        suffixes = [each.name.removeprefix(f"{name}.") for each in folder.glob(f"{name}.[1-9]*")]
        numbers = [int(suffix) for suffix in suffixes if suffix.isdecimal()]
        return sorted([*numbers, 0] if self._path.exists() else numbers, reverse=True)

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}") if number else self._path
