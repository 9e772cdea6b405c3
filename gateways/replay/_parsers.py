"""From a block of a file to records: text with delimiters, JSON lines, or rows of cells.

A parser reads a whole block with a few calls that run in C; it raises one of `FAULTS` if any row in it is bad, and
is then given the rows one by one (`rows`, `parse`), so that only bad data pays for finding out where it is bad.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from gateways.replay._plan import FilePlan
from gateways.replay._records import Built, Columns, RecordBuilder, RecordPlan
from gateways.replay._times import TimeParser

FAULTS = (ValueError, TypeError, OverflowError, AttributeError, msgspec.DecodeError)
"""What parsing raises on a bad row."""


class Parser(Protocol):
    """Makes records of a block's content."""

    def parse(self, content: Any) -> Built:
        """All records, in the order of the file. Raises one of `FAULTS`."""

    def rows(self, content: Any) -> list[Any]:
        """The content cut into single rows, each fit for `parse`; an empty one is blank."""

    def fault(self, row: Any) -> str:
        """What is wrong with a row that could not be parsed."""


class DelimitedParser:
    """Rows of csv, tsv or the like, whose columns are `header`."""

    def __init__(self, record: RecordPlan, plan: FilePlan, *, header: Sequence[str], times: TimeParser) -> None:
        self._builder = RecordBuilder(record, times)
        self._delimiter = plan.delimiter
        self._width = len(header)
        self._indexes = {field: list(header).index(column) for field, column in record.columns.items()}

    def parse(self, content: str) -> Built:
        return self._builder.build(self._columns(content))

    def rows(self, content: str) -> list[str]:
        return content.split("\n")

    def fault(self, row: str) -> str:
        width = len(next(csv.reader([row], delimiter=self._delimiter)))
        if width != self._width:
            return f"the row has {width} cells instead of {self._width}"
        return self._builder.fault(self._columns(row)) or "the row cannot be read"

    def _columns(self, text: str) -> Columns:
        """Cut a block into columns: each end of line becomes a cell of its own, so one split and slices do it."""
        if '"' in text:
            return self._quoted_columns(text)
        if "\r" in text:
            text = text.replace("\r\n", "\n").removesuffix("\r")
        if not text.endswith("\n"):
            text += "\n"
        delimiter, width = self._delimiter, self._width
        count, step = text.count("\n"), width + 1
        cells = text.replace("\n", f"{delimiter}\n{delimiter}").split(delimiter)
        end = count * step
        if len(cells) != end + 1 or cells[width:end:step].count("\n") != count:
            raise ValueError("a row has too few or too many cells")
        return {field: cells[index:end:step] for field, index in self._indexes.items()}

    def _quoted_columns(self, text: str) -> Columns:
        rows = csv.reader(text.splitlines(), delimiter=self._delimiter, strict=True)
        try:
            columns = list(zip(*rows, strict=True))
        except csv.Error as error:
            raise ValueError(str(error)) from None
        if len(columns) != self._width:
            raise ValueError("a row has too few or too many cells")
        return {field: columns[index] for field, index in self._indexes.items()}


class CellsParser:
    """Rows that are cells already, from a typed file or a JSON array."""

    def __init__(self, record: RecordPlan, *, header: Sequence[str], times: TimeParser) -> None:
        self._builder = RecordBuilder(record, times)
        self._width = len(header)
        self._indexes = {field: list(header).index(column) for field, column in record.columns.items()}

    def parse(self, content: list[tuple[Any, ...]]) -> Built:
        return self._builder.build(self._columns(content))

    def rows(self, content: list[tuple[Any, ...]]) -> list[list[tuple[Any, ...]]]:
        return [[row] for row in content]

    def fault(self, row: list[tuple[Any, ...]]) -> str:
        if len(row[0]) != self._width:
            return f"the row has {len(row[0])} cells instead of {self._width}"
        return self._builder.fault(self._columns(row)) or "the row cannot be read"

    def _columns(self, rows: list[tuple[Any, ...]]) -> Columns:
        columns = list(zip(*rows, strict=True))
        if len(columns) != self._width:
            raise ValueError("a row has too few or too many cells")
        return {field: columns[index] for field, index in self._indexes.items()}
