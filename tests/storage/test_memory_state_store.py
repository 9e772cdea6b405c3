"""The state store in memory."""

from __future__ import annotations

import pytest

from storage import MemoryStateStore
from tests.storage.contract_state_store import AnyStateStore, StateStoreContract


class TestMemoryStateStore(StateStoreContract):
    @pytest.fixture
    def store(self) -> AnyStateStore:
        return MemoryStateStore()

    def reopen(self, store: AnyStateStore) -> AnyStateStore:
        store.close()
        return store
