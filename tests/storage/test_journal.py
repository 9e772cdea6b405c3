"""The journal on LMDB."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import FileOptions, LmdbJournal
from tests.storage.contract_journal import AnyJournal, JournalContract

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
