"""Any changed byte is noticed, or changes nothing: never a crash, never wrong data."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from messages import GENESIS_CHAIN, Checkpoint, Turn
from storage import (
    DataDirectory,
    DataDirectoryView,
    FileOptions,
    JournalCorrupt,
    LmdbJournal,
    LmdbJournalReader,
    LmdbStateStore,
    StateCorrupt,
)
from storage._day_file import prove_stored
from storage._proof import Head
from tests.storage.states import checkpoint, dead_letter, order
from tests.storage.turns import TurnWriter, random_counts

SMALL = FileOptions(reserve_bytes=16 << 10)
PAGE_BYTES = 4096
META_BYTES = 152
SEED = 20261121


class DamagedFile:
    """A whole file, and copies of it with one byte changed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.whole = path.read_bytes()

    def change(self, offset: int, mask: int) -> None:
        content = bytearray(self.whole)
        content[offset] ^= mask
        self.path.write_bytes(content)


def open_journal(path: Path, *, epoch: int) -> LmdbJournal:
    return LmdbJournal(path, epoch=epoch, book="abc123", today=lambda: "2026-11-21", options=SMALL)


@pytest.fixture
def writer() -> TurnWriter:
    return TurnWriter()


@pytest.fixture
def journal_file(tmp_path: Path, writer: TurnWriter) -> DamagedFile:
    """A day of small and large batches: inline values, overflow pages, and freed pages."""
    with closing(open_journal(tmp_path, epoch=1)) as journal:
        for count in random_counts(SEED, frames=40, largest=200):
            journal.append(writer.frames([count]))
    return DamagedFile(tmp_path / "2026-11-21.mdb")


def meta_flips() -> Iterator[tuple[int, int]]:
    """Every byte of both meta pages."""
    chooser = random.Random(SEED)
    for offset in range(META_BYTES):
        yield offset, chooser.randint(1, 255)
        yield PAGE_BYTES + offset, 1 << chooser.randrange(8)


