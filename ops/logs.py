"""Logging of an engine process: for people on standard error, for machines as JSON lines in the data directory.

Records go through a queue to a thread of their own, so that the core never waits for a terminal or a disk; a queue
that is full sheds, and so does a disk. What is secret is blotted out in both, tracebacks included.
"""

from __future__ import annotations

import copy
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import QueueHandler, QueueListener
from pathlib import Path
from queue import SimpleQueue

from ops.log_file import BYTES_MAX, KEPT, LOG_FOLDER, LogFile, log_line, say

WAITING_MAX = 10_000
"""Records that may wait to be written."""

SECRET_LENGTH_MIN = 4
"""A shorter value is in too many words to be blotted out of all of them."""

BLOT = "***"

_LOOKS_SECRET = re.compile(
    r"""(?ix)
    \b( (?:apca[-_]api[-_]|alpaca[-_]|api[-_]?)? (?:key[-_]?id|secret[-_]?key|secret|key|token|password) )
    ( ["']? \s* [=:] \s* ["']? )
    ( [A-Za-z0-9/+_-]{16,} =* )
    """
)
"""`name=value`, `name: value` and `"name": "value"` with a value as long as Alpaca's keys and secrets are."""

_secrets: set[str] = set()  # of the process: whatever part of it learns a secret, no part may log it


def register_secret(value: str) -> None:
    """Blot this value out of every record from now on."""
    if len(value) >= SECRET_LENGTH_MIN:
        _secrets.add(value)


def redacted(text: str) -> str:
    """The text, with `***` in place of what is secret or looks like it."""
    for value in sorted(_secrets, key=len, reverse=True):  # one may be part of another
        text = text.replace(value, BLOT)
    return _LOOKS_SECRET.sub(rf"\1\2{BLOT}", text)


@contextmanager
def logging_to(
    data_dir: Path, *, level: str = "warning", bytes_max: int = BYTES_MAX, kept: int = KEPT
) -> Iterator[None]:
    """Log what happens within the block, and have all of it written at its end.

    What is of `level` (a name such as "info") and above goes to standard error, INFO and above to
    `log/engine.jsonl`. The file is made with its first record, and none is made outside a data directory.
    """
    file = LogFile(data_dir / LOG_FOLDER / "engine.jsonl", bytes_max=bytes_max, kept=kept)
    people = _ForPeople()
    people.setLevel(level.upper())
    sender = _Sender(SimpleQueue())
    listener = QueueListener(sender.queue, people, _ForMachines(file, data_dir), respect_handler_level=True)
    root = logging.getLogger()
    level_before = root.level
    root.addHandler(sender)
    root.setLevel(min(logging.INFO, people.level))
    listener.start()
    try:
        yield
    finally:
        root.removeHandler(sender)
        root.setLevel(level_before)
        listener.stop()
        file.close()
        if sender.shed:
            say(f"WARNING {sender.shed} log records were dropped: they came faster than they could be written")


class _Sender(QueueHandler):
    """Makes a record whole in the thread that logs it, and never waits."""

    def __init__(self, queue: SimpleQueue[logging.LogRecord]) -> None:
        super().__init__(queue)
        self._waiting = queue
        self.shed = 0

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """The record as text: arguments may change later. The traceback stays apart from the message."""
        whole = copy.copy(record)
        whole.msg, whole.args = record.getMessage(), None
        if record.exc_info:
            whole.exc_text = record.exc_text or _traceback_text.formatException(record.exc_info)
            whole.exc_info = None
        return whole

    def enqueue(self, record: logging.LogRecord) -> None:
        """Queue it, or count it if too many wait."""
        if self._waiting.qsize() >= WAITING_MAX:
            self.shed += 1
        else:
            self._waiting.put(record)


class _ForPeople(logging.Handler):
    """`understudy: LEVEL message`, and a traceback below it if there is one."""

    def emit(self, record: logging.LogRecord) -> None:
        """Say it on standard error."""
        trace = f"\n{record.exc_text}" if record.exc_text else ""
        say(redacted(f"{record.levelname} {record.getMessage()}{trace}"))


class _ForMachines(logging.Handler):
    """One JSON object a line."""

    def __init__(self, file: LogFile, data_dir: Path) -> None:
        super().__init__(logging.INFO)
        self._file = file
        self._data_dir = data_dir
        self._early: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Write it, or keep it until there is a data directory to write it to."""
        line = log_line(
            "engine",
            record.name,
            redacted(record.getMessage()),
            time_ns=int(record.created * 1_000_000_000),
            level=record.levelname,
            error=redacted(record.exc_text) if record.exc_text else None,
        )
        if not self._data_dir.is_dir():
            self._early = [*self._early, line][-WAITING_MAX:]
            return
        early, self._early = self._early, []
        for each in (*early, line):
            self._file.write(each)


_traceback_text = logging.Formatter()
