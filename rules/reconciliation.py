"""Whether the books and the venue agree on positions and cash, and for how long they have not.

What the venue reports is always a little old: an execution may be in the books and not yet in its report, or the
other way round. So a difference counts only once it has been seen `DIFFERENCES_BEFORE_BREAK` times in a row, the
same numbers on both sides each time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

import msgspec

from messages import AccountReported, Symbol
from rules.ledger import Ledger

CASH = ""
"""Stands for cash where a symbol would stand."""

DIFFERENCES_BEFORE_BREAK = 3

_ZERO = Decimal(0)


class Difference(msgspec.Struct, frozen=True, array_like=True):
    """Books and venue disagree: on a symbol's quantity, or on cash. `times` counts reports in a row that say so."""

    ours: Decimal
    theirs: Decimal
    times: int = 1

    @property
    def is_break(self) -> bool:
        """Whether it has lasted too long to be one of timing."""
        return self.times >= DIFFERENCES_BEFORE_BREAK

    @property
    def is_new_break(self) -> bool:
        """Whether this report made it one."""
        return self.times == DIFFERENCES_BEFORE_BREAK


def compare(
    account: Ledger,
    report: AccountReported,
    *,
    before: Mapping[str, Difference],
    unsettled: Iterable[Symbol] = (),
) -> dict[str, Difference]:
    """The differences now, by symbol or CASH, given those at the report `before`.

    Symbols with an order of which nobody knows how it stands are `unsettled`: they are no evidence, and while
    there are any, nor is cash.
    """
    held = {position.symbol: position.quantity for position in report.positions}
    open_questions = frozenset(unsettled)
    found: dict[str, Difference] = {}
    for symbol in sorted(held.keys() | account.positions.keys()):
        if symbol not in open_questions:
            _note(found, symbol, account.quantity(symbol), held.get(symbol, _ZERO), before)
    if not open_questions:
        _note(found, CASH, account.cash, report.cash, before)
    return found


def _note(
    found: dict[str, Difference], name: str, ours: Decimal, theirs: Decimal, before: Mapping[str, Difference]
) -> None:
    if ours == theirs:
        return
    last = before.get(name)
    is_same = last is not None and (last.ours, last.theirs) == (ours, theirs)
    found[name] = Difference(ours, theirs, last.times + 1 if is_same and last is not None else 1)
