"""The journal on LMDB."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from messages import GENESIS_CHAIN
from storage import DayRange, FileOptions, InputsDeleted, JournalCorrupt, LmdbJournal, LmdbJournalReader, StaleEpoch
from tests.storage.contract_journal import AnyJournal, JournalContract
from tests.storage.turns import TurnWriter

SMALL = FileOptions(reserve_bytes=64 << 10)


class TestLmdbJournal(JournalContract):
    @pytest.fixture
    def journal(self, tmp_path: Path) -> Iterator[AnyJournal]:
        opened = self._opened = [self._open(tmp_path, epoch=1)]
        yield opened[0]
        for journal in opened:
            journal.close()

    def reopen(self, journal: AnyJournal) -> AnyJournal:
        assert isinstance(journal, LmdbJournal)
        journal.close()
        self._opened.append(self._open(journal.directory, epoch=journal.epoch + 1))
        return self._opened[-1]

    def _open(self, directory: Path, *, epoch: int) -> LmdbJournal:
        return LmdbJournal(directory, epoch=epoch, book="abc123", today=lambda: "2026-11-21", options=SMALL)


def open_journal(
    path: Path, *, epoch: int = 1, day: str = "2026-11-21", options: FileOptions = SMALL
) -> LmdbJournal:
    return LmdbJournal(path, epoch=epoch, book="abc123", today=lambda: day, options=options)


@dataclass
class Clock:
    """A day that the test sets."""

    day: str = "2026-11-21"

    def __call__(self) -> str:
        return self.day


def open_with(clock: Clock, path: Path, *, epoch: int = 1) -> LmdbJournal:
    return LmdbJournal(path, epoch=epoch, book="abc123", today=clock, options=SMALL)


def write_days(path: Path, days: Sequence[str]) -> TurnWriter:
    """A journal of three turns a day."""
    path.mkdir(exist_ok=True)
    clock, writer = Clock(), TurnWriter()
    with closing(open_with(clock, path)) as journal:
        for clock.day in days:
            for _ in range(3):
                journal.append(writer.frames([2]))
    return writer


DAYS = ["2026-11-21", "2026-11-22", "2026-11-25", "2026-12-01", "2027-01-01", "2027-01-02"]


def test_each_utc_day_has_its_own_file(tmp_path: Path) -> None:
    write_days(tmp_path, DAYS[:3])

    assert sorted(path.name for path in tmp_path.glob("*.mdb")) == [f"{day}.mdb" for day in DAYS[:3]]


def test_reading_goes_on_over_the_days_from_any_input(tmp_path: Path) -> None:
    writer = write_days(tmp_path, DAYS)

    with closing(open_journal(tmp_path, epoch=2, day=DAYS[-1])) as journal:
        for after_seq in range(38):
            assert list(journal.read(after_seq)) == [turn for turn in writer.turns if turn.last_seq > after_seq]
        assert journal.verify().days == tuple(DAYS)


def test_a_batch_is_what_was_appended_at_once(tmp_path: Path) -> None:
    writer = TurnWriter()
    with closing(open_journal(tmp_path)) as journal:
        journal.append(writer.frames([2, 1]))
        journal.append(writer.frames([3]))
        journal.append(writer.frames([1, 1, 1]))

        assert journal.batch_ends() == [3, 6, 9]


def test_two_readings_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    writer = write_days(tmp_path, DAYS)

    with closing(open_journal(tmp_path, epoch=2, day=DAYS[-1])) as journal:
        pairs = list(zip(journal.read(), journal.read(after_seq=6), strict=False))

    assert pairs == list(zip(writer.turns, writer.turns[3:], strict=False))


def test_a_clock_set_back_stays_in_the_day_it_had_reached(tmp_path: Path) -> None:
    clock, writer = Clock("2026-11-22"), TurnWriter()
    with closing(open_with(clock, tmp_path)) as journal:
        clock.day = "2026-11-20"
        journal.append(writer.frames([1]))

        assert journal.days == ("2026-11-22",)
        assert list(journal.read()) == writer.turns


def test_an_empty_day_is_continued_on_a_later_one(tmp_path: Path) -> None:
    open_journal(tmp_path).close()
    writer = TurnWriter(epoch=2)

    with closing(open_journal(tmp_path, epoch=2, day="2026-11-25")) as journal:
        journal.append(writer.frames([1]))

        assert journal.days == ("2026-11-21", "2026-11-25")
        assert list(journal.read()) == writer.turns


def test_what_a_crash_left_of_a_new_day_is_swept_away(tmp_path: Path) -> None:
    open_journal(tmp_path).close()
    (tmp_path / "2026-11-22.mdb.new").write_bytes(b"half")

    with closing(open_journal(tmp_path, epoch=2, day="2026-11-22")) as journal:
        journal.append([TurnWriter(epoch=2).frame()])

    assert sorted(path.suffix for path in tmp_path.iterdir() if path.suffix != ".mdb-lock") == [".mdb", ".mdb"]


def test_days_before_the_kept_ones_are_deleted_and_the_rest_still_proves(tmp_path: Path) -> None:
    writer = write_days(tmp_path, DAYS)
    with closing(open_journal(tmp_path, epoch=2, day=DAYS[-1])) as journal:
        list(journal.read())

        assert journal.delete_before("2026-12-01") == DAYS[:3]

        assert (journal.first_seq, journal.days) == (19, tuple(DAYS[3:]))
        assert list(journal.read(18)) == writer.turns[9:]
        assert journal.chain_at(18) == writer.turns[8].chain
        assert journal.verify().inputs == 18


def test_the_current_day_is_never_deleted(tmp_path: Path) -> None:
    write_days(tmp_path, DAYS[:2])
    with closing(open_journal(tmp_path, epoch=2, day=DAYS[1])) as journal:
        assert journal.delete_before("2999-01-01") == DAYS[:1]
        assert (journal.first_seq, journal.last_seq) == (7, 12)


def test_asking_for_deleted_inputs_is_refused_not_answered_with_less(tmp_path: Path) -> None:
    write_days(tmp_path, DAYS[:3])
    with closing(open_journal(tmp_path, epoch=2, day=DAYS[2])) as journal:
        journal.delete_before(DAYS[1])

        with pytest.raises(InputsDeleted, match=r"input 6 is asked for, but .* begins with input 7"):
            next(iter(journal.read(5)))


def test_a_day_missing_between_others_is_noticed(tmp_path: Path) -> None:
    write_days(tmp_path, DAYS[:3])
    (tmp_path / f"{DAYS[1]}.mdb").unlink()

    with closing(open_journal(tmp_path, epoch=2, day=DAYS[2])) as journal:
        with pytest.raises(
            JournalCorrupt, match=r"continues input 12, but 2026-11-21\.mdb ends with input 6"
        ) as found:
            list(journal.read())
        assert (found.value.seq, found.value.path) == (7, tmp_path / f"{DAYS[2]}.mdb")


def test_an_older_day_exchanged_for_another_journals_is_noticed(tmp_path: Path) -> None:
    write_days(tmp_path / "a", DAYS[:2])
    clock, other = Clock(), TurnWriter()
    (tmp_path / "b").mkdir()
    with closing(open_with(clock, tmp_path / "b")) as journal:
        journal.append([other.frame(6, effects=6)])
    (tmp_path / "b" / f"{DAYS[0]}.mdb").replace(tmp_path / "a" / f"{DAYS[0]}.mdb")

    with closing(open_journal(tmp_path / "a", epoch=2, day=DAYS[1])) as journal, pytest.raises(JournalCorrupt):
        journal.verify()


def test_a_frame_with_a_broken_chain_is_told_with_its_file_and_input(tmp_path: Path) -> None:
    writer = TurnWriter()
    first = writer.frame(3)
    writer.chain = bytes(32)
    with closing(open_journal(tmp_path)) as journal:
        journal.append([first])
        journal.append([writer.frame(1)])

        with pytest.raises(JournalCorrupt, match="does not match its checksum") as found:
            list(journal.read())

    assert (found.value.seq, found.value.path) == (4, tmp_path / "2026-11-21.mdb")
    assert "restore the file from a backup" in str(found.value)


def test_a_journal_with_a_broken_end_is_not_opened(tmp_path: Path) -> None:
    writer = TurnWriter(chain=bytes([1]) * 32)
    with closing(open_journal(tmp_path)) as journal:
        journal.append([writer.frame(1)])

    with pytest.raises(JournalCorrupt, match="from input 1"):
        open_journal(tmp_path, epoch=2)


def test_a_frame_whose_messages_cannot_be_decoded_is_told(tmp_path: Path) -> None:
    body = struct.pack(">4sBIQIII", b"USTD", 1, 1, 1, 1, 1, 1) + b"\xc0\xc0"
    frame = body + hashlib.sha256(GENESIS_CHAIN + body).digest()
    with closing(open_journal(tmp_path)) as journal:
        journal.append([frame])

        for reading in (journal.read(), journal.read_effects()):
            with pytest.raises(JournalCorrupt, match=r"from input 1: .* cannot be decoded"):
                list(reading)
        with pytest.raises(JournalCorrupt, match="cannot be decoded"):
            journal.verify()


def test_an_owner_that_does_not_come_after_the_last_is_refused(tmp_path: Path) -> None:
    with closing(open_journal(tmp_path, epoch=3)) as journal:
        journal.append([TurnWriter(epoch=3).frame()])

    with pytest.raises(StaleEpoch, match="last written by epoch 3"):
        open_journal(tmp_path, epoch=3)


def test_a_reader_of_an_empty_directory_finds_an_empty_journal(tmp_path: Path) -> None:
    with closing(LmdbJournalReader(tmp_path)) as journal:
        assert (journal.first_seq, journal.last_seq, journal.book, journal.days) == (1, 0, "", ())
        assert (list(journal.read()), journal.verify().frames) == ([], 0)


def test_large_batches_are_read_in_several_fetches(tmp_path: Path) -> None:
    writer = TurnWriter()
    with closing(open_journal(tmp_path)) as journal:
        for _ in range(8):
            journal.append(writer.frames([4000]))

        assert [turn.last_seq for turn in journal.read()] == [4000 * count for count in range(1, 9)]


def test_the_journal_tells_its_state_in_its_repr(tmp_path: Path) -> None:
    with closing(open_journal(tmp_path)) as journal:
        assert repr(journal) == f"LmdbJournal({tmp_path}, last_seq=0, epoch=1)"


def test_each_days_range_of_inputs_is_told(tmp_path: Path) -> None:
    write_days(tmp_path, DAYS[:2])

    with closing(open_journal(tmp_path, epoch=2, day=DAYS[1])) as journal:
        assert journal.day_ranges() == [
            DayRange(tmp_path / f"{DAYS[0]}.mdb", DAYS[0], first_seq=1, last_seq=6),
            DayRange(tmp_path / f"{DAYS[1]}.mdb", DAYS[1], first_seq=7, last_seq=12),
        ]


def test_a_day_deleted_while_it_is_read_is_told(tmp_path: Path) -> None:
    write_days(tmp_path, DAYS[:2])
    with closing(open_journal(tmp_path, epoch=2, day=DAYS[1])) as journal:
        reading = journal.read()
        next(reading)
        journal.delete_before(DAYS[1])

        with pytest.raises(InputsDeleted, match="was deleted while it was being read"):
            list(reading)


def test_another_thread_may_read_while_one_appends_over_midnights(tmp_path: Path) -> None:
    clock, writer = Clock(), TurnWriter()
    days = iter([f"2026-12-{day:02}" for day in range(1, 31)])
    with closing(open_with(clock, tmp_path)) as journal, ThreadPoolExecutor() as threads:

        def append() -> None:
            for clock.day in days:
                journal.append(writer.frames([3, 1]))

        appending = threads.submit(append)
        seen = []
        while not appending.done():
            seen.append([turn.last_seq for turn in journal.read()])
        appending.result()

        assert all(found == sorted(found) and len(found) % 2 == 0 for found in seen)
        assert list(journal.read()) == writer.turns
