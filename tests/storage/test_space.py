"""Full disks and failing disks: noticed early, reported cleanly, never half-written."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from storage import DiskFull, FileOptions, LmdbJournal, LmdbStateStore, StorageFailed
from tests._paths import REPOSITORY
from tests._space import file_size_limit
from tests.storage.states import checkpoint
from tests.storage.turns import TurnWriter

RESERVE_BYTES = 256 << 10
INPUT_BYTES = 60


@dataclass
class Disk:
    """A disk that gives blocks until it is full, or fails."""

    error: int = 0

    def allocate(self, descriptor: int, offset: int, length: int) -> None:
        if self.error:
            raise OSError(self.error, os.strerror(self.error))
        os.posix_fallocate(descriptor, offset, length)

    @property
    def options(self) -> FileOptions:
        return FileOptions(reserve_bytes=RESERVE_BYTES, allocate=self.allocate)


@dataclass
class Clock:
    day: str = "2026-11-21"

    def __call__(self) -> str:
        return self.day


def open_journal(path: Path, disk: Disk, *, epoch: int = 1, clock: Clock | None = None) -> LmdbJournal:
    today = clock or Clock()
    return LmdbJournal(path, epoch=epoch, book="abc123", today=today, options=disk.options)


def test_a_full_disk_is_told_while_most_of_the_reserve_is_left(tmp_path: Path) -> None:
    disk, writer = Disk(), TurnWriter()
    with closing(open_journal(tmp_path, disk)) as journal:
        disk.error = errno.ENOSPC
        while not journal.space_low:
            journal.append(writer.frames([100]))
        told_at = writer.seq
        append_until_full(journal, writer)

        assert journal.space_low is True
        assert (writer.seq - told_at) * INPUT_BYTES > RESERVE_BYTES / 2
        assert list(journal.read()) == writer.turns


def test_a_used_up_reserve_refuses_the_append_and_leaves_the_journal_as_it_was(tmp_path: Path) -> None:
    disk, writer = Disk(), TurnWriter()
    with closing(open_journal(tmp_path, disk)) as journal:
        disk.error = errno.ENOSPC
        refused = append_until_full(journal, writer)

        assert "bytes left of its reserve" in str(refused)
        assert (journal.last_seq, list(journal.read())) == (writer.seq, writer.turns)
        assert writer.seq > 5_000

    with closing(open_journal(tmp_path, disk, epoch=2)) as journal:
        assert list(journal.read()) == writer.turns
        assert journal.space_low is True


def test_a_disk_that_has_space_again_is_written_to_again(tmp_path: Path) -> None:
    disk, writer = Disk(), TurnWriter()
    with closing(open_journal(tmp_path, disk)) as journal:
        disk.error = errno.EDQUOT
        append_until_full(journal, writer)
        disk.error = 0

        journal.append(writer.frames([1000]))

        assert journal.space_low is False
        assert list(journal.read()) == writer.turns


def test_a_full_disk_at_midnight_stays_in_the_day_that_has_a_reserve(tmp_path: Path) -> None:
    disk, clock, writer = Disk(), Clock(), TurnWriter()
    with closing(open_journal(tmp_path, disk, clock=clock)) as journal:
        disk.error, clock.day = errno.ENOSPC, "2026-11-22"
        journal.append(writer.frames([1]))
        assert (journal.days, journal.space_low) == (("2026-11-21",), True)

        disk.error = 0
        journal.append(writer.frames([1]))
        assert (journal.days, journal.space_low) == (("2026-11-21", "2026-11-22"), False)
        assert list(journal.read()) == writer.turns


def test_a_journal_is_not_begun_on_a_full_disk(tmp_path: Path) -> None:
    with pytest.raises(DiskFull, match=r"refuses .*2026-11-21\.mdb its reserve of 262144 bytes"):
        open_journal(tmp_path, Disk(errno.ENOSPC))

    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".mdb"] == []


def test_a_reserve_larger_than_the_disk_is_refused(tmp_path: Path) -> None:
    options = FileOptions(reserve_bytes=shutil.disk_usage(tmp_path).total)

    with pytest.raises(DiskFull, match="Free space"):
        LmdbJournal(tmp_path, epoch=1, book="abc123", today=Clock(), options=options)


def test_a_disk_that_fails_to_allocate_is_not_taken_for_a_full_one(tmp_path: Path) -> None:
    disk, writer = Disk(), TurnWriter()
    with closing(open_journal(tmp_path, disk)) as journal:
        disk.error = errno.EIO

        with pytest.raises(StorageFailed, match="cannot be allocated"):
            append_until_full(journal, writer)


def test_free_space_is_that_of_the_disk(tmp_path: Path) -> None:
    with closing(open_journal(tmp_path, Disk())) as journal:
        assert abs(journal.free_bytes - shutil.disk_usage(tmp_path).free) < 1 << 30


def test_a_journal_at_its_largest_size_is_full(tmp_path: Path) -> None:
    writer = TurnWriter()
    options = FileOptions(reserve_bytes=RESERVE_BYTES, map_bytes=RESERVE_BYTES)
    with closing(LmdbJournal(tmp_path, epoch=1, book="abc123", today=Clock(), options=options)) as journal:
        refused = append_until_full(journal, writer)

        assert "has reached its map size" in str(refused)
        assert list(journal.read()) == writer.turns


def test_after_a_failed_write_every_append_is_refused_until_reopened(tmp_path: Path) -> None:
    pretended = FileOptions(reserve_bytes=RESERVE_BYTES, allocate=lambda *_: None)
    writer = TurnWriter()
    with closing(LmdbJournal(tmp_path, epoch=1, book="abc123", today=Clock(), options=pretended)) as journal:
        journal.append(writer.frames([1]))
        acknowledged = list(writer.turns)
        frames = writer.frames([5000])
        with file_size_limit(100 << 10), pytest.raises((StorageFailed, DiskFull)):
            journal.append(frames)

        with pytest.raises(StorageFailed, match="refuses to append since an earlier failure"):
            journal.append(frames)
        assert list(journal.read()) == acknowledged

    with closing(open_journal(tmp_path, Disk(), epoch=2)) as journal:
        assert list(journal.read()) == acknowledged


def test_a_failed_sync_stops_the_journal_for_good(tmp_path: Path) -> None:
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed")
    command = [strace, "-f", "-qq", "-o", os.devnull, "-e", "trace=fdatasync"]
    command += ["-e", "inject=fdatasync:error=EIO:when=4", sys.executable, "-c", _FAILING_SYNC, str(tmp_path)]
    ended = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)

    if "ptrace" in ended.stderr.lower() and not ended.stdout:
        pytest.skip(f"strace may not trace here: {ended.stderr.strip()}")
    last, *names = ended.stdout.split()
    assert names == ["StorageFailed", "StorageFailed", "StorageFailed"], ended.stderr
    with closing(open_journal(tmp_path, Disk(), epoch=2)) as journal:
        assert journal.last_seq in (int(last), int(last) + 1)


_FAILING_SYNC = """
import sys, pathlib
from storage import FileOptions, LmdbJournal, StorageError
from tests.storage.turns import TurnWriter
options = FileOptions(reserve_bytes=64 << 10)
path = pathlib.Path(sys.argv[1])
journal = LmdbJournal(path, epoch=1, book="abc123", today=lambda: "2026-11-21", options=options)
writer, failures = TurnWriter(), []
while len(failures) < 3:
    acknowledged = journal.last_seq
    try:
        journal.append([writer.frame()])
    except StorageError as error:
        failures.append(type(error).__name__)
