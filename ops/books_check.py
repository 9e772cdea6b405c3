"""The check of the books while an engine runs: the journal folded anew, held against what the engine says it has.

    journal    what was recorded, folded here by `ops.books`, in a process of its own
    engine     what the portfolio actors say
    venue      what a simulated venue says each account has

The three are compared only at the same input: the journal is folded up to that of an answer, and no further.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from ops.book_lines import ZERO
from ops.books import Books, ReadableJournal, business, only_effects_matter
from ops.control.answers import PortfolioView, View
from ops.errors import BooksError
from ops.identity import recorded_instruments
from storage import DataDirectoryView, StorageError

FOLDED_AT_ONCE = 20_000
"""Messages of the journal that one check reads at most, so that a long journal is read in parts."""


class Agreement(Enum):
    """What a check came to."""

    AGREE = "agree"
    DIFFER = "differ"
    READING = "reading"
    """The journal is still being read."""
    UNKNOWN = "unknown"
    """Nothing was compared, for the reason told."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What was found, in one line, and at which input."""

    agreement: Agreement
    seq: int
    text: str


class ToldPosition(msgspec.Struct, frozen=True):
    """What an engine said of a position, as its summary has it."""

    strategy_id: str
    symbol: str
    quantity: Decimal


class ToldPortfolio(msgspec.Struct, frozen=True):
    """What an engine said of a portfolio, as its summary has it."""

    portfolio_id: str
    cash: Decimal
    positions: tuple[ToldPosition, ...]


NOT_CHECKED = Verdict(agreement=Agreement.UNKNOWN, seq=0, text="the books have not been checked yet")


class BooksCheck:
    """Folds the journal of a data directory as it grows, and compares it with answers of the engine on it.

    For one thread. It takes no lock and writes nothing; what it reads of the journal stays read.
    """

    def __init__(self, data_dir: Path, *, folded_at_once: int = FOLDED_AT_ONCE) -> None:
        self.last = NOT_CHECKED
        self._data_dir = data_dir
        self._folded_at_once = folded_at_once
        self._directory: DataDirectoryView | None = None
        self._fold = _Fold(Books())
        self._asked: View | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def check(self, view: View) -> Verdict:
        """The latest verdict, after this answer: of this one, or of an earlier one that is durable by now.

        An answer is kept until the journal has reached its input. Trouble with the journal becomes a verdict.
        """
        try:
            self.last = self._check(view)
        except (BooksError, StorageError) as error:
            self.last = Verdict(agreement=Agreement.UNKNOWN, seq=view.seq, text=f"books not checked: {error}")
        return self.last

    def close(self) -> None:
        """Let go of the files."""
        if self._directory is not None:
            self._directory.close()
            self._directory = None

    def _check(self, view: View) -> Verdict:
        journal = self._open(view).journal
        journal.refresh()
        asked = self._asked
        if asked is None or asked.status.epoch != view.status.epoch:  # the process it came from is gone
            asked = self._asked = view
        if journal.epoch > asked.status.epoch or self._fold.seq > asked.seq:
            self._asked = None
            return self.last
        if journal.last_seq < asked.seq:
            return self.last
        if not self._fold.advance(journal, asked.seq, limit=self._folded_at_once):
            text = f"reading the journal: input {self._fold.seq:,} of {asked.seq:,}"
            return Verdict(agreement=Agreement.READING, seq=self._fold.seq, text=text)
        self._asked = None
        return judge(self._fold.books, asked)

    def _open(self, view: View) -> DataDirectoryView:
        if self._directory is not None and self._directory.book != view.status.book:
            self.close()  # another data directory has taken its place
        if self._directory is None:
            self._directory = DataDirectoryView(self._data_dir)
            self._fold = _Fold(Books(recorded_instruments(self._directory)))
            self._asked = None
        return self._directory


