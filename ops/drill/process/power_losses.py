"""Take the power away from a real engine at every moment of a session, on paper, and read what would be left.

A session is traded once, undisturbed, under strace. From its system calls the files are built anew as a power loss
may leave them: what was synced is there, and of what was not nothing, everything, the first so many changes, all
but one, or some drawn at random with torn sectors. Each is opened by the storage's own code. It must open, hold
every turn that was acknowledged and the intent of every order that had left, and be a beginning of the whole
journal.
"""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from messages import OrderApproved
from ops.drill.process.broker_client import practice_broker
from ops.drill.process.in_child import in_child
from ops.drill.process.progress import OnProgress, counted
from ops.drill.process.session import PRICES, RULES, Session, prepare_session
from ops.drill.process.stracing import spread, trace, why_not_traceable
from ops.drill.process.traced import WHOLE
from ops.drill.process.written import CALLS, Change, Files, Recording, recorded
from storage import DataDirectory, FileOptions, LmdbJournalReader, StorageError

QUOTES = 40
CHECKPOINT_INPUTS = 25
_DRAWN = 3
"""Random subsets at each moment at which two changes or more are uncertain, or one of several sectors."""

_ONE_BY_ONE = 8
"""So many changes are left out one by one, evenly spread: an engine that never syncs has thousands uncertain."""

_SHOWN = 20
_STATE = "state.mdb"
_SMALL = FileOptions(reserve_bytes=1 << 16)


