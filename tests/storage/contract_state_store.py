"""What every state store must do; each implementation's tests inherit `StateStoreContract`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import msgspec
import pytest

from messages import CHECKPOINT_SCHEMA, Checkpoint, ClientOrderId, DeadLetter, OrderRecord, OrderStatus
from tests.storage.states import checkpoint, dead_letter, order

if TYPE_CHECKING:
    from actors.kernel import ports

    def _fits_the_port(store: AnyStateStore) -> ports.StateStore:
        return store


class AnyStateStore(Protocol):
    """What the kernel's port asks for, and what all our state stores offer beside it."""

    def save_checkpoint(
        self,
        checkpoint: Checkpoint,
        *,
        orders: Sequence[OrderRecord] = (),
        dead_letters: Sequence[DeadLetter] = (),
    ) -> None: ...
    def latest_checkpoint(self) -> Checkpoint | None: ...
    @property
    def space_low(self) -> bool: ...
    @property
    def passed_over(self) -> list[str]: ...
    def open_orders(self) -> list[OrderRecord]: ...
    def orders(self) -> list[OrderRecord]: ...
    def order(self, client_order_id: ClientOrderId) -> OrderRecord | None: ...
    def dead_letters(self) -> list[DeadLetter]: ...
    def put_dead_letter(self, letter: DeadLetter) -> None: ...
    def drop_dead_letter(self, seq: int, actor: str) -> bool: ...
    def setting(self, name: str) -> bytes | None: ...
    def put_settings(self, settings: Mapping[str, bytes]) -> None: ...
    def close(self) -> None: ...


