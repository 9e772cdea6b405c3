"""What the files of a data directory tell of an engine that does not run: its state when it ended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

import msgspec

from messages import ActorRecord, Checkpoint, DeadLetter, Trouble
from ops.control.answers import ActorDetail, ActorLine, CommandDone, DeadLetterLine
from ops.dead_letters import letter_line
from ops.errors import UsageError
from ops.export import plain
from ops.processes import serving_process
from ops.summary import SUMMARY_SETTING
from storage import DataDirectory, DataDirectoryView

_GROUPS = (
    ("supervisor/venues", ("venue", "exchange")),
    ("supervisor/market", ("router", "symbol")),
    ("supervisor/portfolios", ("portfolio",)),
    ("supervisor/strategies", ("strategy",)),
)
"""Each supervisor below the root with the kinds of its children, see `ops.tree`."""

_record_decoder = msgspec.msgpack.Decoder(ActorRecord)


class StatusAtRest(msgspec.Struct, frozen=True, kw_only=True):
    """The last state of an engine that does not run, as of input `seq`.

    `state` is stopped, or starting while process `owner_pid` serves the directory without answering yet.
    `ended_in_order` is false after a kill or a failure: the next start recovers. `time_ns` is the engine's time of
    the last input. `summary` is what the run said at its end, if its source had ended.
    """

    state: Literal["stopped", "starting"]
    data_dir: str
    book: str
    epoch: int
    owner_pid: int | None
    ended_in_order: bool
    seq: int
    time_ns: int
    checkpoint_seq: int
    checkpoint_time_ns: int
    actors: int
    actors_not_running: int
    restarts: int
    dead_letters: int
    open_orders: int
    journal_bytes: int
    summary: dict[str, Any] | None


class ActorsAtRest(msgspec.Struct, frozen=True, kw_only=True):
    """The tree as of the latest checkpoint, which stands for the inputs up to `seq`."""

    seq: int
    actors: tuple[ActorLine, ...]


class ActorAtRest(msgspec.Struct, frozen=True, kw_only=True):
    """One actor as of the latest checkpoint, which stands for the inputs up to `seq`."""

    seq: int
    detail: ActorDetail


def status_at_rest(data_dir: Path) -> StatusAtRest:
    """The last state of the engine of a data directory. Raises StorageError."""
    with DataDirectoryView(data_dir) as view:
        checkpoint = view.state.latest_checkpoint()
        records = {} if checkpoint is None else _records(checkpoint)
        owner = serving_process(data_dir)
        return StatusAtRest(
            state="stopped" if owner is None else "starting",
            data_dir=str(data_dir),
            book=view.book,
            epoch=view.epoch,
            owner_pid=owner,
            ended_in_order=view.is_clean,
            seq=view.journal.last_seq,
            time_ns=_last_time_ns(view),
            checkpoint_seq=0 if checkpoint is None else checkpoint.seq,
            checkpoint_time_ns=0 if checkpoint is None else checkpoint.time_ns,
            actors=len(records),
            actors_not_running=sum(record.status != "running" for record in records.values()),
            restarts=0 if checkpoint is None else checkpoint.counters.get("restarts", 0),
            dead_letters=len(view.state.dead_letters()),
            open_orders=len(view.state.open_orders()),
            journal_bytes=sum(day.path.stat().st_size for day in view.journal.day_ranges()),
            summary=_summary(view),
        )


def actors_at_rest(data_dir: Path) -> ActorsAtRest:
    """Every actor of the latest checkpoint, parents before children. Raises UsageError, StorageError."""
    with DataDirectoryView(data_dir) as view:
        checkpoint = _checkpoint(view)
        parked = _parked(view.state.dead_letters())
    lines = [
        _line(name, depth, record, parked=parked.get(name, 0))
        for name, depth, record in _tree(_records(checkpoint))
    ]
    return ActorsAtRest(seq=checkpoint.seq, actors=tuple(lines))


def actor_at_rest(data_dir: Path, name: str) -> ActorAtRest:
    """One actor of the latest checkpoint. Raises UsageError with the nearest name, StorageError."""
    with DataDirectoryView(data_dir) as view:
        checkpoint = _checkpoint(view)
        parked = _parked(view.state.dead_letters())
    records = _records(checkpoint)
    if name not in records:
        raise UsageError(f"there is no actor {name} in {data_dir}.{_nearest(name, records)}")
    depth = next(depth for each, depth, _ in _tree(records) if each == name)
    detail = ActorDetail(
        line=_line(name, depth, records[name], parked=parked.get(name, 0)),
        state=_state(records[name]),
        messages=(),
        timers={timer.name: timer.due_ns for timer in checkpoint.timers if timer.actor == name},
        children=tuple(_children(name, records)),
    )
    return ActorAtRest(seq=checkpoint.seq, detail=detail)


def dead_letters_at_rest(data_dir: Path) -> tuple[DeadLetterLine, ...]:
    """The messages that were set aside, oldest first. Raises StorageError."""
    with DataDirectoryView(data_dir) as view:
        return tuple(letter_line(letter) for letter in view.state.dead_letters())


def drop_dead_letter_at_rest(data_dir: Path, *, seq: int, actor: str) -> CommandDone:
    """Forget a parked message. Raises UsageError if there is none, StorageError (DataDirectoryInUse included)."""
    with DataDirectoryView(data_dir):
        pass  # opening for writing would make a data directory where there is none
    directory = DataDirectory.open(data_dir)
    try:
        dropped = directory.state.drop_dead_letter(seq, actor)
    finally:
        directory.close(clean=directory.was_clean)  # how the engine ended is still to be told to the next one
    if not dropped:
        raise UsageError(f"{data_dir} has no dead letter {seq} of {actor}. List them: understudy dead-letters ls")
    return CommandDone(seq=0, text=f"dropped the message of input {seq} for {actor}")


def _checkpoint(view: DataDirectoryView) -> Checkpoint:
    found = view.state.latest_checkpoint()
    if found is None:
        raise UsageError(
            f"{view.path} has no checkpoint yet, so its files tell of no actor. "
            f"Start its engine: understudy run --data-dir {view.path}"
        )
    return found


def _records(checkpoint: Checkpoint) -> dict[str, ActorRecord]:
    return {name: _record_decoder.decode(encoded) for name, encoded in checkpoint.actors.items()}


def _kind(name: str) -> str:
    return "supervisor" if name == "root" else name.partition("/")[0]


def _children(name: str, records: Iterable[str]) -> Iterator[str]:
    if name == "root":
        yield from (group for group, _ in _GROUPS if group in records)
    kinds = dict(_GROUPS).get(name, ())
    yield from (each for each in records if _kind(each) in kinds)


def _tree(records: dict[str, ActorRecord]) -> Iterator[tuple[str, int, ActorRecord]]:
    def below(name: str, depth: int) -> Iterator[tuple[str, int, ActorRecord]]:
        yield name, depth, records[name]
        for child in _children(name, records):
            yield from below(child, depth + 1)

    if "root" in records:
        yield from below("root", 0)


def _line(name: str, depth: int, record: ActorRecord, *, parked: int) -> ActorLine:
    trouble = record.trouble or Trouble()
    return ActorLine(
        name=name,
        kind=_kind(name),
        depth=depth,
        status=record.status,
        mailbox=len(record.mail),
        oldest_age_seconds=None,
        handled=record.handled,
        rate=0.0,
        crashes=trouble.failures,
        restarts=trouble.restarts,
        parked=parked,
        undelivered=trouble.undelivered,
        conflated=0,
        checkpoint_age_seconds=None,
    )


def _state(record: ActorRecord) -> dict[str, Any]:
    state = plain(msgspec.msgpack.decode(record.state))
    return state if isinstance(state, dict) else {"state": state}


def _parked(letters: Iterable[DeadLetter]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for letter in letters:
        counts[letter.actor] = counts.get(letter.actor, 0) + 1
    return counts


def _last_time_ns(view: DataDirectoryView) -> int:
    journal = view.journal
    if not journal.last_seq:
        return 0
    turn = next(journal.read(journal.last_seq - 1))
    return turn.taken.times_ns[-1]


def _summary(view: DataDirectoryView) -> dict[str, Any] | None:
    stored = view.state.setting(SUMMARY_SETTING)
    if stored is None:
        return None
    summary: dict[str, Any] = msgspec.json.decode(stored)
    return summary if summary.get("journal_inputs") == view.journal.last_seq else None


def _nearest(name: str, known: Iterable[str]) -> str:
    by_end = [each for each in known if each.rpartition("/")[2] == name]
    near = by_end or get_close_matches(name, known, n=1)
    return f" Did you mean {near[0]}?" if near else " List them: understudy ps --all"
