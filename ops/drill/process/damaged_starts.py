"""Start an engine on files of which one bit was changed: it says so in one line, or it agrees with its broker.

Each start has its own copies, of the files and of what the broker was ever told: what one engine does is not known
to the next.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from ops.drill.process.books_at_rest import final_books
from ops.drill.process.broker_client import PracticeBroker, practice_broker
from ops.drill.process.endings import Ending, ending_of
from ops.drill.process.finishing import finish, past_of
from ops.drill.process.session import PRICES, RULES, Session
from ops.drill.process.verdict import faults_at_the_wire, faults_of_books
from storage import JournalCorrupt, StorageError


class Damage(NamedTuple):
    """A byte of a file, named by its path in the data directory, and what reading all files made of it."""

    file: Path
    offset: int
    outcome: str

    def __str__(self) -> str:
        return f"{self.file} with byte {self.offset} changed, which was {self.outcome}"


class DamagedStarts(msgspec.Struct, frozen=True, kw_only=True):
    """Engines that refused with one line, engines that went on and agree with the broker, and all others."""

    refused: int
    agreed: int
    faults: tuple[str, ...]


class Whole(NamedTuple):
    """An engine that has ended, undamaged: its session, its files, and its broker's, with the port of it."""

    session: Session
    data_dir: Path
    broker_calls: Path
    port: int


def start_damaged(whole: Whole, damages: Sequence[Damage]) -> DamagedStarts:
    """Start an engine on each damage by itself. Files of starts with faults stay."""
    inputs = past_of(whole.data_dir).inputs
    refused = agreed = 0
    faults: list[str] = []
    for count, damage in enumerate(damages, 1):
        data_dir = whole.session.data_dir(f"damaged-{count}")
        shutil.copytree(whole.data_dir, data_dir)
        change_bit(data_dir / damage.file, damage.offset)
        calls = data_dir.with_suffix(".broker")
        shutil.copy(whole.broker_calls, calls)
        with practice_broker(PRICES, rules=RULES, calls=calls, port=whole.port) as broker:
            ending, said = ending_of(whole.session.command(data_dir))
            if ending is Ending.WENT_ON:
                found = _faults(whole.session, data_dir, broker, inputs_before=inputs)
            else:
                found = [] if ending is Ending.ONE_LINE else [f"a start {ending.value}: {said}"]
        faults += (f"{damage}: {fault}" for fault in found)
        refused += ending is Ending.ONE_LINE
        agreed += ending is Ending.WENT_ON and not found
        if not found:
            shutil.rmtree(data_dir)
            calls.unlink()
    return DamagedStarts(refused=refused, agreed=agreed, faults=tuple(faults))


def change_bit(path: Path, offset: int) -> None:
    """Change one bit of a byte: another one at each of eight neighbours."""
    with path.open("r+b", buffering=0) as file:
        file.seek(offset)
        before = file.read(1)
        file.seek(offset)
        file.write(bytes([before[0] ^ (1 << offset % 8)]))


def _faults(session: Session, data_dir: Path, broker: PracticeBroker, *, inputs_before: int) -> list[str]:
    evidence = broker.evidence()
    try:
        past = past_of(data_dir)
    except JournalCorrupt:  # before the checkpoint: an engine needs none of it, and says so when it is asked
        try:
            return list(faults_of_books(final_books(data_dir), evidence))
        except StorageError as error:
            return [f"neither its journal nor its books can be read: {error}"]
    if past.inputs == inputs_before:  # nothing was left to do, so it wrote nothing, no checkpoint either
        return list(faults_at_the_wire(past, evidence))
    return list(finish(session, data_dir, broker).faults)
