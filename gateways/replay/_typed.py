"""Files that are tables already: Parquet, Feather and JSON arrays, as rows of cells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from gateways.errors import FeedMalformed
from gateways.replay._arrow import ROWS_PER_BLOCK, arrow_table
from gateways.replay._bytes import Block, LineReader
from gateways.replay._description import Format
from gateways.replay._plan import FilePlan


class CellsReader:
    """Gives the rows of a table in blocks, from any row on."""

    def __init__(self, plan: FilePlan, *, offset: int = 0) -> None:
        self._plan = plan
        self._skip = offset
        self._at = 0
        if plan.format is Format.JSON:
            self.header, rows = _json_table(plan)
            self._batches: Iterator[list[tuple[Any, ...]]] = _cut(rows)
            self.has_instants = False
        else:
            self.header, self._batches, self.has_instants = arrow_table(plan)

    def read(self) -> Block | None:
        """The next rows; None at the end. `line` is the number of the first row, counted from 1."""
        for rows in self._batches:
            begin, self._at = self._at, self._at + len(rows)
            if self._at > self._skip:
                drop = max(0, self._skip - begin)
                return Block(rows[drop:], begin + drop, begin + drop + 1)
        return None

    def close(self) -> None:
        """Let go of the table."""
        self._batches = iter(())


def _cut(rows: list[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    for begin in range(0, len(rows), ROWS_PER_BLOCK):
        yield rows[begin : begin + ROWS_PER_BLOCK]


def _json_table(plan: FilePlan) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    reader = LineReader(plan.path)
    try:
        data = reader.read_whole()
    finally:
        reader.close()
    try:
        if data.lstrip(b"[ \r\n\t").startswith(b"{"):
            objects = msgspec.json.decode(data, type=list[dict[str, Any]])
            header = tuple(objects[0])
            return header, [tuple(row.get(name) for name in header) for row in objects]
        rows = msgspec.json.decode(data, type=list[list[Any]])
    except msgspec.DecodeError as error:
        raise FeedMalformed(f"{plan.path}: not a JSON array of rows ({error}). Is its format json?") from None
    if plan.names is None:
        raise FeedMalformed(f"{plan.path}: its rows are arrays, whose cells have no names. Add names = [...].")
    return plan.names, [tuple(row) for row in rows]