print(acknowledged, *failures)
"""


@pytest.mark.parametrize("kind", ["journal", "state"])
def test_a_really_full_disk(tmp_path: Path, kind: str) -> None:
    script = (
        f"mount -t tmpfs -o size=2m none {tmp_path} && exec {sys.executable} -c '{_FULL_DISK}' {tmp_path} {kind}"
    )
    ended = subprocess.run(
        ["unshare", "-Urm", "sh", "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )

    if "unshare" in ended.stderr or "mount" in ended.stderr:
        pytest.skip(f"no user namespace with mounts here: {ended.stderr.strip()}")
    assert ended.stdout.split() == ["DiskFull", "whole", "whole"], ended.stderr


_FULL_DISK = """
import sys, pathlib
from storage import DiskFull, FileOptions, LmdbJournal, LmdbStateStore
from tests.storage.states import checkpoint
from tests.storage.turns import TurnWriter
path, options, writer = pathlib.Path(sys.argv[1]), FileOptions(reserve_bytes=256 << 10), TurnWriter()
def open_journal(epoch):
    return LmdbJournal(path, epoch=epoch, book="abc123", today=lambda: "2026-11-21", options=options)
def open_state(epoch):
    return LmdbStateStore(path / "state.mdb", options=options)
count = 0
opened = (open_journal if sys.argv[2] == "journal" else open_state)(1)
was_low = False
try:
    while True:
        if sys.argv[2] == "journal":
            opened.append(writer.frames([500]))
        else:
            opened.save_checkpoint(checkpoint(count + 1, **{f"a{count}": bytes([count % 256]) * 50_000}))
        was_low = was_low or opened.space_low
        count += 1
