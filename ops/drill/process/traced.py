"""Reading what strace wrote: the beginnings and ends of calls, and the bytes that they carried."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

WHOLE = ("-y", "-s", str(1 << 18))
"""Options of strace: the path beside each descriptor, and all bytes of a write."""

DESCRIPTOR = re.compile(r"(\d+)<([^>]*)>")
"""A descriptor and its path."""

_CALL = re.compile(r"(?:(?P<thread>\d+) +)?(?:<\.\.\. (?P<resumed>\w+) resumed>|(?P<name>\w+)\()(?P<rest>.*)", re.S)
_UNFINISHED = " <unfinished ...>"
_RESULT = re.compile(r'\)\s+= (-?\d+)[^"]*$')
_SYNCING = re.compile(r"\bO_D?SYNC\b")
_STRING = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"')
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|(.))")
_LETTERS = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"v": b"\v", b"f": b"\f"}


class Moment(NamedTuple):
    """The beginning of a call, whose `succeeded` is None, or its end with all its arguments."""

    thread: str
    name: str
    arguments: str
    succeeded: bool | None


def moments(lines: Iterable[str]) -> Iterator[Moment]:
    """What a trace tells, in its order; the lines are those of strace -f."""
    begun: dict[str, str] = {}
    for line in lines:
        found = _CALL.match(line.rstrip("\n"))
        if found is None:
            continue
        thread, name, rest = found["thread"] or "", found["name"] or found["resumed"], found["rest"]
        if found["resumed"]:
            whole = begun.pop(thread, "") + rest
        else:
            whole = rest.removesuffix(_UNFINISHED)
            yield Moment(thread, name, whole, None)
            if whole != rest:
                begun[thread] = whole
                continue
        result = _RESULT.search(whole)
        yield Moment(thread, name, whole, result is not None and int(result[1]) >= 0)


class Opened(NamedTuple):
    """A descriptor that was opened, and on what path. One that `syncs` makes each write durable by itself."""

    descriptor: str
    path: str
    flags: str

    @property
    def syncs(self) -> bool:
        """Whether O_DSYNC or O_SYNC is among its flags."""
        return _SYNCING.search(self.flags) is not None


def opened_by(moment: Moment) -> Opened:
    """What a call of `openat` that succeeded has opened."""
    _, _, behind = moment.arguments.rpartition('"')
    flags, _, opened = behind.rpartition("= ")
    descriptor, _, path = opened.strip().partition("<")
    return Opened(descriptor, path.removesuffix(">"), flags)


def data_of(moment: Moment) -> bytes:
    """All strings among the arguments, one behind the other."""
    return b"".join(_bytes_of(text) for text in _STRING.findall(moment.arguments))


def _bytes_of(text: str) -> bytes:
    return _ESCAPE.sub(
        lambda found: bytes([int(found[1], 8)]) if found[1] else _LETTERS.get(found[2], found[2]),
        text.encode("ascii", "replace"),
    )
