"""Which faults struck orders in which states: a campaign without a violation proves only what it has reached."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from messages import OrderStatus
from ops.drill.campaign import Hit, spelled
from ops.drill.simulation.faults import Fault

NO_ORDER = "no order"
"""The column of faults that struck when there was no order, or no process that could have had one."""

STATUSES: tuple[str, ...] = tuple(
    status.value for status in OrderStatus if status not in (OrderStatus.INITIALIZED, OrderStatus.DENIED)
)
"""How an order can stand that has left for the broker."""

_UNANSWERED = ("submitted", "unknown", "pending_cancel", "pending_replace")

_ONLY_WHILE: dict[Fault, tuple[str, ...]] = {
    Fault.WASH_TRADE: ("submitted",),
    Fault.REQUEST_DOUBLED: _UNANSWERED,
}
"""Faults that strike submissions alone: the refusal of one, and one that comes twice while it leaves."""

_NEVER_AT: dict[Fault, tuple[str, ...]] = {
    Fault.CANCEL_ALL: ("expired",),
    Fault.UNKNOWN_STATUS: ("expired",),
}
"""Orders that are over at the broker if they are here, though the fault needs one at work: an engine hears EXPIRED
from the broker alone.
"""

COUNTED = (
    "A fault that strikes an order counts where that stood for the engine. One that concerns no single order, as a "
    "kill, counts once in each state in which an order stood that was open, or of which something was heard in the "
    "10 s before."
)
"""What the table tells, in words: an order that was over for long was in nobody's way."""

THIN_BELOW = 100
"""A cell that was hit less often is thin: the seeds that follow may find what it hides."""


class CoverageRow(msgspec.Struct, frozen=True, kw_only=True):
    """One fault: how often it was counted column by column, and their sum (`struck`)."""

    fault: str
    number: str
    words: str
    struck: int
    counts: tuple[int, ...]


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """Every fault by every state of an order. `thin` counts the cells hit less than 100 times, `empty` names those
    never hit, as `fault: status`, but for the `impossible` ones; and `never` those of the faults that never struck.
    `counted` says what the table counts, and `refuted` names impossible cells that were hit: their reason is wrong.
    Where each cell that can be was to be hit `least` times, `below` names those that were not.
    """

    columns: tuple[str, ...]
    rows: tuple[CoverageRow, ...]
    thin: int
    empty: tuple[str, ...]
    impossible: int
    never: tuple[str, ...]
    counted: str = COUNTED
    least: int = 0
    below: tuple[str, ...] = ()
    refuted: tuple[str, ...] = ()


def cover(hits: Sequence[Hit], *, least: int = 0, only: Sequence[str] = ()) -> Coverage:
    """The table of a campaign's hits. A status that no sent order should have gets a column of its own, last.

    Each cell that can be is to be hit `least` times: of the faults named in `only`, if any is. `never` names
    faults of these.
    """
    counts: Counter[tuple[str, str]] = Counter()
    for hit in hits:
        counts[hit.fault, _column(hit.status)] += hit.count
    strange = sorted({status for _, status in counts} - {NO_ORDER, *STATUSES})
    columns = (NO_ORDER, *STATUSES, *strange)
    rows = tuple(_row(fault, [counts[spelled(fault), column] for column in columns]) for fault in Fault)
    empty = tuple(_empty(rows, columns))
    return Coverage(
        columns=columns,
        rows=rows,
        thin=sum(0 < count < THIN_BELOW for row in rows for count in row.counts),
        empty=tuple(name for name in empty if name not in _IMPOSSIBLE),
        impossible=len(_IMPOSSIBLE.intersection(empty)),
        least=least,
        below=tuple(_below(rows, least, only)),
        refuted=tuple(sorted(_IMPOSSIBLE.difference(empty))),
        never=tuple(row.fault for row in rows if not row.struck and (not only or row.fault in only)),
    )


_IMPOSSIBLE = frozenset(
    f"{spelled(fault)}: {column}"
    for fault in Fault
    for column in (NO_ORDER, *STATUSES)
    if column not in _ONLY_WHILE.get(fault, (column,)) or column in _NEVER_AT.get(fault, ())
)


def _row(fault: Fault, counts: Sequence[int]) -> CoverageRow:
    return CoverageRow(
        fault=spelled(fault), number=fault.number, words=fault.words, struck=sum(counts), counts=tuple(counts)
    )


def _column(status: str) -> str:
    return NO_ORDER if status in ("", "no process") else status


def _empty(rows: Sequence[CoverageRow], columns: Sequence[str]) -> Iterator[str]:
    for row in rows:
        for column, count in zip(columns, row.counts, strict=True):
            if not count:
                yield f"{row.fault}: {column}"


def _below(rows: Sequence[CoverageRow], least: int, only: Sequence[str]) -> Iterator[str]:
    """States that no sent order should have are not asked for."""
    for row in rows:
        for column, count in zip((NO_ORDER, *STATUSES), row.counts, strict=False):
            name = f"{row.fault}: {column}"
            if count < least and name not in _IMPOSSIBLE and (not only or row.fault in only):
                yield name
