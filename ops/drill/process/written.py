"""What an engine wrote into its data directory, call by call, and what a power loss at any moment may leave of it.

The rules are those of POSIX, not those of one file system. What a call changed is certain once a sync of that very
file, begun later, has ended: the bytes, and how long the file is. A name is certain once the directory was synced.
A write through a descriptor opened with O_DSYNC is certain when it ends. Until then a change may be on disk or not,
whatever became of those before and after it, and of a write any of its sectors of 512 bytes.

What is written through a map of memory is in no trace. LMDB does that to its lock files alone, and makes them anew.
"""

from __future__ import annotations

import math
import os
import re
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ops.drill.process.traced import DESCRIPTOR, Moment, data_of, moments, opened_by

CALLS = (
    "openat",
    "mkdir",
    "rename",
    "unlink",
    "ftruncate",
    "fallocate",
    "lseek",
    "write",
    "writev",
    "pwrite64",
    "pwritev",
    "fdatasync",
    "fsync",
    "sendto",
    "sendmsg",
)
"""The system calls that a trace must hold."""

SECTOR_BYTES = 512
"""What a disk writes as one."""

_WRITES = ("write", "writev", "pwrite64", "pwritev")
_SYNCS = ("fdatasync", "fsync")
_SENDS = ("sendto", "sendmsg", "write", "writev")
_PAGE_BYTES = 4096
_META_AT = 32
_META = struct.Struct("=88xQ24x")
"""What LMDB 0.9 writes to commit, from byte 32 of a meta page on: see `storage._structure`."""

_ORDER_ID = re.compile(rb'"client_order_id":"([^"]+)"')
_REQUEST = re.compile(rb"(?:POST|PATCH|DELETE|GET) /(?:orders|account)[^ ]* HTTP/")
_QUOTED = re.compile(r'"([^"]*)"')