def page_flips(size: int, count: int) -> Iterator[tuple[int, int]]:
    """Bytes of every page: half of them in the first 64, where headers and node offsets lie."""
    chooser = random.Random(SEED)
    for index in range(count):
        page = 2 + index % (size // PAGE_BYTES - 2)
        offset = chooser.randrange(64) if index % 2 else chooser.randrange(PAGE_BYTES)
        yield page * PAGE_BYTES + offset, 1 << chooser.randrange(8)


def read_all(path: Path) -> list[Turn] | None:
    """What the journal holds, read from the beginning and from its middle; None if it says that it is damaged."""
    try:
        with closing(LmdbJournalReader(path)) as journal:
            found = list(journal.read())
            middle = journal.last_seq // 2
            assert list(journal.read(middle)) == [turn for turn in found if turn.last_seq > middle]
            return found
    except JournalCorrupt:
        return None


def assert_noticed_or_harmless(file: DamagedFile, turns: list[Turn], flips: Iterator[tuple[int, int]]) -> int:
    noticed = 0
    for offset, mask in flips:
        file.change(offset, mask)
        found = read_all(file.path.parent)
        assert found is None or found == turns, f"byte {offset} ^ {mask} gave wrong data"
        noticed += found is None
    return noticed


def test_every_byte_of_the_meta_pages(journal_file: DamagedFile, writer: TurnWriter) -> None:
    assert assert_noticed_or_harmless(journal_file, writer.turns, meta_flips()) > 150


def test_bytes_of_every_page(journal_file: DamagedFile, writer: TurnWriter) -> None:
    used = len(journal_file.whole)

    assert assert_noticed_or_harmless(journal_file, writer.turns, page_flips(used, count=1_200)) > 300


def test_a_newest_commit_disguised_as_an_older_one_is_noticed(journal_file: DamagedFile) -> None:
    newest = max((0, PAGE_BYTES), key=lambda page: journal_file.whole[page + 144 : page + META_BYTES][::-1])
    transaction = int.from_bytes(journal_file.whole[newest + 144 : newest + META_BYTES], "little")
    disguised = (transaction - 2).to_bytes(8, "little")
    content = journal_file.whole[: newest + 144] + disguised + journal_file.whole[newest + META_BYTES :]
    journal_file.path.write_bytes(content)

    with pytest.raises(JournalCorrupt, match="disguised as an older one"):
        open_journal(journal_file.path.parent, epoch=2)


@pytest.mark.parametrize("mask", [1, 16, 128])
def test_damage_that_was_harmless_to_read_is_harmless_to_append_to(
    journal_file: DamagedFile, writer: TurnWriter, mask: int
) -> None:
    writer.epoch = 2
    frame = writer.frame(3)
    for offset in range(PAGE_BYTES // 2, len(journal_file.whole), 5 * PAGE_BYTES + 77):
        journal_file.change(offset, mask)
        if read_all(journal_file.path.parent) is not None:
            with closing(open_journal(journal_file.path.parent, epoch=2)) as journal:
                journal.append([frame])
                assert list(journal.read()) == writer.turns


@pytest.mark.parametrize("length", [0, 1, 100, PAGE_BYTES, 2 * PAGE_BYTES, 5 * PAGE_BYTES])
def test_a_journal_file_cut_short_is_noticed(journal_file: DamagedFile, length: int) -> None:
    journal_file.path.write_bytes(journal_file.whole[:length])

    with pytest.raises(JournalCorrupt, match=r"2026-11-21\.mdb is damaged in its structure"):
        open_journal(journal_file.path.parent, epoch=2)


def test_a_day_without_a_header_is_noticed(tmp_path: Path, journal_file: DamagedFile) -> None:
    state = LmdbStateStore(tmp_path / "other.mdb", options=SMALL)
    state.close()
    (tmp_path / "other.mdb").replace(journal_file.path)

    with pytest.raises(JournalCorrupt, match="its header"):
        open_journal(tmp_path, epoch=2)


CHECKPOINTS = [
    checkpoint(10, a=b"a10" * 50, b=b"b10" * 900, c=b"c10"),
    checkpoint(20, a=b"a20" * 50, b=b"b10" * 900, c=b"c20"),
    checkpoint(30, a=b"a20" * 50, b=b"b30" * 900, c=b"c30"),
]


@pytest.fixture
def state_file(tmp_path: Path) -> DamagedFile:
    """Three checkpoints, and one of everything else."""
    with closing(LmdbStateStore(tmp_path / "state.mdb", options=SMALL)) as store:
        for saved in CHECKPOINTS:
            store.save_checkpoint(saved, orders=[order(saved.seq)], dead_letters=[dead_letter(saved.seq)])
        store.put_settings({"book": b"abc123"})
    return DamagedFile(tmp_path / "state.mdb")


def read_state(path: Path) -> tuple[Checkpoint | None, int, int, int, bytes | None] | None:
    try:
        with closing(LmdbStateStore(path, read_only=True)) as store:
            latest = store.latest_checkpoint()
            counts = len(store.orders()), len(store.open_orders()), len(store.dead_letters())
            return latest, *counts, store.setting("book")
    except StateCorrupt:
        return None


def test_bytes_of_the_state_file(state_file: DamagedFile) -> None:
    passed_over = noticed = 0
    for offset, mask in [*meta_flips(), *page_flips(len(state_file.whole), count=600)]:
        state_file.change(offset, mask)
        found = read_state(state_file.path)
        noticed += found is None
        if found is not None:
            latest, *others = found
            assert latest in CHECKPOINTS
            assert others in ([3, 3, 3, b"abc123"], [3, 3, 3, None]), f"byte {offset} ^ {mask}"
            passed_over += latest != CHECKPOINTS[-1]

    assert passed_over > 3
    assert noticed > 150


def test_a_damaged_newest_checkpoint_is_passed_over_for_the_one_before_it(state_file: DamagedFile) -> None:
    state_file.change(state_file.whole.rindex(b"b30" * 900) + 5, mask=1)

    with closing(LmdbStateStore(state_file.path, options=SMALL)) as store:
        assert store.latest_checkpoint() == CHECKPOINTS[1]
        assert ["actor b does not match its checksum" in reason for reason in store.passed_over] == [True]

        store.save_checkpoint(checkpoint(40, c=b"c40"))
        assert store.latest_checkpoint() == checkpoint(40, a=b"a20" * 50, b=b"b10" * 900, c=b"c40")
        assert store.passed_over == []


def test_a_state_file_moved_away_leaves_the_journal_whole(tmp_path: Path) -> None:
    with DataDirectory.open(tmp_path, options=SMALL) as directory:
        directory.journal.append([TurnWriter().frame(2)])
    DamagedFile(tmp_path / "state.mdb").change(PAGE_BYTES // 8, 255)
    (tmp_path / "state.mdb").rename(tmp_path / "state.mdb.damaged")

    with DataDirectory.open(tmp_path, options=SMALL) as directory:
        assert directory.state.latest_checkpoint() is None
        assert [turn.last_seq for turn in directory.journal.read()] == [2]


def test_a_view_of_a_damaged_directory_says_so(tmp_path: Path) -> None:
    DataDirectory.open(tmp_path, options=SMALL).close()
    DamagedFile(tmp_path / "state.mdb").change(16, 255)

    with pytest.raises(StateCorrupt):
        DataDirectoryView(tmp_path)


def test_a_key_that_has_become_far_too_long_is_damage_like_any_other(tmp_path: Path, writer: TurnWriter) -> None:
    batch = b"".join(writer.frames([1]))

    with pytest.raises(JournalCorrupt, match="after input 0 comes the batch under the key 000"):
        prove_stored(tmp_path, b"\0" * 15 + b"\1" * 4000, batch, Head(0, GENESIS_CHAIN, 0))
