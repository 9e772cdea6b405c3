"""After a disturbed life: the engine is started again, trades the session to its end, and is held to account."""

from __future__ import annotations

import subprocess
from pathlib import Path

from ops.drill.process.books_at_rest import RecordedPast, final_books, recorded_past
from ops.drill.process.broker_client import PracticeBroker
from ops.drill.process.in_time import RUN_SECONDS, overdue
from ops.drill.process.session import Session
from ops.drill.process.verdict import Verdict, faults_at_the_wire, judge
from storage import DataDirectoryInvalid, StorageError

_STARTS = 3
"""An order that rested when the engine ended may have executed since: the next start hears of it."""


def finish(session: Session, data_dir: Path, broker: PracticeBroker, *, seconds: float = RUN_SECONDS) -> Verdict:
    """Start the engine again and judge it, once more for as long as an order rests that may explain what differs.

    A start that ends with an error is a fault, and so is one that does not end in time.
    """
    for count in range(1, _STARTS + 1):
        try:
            again = session.run(data_dir, seconds=seconds)
        except subprocess.TimeoutExpired:
            return _only(overdue("the next start", seconds))
        if again.returncode != 0:
            return _only(f"the next start ends with code {again.returncode}: {again.stderr.strip()[-500:]}")
        try:
            past, books = past_of(data_dir), final_books(data_dir)
        except StorageError as error:
            return _only(f"its files cannot be read after the next start: {error}")
        verdict = judge(past, books, broker.evidence())
        if not verdict.faults or not books.open_orders or count == _STARTS:
            break
    return verdict


def faults_now(data_dir: Path, broker: PracticeBroker) -> list[str]:
    """What is wrong on disk or at the wire right after an engine has died."""
    try:
        return list(faults_at_the_wire(past_of(data_dir), broker.evidence()))
    except StorageError as error:
        return [f"its files cannot be read: {error}"]


def past_of(data_dir: Path) -> RecordedPast:
    """The journal of an engine that may have been killed before there was one."""
    try:
        return recorded_past(data_dir)
    except DataDirectoryInvalid:
        return RecordedPast(inputs=0)


def _only(fault: str) -> Verdict:
    return Verdict(orders=0, executions=0, orders_lost=0, orders_doubled=0, faults=(fault,))
