"""The records of one file, block by block, checked for order, from any position that it told."""

from __future__ import annotations

import csv
from bisect import bisect_left
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, Protocol

import msgspec

from gateways.errors import FeedMalformed
from gateways.replay._bytes import Block, LineReader
from gateways.replay._columns import resolve_columns
from gateways.replay._description import Format, OnBadRow, Order
from gateways.replay._json_lines import JsonLinesParser
from gateways.replay._parsers import FAULTS, CellsParser, DelimitedParser, Parser
from gateways.replay._plan import FilePlan
from gateways.replay._records import Built, Record
from gateways.replay._times import time_parser
from gateways.replay._typed import CellsReader
from messages import SECOND_NS

_LONG_AGO_NS = -(2**63)
SORTED_ROWS_MAX = 2_000_000
"""A file whose rows are in any order is sorted in memory, up to this many."""
SORTED_PART = 2000
SKIP_KEY = 'on_bad_row = "skip"'
ORDER_KEY = 'order = "any" or on_bad_row = "skip"'


class Bounds(msgspec.Struct, frozen=True, array_like=True):
    """Records with `start_ns <= time_ns < stop_ns` are wanted."""

    start_ns: int = _LONG_AGO_NS
    stop_ns: int = 2**63 - 1


class Position(msgspec.Struct, frozen=True, array_like=True):
    """Where reading stands: a block, how many of the records from its begin on were given, and what came before."""

    offset: int = 0
    line: int = 1
    skip: int = 0
    last_ns: int = _LONG_AGO_NS
    bad_rows: int = 0
    ignored: int = 0


class Reader(Protocol):
    """Gives the content of a file in blocks."""

    def read(self) -> Block | None:
        """The next block; None at the end."""

    def close(self) -> None:
        """Let go of the file."""


