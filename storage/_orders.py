"""How the index of orders is laid out, in few large values for the reason that `_checkpoints` gives.

orders   number, counted from 1 -> sealed list of the records that one checkpoint brought, as they then stood
         number 0               -> sealed list of all orders that are open: what recovery needs at once
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import lmdb
import msgspec

from messages import ClientOrderId, OrderRecord
from storage._environment import WriteTransaction
from storage._sealed import SealBroken, seal, unseal
from storage.errors import StateCorrupt

ORDERS_DB = b"orders"

_OPEN_KEY = bytes(8)
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[OrderRecord])


class OrderIndex:
    """The orders of one state file. It works within the caller's transactions."""

    def __init__(self, environment: lmdb.Environment, path: Path) -> None:
        self._path = path
        self._database = environment.open_db(ORDERS_DB, create=False)

    def load_open(self, transaction: lmdb.Transaction[bytes]) -> dict[ClientOrderId, OrderRecord]:
        """The open orders. Raises StateCorrupt."""
        value: bytes | None = transaction.get(_OPEN_KEY, db=self._database)
        return {record.client_order_id: record for record in self._records(value)} if value else {}

    def write(
        self,
        writing: WriteTransaction,
        records: Sequence[OrderRecord],
        open_orders: Mapping[ClientOrderId, OrderRecord],
    ) -> dict[ClientOrderId, OrderRecord]:
        """Store the records, and tell which orders are open then."""
        still_open = dict(open_orders)
        for record in records:
            still_open.pop(record.client_order_id, None)
            if record.is_open:
                still_open[record.client_order_id] = record
        if records:
            cursor = writing.transaction.cursor(self._database)
            last = int.from_bytes(cursor.key(), "big") if cursor.last() else 0
            writing.put((last + 1).to_bytes(8, "big"), _sealed(records), database=self._database)
            writing.put(_OPEN_KEY, _sealed(still_open.values()), database=self._database)
        return still_open

    def find(self, transaction: lmdb.Transaction[bytes], client_order_id: ClientOrderId) -> OrderRecord | None:
        """The order as it stood last, found by going back through what was stored. Raises StateCorrupt."""
        wanted = client_order_id.encode()
        for value in self._values(transaction):
            if wanted in value:
                for record in reversed(self._records(value)):
                    if record.client_order_id == client_order_id:
                        return record
        return None

    def all(self, transaction: lmdb.Transaction[bytes]) -> list[OrderRecord]:
        """Every order as it stood last, by the input that caused it. Raises StateCorrupt."""
        found: dict[ClientOrderId, OrderRecord] = {}
        for value in self._values(transaction):
            for record in reversed(self._records(value)):
                found.setdefault(record.client_order_id, record)
        return sorted(found.values(), key=lambda record: (record.seq, record.client_order_id))

    def _values(self, transaction: lmdb.Transaction[bytes]) -> Iterator[bytes]:
        """The stored lists, newest first."""
        cursor = transaction.cursor(self._database)
        if cursor.last():
            for key, value in cursor.iterprev():
                if key != _OPEN_KEY:
                    yield value

    def _records(self, value: bytes) -> list[OrderRecord]:
        try:
            return _decoder.decode(unseal(value))
        except (SealBroken, msgspec.MsgspecError) as error:
            raise StateCorrupt(self._path, detail=f"its index of orders: {error}") from error


def _sealed(records: Iterable[OrderRecord]) -> bytes:
    return seal(_encoder.encode(list(records)))
