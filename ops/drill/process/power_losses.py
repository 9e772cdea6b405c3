"""Take the power away from a real engine at every moment of a session, on paper, and read what would be left.

A session is traded once, undisturbed, under strace. From its system calls the files are built anew as a power loss
may leave them. Each is opened by the storage's own code. It must open, hold every turn that was acknowledged and
the intent of every order that had left, and be a beginning of the whole journal. From some, an engine goes on.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from messages import OrderApproved
from ops.drill.process.broker_client import practice_broker
from ops.drill.process.in_child import in_child
from ops.drill.process.power_starts import Traded, start_after
from ops.drill.process.power_states import Remains, State, states_of
from ops.drill.process.progress import OnProgress, counted
from ops.drill.process.session import PRICES, RULES, Session, prepare_session
from ops.drill.process.stracing import spread, trace, why_not_traceable
from ops.drill.process.traced import WHOLE
from ops.drill.process.written import CALLS, Recording, recorded
from storage import DataDirectory, FileOptions, LmdbJournalReader, StorageError

QUOTES = 40
CHECKPOINT_INPUTS = 25
STARTS = 12
"""Engines that go on from what was left."""

_SHOWN = 20
_SMALL = FileOptions(reserve_bytes=1 << 16)


class PowerLosses(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it. `states` is how many there are, `rebuilt` how many of them were looked at.

    `refused_before_a_turn` are those that do not open and from which nothing was acknowledged yet. From some of the
    states engines went on: `starts`, with so many `orders_after_starts` in all, those of before included. `skipped`
    says why nothing was done.
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
    starts: int = 0
    orders_after_starts: int = 0
    orders_lost: int = 0
    orders_doubled: int = 0
    faults: tuple[str, ...] = ()
    faults_not_shown: int = 0
    seconds: float = 0.0
    skipped: str = ""


def lose_power(
    folder: Path,
    *,
    most: int | None = None,
    quotes: int = QUOTES,
    program: str = "",
    starts: int = STARTS,
    seed: int = 1,
    on_progress: OnProgress | None = None,
) -> PowerLosses:
    """Trade a session, and look at every state, or at `most` of them, evenly spread; go on from so many of them.

    `program` is an engine other than ours. Files of states with faults stay. Raises OSError if the session cannot
    be traded.
    """
    began = time.monotonic()
    if reason := why_not_traceable():
        return PowerLosses(skipped=reason)
    folder.mkdir(parents=True, exist_ok=True)
    calls = folder / "broker"
    calls.unlink(missing_ok=True)
    with practice_broker(PRICES, rules=RULES, calls=calls) as broker:
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
    traded = Traded(session, recording, calls.read_bytes(), broker.port)
    started = start_after(traded, [judge.sound[index] for index in spread(range(len(judge.sound)), starts)])
    faults = [*_idle(recording), *judge.faults, *started.faults]
    if not faults:
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
        starts=started.starts,
        orders_after_starts=started.orders,
        orders_lost=started.orders_lost,
        orders_doubled=started.orders_doubled,
        faults=tuple(faults[:_SHOWN]),
        faults_not_shown=max(0, len(faults) - _SHOWN),
        seconds=time.monotonic() - began,
    )


def _idle(recording: Recording) -> Iterator[str]:
    """What a session that shows nothing lacks."""
    if not recording.sent:
        yield "no order left in the whole session"
    if not any(each.path.startswith("journal/") for each in recording.acknowledged):
        yield "no commit of the journal was recognized in its writes"


class _Whole(msgspec.Struct):
    """The recorded journal: the chain after each turn by its last input, and where each order was approved.

    `ends` is the last input of the journal with so many entries: its header is one, each append another.
    """

    chains: dict[int, bytes]
    approved: dict[str, int]
    ends: list[int]


class _Found(msgspec.Struct):
    """What the storage made of one state. Without `refused` it opened."""

    refused: str = ""
    last_seq: int = 0
    chain: bytes = b""
    complaints: list[str] = []


class _Judge:
    def __init__(self, recording: Recording, data_dir: Path, folder: Path) -> None:
        self._recording = recording
        self._folder = folder
        self.whole = _read_in_child(data_dir, folder / "whole.read")
        self._remains = Remains(recording)
        self.rebuilt = self.refused = self.refused_before_a_turn = self.losing = 0
        self.without_intent: set[str] = set()
        self.faults: list[str] = []
        self.sound: list[State] = []
        """States that open, and that nothing is missing of."""

    def look_at(self, state: State) -> None:
        """Build it, open it, judge it."""
        self.rebuilt += 1
        place = self._folder / "lost"
        files = self._remains.of(state)
        files.write(place)
        answer = in_child(lambda: msgspec.msgpack.encode(_open(place)))
        shutil.rmtree(place)
        found = _Found(refused="it killed the process that read it, or let it hang")
        if answer is not None:
            found = msgspec.msgpack.decode(answer, type=_Found)
        if faults := list(self._faults(state, found)):
            kept = self._folder / f"lost-{self.rebuilt}"
            if len(self.faults) < _SHOWN:
                files.write(kept)
            where = f"power lost at moment {state.moment} of {self._recording.moments}, {state.what} left"
            self.faults += (f"{where}: {fault} ({kept.name})" for fault in faults)
        elif not found.refused:
            self.sound.append(state)

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