class _Fold:
    """Books as of input `seq`."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.seq = 0
        self._effects_only: bool | None = None

    def advance(self, journal: ReadableJournal, seq: int, *, limit: int) -> bool:
        """Fold on towards `seq`, by whole inputs and about `limit` messages; whether it got there.

        Raises BooksError if the beginning of the journal was deleted, or if it contradicts itself; StorageError.
        """
        if self._effects_only is None:
            self._effects_only = only_effects_matter(journal)
        done, last = 0, self.seq
        for number, message in business(journal, self.seq, effects_only=self._effects_only):
            if number > seq:
                break
            if done >= limit and number != last:
                self.seq = last
                return False
            self.books.record(message)
            done, last = done + 1, number
        self.seq = seq
        return True


def judge(books: Books, view: View) -> Verdict:
    """Whether the books, folded up to the view's input, say what it says."""
    difference = next(_differences(books, view.portfolios), None)
    if difference is not None:
        text = f"books DIFFER at input {view.seq:,}: {difference}"
        return Verdict(agreement=Agreement.DIFFER, seq=view.seq, text=text)
    silent = [each.portfolio_id for each in view.portfolios if each.venue_cash is None]
    venue = " = venue" if not silent else f"; the venue of {', '.join(silent)} has not said"
    text = f"books agree at input {view.seq:,}: engine = journal{venue}"
    return Verdict(agreement=Agreement.AGREE, seq=view.seq, text=text)


def check_at_rest(data_dir: Path, portfolios: Iterable[ToldPortfolio]) -> Verdict:
    """Whether the whole journal says what the engine said of its portfolios at its end.

    Raises BooksError if the journal cannot be folded; StorageError.
    """
    with DataDirectoryView(data_dir) as directory:
        seq = directory.journal.last_seq
        fold = _Fold(Books(recorded_instruments(directory)))
        fold.advance(directory.journal, seq, limit=sys.maxsize)
    cash = {line.portfolio_id: line.cash for line in fold.books.portfolios({})}
    for told in portfolios:
        difference = next(_unlike_journal(fold.books, told, cash.get(told.portfolio_id, told.cash)), None)
        if difference is not None:
            return Verdict(agreement=Agreement.DIFFER, seq=seq, text=f"books DIFFER at input {seq:,}: {difference}")
    text = f"books agree at input {seq:,}: engine = journal"
    return Verdict(agreement=Agreement.AGREE, seq=seq, text=text)


def _differences(books: Books, portfolios: Iterable[PortfolioView]) -> Iterator[str]:
    cash = {line.portfolio_id: line.cash for line in books.portfolios({})}
    for told in portfolios:
        name = told.portfolio_id
        yield from _unlike_journal(books, told, cash.get(name, told.starting_cash))
        if told.venue_cash is not None and told.cash != told.venue_cash:
            yield f"cash of {name} is {told.cash} (engine) and {told.venue_cash} (venue)"
        if told.venue_positions is not None:
            by_symbol = _held((str(p.symbol), p.quantity) for p in told.positions)
            at_venue = _held(told.venue_positions.items())
            yield from _unequal(f"position of {name}", by_symbol, at_venue, other="venue")


def _unlike_journal(books: Books, told: PortfolioView | ToldPortfolio, booked: Decimal) -> Iterator[str]:
    name = told.portfolio_id
    if told.cash != booked:
        yield f"cash of {name} is {told.cash} (engine) and {booked} (journal)"
    lines = books.positions({})
    held = _held((f"{p.strategy_id} {p.symbol}", p.quantity) for p in told.positions)
    recorded = _held((f"{p.strategy_id} {p.symbol}", p.quantity) for p in lines if p.portfolio_id == name)
    yield from _unequal(f"position of {name}", held, recorded, other="journal")


def _held(quantities: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    """Quantities summed by name; what sums to nothing is left out."""
    total: dict[str, Decimal] = {}
    for name, quantity in quantities:
        total[name] = total.get(name, ZERO) + quantity
    return {name: quantity for name, quantity in total.items() if quantity}


def _unequal(what: str, engine: Mapping[str, Decimal], told: Mapping[str, Decimal], *, other: str) -> Iterator[str]:
    for name in sorted({*engine, *told}):
        mine, theirs = engine.get(name, ZERO), told.get(name, ZERO)
        if mine != theirs:
            yield f"{what} in {name} is {mine} (engine) and {theirs} ({other})"
