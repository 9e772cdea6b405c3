"""What a data directory tells without an engine: its books, its summary, its journal."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from ops.book_lines import FillLine, OrderLine, PortfolioLine, PositionLine
from ops.books import Books, Marks, read_books
from ops.errors import UsageError
from ops.export import RecordKind, records
from ops.identity import recorded_instruments
from ops.marks import marks_in, marks_of
from ops.proof_note import ProofNote, write_note
from ops.summary import recorded_ending
from storage import DataDirectoryView


@dataclass(frozen=True)
class Valued:
    """The lines of the books, with positions and portfolios valued at their marks."""

    orders: list[OrderLine]
    fills: list[FillLine]
    positions: list[PositionLine]
    portfolios: list[PortfolioLine]


def value_books(path: Path) -> Valued:
    """The books of a data directory, valued. Raises BooksError and StorageError.

    A run that has come to its end is valued at the engine's own last marks, so that equity agrees with what the
    engine said; any other at the last prices in the journal.
    """
    with DataDirectoryView(path) as view:
        books = _books(view)
        marks = _marks(view, books)
    return Valued(
        orders=list(books.orders.values()),
        fills=books.fills,
        positions=books.positions(marks),
        portfolios=books.portfolios(marks),
    )


def read_orders_and_fills(path: Path) -> tuple[list[OrderLine], list[FillLine]]:
    """Orders and fills of a data directory, oldest first. Raises BooksError and StorageError."""
    with DataDirectoryView(path) as view:
        books = _books(view)
    return list(books.orders.values()), books.fills


def read_digest(path: Path) -> str:
    """The digest of a run that has come to its end. Raises UsageError if it has not, StorageError."""
    with DataDirectoryView(path) as view:
        ending = recorded_ending(view, view.journal.last_seq)
    if ending is None:
        raise UsageError(
            f"the run in {path} has not come to its end, so it has no digest yet. "
            f"Give the command that began it again, and it goes on."
        )
    return ending.digest


def read_input(path: Path, seq: int) -> list[dict[str, Any]]:
    """One input with all that it caused, as `ops.export` writes records. Raises UsageError, StorageError."""
    with DataDirectoryView(path) as view:
        journal = view.journal
        if not journal.first_seq <= seq <= journal.last_seq:
            held = f"inputs {journal.first_seq} to {journal.last_seq}" if journal.last_seq else "no input yet"
            raise UsageError(
                f"input {seq} is not in the journal of {path}, which holds {held}. Ask for one of those."
            )
        turn = next(journal.read(seq - 1))
        return [record for record in records(turn, after_seq=seq - 1) if record["seq"] == seq]


def read_records(path: Path, *, after_seq: int = 0, only: RecordKind | None = None) -> Iterator[dict[str, Any]]:
    """Every input after `after_seq` with all that it caused. Raises StorageError, also while it is read."""
    with DataDirectoryView(path) as view:
        for turn in view.journal.read(after_seq):
            yield from records(turn, after_seq=after_seq, only=only)


class JournalDay(msgspec.Struct, frozen=True, kw_only=True):
    """One file of the journal; a day without inputs has a `last_seq` one below its `first_seq`."""

    day: str
    first_seq: int
    last_seq: int
    inputs: int
    size_bytes: int
    file: str


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What proving a journal found; `chain` is the last frame's, in hexadecimal."""

    frames: int
    inputs: int
    effects: int
    first_seq: int
    last_seq: int
    days: tuple[str, ...]
    chain: str


def list_days(path: Path) -> list[JournalDay]:
    """The journal's files, oldest first. Raises StorageError."""
    with DataDirectoryView(path) as view:
        return [
            JournalDay(
                day=found.day,
                first_seq=found.first_seq,
                last_seq=found.last_seq,
                inputs=found.last_seq - found.first_seq + 1,
                size_bytes=found.path.stat().st_size,
                file=str(found.path),
            )
            for found in view.journal.day_ranges()
        ]


def verify_journal(path: Path) -> Proof:
    """Prove all that is kept of the journal, and note that it was. Raises JournalCorrupt with file and input."""
    with DataDirectoryView(path) as view:
        report = view.journal.verify()
    note = ProofNote(
        time_ns=time.time_ns(), first_seq=report.first_seq, last_seq=report.last_seq, chain=report.chain.hex()
    )
    write_note(path, note)
    return Proof(
        frames=report.frames,
        inputs=report.inputs,
        effects=report.effects,
        first_seq=report.first_seq,
        last_seq=report.last_seq,
        days=report.days,
        chain=report.chain.hex(),
    )


def _books(view: DataDirectoryView) -> Books:
    return read_books(view.journal, instruments=recorded_instruments(view))


def _marks(view: DataDirectoryView, books: Books) -> Marks:
    ending = recorded_ending(view, view.journal.last_seq)
    return marks_of(view.journal, books.held) if ending is None else marks_in(ending.portfolios)
