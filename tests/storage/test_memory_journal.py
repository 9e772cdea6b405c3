"""The journal in memory."""

from __future__ import annotations

import pytest

from storage import MemoryJournal, StaleEpoch
from tests.storage.contract_journal import AnyJournal, JournalContract
from tests.storage.turns import TurnWriter


class TestMemoryJournal(JournalContract):
    @pytest.fixture
    def journal(self) -> AnyJournal:
        return MemoryJournal()

    def reopen(self, journal: AnyJournal) -> AnyJournal:
        assert isinstance(journal, MemoryJournal)
        journal.close()
        return MemoryJournal(after=journal)


def test_an_owner_whose_journal_was_taken_over_is_refused() -> None:
    first = MemoryJournal()
    MemoryJournal(after=first)

    with pytest.raises(StaleEpoch, match="owned by epoch 2, not by 1"):
        first.append([TurnWriter().frame()])
