"""What a run says at its end, and what is kept of it in the data directory."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from messages import PortfolioReport
from storage import DataDirectoryView

SUMMARY_SETTING = "run_summary"


class ActorLine(msgspec.Struct, frozen=True, kw_only=True):
    """One actor in the tree. `depth` counts the supervisors above it."""

    name: str
    depth: int
    status: str
    handled: int
    restarts: int


class RunSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What a run has come to. `ended` is false if it was stopped before its input ended.

    `inputs` counts market data records, `journal_inputs` everything that was numbered, timers and commands
    included. `seconds` and `inputs_per_second` are of the process that came to the end; `resumed_from` is the
    journal's last input when that process began, `None` if it began the journal. Money is in the account's
    currency, summed over portfolios; `None` where it is not known, or where the currencies differ.
    """

    source: str
    ended: bool
    inputs: int
    journal_inputs: int
    orders: int
    fills: int
    denied: int
    digest: str
    currency: str | None
    cash: Decimal | None
    equity: Decimal | None
    realized_pnl: Decimal | None
    unrealized_pnl: Decimal | None
    commission: Decimal | None
    seconds: float
    inputs_per_second: float
    restarts: int
    dead_letters: int
    resumed_from: int | None
    bad_rows: int = 0
    refused: dict[str, int] = {}
    conflated: int = 0
    portfolios: tuple[PortfolioReport, ...] = ()
    actors: tuple[ActorLine, ...] = ()


class Ending(msgspec.Struct, frozen=True):
    """What is read of the summary that an ended run has left, which may be another version's."""

    digest: str
    journal_inputs: int = 0
    portfolios: tuple[PortfolioReport, ...] = ()


def recorded_ending(view: DataDirectoryView, last_seq: int) -> Ending | None:
    """How the run ended, if it has ended and `last_seq` is where."""
    kept = view.state.setting(SUMMARY_SETTING)
    if kept is None:
        return None
    ending = msgspec.json.decode(kept, type=Ending)
    return ending if ending.journal_inputs == last_seq else None


def sums(reports: tuple[PortfolioReport, ...]) -> dict[str, Decimal | str | None]:
    """The money of several portfolios together; all `None` if their currencies differ."""
    currencies = list(dict.fromkeys(report.currency for report in reports))
    names = ("cash", "equity", "realized_pnl", "unrealized_pnl", "commission")
    if len(currencies) != 1:
        return {"currency": None, **dict.fromkeys(names)}
    return {"currency": currencies[0], **{name: _sum(name, reports) for name in names}}


def _sum(name: str, reports: tuple[PortfolioReport, ...]) -> Decimal | None:
    values = [getattr(report, name) for report in reports]
    return None if None in values else sum(values, Decimal(0))