except DiskFull:
    print("DiskFull" if was_low else "late")
def is_whole():
    if sys.argv[2] == "journal":
        return list(opened.read()) == writer.turns[:count]
    return opened.latest_checkpoint().seq == count and len(opened.latest_checkpoint().actors) == count
print("whole" if is_whole() else "broken")
opened.close()
opened = (open_journal if sys.argv[2] == "journal" else open_state)(2)
print("whole" if is_whole() else "broken")
"""


def test_a_checkpoint_without_space_is_refused_and_the_one_before_stays(tmp_path: Path) -> None:
    disk = Disk()
    with closing(LmdbStateStore(tmp_path / "state.mdb", options=disk.options)) as store:
        store.save_checkpoint(checkpoint(1, a=b"a1"))
        disk.error = errno.ENOSPC
        with pytest.raises(DiskFull, match="nothing was written"):
            store.save_checkpoint(checkpoint(2, a=bytes(1 << 20)))
        assert store.latest_checkpoint() == checkpoint(1, a=b"a1")

        disk.error = 0
        store.save_checkpoint(checkpoint(3, b=b"b3"))
        assert store.latest_checkpoint() == checkpoint(3, a=b"a1", b=b"b3")


def test_after_a_failed_write_the_state_refuses_until_reopened(tmp_path: Path) -> None:
    pretended = FileOptions(reserve_bytes=RESERVE_BYTES, allocate=lambda *_: None)
    path = tmp_path / "state.mdb"
    with closing(LmdbStateStore(path, options=pretended)) as store:
        store.save_checkpoint(checkpoint(1, a=b"a1"))
        with file_size_limit(100 << 10), pytest.raises((StorageFailed, DiskFull)):
            store.save_checkpoint(checkpoint(2, a=bytes(1 << 20)))
        with pytest.raises(StorageFailed, match="refuses to be written to"):
            store.save_checkpoint(checkpoint(2, a=b"a2"))
        assert store.latest_checkpoint() == checkpoint(1, a=b"a1")

    with closing(LmdbStateStore(path, options=Disk().options)) as store:
        store.save_checkpoint(checkpoint(2, a=b"a2"))


def append_until_full(journal: LmdbJournal, writer: TurnWriter) -> DiskFull:
    """The refusal; `writer` then stands where the journal does."""
    for _ in range(1_000):
        seq, chain = writer.seq, writer.chain
        try:
            journal.append(writer.frames([200]))
        except DiskFull as refused:
            writer.seq, writer.chain = seq, chain
            writer.turns.pop()
            return refused
    raise AssertionError("the disk was never full")
