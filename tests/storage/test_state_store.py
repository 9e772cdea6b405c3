"""The state store on LMDB."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import FileOptions, LmdbStateStore
from tests.storage.contract_state_store import AnyStateStore, StateStoreContract

SMALL = FileOptions(reserve_bytes=64 << 10)


class TestLmdbStateStore(StateStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[AnyStateStore]:
        opened = self._opened = [LmdbStateStore(tmp_path / "state.mdb", options=SMALL)]
        yield opened[0]
        for store in opened:
            store.close()

    def reopen(self, store: AnyStateStore) -> AnyStateStore:
        assert isinstance(store, LmdbStateStore)
        store.close()
        self._opened.append(LmdbStateStore(store.path, options=SMALL))
        return self._opened[-1]