class PowerLosses(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it. `states` is how many there are, `rebuilt` how many of them were looked at.

    `refused_before_a_turn` are those that do not open and from which nothing was acknowledged yet. `skipped` says
    why nothing was done.
    """

    writes: int = 0
    syncs: int = 0
    moments: int = 0
    turns: int = 0
    orders: int = 0
    states: int = 0
    rebuilt: int = 0
    refused: int = 0
    refused_before_a_turn: int = 0
    losing_acknowledged_turns: int = 0
    orders_without_intent: int = 0
    faults: tuple[str, ...] = ()
    faults_not_shown: int = 0
    seconds: float = 0.0
    skipped: str = ""


class State(NamedTuple):
    """A power loss at a moment. `kept` holds, for each uncertain change in turn, the sectors of it that are there.

    `None` stands for all of them, and an empty set for none.
    """

    moment: int
    kept: tuple[frozenset[int] | None, ...]
    what: str


def lose_power(
    folder: Path,
    *,
    most: int | None = None,
    quotes: int = QUOTES,
    program: str = "",
    seed: int = 1,
    on_progress: OnProgress | None = None,
) -> PowerLosses:
    """Trade a session, and look at every state, or at `most` of them, evenly spread.

    `program` is an engine other than ours. Files of states with faults stay. Raises OSError if the session cannot
    be traded.
    """
    began = time.monotonic()
    if reason := why_not_traceable():
        return PowerLosses(skipped=reason)
    with practice_broker(PRICES, rules=RULES) as broker:
        session = prepare_session(folder, broker, quotes=quotes, checkpoint_inputs=CHECKPOINT_INPUTS)
        session = Session(folder, program) if program else session
        data_dir, trace_file = session.data_dir("whole"), folder / "trace"
        trace(session.command(data_dir), CALLS, trace_file, *WHOLE)
    with trace_file.open(errors="replace") as lines:
        recording = recorded(lines, data_dir)
    trace_file.unlink()
    states = list(states_of(recording, seed))
    judge = _Judge(recording, data_dir, folder)
    for index in counted(spread(range(len(states)), most), on_progress):
        judge.look_at(states[index])
    if not judge.faults:
        shutil.rmtree(data_dir)
    return PowerLosses(
        writes=recording.writes,
        syncs=recording.syncs,
        moments=recording.moments,
        turns=len(judge.whole.chains) - 1,
        orders=len(recording.sent),
        states=len(states),
        rebuilt=judge.rebuilt,
        refused=judge.refused,
        refused_before_a_turn=judge.refused_before_a_turn,
        losing_acknowledged_turns=judge.losing,
        orders_without_intent=len(judge.without_intent),
        faults=tuple(judge.faults[:_SHOWN]),
        faults_not_shown=max(0, len(judge.faults) - _SHOWN),
        seconds=time.monotonic() - began,
    )


def states_of(recording: Recording, seed: int) -> Iterator[State]:
    """Everything that a power loss at each moment is tried to leave, moment by moment."""
    drawing = random.Random(seed)  # noqa: S311  # places, no secret
    for moment in range(1, recording.moments + 1):
        uncertain = recording.uncertain(moment)
        count, none = len(uncertain), frozenset[int]()
        yield State(moment, (none,) * count, "nothing unsynced")
        if not count:
            continue
        yield State(moment, (None,) * count, "all")
        for first in spread(range(1, count), _ONE_BY_ONE):
            yield State(moment, (None,) * first + (none,) * (count - first), f"the first {first} of {count}")
        if count > 2:  # of two, one is missing from each beginning, or in what follows
            for missing in spread(range(count - 1), _ONE_BY_ONE):
                kept = (None,) * missing + (none,) + (None,) * (count - missing - 1)
                yield State(moment, kept, f"all but number {missing + 1} of {count}")
        elif count == 2:
            yield State(moment, (none, None), "all but number 1 of 2")
        if count > 1 or uncertain[0].sectors > 1:
            for number in range(_DRAWN):
                kept = tuple(_drawn(change, drawing) for change in uncertain)
                yield State(moment, kept, f"draw {number + 1} of its sectors")


def _drawn(change: Change, drawing: random.Random) -> frozenset[int] | None:
    """All of it, nothing, or any of its sectors; nothing at all of a write may still leave its length."""
    match drawing.randrange(4):
        case 0:
            return None
        case 1:
            return frozenset()
    return frozenset(each for each in range(change.sectors) if drawing.random() < 0.5)


class _Whole(msgspec.Struct):
    """The recorded journal: the chain after each turn by its last input, and where each order was approved.

    `ends` is the last input of the journal with so many entries: its header is one, each append another.
    """

    chains: dict[int, bytes]
    approved: dict[str, int]
    ends: list[int]


class _Found(msgspec.Struct):
    """What the storage made of one state. Without `refused` and `died` it opened."""

    refused: str = ""
    last_seq: int = 0
    chain: bytes = b""
    checkpoint: int = 0
    complaints: list[str] = []


class _Judge:
    def __init__(self, recording: Recording, data_dir: Path, folder: Path) -> None:
        self._recording = recording
        self._folder = folder
        self.whole = _read_in_child(data_dir, folder / "whole.read")
        self._base, self._folded = Files(), 0
        self.rebuilt = self.refused = self.refused_before_a_turn = self.losing = 0
        self.without_intent: set[str] = set()
        self.faults: list[str] = []

    def look_at(self, state: State) -> None:
        """Build it, open it, judge it."""
        self.rebuilt += 1
        place = self._folder / "lost"
        files = self._files(state)
        files.write(place)
        answer = in_child(lambda: msgspec.msgpack.encode(_open(place)))
        shutil.rmtree(place)
        found = _Found(refused="it killed the process that read it")
        if answer is not None:
            found = msgspec.msgpack.decode(answer, type=_Found)
        if faults := list(self._faults(state, found)):
            kept = self._folder / f"lost-{self.rebuilt}"
            if len(self.faults) < _SHOWN:
                files.write(kept)
            where = f"power lost at moment {state.moment} of {self._recording.moments}, {state.what} left"
            self.faults += (f"{where}: {fault} ({kept.name})" for fault in faults)

    def _faults(self, state: State, found: _Found) -> Iterator[str]:
        owed = self._acknowledged(state.moment)
        gone = {order for order, after in self._recording.sent.items() if after <= state.moment}
        if found.refused:
            self.refused += 1
            if owed == 0 and not gone:
                self.refused_before_a_turn += 1
            else:
                yield f"it does not open: {found.refused}"
            return
        yield from found.complaints
        if self.whole.chains.get(found.last_seq) != found.chain:
            yield f"its {found.last_seq} inputs are no beginning of the journal"
        if found.last_seq < owed:
            self.losing += 1
            yield f"inputs up to {owed} were acknowledged, and it ends with {found.last_seq}"
        lost = {each for each in gone if self.whole.approved.get(each, found.last_seq + 1) > found.last_seq}
        self.without_intent |= lost
        yield from (f"order {each} had left, and no intent of it is there" for each in sorted(lost))

    def _acknowledged(self, moment: int) -> int:
        """The last input that the engine relied on."""
        entries = [
            each.entries
            for each in self._recording.acknowledged
            if each.moment <= moment and each.path.startswith("journal/")
        ]
        return self.whole.ends[max(entries, default=0)]

    def _files(self, state: State) -> Files:
        """What is certain at its moment, with what it keeps of the rest. Its moments come in order."""
        changes = self._recording.changes
        while self._folded < len(changes) and changes[self._folded].certain <= state.moment:
            self._base.apply(changes[self._folded])
            self._folded += 1
        files, kept = self._base.copy(), iter(state.kept)
        for change in changes[self._folded :]:
            if change.begun > state.moment:
                break
            sectors = None if change.certain <= state.moment else next(kept)
            if sectors is None or sectors:
                files.apply(change, sectors)
        return files


def _open(place: Path) -> _Found:
    """Open it as an engine does, and prove all of it."""
    try:
        with DataDirectory.open(place, options=_SMALL) as directory:
            report = directory.journal.verify()
            complaints: list[str] = []
            checkpoint = directory.state.latest_checkpoint()
            complaints += (f"a checkpoint was passed over: {why}" for why in directory.state.passed_over)
            if checkpoint is not None and directory.journal.chain_at(checkpoint.seq) != checkpoint.chain:
                complaints.append(f"its checkpoint of input {checkpoint.seq} does not belong to its journal")
            return _Found(
                last_seq=report.last_seq,
                chain=report.chain,
                checkpoint=checkpoint.seq if checkpoint is not None else 0,
                complaints=[each[:300] for each in complaints[:3]],
            )
    except StorageError as error:
        return _Found(refused=str(error)[:500])
    except Exception as error:  # noqa: BLE001  # to be told as what it is
        return _Found(refused=f"{type(error).__name__}: {error}"[:500])


def _read_to_file(data_dir: Path, into: Path) -> bytes:
    reader = LmdbJournalReader(data_dir / "journal")
    whole = _Whole(chains={0: reader.chain_at(0) or b""}, approved={}, ends=[0])
    for turn in reader.read():
        for effect in turn.effects:
            if isinstance(effect.message, OrderApproved):
                whole.approved.setdefault(effect.message.client_order_id, effect.seq)
    for seq in range(1, reader.last_seq + 1):
        if (chain := reader.chain_at(seq)) is not None:
            whole.chains[seq] = chain
    whole.ends += [0, *reader.batch_ends()]
    reader.close()
    into.write_bytes(msgspec.msgpack.encode(whole))
    return b""


def _read_in_child(data_dir: Path, by: Path) -> _Whole:
    """The whole journal. An LMDB file is opened once in a process, and what a pipe holds at once is little."""
    answer = in_child(lambda: _read_to_file(data_dir, by))
    assert answer is not None, "the journal of the undisturbed session cannot be read"
    whole = msgspec.msgpack.decode(by.read_bytes(), type=_Whole)
    by.unlink()
    return whole
