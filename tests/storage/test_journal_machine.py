"""The journals against a list of turns, with restarts, midnights and retention as steps."""

from __future__ import annotations

import datetime
import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from storage import FileOptions, LmdbJournal, MemoryJournal
from tests.storage.contract_journal import AnyJournal
from tests.storage.turns import TurnWriter

COUNTS = st.lists(st.integers(1, 40), min_size=1, max_size=4)


class JournalMachine(RuleBasedStateMachine):
    """`writer.turns` is the model: what was acknowledged, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.writer = TurnWriter()
        self.deleted_seq = 0
        self.journal = self.open(epoch=1)

    def open(self, *, epoch: int) -> AnyJournal:
        raise NotImplementedError

    @rule(counts=COUNTS)
    def append(self, counts: list[int]) -> None:
        self.journal.append(self.writer.frames(counts))

    @rule()
    def reopen(self) -> None:
        self.journal.close()
        self.journal = self.open(epoch=self.writer.epoch + 1)
        self.writer.epoch = self.journal.epoch

    @rule(share=st.floats(0, 1.2))
    def read_from_somewhere(self, share: float) -> None:
        after_seq = self.deleted_seq + int((self.writer.seq - self.deleted_seq) * share)

        expected = [turn for turn in self.writer.turns if turn.last_seq > after_seq]
        assert list(self.journal.read(after_seq)) == expected
        effects = [effect for turn in expected for effect in turn.effects if effect.seq > after_seq]
        assert list(self.journal.read_effects(after_seq)) == effects

    @precondition(lambda self: self.writer.turns)
    @rule(share=st.floats(0, 0.99))
    def tell_a_chain(self, share: float) -> None:
        turn = self.writer.turns[int(len(self.writer.turns) * share)]
        if turn.last_seq > self.deleted_seq:
            assert self.journal.chain_at(turn.last_seq) == turn.chain
            inside = turn.last_seq - 1
            assert inside < turn.first_seq or self.journal.chain_at(inside) is None

    @rule()
    def verify(self) -> None:
        found = self.journal.verify()
        assert found.inputs == self.writer.seq - self.deleted_seq
        assert found.chain == self.writer.chain

    @invariant()
    def stands_where_the_writer_does(self) -> None:
        assert (self.journal.last_seq, self.journal.chain) == (self.writer.seq, self.writer.chain)
        assert (self.journal.epoch, self.journal.first_seq) == (self.writer.epoch, self.deleted_seq + 1)

    def teardown(self) -> None:
        self.journal.close()


class MemoryJournalMachine(JournalMachine):
    def open(self, *, epoch: int) -> AnyJournal:
        before = getattr(self, "journal", None)
        return MemoryJournal(after=before)


class LmdbJournalMachine(JournalMachine):
    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="journal-"))
        self.date = datetime.date(2026, 12, 30)
        self.first_seq_of_day: dict[str, int] = {str(self.date): 1}
        super().__init__()

    def open(self, *, epoch: int) -> AnyJournal:
        options = FileOptions(reserve_bytes=16 << 10)
        return LmdbJournal(self.path, epoch=epoch, book="abc123", today=self.today, options=options)

    def today(self) -> str:
        return self.date.isoformat()

    @rule(days=st.integers(1, 3), counts=COUNTS)
    def append_on_a_later_day(self, days: int, counts: list[int]) -> None:
        self.date += datetime.timedelta(days=days)
        self.first_seq_of_day[str(self.date)] = self.writer.seq + 1
        self.append(counts)

    @rule(share=st.floats(0, 1))
    def delete_days(self, share: float) -> None:
        assert isinstance(self.journal, LmdbJournal)
        days = sorted(self.first_seq_of_day)
        keep_from = days[min(int(len(days) * share), len(days) - 1)]

        assert self.journal.delete_before(keep_from) == [day for day in days if day < keep_from]

        self.first_seq_of_day = {day: seq for day, seq in self.first_seq_of_day.items() if day >= keep_from}
        self.deleted_seq = self.first_seq_of_day[keep_from] - 1
        self.writer.turns = [turn for turn in self.writer.turns if turn.last_seq > self.deleted_seq]

    def teardown(self) -> None:
        super().teardown()
        shutil.rmtree(self.path)


SETTINGS = settings(max_examples=30, stateful_step_count=25, deadline=None, derandomize=True, database=None)

TestMemoryJournalMachine = MemoryJournalMachine.TestCase
TestMemoryJournalMachine.settings = SETTINGS
TestLmdbJournalMachine = LmdbJournalMachine.TestCase
TestLmdbJournalMachine.settings = SETTINGS
