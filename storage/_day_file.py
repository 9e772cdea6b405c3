"""One UTC day of the journal: an LMDB file of batches.

key       8 bytes, big-endian: first input of the batch; 0 for the day's header
value     the frames of one append, one after another: ONE put per append, because py-lmdb lets go of the
          interpreter lock at each put and a busy thread may keep it for 5 ms
header    sealed MessagePack of `DayHeader`: what the first frame must follow, so older days can be deleted
"""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from messages import FrameError, FrameHeader
from storage._environment import MAP_BYTES, create_environment, open_environment, storage_errors, used_bytes
from storage._failed_commit import forget_failed_commit
from storage._proof import Head, last_head, prove_batch, seq_key
from storage._sealed import SealBroken, seal, unseal
from storage._structure import find_damage, find_damage_while_used
from storage.errors import DiskFull, JournalCorrupt, StorageFailed

DAY_SUFFIX = ".mdb"

_DAY_NAME = re.compile(r"\d{4}-\d{2}-\d{2}\.mdb")
_HEADER_KEY = seq_key(0)
_FETCH_BYTES = 1 << 20
_REMAP_BYTES = 16 << 20
"""After so much was put the file is mapped anew: pages of it that LMDB has touched count as our memory."""


class DayHeader(msgspec.Struct, frozen=True, kw_only=True):
    """What came before the day: the head to continue, and the book at that time."""

    format: int = 1
    seq: int
    chain: bytes
    epoch: int
    book: str

    @property
    def head(self) -> Head:
        return Head(self.seq, self.chain, self.epoch)


class DayFile:
    """An open day. Its structure was checked before LMDB saw it; its contents are proven as they are read."""

    def __init__(self, path: Path, *, read_only: bool, map_bytes: int = MAP_BYTES) -> None:
        self.path = path
        self._map_bytes = map_bytes
        self._put_since_mapped = 0
        self.day = path.name.removesuffix(DAY_SUFFIX)
        examine = find_damage_while_used if read_only else find_damage
        with storage_errors(path):
            damage = examine(path, only_grows=True)
        if damage is not None:
            raise JournalCorrupt(path, seq=0, detail=damage)
        self._environment = open_environment(path, read_only=read_only, map_bytes=map_bytes)
        try:
            self.header = self._read_header()
        except BaseException:
            self._environment.close()
            raise

    def __repr__(self) -> str:
        return f"DayFile({self.path}, first_seq={self.header.seq + 1})"

    @classmethod
    def create(cls, path: Path, header: DayHeader, *, map_bytes: int = MAP_BYTES) -> None:
        """Write the file of a new day; it then exists whole, or not at all. Raises DiskFull, StorageFailed."""
        create_environment(path, records={_HEADER_KEY: _sealed(header)}, map_bytes=map_bytes)

    @property
    def used_bytes(self) -> int:
        return used_bytes(self._environment)

    def open_for_writing(self, *, map_bytes: int) -> None:
        """Open the file anew so that it can be put to. It is not examined again: that was done a moment ago."""
        self._environment.close()
        self._map_bytes = map_bytes
        self._put_since_mapped = 0
        self._environment = open_environment(self.path, read_only=False, map_bytes=map_bytes)

    def close(self) -> None:
        self._environment.close()

    def put(self, first_seq: int, batch: bytes) -> None:
        """Make one batch durable, behind all others. Raises DiskFull, StorageFailed.

        LMDB's append mode goes to the last page itself: a damaged branch page cannot lead the batch astray.
        """
        try:
            with storage_errors(self.path), self._environment.begin(write=True) as transaction:
                stored = transaction.put(seq_key(first_seq), batch, append=True)
                assert stored, f"{self.path} holds a batch of input {first_seq} or later already"
        except (DiskFull, StorageFailed):
            forget_failed_commit(self.path)
            raise
        self._put_since_mapped += len(batch)
        if self._put_since_mapped >= _REMAP_BYTES:
            self.open_for_writing(map_bytes=self._map_bytes)

    def put_book(self, book: str) -> None:
        """Make the book of the header another one."""
        self.header = msgspec.structs.replace(self.header, book=book)
        with storage_errors(self.path), self._environment.begin(write=True) as transaction:
            transaction.put(_HEADER_KEY, _sealed(self.header))

    def fetch(self, first_seq: int) -> list[tuple[bytes, bytes]]:
        """Some batches from the one whose first input is `first_seq` on, as (key, batch); empty at the end.

        They are copied out in one short read transaction: a reader that stays makes the file grow.
        """
        found: list[tuple[bytes, bytes]] = []
        total = 0
        with storage_errors(self.path), self._environment.begin() as transaction:
            cursor = transaction.cursor()
            if not cursor.set_range(seq_key(first_seq)):
                return found
            for key, value in cursor:
                found.append((key, value))
                total += len(value)
                if total >= _FETCH_BYTES:
                    break
        return found

    def head_before(self, seq: int) -> Head:
        """The head that the batch holding input `seq` continues, as the batch before it says."""
        with storage_errors(self.path), self._environment.begin() as transaction:
            cursor = transaction.cursor()
            exact = cursor.set_range(seq_key(seq)) and cursor.key() == seq_key(seq)
            at_batch = exact or (cursor.prev() if cursor.key() else cursor.last())
            if not at_batch or cursor.key() == _HEADER_KEY or not cursor.prev() or cursor.key() == _HEADER_KEY:
                return self.header.head
            return self._last_head(cursor.value())

    def last_head(self) -> Head:
        """The head after the last batch, proven from the batch before it. Raises JournalCorrupt."""
        with storage_errors(self.path), self._environment.begin() as transaction:
            cursor = transaction.cursor()
            if not cursor.last() or cursor.key() == _HEADER_KEY:
                return self.header.head
            key, batch = cursor.item()
            has_one_before = cursor.prev() and cursor.key() != _HEADER_KEY
            head = self._last_head(cursor.value()) if has_one_before else self.header.head
        return prove_stored(self.path, key, batch, head)[-1][1]

    def _last_head(self, batch: bytes) -> Head:
        try:
            return last_head(batch)
        except FrameError as error:
            raise JournalCorrupt(self.path, seq=0, detail=str(error)) from error

    def _read_header(self) -> DayHeader:
        with storage_errors(self.path), self._environment.begin() as transaction:
            value = transaction.get(_HEADER_KEY, b"")
        try:
            return msgspec.msgpack.decode(unseal(value), type=DayHeader)
        except (SealBroken, msgspec.MsgspecError) as error:
            raise JournalCorrupt(self.path, seq=0, detail=f"its header: {error}") from error


def prove_stored(path: Path, key: bytes, batch: bytes, head: Head) -> list[tuple[FrameHeader, Head]]:
    """Frames of a stored batch, each with the head after it. Raises JournalCorrupt unless they continue `head`."""
    try:
        if key != seq_key(head.seq + 1):
            raise FrameError(f"after input {head.seq} comes the batch under the key {key[:16].hex()}")
        return list(prove_batch(batch, head))
    except FrameError as error:
        raise JournalCorrupt(path, seq=head.seq + 1, detail=str(error)) from error


def day_files(directory: Path) -> list[Path]:
    """The days in a directory, oldest first."""
    return sorted(path for path in directory.iterdir() if _DAY_NAME.fullmatch(path.name))


def _sealed(header: DayHeader) -> bytes:
    return seal(msgspec.msgpack.encode(header))
