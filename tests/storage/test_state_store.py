"""The state store on LMDB."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from storage import FileOptions, LmdbJournal, LmdbStateStore, StateCorrupt, StorageFailed
from storage import state_store as store_module
from storage._sealed import seal
from tests.storage.contract_state_store import AnyStateStore, StateStoreContract
from tests.storage.states import checkpoint, dead_letter, order

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


def open_store(path: Path) -> LmdbStateStore:
    return LmdbStateStore(path / "state.mdb", options=SMALL)


def test_only_changed_actors_are_written_again(tmp_path: Path) -> None:
    actors = {f"actor{number}": bytes([number]) * 20_000 for number in range(50)}
    with closing(open_store(tmp_path)) as store:
        store.save_checkpoint(checkpoint(1, **actors))
        used_bytes = store.used_bytes
        for seq in range(2, 10):
            actors["actor7"] = seq.to_bytes(4, "big") * 5_000
            store.save_checkpoint(checkpoint(seq, **actors))

        assert store.used_bytes < used_bytes * 1.5
        assert store.latest_checkpoint() == checkpoint(9, **actors)


def test_the_file_stays_bounded_however_many_checkpoints_are_saved(tmp_path: Path) -> None:
    actors = {f"actor{number}": bytes([number]) * 2_000 for number in range(50)}
    with closing(open_store(tmp_path)) as store:
        store.save_checkpoint(checkpoint(0, **actors))
        for seq in range(1, 300):
            name = f"actor{seq * 7 % 50}"
            actors[name] = seq.to_bytes(4, "big") * 500
            store.save_checkpoint(checkpoint(seq, **{name: actors[name]}))

        assert store.latest_checkpoint() == checkpoint(299, **actors)
        assert store.used_bytes < 10 * 50 * 2_000


def test_no_checkpoint_refers_to_what_was_dropped(tmp_path: Path) -> None:
    actors = {f"actor{number}": bytes([number]) * 9_000 for number in range(20)}
    expected = []
    with closing(open_store(tmp_path)) as store:
        for seq in range(1, 60):
            actors[f"actor{seq % 3}"] = seq.to_bytes(4, "big") * 2_250
            store.save_checkpoint(checkpoint(seq, **actors))
            expected.append(checkpoint(seq, **actors))

    for saved in reversed(expected[-3:]):
        with closing(open_store(tmp_path)) as store:
            assert store.latest_checkpoint() == saved
        damage(tmp_path / "state.mdb", saved.actors[f"actor{saved.seq % 3}"])

    with closing(open_store(tmp_path)) as store:
        assert store.latest_checkpoint() is None
        assert len(store.passed_over) == 3


def test_an_order_index_that_was_changed_is_noticed(tmp_path: Path) -> None:
    with closing(open_store(tmp_path)) as store:
        store.save_checkpoint(checkpoint(1), orders=[order(1, events=(b"e" * 9_000,))])

    damage(tmp_path / "state.mdb", b"e" * 9_000)

    with pytest.raises(StateCorrupt, match="its index of orders"):
        open_store(tmp_path)


def test_a_dead_letter_and_a_setting_that_were_changed_are_noticed(tmp_path: Path) -> None:
    with closing(open_store(tmp_path)) as store:
        store.put_dead_letter(dead_letter(1, error="changed on disk"))
        store.put_settings({"book": b"a setting's value"})

    damage(tmp_path / "state.mdb", b"changed on disk")
    damage(tmp_path / "state.mdb", b"a setting's value")

    with closing(open_store(tmp_path)) as store:
        with pytest.raises(StateCorrupt, match="a dead letter: "):
            store.dead_letters()
        with pytest.raises(StateCorrupt, match="setting book: "):
            store.setting("book")


def test_a_setting_whose_name_was_changed_is_not_taken_for_one_that_was_never_put(tmp_path: Path) -> None:
    with closing(open_store(tmp_path)) as store:
        store.put_settings({"layout": b"1", "config": b"{}"})

    damage(tmp_path / "state.mdb", b"config")

    with closing(open_store(tmp_path)) as store:
        assert store.setting("layout") == b"1"
        with pytest.raises(StateCorrupt, match=r"setting confi.: "):
            store.setting("config")


def test_a_setting_that_an_earlier_version_put_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as earlier, closing(open_store(tmp_path)) as store:
        earlier.setattr(store_module, "seal_named", lambda _, payload: seal(payload))
        store.put_settings({"book": b"abc123"})

    with closing(open_store(tmp_path)) as store:
        assert (store.setting("book"), store.setting("other")) == (b"abc123", None)


def test_a_dead_letter_under_another_ones_key_is_noticed(tmp_path: Path) -> None:
    with closing(open_store(tmp_path)) as store:
        store.put_dead_letter(dead_letter(7, error="it failed"))

    damage(tmp_path / "state.mdb", (7).to_bytes(8, "big") + dead_letter(7).actor.encode())

    with closing(open_store(tmp_path)) as store, pytest.raises(StateCorrupt, match="stands in another's place"):
        store.dead_letters()


def test_a_store_opened_for_reading_refuses_to_be_written_to(tmp_path: Path) -> None:
    open_store(tmp_path).close()
    with closing(LmdbStateStore(tmp_path / "state.mdb", read_only=True)) as store:
        with pytest.raises(StorageFailed, match="opened for reading only"):
            store.put_settings({"book": b"abc123"})
        assert repr(store) == f"LmdbStateStore({tmp_path / 'state.mdb'}, checkpoints=0, open_orders=0)"


def test_an_lmdb_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    with closing(LmdbJournal(tmp_path, epoch=1, book="abc123", today=lambda: "2026-11-21", options=SMALL)):
        pass
    (tmp_path / "2026-11-21.mdb").rename(tmp_path / "state.mdb")

    with pytest.raises(StateCorrupt, match="a table is missing in it"):
        open_store(tmp_path)


def damage(path: Path, value: bytes) -> None:
    """Change the last byte of the value, wherever it is stored."""
    content = path.read_bytes()
    assert value in content
    path.write_bytes(content.replace(value, value[:-1] + bytes([value[-1] ^ 1])))