@dataclass(eq=False, slots=True)
class Change:
    """One change that a call makes: bytes of a file, its length, or names in a directory.

    `of` is the file, by number, or the path of the directory whose sync makes it certain. It may be on disk from
    moment `begun` on and is from moment `certain` on.
    """

    of: int | str
    begun: int
    certain: float = math.inf
    offset: int = 0
    data: bytes = b""
    length: int = 0
    cuts: bool = False
    names: Mapping[str, int] = field(default_factory=dict)
    gone: tuple[str, ...] = ()

    @property
    def sectors(self) -> int:
        """How many sectors its bytes touch."""
        if not self.data:
            return 1
        return (self.offset + len(self.data) - 1) // SECTOR_BYTES - self.offset // SECTOR_BYTES + 1


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A commit that the engine relies on from that moment on: of the file with so many entries in it."""

    moment: int
    path: str
    entries: int


@dataclass(slots=True)
class Recording:
    """Everything that was written, from the empty data directory on. Moments are counted from 1."""

    moments: int = 0
    writes: int = 0
    syncs: int = 0
    changes: list[Change] = field(default_factory=list)
    acknowledged: list[Acknowledged] = field(default_factory=list)
    sent: dict[str, int] = field(default_factory=dict)
    """Each order that left, by its id, and the moment after which it did."""
    requests: list[int] = field(default_factory=list)
    """The moment after which each request to the venue left, in turn."""

    def uncertain(self, moment: int) -> list[Change]:
        """What may be on disk at a moment, and may be not."""
        return [each for each in self.changes if each.begun <= moment < each.certain]


class Files:
    """The files of one power loss, in memory: paths below the data directory, bytes, lengths."""

    def __init__(self) -> None:
        self.names: dict[str, int] = {}
        self._bytes: dict[int, bytearray] = {}
        self._lengths: dict[int, int] = {}

    def copy(self) -> Files:
        """Another one, to be changed by itself."""
        copied = Files()
        copied.names = dict(self.names)
        copied._bytes = {number: bytearray(data) for number, data in self._bytes.items()}
        copied._lengths = dict(self._lengths)
        return copied

    def apply(self, change: Change, sectors: frozenset[int] | None = None) -> None:
        """Make a change, or only these sectors of it, counted from 0."""
        if isinstance(change.of, str):
            for name in change.gone:
                self.names.pop(name, None)
            self.names.update(change.names)
            return
        number = change.of
        known = self._lengths.get(number, 0)
        self._lengths[number] = change.length if change.cuts else max(known, change.length)
        data = self._bytes.setdefault(number, bytearray())
        if change.cuts:
            del data[change.length :]
        for start, piece in _pieces(change, sectors):
            data.extend(bytes(max(0, start + len(piece) - len(data))))
            data[start : start + len(piece)] = piece
            self._lengths[number] = max(self._lengths[number], start + len(piece))

    def write(self, folder: Path) -> None:
        """Put them on disk, into a new folder."""
        folder.mkdir()
        for name in sorted(self.names):
            path, number = folder / name, self.names[name]
            if not path.parent.is_dir():  # its directory is not there, so neither is it
                continue
            if number < 0:
                path.mkdir()
                continue
            path.write_bytes(self._bytes.get(number, b""))
            os.truncate(path, self._lengths.get(number, 0))


def _pieces(change: Change, sectors: frozenset[int] | None) -> Iterable[tuple[int, bytes]]:
    if sectors is None:
        return [(change.offset, change.data)] if change.data else []
    first = change.offset // SECTOR_BYTES
    pieces = []
    for sector in sorted(sectors):
        start = max(change.offset, (first + sector) * SECTOR_BYTES)
        end = min(change.offset + len(change.data), (first + sector + 1) * SECTOR_BYTES)
        pieces.append((start, change.data[start - change.offset : end - change.offset]))
    return pieces


def recorded(lines: Iterable[str], data_dir: Path) -> Recording:
    """What a trace tells of a data directory that was not there before. The lines are those of strace -f -y.

    Raises ValueError for a write whose bytes are not all in the trace, or that this module does not know to read.
    """
    recorder = _Recorder(str(data_dir))
    for moment in moments(lines):
        recorder.take(moment)
    return recorder.recording


class _Recorder:
    def __init__(self, data_dir: str) -> None:
        self._data_dir = data_dir
        self._numbers: dict[str, int] = {}
        self._last_number = 0
        self._lengths: dict[int, int] = {}
        self._syncing: set[str] = set()
        self._appending: set[str] = set()
        self._positions: dict[str, int] = {}
        self._under_way: dict[str, list[Change]] = {}
        self.recording = Recording()

    def take(self, call: Moment) -> None:
        on = DESCRIPTOR.match(call.arguments)
        if on is not None and on[2].startswith("socket:"):
            if call.name in _SENDS and call.succeeded is None:
                self._send(data_of(call))
        elif call.name in ("openat", "mkdir", "rename", "unlink"):
            if call.succeeded:
                self._change_names(call)
        elif on is not None and (inside := self._inside(on[2])) is not None:
            if call.name in _SYNCS:
                self._sync(call, self._numbers.get(inside) if inside in self._numbers else inside)
            elif inside in self._numbers:
                self._change_file(call, inside, self._numbers[inside], descriptor=on[1])

    def _send(self, data: bytes) -> None:
        now = self.recording.moments
        self.recording.requests += [now] * len(_REQUEST.findall(data))
        for order_id in _ORDER_ID.findall(data):
            self.recording.sent.setdefault(order_id.decode(), now)

    def _inside(self, path: str) -> str | None:
        """The path below the data directory; "" for itself."""
        if path == self._data_dir:
            return ""
        return path.removeprefix(f"{self._data_dir}/") if path.startswith(f"{self._data_dir}/") else None

    def _begin(self, change: Change) -> Change:
        self.recording.moments += 1
        change.begun = self.recording.moments
        self.recording.changes.append(change)
        return change

    def _change_names(self, call: Moment) -> None:
        paths = [self._inside(path) for path in _QUOTED.findall(call.arguments)]
        if call.name == "openat":
            opened = opened_by(call)
            self._positions[opened.descriptor] = 0
            for kept, is_so in ((self._syncing, opened.syncs), (self._appending, "O_APPEND" in opened.flags)):
                kept.discard(opened.descriptor)
                if is_so:
                    kept.add(opened.descriptor)
            paths = [self._inside(opened.path)] if "O_CREAT" in opened.flags else []
        if not paths or paths[0] in (None, "") or (call.name == "openat" and paths[0] in self._numbers):
            return
        path = str(paths[0])
        folder = str(Path(path).parent) if "/" in path else ""
        if call.name == "mkdir":
            self._begin(Change(folder, 0, names={path: -1}))
        elif call.name == "openat":
            self._last_number += 1
            self._numbers[path] = self._last_number
            self._begin(Change(folder, 0, names={path: self._last_number}))
        elif call.name == "unlink":
            self._numbers.pop(path, None)
            self._begin(Change(folder, 0, gone=(path,)))
        else:
            number = self._numbers[str(paths[1])] = self._numbers.pop(path)
            self._begin(Change(folder, 0, names={str(paths[1]): number}, gone=(path,)))

    def _sync(self, call: Moment, of: int | str | None) -> None:
        if call.succeeded is None:
            now = self.recording.moments
            self._under_way[call.thread] = [
                each for each in self.recording.uncertain(now) if each.of == of and not self._runs(each)
            ]
            return
        self.recording.syncs += 1
        self.recording.moments += 1
        for change in self._under_way.pop(call.thread, []) if call.succeeded else ():
            change.certain = min(change.certain, self.recording.moments)

    def _runs(self, change: Change) -> bool:
        return any(change in changes for changes in self._under_way.values())

    def _change_file(self, call: Moment, path: str, number: int, *, descriptor: str) -> None:
        if call.name == "lseek":
            if call.succeeded:
                self._positions[descriptor] = int(call.arguments.rpartition("= ")[2])
            return
        if call.succeeded is None:
            change = self._change_of(call, number, descriptor)
            self._under_way[call.thread] = [self._begin(change)]
            return
        (change,) = self._under_way.pop(call.thread)
        if not call.succeeded:
            self.recording.changes.remove(change)
            return
        self._lengths[number] = change.length if change.cuts else max(self._lengths.get(number, 0), change.length)
        self.recording.moments += 1
        if descriptor in self._syncing:
            change.certain = self.recording.moments
        if change.data:
            self.recording.writes += 1
            if call.name in ("write", "writev"):
                self._positions[descriptor] = change.length
            self._acknowledge(change, path)

    def _change_of(self, call: Moment, number: int, descriptor: str) -> Change:
        behind = call.arguments.rpartition('"')[2] if call.name in _WRITES else call.arguments.partition(">")[2]
        numbers = [int(each) for each in re.findall(r"-?\d+", behind.partition(") ")[0])]
        if call.name == "ftruncate":
            return Change(number, 0, length=numbers[0], cuts=True)
        if call.name == "fallocate":
            return Change(number, 0, length=numbers[1] + numbers[2])
        if '"...' in call.arguments:
            raise ValueError(f"the trace does not hold all bytes of a {call.name}")
        data = data_of(call)
        if call.name in ("pwrite64", "pwritev"):
            offset = numbers[-1]
        elif descriptor in self._appending:
            offset = self._lengths.get(number, 0)
        else:
            offset = self._positions.get(descriptor, 0)
        return Change(number, 0, offset=offset, data=data, length=offset + len(data))

    def _acknowledge(self, change: Change, path: str) -> None:
        """A commit has returned once its last write has: that of a meta page, whether it was synced or not."""
        if change.offset not in (_META_AT, _PAGE_BYTES + _META_AT) or len(change.data) != _META.size:
            return
        (entries,) = _META.unpack(change.data)
        self.recording.acknowledged.append(Acknowledged(self.recording.moments, path, entries))
