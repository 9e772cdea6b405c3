"""The check of the books: agreement at the same input only, and each kind of difference in words."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from messages import PortfolioReport
from ops.books_check import Agreement, BooksCheck, ToldPortfolio, ToldPosition, check_at_rest
from ops.control.answers import PortfolioView, View
from ops.summary import RunSummary
from storage import DataDirectoryView
from tests.ops.tui._views import status_at, view_at
from tests.simulated_runs import run_to_end


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RunSummary]:
    """A small run that has traded."""
    path = tmp_path_factory.mktemp("checked") / "data"
    summary = run_to_end(path)
    assert summary.fills > 0
    return path, summary


def view_of(path: Path, summary: RunSummary, **changes: Any) -> View:
    """What its engine would have answered at its last input; `changes` are of its one portfolio."""
    with DataDirectoryView(path) as directory:
        seq, epoch, book = directory.journal.last_seq, directory.journal.epoch, directory.book
    portfolio = msgspec.structs.replace(portfolio_of(summary.portfolios[0]), **changes)
    return view_at(0, seq=seq, status=status_at(0, epoch=epoch, book=book), portfolios=(portfolio,))


def portfolio_of(report: PortfolioReport) -> PortfolioView:
    held: dict[str, Decimal] = {}
    for position in report.positions:
        held[position.symbol] = held.get(position.symbol, Decimal(0)) + position.quantity
    return PortfolioView(
        portfolio_id=report.portfolio_id,
        venue_id="paper",
        currency=report.currency,
        starting_cash=Decimal(100_000),
        cash=report.cash,
        equity=report.equity,
        realized_pnl=report.realized_pnl,
        unrealized_pnl=report.unrealized_pnl,
        commission=report.commission,
        halted="",
        halted_symbols={},
        limits={},
        positions=report.positions,
        venue_cash=report.cash,
        venue_positions=held,
    )


def test_the_books_of_a_run_agree_with_its_engine_and_its_venue(ran: tuple[Path, RunSummary]) -> None:
    view = view_of(*ran)

    with BooksCheck(ran[0]) as check:
        verdict = check.check(view)

    assert verdict.agreement is Agreement.AGREE
    assert verdict.text == f"books agree at input {view.seq:,}: engine = journal = venue"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cash": Decimal(1)}, "cash of main is 1 (engine) and "),
        ({"venue_cash": Decimal(2)}, "(engine) and 2 (venue)"),
        ({"positions": ()}, "is 0 (engine) and "),
        ({"venue_positions": {"SIM.A": Decimal(3)}}, "(engine) and 3 (venue)"),
    ],
)
def test_a_difference_is_told_with_both_figures(
    ran: tuple[Path, RunSummary], changes: dict[str, Any], words: str
) -> None:
    with BooksCheck(ran[0]) as check:
        verdict = check.check(view_of(*ran, **changes))

    assert verdict.agreement is Agreement.DIFFER
    assert words in verdict.text


def test_a_long_journal_is_read_in_parts(ran: tuple[Path, RunSummary]) -> None:
    view = view_of(*ran)
    seen: list[Agreement] = []
    with BooksCheck(ran[0], folded_at_once=20) as check:
        while not seen or seen[-1] is Agreement.READING:
            seen.append(check.check(view).agreement)

    assert seen[0] is Agreement.READING
    assert seen[-1] is Agreement.AGREE


def test_an_answer_is_compared_only_once_the_journal_has_reached_it(ran: tuple[Path, RunSummary]) -> None:
    view = view_of(*ran)

    with BooksCheck(ran[0]) as check:
        ahead = check.check(msgspec.structs.replace(view, seq=view.seq + 1))

    assert ahead.agreement is Agreement.UNKNOWN


def test_a_directory_that_is_none_is_told_and_raises_nothing(tmp_path: Path) -> None:
    with BooksCheck(tmp_path) as check:
        verdict = check.check(view_at(0))

    assert verdict.agreement is Agreement.UNKNOWN
    assert "books not checked" in verdict.text


def test_the_books_at_rest_are_held_against_what_the_engine_said_last(ran: tuple[Path, RunSummary]) -> None:
    path, summary = ran
    told = [
        ToldPortfolio(
            report.portfolio_id,
            report.cash,
            tuple(ToldPosition(p.strategy_id, p.symbol, p.quantity) for p in report.positions),
        )
        for report in summary.portfolios
    ]
    richer = [ToldPortfolio(each.portfolio_id, each.cash + 1, each.positions) for each in told]

    assert check_at_rest(path, told).agreement is Agreement.AGREE
    assert check_at_rest(path, richer).text.startswith(
        f"books DIFFER at input {summary.journal_inputs:,}: cash of main"
    )
