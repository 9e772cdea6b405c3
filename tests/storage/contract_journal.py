"""What every journal must do; each implementation's tests inherit `JournalContract`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

import pytest

from messages import GENESIS_CHAIN, Recorded, Turn
from storage import StaleEpoch, VerifyReport
from tests.storage.turns import TurnWriter, alert, random_counts

if TYPE_CHECKING:
    from actors.kernel import ports

    def _fits_the_port(journal: AnyJournal) -> ports.Journal:
        return journal


class AnyJournal(Protocol):
    """What the kernel's port asks for, and what all our journals offer beside it."""

    @property
    def epoch(self) -> int: ...
    @property
    def last_seq(self) -> int: ...
    @property
    def chain(self) -> bytes: ...
    def append(self, frames: Sequence[bytes]) -> None: ...
    def read(self, after_seq: int = 0) -> Iterator[Turn]: ...
    def read_effects(self, after_seq: int = 0) -> Iterator[Recorded]: ...
    @property
    def first_seq(self) -> int: ...
    @property
    def space_low(self) -> bool: ...
    def chain_at(self, seq: int) -> bytes | None: ...
    def verify(self) -> VerifyReport: ...
    def close(self) -> None: ...


class JournalContract:
    """Inherit this, and provide `journal` and `reopen`."""

    @pytest.fixture
    def journal(self) -> AnyJournal:
        """An empty journal, owned by epoch 1."""
        raise NotImplementedError

    def reopen(self, journal: AnyJournal) -> AnyJournal:
        """End `journal` and give what its next owner finds."""
        raise NotImplementedError

    def test_an_empty_journal_stands_before_the_first_input(self, journal: AnyJournal) -> None:
        assert (journal.epoch, journal.first_seq, journal.last_seq, journal.chain) == (1, 1, 0, GENESIS_CHAIN)
        assert list(journal.read()) == []
        assert list(journal.read_effects()) == []
        assert journal.space_low is False

    def test_what_was_appended_is_read_back_as_it_was(self, journal: AnyJournal) -> None:
        writer = TurnWriter()

        journal.append(writer.frames([3, 1, 20]))
        journal.append(writer.frames([2]))

        assert list(journal.read()) == writer.turns
        assert (journal.last_seq, journal.chain) == (26, writer.chain)

    def test_appending_nothing_changes_nothing(self, journal: AnyJournal) -> None:
        journal.append([])

        assert (journal.last_seq, list(journal.read())) == (0, [])

    def test_a_frame_that_was_appended_survives_a_restart(self, journal: AnyJournal) -> None:
        writer = TurnWriter()
        journal.append(writer.frames([3, 4]))

        reopened = self.reopen(journal)

        assert (reopened.epoch, reopened.last_seq, reopened.chain) == (2, 7, writer.chain)
        assert list(reopened.read()) == writer.turns

    def test_each_owner_continues_the_chain_of_the_one_before(self, journal: AnyJournal) -> None:
        writer = TurnWriter()
        for _ in range(4):
            journal.append(writer.frames([2, 3]))
            journal = self.reopen(journal)
            writer.epoch = journal.epoch

        assert list(journal.read()) == writer.turns
        assert journal.verify().inputs == 20

    @pytest.mark.parametrize("after_seq", range(12))
    def test_reading_gives_the_turns_that_hold_later_inputs(self, journal: AnyJournal, after_seq: int) -> None:
        writer = TurnWriter()
        journal.append(writer.frames([1, 2]))
        journal.append(writer.frames([3]))
        journal.append(writer.frames([1, 1, 2]))

        found = list(journal.read(after_seq))

        assert found == [turn for turn in writer.turns if turn.last_seq > after_seq]

    @pytest.mark.parametrize("after_seq", range(12))
    def test_reading_effects_gives_those_of_later_inputs(self, journal: AnyJournal, after_seq: int) -> None:
        writer = TurnWriter()
        journal.append([writer.frame(4, effects=4), writer.frame(2, effects=1)])
        journal.append([writer.frame(3, effects=0), writer.frame(1, effects=1)])

        found = list(journal.read_effects(after_seq))

        assert found == [alert(seq) for seq in (1, 2, 3, 4, 5, 10) if seq > after_seq]

    def test_the_chain_is_told_where_a_turn_ended(self, journal: AnyJournal) -> None:
        writer = TurnWriter()
        journal.append(writer.frames([2, 3]))
        journal.append(writer.frames([1]))
        ends = {0: GENESIS_CHAIN} | {turn.last_seq: turn.chain for turn in writer.turns}

        assert {seq: journal.chain_at(seq) for seq in range(9)} == {seq: ends.get(seq) for seq in range(9)}

    def test_verifying_counts_all_that_is_kept(self, journal: AnyJournal) -> None:
        writer = TurnWriter()
        counts = random_counts(seed=1, frames=40)
        for count in counts:
            journal.append(writer.frames([count]))

        found = journal.verify()

        assert (found.frames, found.inputs, found.effects) == (40, sum(counts), 40)
        assert (found.first_seq, found.last_seq, found.chain) == (1, sum(counts), writer.chain)

    def test_verifying_an_empty_journal_finds_nothing(self, journal: AnyJournal) -> None:
        found = journal.verify()

        assert (found.frames, found.inputs, found.first_seq, found.last_seq) == (0, 0, 1, 0)

    @pytest.mark.parametrize("epoch", [0, 2, 3])
    def test_a_frame_of_another_epoch_is_refused(self, journal: AnyJournal, epoch: int) -> None:
        frame = TurnWriter(epoch=epoch).frame()

        with pytest.raises(StaleEpoch, match=f"has epoch {epoch}, but the journal is owned by epoch 1"):
            journal.append([frame])

        assert journal.last_seq == 0

    def test_frames_that_leave_a_gap_break_an_invariant(self, journal: AnyJournal) -> None:
        writer = TurnWriter()
        first, skipped, third = writer.frames([1, 1, 1])
        journal.append([first])

        for frames in ([third], [first], [skipped, first]):
            with pytest.raises(AssertionError, match="the journal ends at"):
                journal.append(frames)

        assert list(journal.read()) == writer.turns[:1]

    def test_a_frame_that_is_not_whole_breaks_an_invariant(self, journal: AnyJournal) -> None:
        writer = TurnWriter()
        both = b"".join(writer.frames([1, 1]))

        with pytest.raises(AssertionError, match="comes in"):
            journal.append([both])

        assert journal.last_seq == 0

    def test_a_reader_started_before_an_append_ends_where_the_journal_ended(self, journal: AnyJournal) -> None:
        writer = TurnWriter()
        journal.append(writer.frames([1, 1]))
        reading = journal.read()
        first: Turn = next(iter(reading))

        journal.append(writer.frames([1]))

        assert [first, *reading][:2] == writer.turns[:2]

    def test_effects_keep_the_number_of_the_input_that_caused_them(self, journal: AnyJournal) -> None:
        journal.append([TurnWriter().frame(3, effects=2)])

        found: list[Recorded] = list(journal.read_effects())

        assert [effect.seq for effect in found] == [1, 2]
