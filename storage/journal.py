"""The journal on disk: one LMDB file per UTC day, frames chained from the first input on.

    journal/2026-11-20.mdb    inputs      1 ..  90,000
    journal/2026-11-21.mdb    inputs 90,001 .. now      the current day: the only file that is written to

Retention deletes or archives whole days, oldest first. One thread at a time may append; any thread may read,
also while another appends.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from storage._day_file import DAY_SUFFIX, DayFile, DayHeader
from storage._environment import commit_bytes, remove_environment
from storage._journal_reader import LmdbJournalReader
from storage._proof import check_frames
from storage._space import ReservedSpace, free_bytes
from storage.errors import DiskFull, StaleEpoch, StorageFailed
from storage.options import DEFAULT_OPTIONS, FileOptions

_EMPTY_DAY_BYTES = 1 << 16


def utc_today() -> str:
    """The real UTC day, as `2026-11-21`."""
    return datetime.now(UTC).date().isoformat()


class LmdbJournal(LmdbJournalReader):
    """Satisfies `actors.kernel.ports.Journal`. Get it from a `DataDirectory`, which owns the lock and the epoch."""

    def __init__(
        self,
        directory: Path,
        *,
        epoch: int,
        book: str,
        today: Callable[[], str] = utc_today,
        options: FileOptions = DEFAULT_OPTIONS,
        reader: LmdbJournalReader | None = None,
    ) -> None:
        """Open for writing; begins the first day. Raises JournalCorrupt, StaleEpoch, DiskFull, StorageFailed.

        `reader` is one of the same directory, if there is one: its open files are taken over, not examined again.
        """
        super().__init__(directory, days=reader.release_days() if reader is not None else None)
        if epoch <= self._head.epoch:
            raise StaleEpoch(
                f"the journal in {directory} was last written by epoch {self._head.epoch}; an owner "
                f"of epoch {epoch} would not come after it. Open its data directory instead."
            )
        self._epoch = epoch
        self._book = book
        self._today = today
        self._options = options
        self._failure: str | None = None
        if self.days:
            self._continue_newest()
        else:
            self._day, self._space = self._begin_day(today())

    @property
    def epoch(self) -> int:
        """Number of the owner that writes now; frames of another are refused."""
        return self._epoch

    @property
    def space_low(self) -> bool:
        """Whether the disk gives no more space: poll it after each append, and then write only what must be."""
        return self._space.is_low

    @property
    def free_bytes(self) -> int:
        """What the disk still gives, beside the space that is allocated already."""
        return self._space.free_bytes

    @property
    def used_bytes(self) -> int:
        """Bytes that the current day's file holds."""
        return self._day.used_bytes

    def append(self, frames: Sequence[bytes]) -> None:
        """Make the frames durable, in order and as one: on return they are on disk.

        Raises DiskFull if even the reserve is used up: nothing is written, and the next append may succeed.
        Raises StorageFailed if a write or a sync failed: it may or may not be on disk, and every later append is
        refused until the data directory is opened again. Raises StaleEpoch for another owner's frames.
        """
        if self._failure is not None:
            raise StorageFailed(f"the journal refuses to append since an earlier failure: {self._failure}")
        if not frames:
            return
        head = check_frames(frames, self._head, epoch=self._epoch)
        self._begin_day_if_due()
        batch = b"".join(frames)
        self._space.require(self._day.used_bytes, need_bytes=commit_bytes(len(batch)))
        try:
            self._day.put(self._head.seq + 1, batch)
        except (StorageFailed, DiskFull) as error:
            self._failure = str(error)
            raise
        self._head = head
        self._space.refill(self._day.used_bytes)

    def put_book(self, book: str) -> None:
        """Keep another book beside the journal, so that it outlives a lost state file."""
        self._book = book
        self._day.put_book(book)

    def delete_before(self, day: str) -> list[str]:
        """Delete the days before `day` (as `2026-11-21`), never the current one, and tell which they were."""
        return self._days.delete_before(day)

    def _continue_newest(self) -> None:
        with self._days.use(self._days.newest) as day:
            day.open_for_writing(map_bytes=self._options.map_bytes)
            self._head = day.last_head()  # a killed writer's last commit may show only now
        self._day = day
        self._space = self._reserve(day.path)
        self._space.refill(self._day.used_bytes)

    def _begin_day_if_due(self) -> None:
        today = self._today()
        if today <= self._day.day:  # a clock set back stays in the day it has reached
            return
        try:
            self._day, self._space = self._begin_day(today)
        except DiskFull:
            self._space.is_low = True  # the old day's file still has its reserve

    def _begin_day(self, day: str) -> tuple[DayFile, ReservedSpace]:
        path = self.directory / f"{day}{DAY_SUFFIX}"
        if free_bytes(self.directory) < self._options.reserve_bytes + _EMPTY_DAY_BYTES:
            raise DiskFull(
                f"{path} needs {self._options.reserve_bytes} bytes of reserve; the disk has less. Free space."
            )
        header = DayHeader(seq=self._head.seq, chain=self._head.chain, epoch=self._head.epoch, book=self._book)
        DayFile.create(path, header, map_bytes=self._options.map_bytes)
        space = self._reserve(path)
        space.refill(path.stat().st_size)
        if space.is_low:
            remove_environment(path)
            raise DiskFull(
                f"the disk refuses {path} its reserve of {self._options.reserve_bytes} bytes. Free space."
            )
        opened = DayFile(path, read_only=False, map_bytes=self._options.map_bytes)
        self._days.adopt(opened)
        return opened, space

    def _reserve(self, path: Path) -> ReservedSpace:
        return ReservedSpace(path, reserve_bytes=self._options.reserve_bytes, allocate=self._options.allocate)
