"""Reading the logs of a data directory, see `ops.log_file`: engine and guardian together, by time.

A line that is no record of ours (torn by a crash, written by somebody else) is kept as it is, at the time of the
line before it.
"""

from __future__ import annotations

import heapq
import os
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

import msgspec

from ops.log_file import LOG_FOLDER

LOGS = ("engine", "guardian")
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")

_READ_BYTES = 1 << 20


class LogRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One record. `time_ns` is UTC; `level` one of `LEVELS`; `error` a traceback. `raw` is a line that is none."""

    time_ns: int
    level: str = ""
    process: str = ""
    pid: int = 0
    logger: str = ""
    message: str = ""
    error: str = ""
    raw: str = ""


class LogFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What is wanted: at least this level, not before this time, of this logger or of those below it."""

    level: str = LEVELS[0]
    since_ns: int = 0
    logger: str = ""

    def accepts(self, record: LogRecord) -> bool:
        """Whether it is wanted. Of a line that is no record only the time is known, and no logger."""
        if record.time_ns < self.since_ns:
            return False
        if record.raw:
            return not self.logger
        if self.logger and record.logger != self.logger and not record.logger.startswith(f"{self.logger}."):
            return False
        level = record.level.upper()
        return level not in LEVELS or LEVELS.index(level) >= LEVELS.index(self.level)


def has_logs(data_dir: Path) -> bool:
    """Whether there is any file to read."""
    return any(_files(_base(data_dir, name)) for name in LOGS)


class LogReader:
    """Reads all that there is, then what is added, whatever is rotated, deleted or made anew meanwhile."""

    def __init__(self, data_dir: Path) -> None:
        self._tails = [_Tail(_base(data_dir, name)) for name in LOGS]

    def read(self, wanted: LogFilter) -> Iterator[LogRecord]:
        """What is wanted of all that was not yet read, by time; to be read to its end.

        Raises OSError if a file cannot be read.
        """
        merged = heapq.merge(*(tail.read_new() for tail in self._tails), key=lambda record: record.time_ns)
        return filter(wanted.accepts, merged)

    def unfinished(self, wanted: LogFilter) -> Iterator[LogRecord]:
        """The last lines, if they have no end: torn, or being written. For one who does not read on."""
        return filter(wanted.accepts, (record for tail in self._tails for record in tail.end_part()))

    def close(self) -> None:
        """Let go of the files."""
        for tail in self._tails:
            tail.close()


class _Parser:
    """Lines of one log, one after another."""

    def __init__(self) -> None:
        self._time_ns = 0

    def parse(self, line: bytes) -> LogRecord | None:
        """The record, or the line as it is; `None` for an empty one."""
        if not line.strip():
            return None
        try:
            record = _decoder.decode(line)
        except msgspec.MsgspecError:
            return LogRecord(time_ns=self._time_ns, raw=line.decode("utf-8", "replace").rstrip("\r\n"))
        self._time_ns = record.time_ns
        return record


class _Tail:
    """One log: its files are renamed once they are full, and the first begun anew under the old name."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._parser = _Parser()
        self._part = b""
        self._file: FileIO | None = None
        self._has_begun = False

    def read_new(self) -> Iterator[LogRecord]:
        """Every whole line that was not yet read, oldest first."""
        yield from self._read_rest()
        if self._has_begun and self._is_current():
            return
        newer = _open_since(self._path, self._file)
        self._has_begun = True
        yield from self._read_rest()  # what was added before it was renamed; nothing is added after
        for file in newer:
            yield from self.end_part()
            self.close()
            self._file = file
            yield from self._read_rest()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _is_current(self) -> bool:
        """Whether the file that is open still has the log's name. One that was cut short is read again."""
        try:
            named = self._path.stat()
        except FileNotFoundError:
            return True  # being rotated, or there is none yet: until there is another, this one is all
        if self._file is None:
            return False
        opened = os.fstat(self._file.fileno())
        if opened.st_size < self._file.tell():
            self._file.seek(0)
            self._part = b""
        return os.path.samestat(named, opened)

    def _read_rest(self) -> Iterator[LogRecord]:
        while self._file is not None and (data := self._file.read(_READ_BYTES)):
            *lines, self._part = (self._part + data).split(b"\n")
            yield from self._parsed(lines)

    def end_part(self) -> Iterator[LogRecord]:
        """Nobody will complete the line that the file left off in."""
        part, self._part = self._part, b""
        yield from self._parsed([part])

    def _parsed(self, lines: list[bytes]) -> Iterator[LogRecord]:
        for line in lines:
            record = self._parser.parse(line)
            if record is not None:
                yield record


def _open_since(path: Path, known: FileIO | None) -> list[FileIO]:
    """The log's files that were begun after the known one, oldest first, open.

    Opened from the newest on: one that is renamed meanwhile comes up twice, and is then left out. If the known
    one has gone, all but the newest may have been read already.
    """
    known_status = None if known is None else os.fstat(known.fileno())
    opened: list[FileIO] = []
    for each in reversed(_files(path)):
        try:
            file = FileIO(each)
        except FileNotFoundError:
            continue
        status = os.fstat(file.fileno())
        if known_status is not None and os.path.samestat(status, known_status):
            file.close()
            return opened[::-1]
        if any(os.path.samestat(status, os.fstat(other.fileno())) for other in opened):
            file.close()
        else:
            opened.append(file)
    if known is None:
        return opened[::-1]
    for file in opened[1:]:
        file.close()
    return opened[:1]


def _base(data_dir: Path, name: str) -> Path:
    return data_dir / LOG_FOLDER / f"{name}.jsonl"


def _files(path: Path) -> list[Path]:
    """A log's files that exist, oldest first: the numbered ones by number, then the one that is written."""
    numbered = [
        (int(each.name.removeprefix(f"{path.name}.")), each)
        for each in path.parent.glob(f"{path.name}.*")
        if each.name.removeprefix(f"{path.name}.").isdecimal()
    ]
    older = [each for _, each in sorted(numbered, reverse=True)]
    return [*older, path] if path.exists() else older


_decoder = msgspec.json.Decoder(LogRecord)
