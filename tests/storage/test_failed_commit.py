"""A commit whose meta page could not be written, as LMDB leaves it behind."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from storage import FileOptions, JournalCorrupt, LmdbJournal, LmdbJournalReader
from storage._failed_commit import forget_failed_commit
from tests.storage.turns import TurnWriter

SMALL = FileOptions(reserve_bytes=16 << 10)
PAGE_BYTES = 4096
NUMBER = slice(144, 152)  # of a meta page: the number of its transaction
LAST_PAGE = slice(136, 144)


def journal_with(tmp_path: Path, batches: int) -> Path:
    writer = TurnWriter()
    with closing(
        LmdbJournal(tmp_path, epoch=1, book="abc123", today=lambda: "2026-11-21", options=SMALL)
    ) as journal:
        for _ in range(batches):
            journal.append(writer.frames([2]))
    return tmp_path / "2026-11-21.mdb"


def let_last_commit_have_failed(path: Path) -> None:
    """Give the newest meta page the number and the last page that it had before, as LMDB does on a write error."""
    content = bytearray(path.read_bytes())
    pages = [content[at : at + PAGE_BYTES] for at in (0, PAGE_BYTES)]
    numbers = [int.from_bytes(page[NUMBER], "little") for page in pages]
    newest = numbers.index(max(numbers))
    page = pages[newest]
    page[NUMBER] = (numbers[newest] - 2).to_bytes(8, "little")
    page[LAST_PAGE] = pages[1 - newest][LAST_PAGE]
    content[newest * PAGE_BYTES : (newest + 1) * PAGE_BYTES] = page
    path.write_bytes(content)


def test_a_failed_commit_passes_for_damage_until_whoever_made_it_puts_it_right(tmp_path: Path) -> None:
    path = journal_with(tmp_path, 6)
    let_last_commit_have_failed(path)
    with pytest.raises(JournalCorrupt, match="disguised as an older one"):
        LmdbJournalReader(tmp_path)

    forget_failed_commit(path)

    with closing(LmdbJournalReader(tmp_path)) as journal:
        assert journal.last_seq == 10
        assert journal.verify().frames == 5


def test_a_journal_goes_on_behind_a_commit_that_failed(tmp_path: Path) -> None:
    path = journal_with(tmp_path, 6)
    let_last_commit_have_failed(path)
    forget_failed_commit(path)

    writer = TurnWriter()
    writer.frames([2] * 5)
    with closing(
        LmdbJournal(tmp_path, epoch=2, book="abc123", today=lambda: "2026-11-21", options=SMALL)
    ) as journal:
        writer.epoch = 2
        for _ in range(4):
            journal.append(writer.frames([3]))

    with closing(LmdbJournalReader(tmp_path)) as again:
        assert again.last_seq == 22
        assert again.verify().inputs == 22


def test_nothing_is_said_where_nothing_can_be_done(tmp_path: Path) -> None:
    forget_failed_commit(tmp_path / "missing.mdb")
