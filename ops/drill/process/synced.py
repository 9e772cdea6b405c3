"""Was each order durable before it left? Read from the system calls of an undisturbed run.

The kernel keeps what a killed process has written, synced or not: kills alone never find an engine that does not
sync. What they would have to find is in the order of the calls. A commit of LMDB is

    pwrite64, pwritev, writev of pages -> fdatasync -> pwrite64 of one of the first two pages, which names them

and that last write is durable by itself where its descriptor was opened with O_DSYNC. So an order may leave once a
write that holds its id, a sync of that file begun later, and a durable write of such a page begun later still have
all ended. Of two calls of two threads strace writes down first the one that another may have waited for.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator
from enum import IntEnum
from typing import NamedTuple

import msgspec

from ops.drill.process.broker_client import PracticeBroker
from ops.drill.process.session import Session
from ops.drill.process.stracing import trace

_WRITES = ("write", "writev", "pwrite64", "pwritev")
_SYNCS = ("fdatasync", "fsync")
_SENDS = ("sendto", "sendmsg", "write", "writev")
_TRACED = ("openat", "pwrite64", "pwritev", "sendmsg", "sendto", "write", "writev", *_SYNCS)
_STRING_BYTES = 1 << 18
_META_BYTES = 2 * 4096

_CALL = re.compile(r"(?:(?P<thread>\d+) +)?(?:<\.\.\. (?P<resumed>\w+) resumed>|(?P<name>\w+)\()(?P<rest>.*)", re.S)
_UNFINISHED = " <unfinished ...>"
_RESULT = re.compile(r'\)\s+= (-?\d+)[^"]*$')
_DESCRIPTOR = re.compile(r"(\d+)<([^>]*)>")
_SYNCING = re.compile(r"\bO_D?SYNC\b")
_STRING = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"')
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|(.))")
_LETTERS = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"v": b"\v", b"f": b"\f"}
_ORDER_ID = re.compile(rb'"client_order_id":"([^"]+)"')


class Stage(IntEnum):
    """How far the intent of an order had come when the order left."""

    ABSENT = 0
    WRITTEN = 1
    SYNCED = 2
    DURABLE = 3


_TOO_EARLY = {
    Stage.ABSENT: "its intent was written to the journal",
    Stage.WRITTEN: "its intent, which was written, was synced",
    Stage.SYNCED: "the commit of its intent, which was synced, was durable itself",
}


class SyncedOrders(msgspec.Struct, frozen=True, kw_only=True):
    """How many orders were durable before they left, and one line for each that was not."""

    orders: int
    faults: tuple[str, ...]


def check_synced(session: Session, broker: PracticeBroker) -> SyncedOrders:
    """Trade the session undisturbed under strace, and look at each order. Raises OSError if it cannot be traded."""
    broker.reset()
    data_dir = session.data_dir("traced")
    trace_file = session.folder / "trace"
    trace(session.command(data_dir), _TRACED, trace_file, "-y", "-s", str(_STRING_BYTES))
    with trace_file.open(errors="replace") as lines:
        sent = stages_when_sent(lines, journal=f"{data_dir}/journal/")
    shutil.rmtree(data_dir)
    trace_file.unlink()
    faults = [
        f"order {order_id} was sent before {_TOO_EARLY[stage]}"
        for order_id, stage in sent.items()
        if stage is not Stage.DURABLE
    ]
    unseen = sorted({each.client_order_id for each in broker.evidence().accepted} - sent.keys())
    faults += (f"order {each} is at the broker, and its sending is not in the trace" for each in unseen)
    return SyncedOrders(orders=sum(stage is Stage.DURABLE for stage in sent.values()), faults=tuple(faults))


def stages_when_sent(lines: Iterable[str], *, journal: str) -> dict[str, Stage]:
    """Each order id that went into a socket, and how far its intent was then. `journal` begins its files' paths.

    The lines are those of strace -f -y.
    """
    history = _History(journal)
    for moment in _moments(lines):
        history.take(moment)
    return history.sent


class _Moment(NamedTuple):
    """The beginning of a call, or with `succeeded` its end."""

    thread: str
    name: str
    arguments: str
    succeeded: bool | None


def _moments(lines: Iterable[str]) -> Iterator[_Moment]:
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
            yield _Moment(thread, name, whole, None)
            if whole != rest:
                begun[thread] = whole
                continue
        result = _RESULT.search(whole)
        yield _Moment(thread, name, whole, result is not None and int(result[1]) >= 0)


class _Write:
    """Bytes in a file. `names` are the writes that a reader finds through them, for one of the first two pages."""

    def __init__(self, data: bytes, names: tuple[_Write, ...]) -> None:
        self.data = data
        self.names = names
        self.stage = Stage.WRITTEN

    def become_synced(self) -> None:
        self.stage = max(self.stage, Stage.SYNCED)
        for write in self.names:
            write.stage = Stage.DURABLE


class _History:
    """The journal's writes up to some moment of a trace."""

    def __init__(self, journal: str) -> None:
        self._journal = journal
        self._syncing: set[str] = set()  # descriptors that sync each write
        self._writes: dict[str, list[_Write]] = {}
        self._under_way: dict[str, tuple[_Write, ...]] = {}  # by thread: what its call will sync, or write
        self.sent: dict[str, Stage] = {}

    def take(self, moment: _Moment) -> None:
        if moment.name == "openat":
            self._open(moment)
        elif (on := _DESCRIPTOR.match(moment.arguments)) is None:
            return
        elif on[2].startswith(self._journal):
            self._touch(moment, descriptor=on[1], path=on[2])
        elif on[2].startswith("socket:") and moment.name in _SENDS and moment.succeeded is None:
            for order_id in _ORDER_ID.findall(_data(moment)):
                self.sent.setdefault(order_id.decode(), self._stage_of(order_id.decode()))

    def _open(self, moment: _Moment) -> None:
        if not moment.succeeded:
            return
        _, _, behind = moment.arguments.rpartition('"')
        flags, _, opened = behind.rpartition("= ")
        descriptor = opened.partition("<")[0].strip()
        self._syncing.discard(descriptor)
        if _SYNCING.search(flags):
            self._syncing.add(descriptor)

    def _touch(self, moment: _Moment, *, descriptor: str, path: str) -> None:
        writes = self._writes.setdefault(path, [])
        if moment.succeeded is None:
            if moment.name in _SYNCS:
                self._under_way[moment.thread] = tuple(each for each in writes if each.stage is Stage.WRITTEN)
            elif moment.name in _WRITES:
                self._under_way[moment.thread] = _named_by(moment, writes)
            return
        begun = self._under_way.pop(moment.thread, ())
        if not moment.succeeded:
            return
        if moment.name in _SYNCS:
            for write in begun:
                write.become_synced()
        elif moment.name in _WRITES:
            writes.append(_Write(_data(moment), begun))
            if descriptor in self._syncing:
                writes[-1].become_synced()

    def _stage_of(self, order_id: str) -> Stage:
        kept = msgspec.msgpack.encode(order_id)  # with its length: one id may begin with another
        stages = (write.stage for writes in self._writes.values() for write in writes if kept in write.data)
        return max(stages, default=Stage.ABSENT)


def _named_by(moment: _Moment, writes: list[_Write]) -> tuple[_Write, ...]:
    """What is on disk when a write of a page that names it begins; nothing for every other write."""
    numbers = re.findall(r"\d+", moment.arguments.rpartition('"')[2])
    if moment.name != "pwrite64" or len(numbers) < 2 or int(numbers[1]) >= _META_BYTES:
        return ()
    return tuple(each for each in writes if each.stage is Stage.SYNCED)


def _data(moment: _Moment) -> bytes:
    """All strings among the arguments, one behind the other."""
    return b"".join(_bytes_of(text) for text in _STRING.findall(moment.arguments))


def _bytes_of(text: str) -> bytes:
    return _ESCAPE.sub(
        lambda found: bytes([int(found[1], 8)]) if found[1] else _LETTERS.get(found[2], found[2]),
        text.encode("ascii", "replace"),
    )