class FileStream:
    """`records[index:end]`, with their `times`, is what is loaded and not yet given."""

    def __init__(self, plan: FilePlan, *, bounds: Bounds, position: Position | None = None) -> None:
        """Open the file at a position, by default its beginning. Raises FeedError."""
        self.plan = plan
        self.times: list[int] = []
        self.records: list[Record] = []
        self.index = 0
        self.end = 0
        self.has_more = True
        self._bounds = bounds
        self._at = position or Position()
        self._block = self._at
        self._sorted: list[Record] | None = None
        self._row = 0
        self._reader, self._parser = _open(plan, self._at)

    @property
    def position(self) -> Position:
        """From where a stream opened there gives what this one has not given yet."""
        return msgspec.structs.replace(self._block, skip=self.index) if self.index else self._block

    @property
    def bad_rows(self) -> int:
        """Rows skipped so far because they could not be read or went back in time."""
        return self._at.bad_rows

    @property
    def ignored(self) -> int:
        """Rows passed over so far because nothing is to be made of them."""
        return self._at.ignored

    def load(self) -> bool:
        """Load the next records, at least one; False at the end. Only called once all that is loaded was given."""
        while self.has_more:
            before = self._at
            part = self._next_sorted() if self.plan.order is Order.ANY else self._next_read()
            if part is None:
                break
            offset, line, built = part
            skip = min(before.skip, len(built.times))
            self.times, self.records = built.times, built.records
            self._block = msgspec.structs.replace(before, offset=offset, line=line, skip=0)
            self._at = msgspec.structs.replace(self._at, skip=before.skip - skip)
            self.index = max(skip, bisect_left(built.times, self._bounds.start_ns))
            self.end = bisect_left(built.times, self._bounds.stop_ns)
            self.has_more = self.end == len(built.times)
            if self.index < self.end:
                return True
        self.has_more = False
        self.index = self.end = len(self.times)
        self.close()
        return False

    def close(self) -> None:
        """Let go of the file; what is loaded stays."""
        self._reader.close()

    def _next_read(self) -> tuple[int, int, Built] | None:
        block = self._reader.read()
        return None if block is None else (block.offset, block.line, self._parse(block))

    def _next_sorted(self) -> tuple[int, int, Built] | None:
        """The next part of all records of a file in any order, sorted; equal times stay in the file's order."""
        if self._sorted is None:
            self._sorted = self._sort_all()
            self._row = self._at.offset
        begin, end = self._row, self._row + SORTED_PART
        self._row = end
        records = self._sorted[begin:end]
        if not records:
            return None
        return begin, 1, Built([record.time_ns for record in records], records)

    def _sort_all(self) -> list[Record]:
        self._at = msgspec.structs.replace(self._at, bad_rows=0, ignored=0)
        records: list[Record] = []
        while (block := self._reader.read()) is not None:
            records += self._parse(block).records
            if len(records) > SORTED_ROWS_MAX:
                raise FeedMalformed(
                    f"{self.plan.path}: more than {SORTED_ROWS_MAX} rows in any order. Sort the file by time "
                    f'and set order = "time".'
                )
        records.sort(key=attrgetter("time_ns"))
        return records

    def _parse(self, block: Block) -> Built:
        """The records of a block: as a whole, or row by row if one of its rows is bad."""
        try:
            built = self._parser.parse(block.content)
        except FAULTS:
            return self._parse_each(block)
        if not self._goes_on(built.times):
            return self._parse_each(block)
        self._count(built.times, ignored=built.ignored)
        return built

    def _goes_on(self, times: list[int]) -> bool:
        """Time does not go back, neither within the block nor from the one before."""
        if self.plan.order is Order.ANY or not times:
            return True
        return times[0] >= self._at.last_ns and times == sorted(times)

    def _parse_each(self, block: Block) -> Built:
        times: list[int] = []
        records: list[Record] = []
        for line, row in enumerate(self._parser.rows(block.content), start=block.line):
            if isinstance(row, str) and not row.strip():
                continue
            built = self._parse_row(line, row)
            if built is None:
                self._at = msgspec.structs.replace(self._at, bad_rows=self._at.bad_rows + 1)
                continue
            self._count(built.times, ignored=built.ignored)
            times += built.times
            records += built.records
        return Built(times, records)

    def _parse_row(self, line: int, row: Any) -> Built | None:
        """One row's record; None if the row is bad and bad rows are skipped."""
        try:
            built = self._parser.parse(row)
        except FAULTS:
            cure = f"Correct the row{self.plan.cure(SKIP_KEY)}."
            self._refuse(f"{self.plan.path}:{line}: {self._parser.fault(row)}. {cure}")
            return None
        if self._goes_on(built.times):
            return built
        back = f"time goes back from {_clock(self._at.last_ns)} to {_clock(built.times[0])}"
        cure = f"Sort the file by time{self.plan.cure(ORDER_KEY)}."
        self._refuse(f"{self.plan.path}:{line}: {back}. {cure}")
        return None

    def _refuse(self, text: str) -> None:
        if self.plan.on_bad_row is OnBadRow.STOP:
            raise FeedMalformed(text)

    def _count(self, times: list[int], *, ignored: int) -> None:
        last_ns = times[-1] if times else self._at.last_ns
        self._at = msgspec.structs.replace(self._at, last_ns=last_ns, ignored=self._at.ignored + ignored)


def _open(plan: FilePlan, position: Position) -> tuple[Reader, Parser]:
    """The reader of a file, at a position, and the parser of what it gives."""
    begin = position if plan.order is Order.TIME else Position()
    if plan.format in (Format.CSV, Format.TSV):
        return _open_delimited(plan, begin)
    if plan.format is Format.JSONL:
        records = tuple(resolve_columns(record, plan, None) for record in plan.records)
        lines = LineReader(plan.path, block_bytes=plan.block_bytes)
        lines.go_to(begin.offset, begin.line)
        return lines, JsonLinesParser(msgspec.structs.replace(plan, records=records), plan.time.parser())
    cells = CellsReader(plan, offset=begin.offset)
    record = resolve_columns(plan.records[0], plan, cells.header)
    times = time_parser("epoch-ns", zone=plan.time.zone) if cells.has_instants else plan.time.parser()
    return cells, CellsParser(record, header=cells.header, times=times)


def _open_delimited(plan: FilePlan, begin: Position) -> tuple[Reader, Parser]:
    lines = LineReader(plan.path, block_bytes=plan.block_bytes)
    header = plan.names
    if header is None:
        header = tuple(next(csv.reader([lines.read_line()], delimiter=plan.delimiter), ()))
    if begin.offset:
        lines.go_to(begin.offset, begin.line)
    record = resolve_columns(plan.records[0], plan, header)
    return lines, DelimitedParser(record, plan, header=header, times=plan.time.parser())


def _clock(time_ns: int) -> str:
    seconds, rest_ns = divmod(time_ns, SECOND_NS)
    return f"{datetime.fromtimestamp(seconds, tz=UTC):%Y-%m-%dT%H:%M:%S}.{rest_ns:09d}Z"