class StateStoreContract:
    """Inherit this, and provide `store` and `reopen`."""

    @pytest.fixture
    def store(self) -> AnyStateStore:
        """An empty store."""
        raise NotImplementedError

    def reopen(self, store: AnyStateStore) -> AnyStateStore:
        """End `store` and give what is found after a restart."""
        raise NotImplementedError

    def test_an_actor_that_has_gone_is_in_no_later_checkpoint(self, store: AnyStateStore) -> None:
        store.save_checkpoint(checkpoint(1, a=b"1", b=b"2"))
        store.save_checkpoint(msgspec.structs.replace(checkpoint(2, a=b"3"), alive=["a"]))
        store.save_checkpoint(checkpoint(3, c=b"4"))

        latest = self.reopen(store).latest_checkpoint()

        assert latest is not None
        assert latest.actors == {"a": b"3", "c": b"4"}
        assert latest.alive == []

    def test_an_empty_store_has_nothing(self, store: AnyStateStore) -> None:
        assert store.latest_checkpoint() is None
        assert (store.passed_over, store.open_orders(), store.orders(), store.dead_letters()) == ([], [], [], [])
        assert (store.order(ClientOrderId("abc123-s-1")), store.setting("book")) == (None, None)
        assert store.space_low is False

    def test_a_checkpoint_comes_back_whole_after_a_restart(self, store: AnyStateStore) -> None:
        saved = checkpoint(7, a=b"state of a", b=b"", c=bytes(10_000))

        store.save_checkpoint(saved)

        assert store.latest_checkpoint() == saved
        assert self.reopen(store).latest_checkpoint() == saved

    def test_the_latest_checkpoint_is_the_one_saved_last(self, store: AnyStateStore) -> None:
        for seq in (5, 9, 14, 30, 31):
            store.save_checkpoint(checkpoint(seq, a=b"at %d" % seq))

        assert self.reopen(store).latest_checkpoint() == checkpoint(31, a=b"at 31")

    def test_actors_that_a_checkpoint_omits_are_as_in_the_one_before(self, store: AnyStateStore) -> None:
        store.save_checkpoint(checkpoint(1, a=b"a1", b=b"b1"))
        store.save_checkpoint(checkpoint(2, b=b"b2", c=b"c2"))
        store = self.reopen(store)
        store.save_checkpoint(checkpoint(3))
        store.save_checkpoint(checkpoint(4, c=b"c4"))

        assert self.reopen(store).latest_checkpoint() == checkpoint(4, a=b"a1", b=b"b2", c=b"c4")

    def test_two_checkpoints_of_the_same_input_keep_what_the_second_omits(self, store: AnyStateStore) -> None:
        store.save_checkpoint(checkpoint(8, a=b"a", b=b"b"))
        store = self.reopen(store)
        store.save_checkpoint(checkpoint(8))
        store.save_checkpoint(checkpoint(8, b=b"later"))

        assert self.reopen(store).latest_checkpoint() == checkpoint(8, a=b"a", b=b"later")

    def test_a_checkpoint_of_a_newer_schema_is_passed_over_and_told(self, store: AnyStateStore) -> None:
        store.save_checkpoint(checkpoint(1, a=b"a1"))
        store.save_checkpoint(msgspec.structs.replace(checkpoint(2, a=b"a2"), schema=CHECKPOINT_SCHEMA + 1))
        store = self.reopen(store)

        assert store.latest_checkpoint() == checkpoint(1, a=b"a1")
        assert [f"has schema {CHECKPOINT_SCHEMA + 1}" in reason for reason in store.passed_over] == [True]

    def test_a_checkpoint_saved_after_one_was_passed_over_builds_on_the_good_one(
        self, store: AnyStateStore
    ) -> None:
        store.save_checkpoint(checkpoint(1, a=b"a1", b=b"b1"))
        store.save_checkpoint(msgspec.structs.replace(checkpoint(2, a=b"a2"), schema=CHECKPOINT_SCHEMA + 1))
        store = self.reopen(store)
        store.latest_checkpoint()

        store.save_checkpoint(checkpoint(3, b=b"b3"))

        assert self.reopen(store).latest_checkpoint() == checkpoint(3, a=b"a1", b=b"b3")
        assert store.passed_over == [] or "schema" in store.passed_over[0]

    def test_an_order_stands_as_it_was_saved_last(self, store: AnyStateStore) -> None:
        store.save_checkpoint(checkpoint(1), orders=[order(1), order(2)])
        store.save_checkpoint(checkpoint(2), orders=[order(1, OrderStatus.ACCEPTED, events=(b"e",)), order(3)])
        store = self.reopen(store)

        assert store.orders() == [order(1, OrderStatus.ACCEPTED, events=(b"e",)), order(2), order(3)]
        assert store.order(order(2).client_order_id) == order(2)
        assert store.order(ClientOrderId("abc123-s-9")) is None

    def test_open_orders_are_those_without_a_final_status(self, store: AnyStateStore) -> None:
        store.save_checkpoint(checkpoint(1), orders=[order(seq) for seq in (4, 3, 2, 1)])
        store.save_checkpoint(
            checkpoint(2),
            orders=[order(1, OrderStatus.FILLED), order(2, OrderStatus.UNKNOWN), order(5, OrderStatus.DENIED)],
        )

        expected = [order(2, OrderStatus.UNKNOWN), order(3), order(4)]
        assert store.open_orders() == expected
        assert self.reopen(store).open_orders() == expected

    def test_the_order_that_one_checkpoint_lists_twice_stands_as_listed_last(self, store: AnyStateStore) -> None:
        store.save_checkpoint(checkpoint(1), orders=[order(1), order(1, OrderStatus.FILLED)])

        assert store.orders() == [order(1, OrderStatus.FILLED)]
        assert store.order(order(1).client_order_id) == order(1, OrderStatus.FILLED)
        assert store.open_orders() == []

    def test_dead_letters_are_listed_by_input_and_can_be_dropped(self, store: AnyStateStore) -> None:
        store.save_checkpoint(
            checkpoint(1), dead_letters=[dead_letter(300), dead_letter(2, "b"), dead_letter(2, "a")]
        )
        store.put_dead_letter(dead_letter(1))
        store.put_dead_letter(dead_letter(300, error="again"))
        store = self.reopen(store)

        assert (store.drop_dead_letter(2, "a"), store.drop_dead_letter(2, "a")) == (True, False)
        assert store.dead_letters() == [dead_letter(1), dead_letter(2, "b"), dead_letter(300, error="again")]

    def test_a_setting_is_what_was_put_last(self, store: AnyStateStore) -> None:
        store.put_settings({"book": b"abc123", "empty": b""})
        store.put_settings({"book": b"xyz789"})
        store = self.reopen(store)

        assert (store.setting("book"), store.setting("empty"), store.setting("other")) == (b"xyz789", b"", None)
