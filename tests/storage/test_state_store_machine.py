"""The state stores against plain dictionaries, with restarts as steps."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from messages import Checkpoint, DeadLetter, OrderRecord, OrderStatus
from storage import FileOptions, LmdbStateStore, MemoryStateStore
from tests.storage.contract_state_store import AnyStateStore
from tests.storage.states import checkpoint, dead_letter, order

ACTORS = st.dictionaries(
    st.sampled_from(["router", "symbol/A", "symbol/B", "portfolio", "strategy/ä"]),
    st.binary(max_size=40) | st.integers(0, 5).map(lambda count: bytes(count * 30_000)),
    max_size=4,
)
ORDERS = st.lists(st.tuples(st.integers(1, 12), st.sampled_from(OrderStatus)), max_size=4)
LETTERS = st.tuples(st.integers(1, 4), st.sampled_from(["a", "b"]))


class StateStoreMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.seq = 0
        self.actors: dict[str, bytes] = {}
        self.latest: Checkpoint | None = None
        self.orders: dict[int, OrderRecord] = {}
        self.letters: dict[tuple[int, str], DeadLetter] = {}
        self.settings: dict[str, bytes] = {}
        self.store = self.open()

    def open(self) -> AnyStateStore:
        raise NotImplementedError

    @rule(step=st.integers(0, 1000), actors=ACTORS, orders=ORDERS, letters=st.lists(LETTERS, max_size=2))
    def save(
        self,
        step: int,
        actors: dict[str, bytes],
        orders: list[tuple[int, OrderStatus]],
        letters: list[tuple[int, str]],
    ) -> None:
        self.seq += step
        records = [order(seq, status) for seq, status in orders]
        self.store.save_checkpoint(
            checkpoint(self.seq, **actors), orders=records, dead_letters=[dead_letter(*key) for key in letters]
        )
        self.actors |= actors
        self.latest = checkpoint(self.seq, **self.actors)
        self.orders |= {record.seq: record for record in records}
        self.letters |= {key: dead_letter(*key) for key in letters}

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = self.open()

    @rule(key=LETTERS, error=st.text(max_size=5))
    def put_letter(self, key: tuple[int, str], error: str) -> None:
        self.store.put_dead_letter(dead_letter(*key, error=error))
        self.letters[key] = dead_letter(*key, error=error)

    @rule(key=LETTERS)
    def drop_letter(self, key: tuple[int, str]) -> None:
        assert self.store.drop_dead_letter(*key) == (self.letters.pop(key, None) is not None)

    @rule(values=st.dictionaries(st.sampled_from(["book", "epoch"]), st.binary(max_size=9), min_size=1))
    def put_settings(self, values: dict[str, bytes]) -> None:
        self.store.put_settings(values)
        self.settings |= values

    @invariant()
    def holds_what_was_put(self) -> None:
        assert self.store.latest_checkpoint() == self.latest
        assert self.store.passed_over == []
        assert self.store.orders() == [self.orders[seq] for seq in sorted(self.orders)]
        assert self.store.open_orders() == [record for record in self.store.orders() if record.is_open]
        assert self.store.dead_letters() == [self.letters[key] for key in sorted(self.letters)]
        assert {name: self.store.setting(name) for name in self.settings} == self.settings

    @rule(seq=st.integers(1, 12))
    def look_up(self, seq: int) -> None:
        assert self.store.order(order(seq).client_order_id) == self.orders.get(seq)

    def teardown(self) -> None:
        self.store.close()


class MemoryStateStoreMachine(StateStoreMachine):
    def open(self) -> AnyStateStore:
        return getattr(self, "store", None) or MemoryStateStore()


class LmdbStateStoreMachine(StateStoreMachine):
    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="state-"))
        super().__init__()

    def open(self) -> AnyStateStore:
        return LmdbStateStore(self.path / "state.mdb", options=FileOptions(reserve_bytes=64 << 10))

    def teardown(self) -> None:
        super().teardown()
        shutil.rmtree(self.path)


SETTINGS = settings(max_examples=30, stateful_step_count=25, deadline=None, derandomize=True, database=None)

TestMemoryStateStoreMachine = MemoryStateStoreMachine.TestCase
TestMemoryStateStoreMachine.settings = SETTINGS
TestLmdbStateStoreMachine = LmdbStateStoreMachine.TestCase
TestLmdbStateStoreMachine.settings = SETTINGS
