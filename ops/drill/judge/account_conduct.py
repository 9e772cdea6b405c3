"""How the engine may take what it is told of the account: rules that the journal shows.

a report in the journal -> is what the broker has answered
a difference is told    -> three reports in a row have said the same of the broker's side
                        -> no order of its symbol was unknown the while
the books are adjusted  -> a report has come since they last were: it is what they are adjusted to
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from decimal import Decimal

from messages import AccountDiffers, AccountReported, AnyMessage, BooksAdjusted, Symbol
from ops.drill.judge.doubts import Doubts

REPORTS_BEFORE_BREAK = 3
UNSETTLED_NS = 60_000_000_000
"""How long an unknown order excuses what differs."""

_ZERO = Decimal(0)


class AccountConduct:
    """What one simulation's engine was told of its account. `fail` as in `Conduct`."""

    def __init__(self, fail: Callable[[str, str], None]) -> None:
        self.doubts = Doubts()
        self._fail = fail
        self._answers: set[tuple[int, bool]] = set()
        self._reports: deque[AccountReported] = deque(maxlen=REPORTS_BEFORE_BREAK)
        self._adjusted: set[Symbol | None] = set()
        self._told: set[Symbol | None] = set()
        self.connected_ns = 0
        """When the last connection came: a report that had been asked for before it says nothing."""

    @property
    def last_report(self) -> AccountReported | None:
        """The last report that says anything."""
        return self._reports[-1] if self._reports else None

    def see_answer(self, venue_time_ns: int, is_blocked: bool) -> None:
        """What the broker has answered to a question about the account."""
        self._answers.add((venue_time_ns, is_blocked))

    def see_report(self, report: AccountReported) -> bool:
        """A report is an input; whether it says anything: one as of no later time than the last does not."""
        if (report.venue_time_ns, report.is_blocked) not in self._answers:
            self._fail("I5", f"the account counts as {'blocked' if report.is_blocked else 'free'}, and is not")
        if (report.asked_ns or report.time_ns) < self.connected_ns:
            return False
        if self._reports and report.venue_time_ns <= self._reports[-1].venue_time_ns:
            return False
        self._reports.append(report)
        self._adjusted.clear()
        return True

    def see_effect(self, message: AnyMessage) -> None:
        """What an input has led to, while nothing on the way to the portfolio has failed."""
        self.doubts.see_effect(message)
        match message:
            case AccountDiffers():
                self._see_differs(message)
            case BooksAdjusted(symbol=symbol):
                self._see_adjusted(symbol)

    def _see_adjusted(self, symbol: Symbol | None) -> None:
        if symbol not in self._told:
            self._fail("C21", f"the books of {symbol or 'cash'} are adjusted, and no difference was told")
        self._told.discard(symbol)
        if symbol in self._adjusted:
            self._fail("C21", f"the books of {symbol or 'cash'} are adjusted twice to one report")
        self._adjusted.add(symbol)

    def _see_differs(self, told: AccountDiffers) -> None:
        self._told.add(told.symbol)
        what = told.symbol or "cash"
        theirs = [_theirs(report, told.symbol) for report in self._reports]
        if theirs != [told.theirs] * REPORTS_BEFORE_BREAK:
            self._fail(
                "C16", f"{what} counts as differing for good: {told.theirs} there, after reports of {theirs}"
            )
        for order_id in self.doubts.later_than(told.time_ns - UNSETTLED_NS, told.symbol):
            self._fail("C16", f"{what} counts as differing for good, and {order_id} is unknown")


def _theirs(report: AccountReported, symbol: Symbol | None) -> Decimal:
    if symbol is None:
        return report.cash
    return next((held.quantity for held in report.positions if held.symbol == symbol), _ZERO)
