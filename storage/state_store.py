"""Checkpoints, the index of orders, dead letters and settings, in one LMDB file.

checkpoints, packs    see `_checkpoints`
orders                see `_orders`
dead_letters          8 bytes of the input's number, then the actor's name -> sealed DeadLetter
settings              name -> bytes sealed under the name
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import lmdb
import msgspec

from messages import Checkpoint, ClientOrderId, DeadLetter, OrderRecord
from storage._checkpoints import CHECKPOINTS_DB, PACKS_DB, CheckpointShelf
from storage._environment import (
    WriteTransaction,
    create_environment,
    open_environment,
    storage_errors,
    used_bytes,
)
from storage._orders import ORDERS_DB, OrderIndex
from storage._sealed import SealBroken, seal, seal_named, unseal, unseal_named
from storage._space import ReservedSpace
from storage._structure import find_damage, find_damage_while_used
from storage.errors import StateCorrupt, StorageFailed
from storage.options import DEFAULT_OPTIONS, FileOptions

_DEAD_LETTERS_DB = b"dead_letters"
_SETTINGS_DB = b"settings"
_DATABASES = (CHECKPOINTS_DB, PACKS_DB, ORDERS_DB, _DEAD_LETTERS_DB, _SETTINGS_DB)


class LmdbStateStore:
    """Satisfies `actors.kernel.ports.StateStore`. Get it from a `DataDirectory`, which owns the lock.

    Everything is durable when a method returns. Writing raises DiskFull (nothing was written, try again once there
    is space) or StorageFailed (refused from then on, until the data directory is opened again).
    """

    def __init__(self, path: Path, *, read_only: bool = False, options: FileOptions = DEFAULT_OPTIONS) -> None:
        """Open the file, or create it unless `read_only`. Raises StateCorrupt, DiskFull, StorageFailed."""
        if not read_only and not path.exists():
            create_environment(path, records={}, databases=_DATABASES, map_bytes=options.map_bytes)
        damage = find_damage_while_used(path) if read_only else find_damage(path)
        if damage is not None:
            raise StateCorrupt(path, detail=damage)
        self.path = path
        self._failure: str | None = "it was opened for reading only" if read_only else None
        self._space = ReservedSpace(path, reserve_bytes=options.reserve_bytes, allocate=options.allocate)
        self._environment = open_environment(path, read_only=read_only, map_bytes=options.map_bytes)
        try:
            with storage_errors(path):
                self._open_tables()
            with self._reading() as transaction:
                _, self._kept = self._shelf.load(transaction)
                self._open_orders = self._orders.load_open(transaction)
        except BaseException:
            self._environment.close()
            raise
        if not read_only:
            self._space.refill(used_bytes(self._environment))

    def __repr__(self) -> str:
        return f"LmdbStateStore({self.path}, checkpoints={len(self._kept)}, open_orders={len(self._open_orders)})"

    @property
    def passed_over(self) -> list[str]:
        """Checkpoints that the last `latest_checkpoint` could not use, and why, newest first."""
        return self._shelf.passed_over

    @property
    def space_low(self) -> bool:
        """Whether the disk gives no more space than is allocated already."""
        return self._space.is_low

    @property
    def used_bytes(self) -> int:
        """Bytes of the file that hold something, or did and will be used again first."""
        return used_bytes(self._environment)

    def close(self) -> None:
        """Let go of the file; nothing is pending."""
        self._environment.close()

    def save_checkpoint(
        self,
        checkpoint: Checkpoint,
        *,
        orders: Sequence[OrderRecord] = (),
        dead_letters: Sequence[DeadLetter] = (),
    ) -> None:
        """Store all of it in one durable transaction; the three newest good checkpoints are kept.

        Actors that `checkpoint` omits are as in the newest good one. `orders` are those that changed since.
        """
        with self._writing() as writing:
            kept = self._shelf.write(writing, checkpoint, self._kept)
            open_orders = self._orders.write(writing, orders, self._open_orders)
            for letter in dead_letters:
                self._put_dead_letter(writing, letter)
        self._kept, self._open_orders = kept, open_orders

    def latest_checkpoint(self) -> Checkpoint | None:
        """The newest good checkpoint, every actor's state proven; None if there is none, see `passed_over`."""
        with self._reading() as transaction:
            newest, self._kept = self._shelf.load(transaction)
        return newest

    def open_orders(self) -> list[OrderRecord]:
        """Orders that the venue may still act on, by the input that caused them."""
        return sorted(self._open_orders.values(), key=lambda record: (record.seq, record.client_order_id))

    def order(self, client_order_id: ClientOrderId) -> OrderRecord | None:
        """One order as it stood at the latest checkpoint that knew it. Reads back through all of them."""
        with self._reading() as transaction:
            return self._orders.find(transaction, client_order_id)

    def orders(self) -> list[OrderRecord]:
        """Every order as it stood last, by the input that caused it."""
        with self._reading() as transaction:
            return self._orders.all(transaction)

    def dead_letters(self) -> list[DeadLetter]:
        """The messages set aside, oldest first. Raises StateCorrupt."""
        with self._reading() as transaction:
            cursor = transaction.cursor(self._dead_letters)
            return [self._decode_dead_letter(key, value) for key, value in cursor]

    def put_dead_letter(self, letter: DeadLetter) -> None:
        """Keep one message, in place of an earlier one of the same input and actor."""
        with self._writing() as writing:
            self._put_dead_letter(writing, letter)

    def drop_dead_letter(self, seq: int, actor: str) -> bool:
        """Forget one message; False if there is none."""
        with self._writing() as writing:
            return writing.delete(_letter_key(seq, actor), database=self._dead_letters)

    def setting(self, name: str) -> bytes | None:
        """What was put under the name, None if nothing was. Raises StateCorrupt.

        Before it says that there is nothing it looks at all the others: one of them may have been this one, and
        had its name changed on disk.
        """
        key = name.encode()
        with self._reading() as transaction:
            value: bytes | None = transaction.get(key, db=self._settings)
            if value is not None:
                return self._unsealed_setting(key, value)
            for other, others_value in transaction.cursor(self._settings):
                self._unsealed_setting(other, others_value)
        return None

    def put_settings(self, settings: Mapping[str, bytes]) -> None:
        """Keep all of these in one durable transaction."""
        with self._writing() as writing:
            for name, value in settings.items():
                key = name.encode()
                writing.put(key, seal_named(key, value), database=self._settings)

    def _open_tables(self) -> None:
        try:
            self._shelf = CheckpointShelf(self._environment, self.path)
            self._orders = OrderIndex(self._environment, self.path)
            self._dead_letters = self._environment.open_db(_DEAD_LETTERS_DB, create=False)
            self._settings = self._environment.open_db(_SETTINGS_DB, create=False)
        except (lmdb.NotFoundError, lmdb.IncompatibleError) as error:
            raise StateCorrupt(self.path, detail=f"a table is missing in it: {error}") from error

    @contextmanager
    def _reading(self) -> Iterator[lmdb.Transaction[bytes]]:
        with storage_errors(self.path), self._environment.begin() as transaction:
            yield transaction

    @contextmanager
    def _writing(self) -> Iterator[WriteTransaction]:
        if self._failure is not None:
            raise StorageFailed(f"{self.path} refuses to be written to: {self._failure}")
        used = used_bytes(self._environment)
        with storage_errors(self.path):
            try:
                with self._environment.begin(write=True) as transaction:
                    yield WriteTransaction(transaction, space=self._space, used_bytes=used)
            except (lmdb.Error, OSError) as error:
                self._failure = str(error)
                raise
        self._space.refill(used_bytes(self._environment))

    def _put_dead_letter(self, writing: WriteTransaction, letter: DeadLetter) -> None:
        value = seal(msgspec.msgpack.encode(letter))
        writing.put(_letter_key(letter.seq, letter.actor), value, database=self._dead_letters)

    def _decode_dead_letter(self, key: bytes, value: bytes) -> DeadLetter:
        try:
            letter = msgspec.msgpack.decode(unseal(value), type=DeadLetter)
        except (SealBroken, msgspec.MsgspecError) as error:
            raise StateCorrupt(self.path, detail=f"a dead letter: {error}") from error
        if key != _letter_key(letter.seq, letter.actor):
            raise StateCorrupt(self.path, detail=f"a dead letter of input {letter.seq} stands in another's place")
        return letter

    def _unsealed_setting(self, key: bytes, value: bytes) -> bytes:
        try:
            return unseal_named(key, value)
        except SealBroken as error:
            name = key.decode(errors="replace")
            raise StateCorrupt(self.path, detail=f"setting {name}: {error}") from error


def _letter_key(seq: int, actor: str) -> bytes:
    return seq.to_bytes(8, "big") + actor.encode()
