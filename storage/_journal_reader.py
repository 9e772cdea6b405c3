"""Reading the journal: from any input on, every frame proven before it is handed out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from messages import GENESIS_CHAIN, FrameError, FrameHeader, Recorded, Turn, decode_effects, decode_turn
from storage._day_file import prove_stored
from storage._days import Days
from storage._proof import Head
from storage.errors import JournalCorrupt
from storage.verification import DayRange, VerifyReport

GENESIS = Head(0, GENESIS_CHAIN, 0)


class LmdbJournalReader:
    """The journal of a data directory, for reading only: also while an engine in another process writes to it."""

    def __init__(self, directory: Path, *, days: Days | None = None) -> None:
        """Raises JournalCorrupt if the newest day is damaged. `days` are open files of it to take over."""
        self.directory = directory
        self._days = days if days is not None else Days(directory)
        self._head = GENESIS
        self.refresh()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.directory}, last_seq={self.last_seq}, epoch={self.epoch})"

    @property
    def epoch(self) -> int:
        """Epoch of the owner that wrote last."""
        return self._head.epoch

    @property
    def first_seq(self) -> int:
        """Sequence number of the oldest input that retention has kept."""
        return self._oldest_head().seq + 1

    @property
    def last_seq(self) -> int:
        """Sequence number of the last durable input, 0 if there is none."""
        return self._head.seq

    @property
    def chain(self) -> bytes:
        """Chain of the last durable frame; `GENESIS_CHAIN` if there is none."""
        return self._head.chain

    @property
    def days(self) -> tuple[str, ...]:
        """The UTC days that there are files of, oldest first."""
        return self._days.names

    @property
    def book(self) -> str:
        """The book as of the newest day's file, "" if there is none."""
        if not self._days.names:
            return ""
        with self._days.use(self._days.newest) as day:
            return day.header.book

    def refresh(self) -> None:
        """See what another process has appended since."""
        self._days.scan()
        if self._days.names:
            with self._days.use(self._days.newest) as day:
                self._head = day.last_head()

    def release_days(self) -> Days:
        """Hand over the open files; this reader is then of no more use."""
        days, self._days = self._days, Days(self.directory)
        return days

    def close(self) -> None:
        """Let go of the files; nothing is pending."""
        self._days.close()

    def read(self, after_seq: int = 0) -> Iterator[Turn]:
        """Turns that hold inputs after `after_seq`, oldest first, each proven by its chain.

        Proof begins at the chain that the batch before says, so a late `after_seq` costs no more than an early
        one; `verify` proves everything. Raises JournalCorrupt, InputsDeleted.
        """
        for proven in self._walk(after_seq):
            if proven.head.seq > after_seq:
                with _readable(proven.path, proven.header.first_seq):
                    turn = decode_turn(proven.batch, proven.header)
                yield turn

    def read_effects(self, after_seq: int = 0) -> Iterator[Recorded]:
        """Only the effects caused by inputs after `after_seq`: far faster than `read`. Raises the same."""
        for proven in self._walk(after_seq):
            if proven.head.seq > after_seq:
                with _readable(proven.path, proven.header.first_seq):
                    effects = decode_effects(proven.batch, proven.header)
                yield from (effect for effect in effects if effect.seq > after_seq)

    def chain_at(self, seq: int) -> bytes | None:
        """Chain of the frame whose last input is `seq`; None if `seq` lies within a frame or behind the end.

        A checkpoint that stands for `seq` belongs to this journal if it has the same chain.
        """
        if seq == self._head.seq:
            return self._head.chain
        if seq == self.first_seq - 1:
            return self._oldest_head().chain
        for proven in self._walk(seq - 1):
            if proven.head.seq >= seq:
                return proven.head.chain if proven.head.seq == seq else None
        return None

    def verify(self) -> VerifyReport:
        """Prove every frame that is kept, from the oldest day's header on. Raises JournalCorrupt."""
        start = self._oldest_head()
        effects = inputs = frames = 0
        for proven in self._walk(start.seq):
            frames += 1
            inputs += proven.header.count
            with _readable(proven.path, proven.header.first_seq):
                effects += len(decode_effects(proven.batch, proven.header))
        return VerifyReport(
            frames=frames,
            inputs=inputs,
            effects=effects,
            first_seq=start.seq + 1,
            last_seq=self._head.seq,
            chain=self._head.chain,
            days=self.days,
        )

    def day_ranges(self) -> list[DayRange]:
        """Each day's file with its first and last input, oldest first. Raises JournalCorrupt."""
        ranges = []
        for path in self._days.paths:
            with self._days.use(path) as day:
                last_seq = min(day.last_head().seq, self._head.seq)
                ranges.append(DayRange(path, day.day, first_seq=day.header.seq + 1, last_seq=last_seq))
        return ranges

    def batch_ends(self) -> list[int]:
        """The last input of each batch, oldest first: what was appended at once. Raises JournalCorrupt."""
        ends: list[int] = []
        batch: bytes | None = None
        for proven in self._walk(self._oldest_head().seq):
            if proven.batch is batch:
                ends.pop()
            ends.append(proven.head.seq)
            batch = proven.batch
        return ends

    def _oldest_head(self) -> Head:
        if not self._days.names:
            return GENESIS
        with self._days.use(self._days.oldest) as day:
            return day.header.head

    def _walk(self, after_seq: int) -> Iterator[_Proven]:
        """Proven frames from the batch that holds input `after_seq + 1` on, up to the end as it is now."""
        end = self._head.seq
        if after_seq >= end:
            return
        path = self._days.holding(after_seq + 1)
        with self._days.use(path) as day:
            head = day.head_before(after_seq + 1)
        if head.seq > after_seq:
            raise JournalCorrupt(path, seq=after_seq + 1, detail=f"its index leads to input {head.seq + 1} instead")
        while True:
            for proven in self._walk_day(path, head, end=end):
                head = proven.head
                yield proven
            if head.seq >= end:
                return
            path = self._next_day(path, head)

    def _walk_day(self, path: Path, head: Head, *, end: int) -> Iterator[_Proven]:
        while head.seq < end:
            with self._days.use(path) as day:
                batches = day.fetch(head.seq + 1)
            if not batches:
                return
            for key, batch in batches:
                for header, head_after in prove_stored(path, key, batch, head):
                    head = head_after
                    yield _Proven(path, batch, header, head)

    def _next_day(self, path: Path, head: Head) -> Path:
        """The day after `path`, proven to continue `head`."""
        following = self._days.after(path)
        if following is None:
            raise JournalCorrupt(path, seq=head.seq + 1, detail=f"it ends with input {head.seq}, too early")
        with self._days.use(following) as day:
            start = day.header.head
        if (start.seq, start.chain) != (head.seq, head.chain):
            detail = f"it continues input {start.seq}, but {path.name} ends with input {head.seq} or another chain"
            raise JournalCorrupt(following, seq=head.seq + 1, detail=detail)
        return following


@dataclass(frozen=True, slots=True)
class _Proven:
    """A frame whose chain is proven: the file and batch that it lies in, and the head after it."""

    path: Path
    batch: bytes
    header: FrameHeader
    head: Head


@contextmanager
def _readable(path: Path, seq: int) -> Iterator[None]:
    try:
        yield
    except FrameError as error:
        raise JournalCorrupt(path, seq=seq, detail=str(error)) from error
