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
from collections.abc import Iterable
from enum import IntEnum

import msgspec

from ops.drill.process.broker_client import PracticeBroker
from ops.drill.process.session import Session
from ops.drill.process.stracing import trace
from ops.drill.process.traced import DESCRIPTOR, WHOLE, Moment, data_of, moments, opened_by

_WRITES = ("write", "writev", "pwrite64", "pwritev")
_SYNCS = ("fdatasync", "fsync")
_SENDS = ("sendto", "sendmsg", "write", "writev")
_TRACED = ("openat", "pwrite64", "pwritev", "sendmsg", "sendto", "write", "writev", *_SYNCS)
_META_BYTES = 2 * 4096

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
    trace(session.command(data_dir), _TRACED, trace_file, *WHOLE)
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
    for moment in moments(lines):
        history.take(moment)
    return history.sent


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

    def take(self, moment: Moment) -> None:
        if moment.name == "openat":
            self._open(moment)
        elif (on := DESCRIPTOR.match(moment.arguments)) is None:
            return
        elif on[2].startswith(self._journal):
            self._touch(moment, descriptor=on[1], path=on[2])
        elif on[2].startswith("socket:") and moment.name in _SENDS and moment.succeeded is None:
            for order_id in _ORDER_ID.findall(data_of(moment)):
                self.sent.setdefault(order_id.decode(), self._stage_of(order_id.decode()))

    def _open(self, moment: Moment) -> None:
        if not moment.succeeded:
            return
        opened = opened_by(moment)
        self._syncing.discard(opened.descriptor)
        if opened.syncs:
            self._syncing.add(opened.descriptor)

    def _touch(self, moment: Moment, *, descriptor: str, path: str) -> None:
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
            writes.append(_Write(data_of(moment), begun))
            if descriptor in self._syncing:
                writes[-1].become_synced()

    def _stage_of(self, order_id: str) -> Stage:
        kept = msgspec.msgpack.encode(order_id)  # with its length: one id may begin with another
        stages = (write.stage for writes in self._writes.values() for write in writes if kept in write.data)
        return max(stages, default=Stage.ABSENT)


def _named_by(moment: Moment, writes: list[_Write]) -> tuple[_Write, ...]:
    """What is on disk when a write of a page that names it begins; nothing for every other write."""
    numbers = re.findall(r"\d+", moment.arguments.rpartition('"')[2])
    if moment.name != "pwrite64" or len(numbers) < 2 or int(numbers[1]) >= _META_BYTES:
        return ()
    return tuple(each for each in writes if each.stage is Stage.SYNCED)
