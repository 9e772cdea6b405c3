"""Change one bit of every byte that an engine left on disk, one at a time, and read all of it back.

A change may be found, it may lie where nothing is kept, or it may cost a checkpoint, for which an older one steps
in. What may not be: other content than was written, and nobody says so. It is read by a child process, because a
damaged file could crash whoever maps it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from enum import Enum
from pathlib import Path
from typing import NamedTuple

import msgspec

from ops.drill.process.broker_client import practice_broker
from ops.drill.process.damaged_starts import Damage, DamagedStarts, Whole, start_damaged
from ops.drill.process.in_child import in_child
from ops.drill.process.in_time import RUN_SECONDS, overdue
from ops.drill.process.progress import OnProgress
from ops.drill.process.session import PRICES, RULES, Session, prepare_session
from ops.drill.process.stracing import spread
from storage import LmdbJournalReader, LmdbStateStore, StorageError

QUOTES = 40
STARTS = 12
CHECKPOINT_INPUTS = 25
_SHOWN = 20
_PAGE_BYTES = 4096
_AT_ONCE = 250
"""Bytes that one child process tries: as often is told how far the drill has come."""

_SETTINGS = (
    "book",
    "clean",
    "config",
    "config_applied",
    "default_timeframe",
    "deployments",
    "epoch",
    "instruments",
    "layout",
    "run_summary",
    "source_name",
    "source_origin",
)


class Outcome(Enum):
    """What became of one changed byte."""

    DETECTED = "detected"
    HARMLESS = "harmless"
    RECOVERED = "recovered"
    """An older checkpoint stepped in, and that is said."""
    SILENT = "silent"
    CRASHED = "crashed"
    UNFORESEEN = "unforeseen"
    """It was found, by an error that nobody expected."""


class FileFlips(msgspec.Struct, frozen=True, kw_only=True):
    """One file: how many bytes were tried, of how many used, and what became of them. `worst` are a few places."""

    file: str
    bytes_used: int
    bytes_tried: int
    outcomes: dict[str, int]
    worst: tuple[str, ...]


class ByteFlips(msgspec.Struct, frozen=True, kw_only=True):
    """Every file of a data directory that holds what must not change.

    `session_fault` says why there is none: the engine that was to write them could not.
    """

    files: tuple[FileFlips, ...]
    seconds: float
    session_fault: str = ""
    starts: DamagedStarts = DamagedStarts(refused=0, agreed=0, faults=())

    @property
    def faults(self) -> tuple[str, ...]:
        """What may not be, one line each."""
        session = (self.session_fault,) if self.session_fault else ()
        untried = tuple(f"{file.file}: no byte is used" for file in self.files if not file.bytes_tried)
        places = tuple(f"{file.file}: {place}" for file in self.files for place in file.worst)
        return session + untried + places + self.starts.faults


def flip_bytes(
    folder: Path,
    *,
    most: int | None = None,
    starts: int = STARTS,
    quotes: int = QUOTES,
    on_progress: OnProgress | None = None,
) -> ByteFlips:
    """Trade a small session, then change every used byte of its journal and its state, or `most` of each file.

    On a few of the changed files, about `starts`, an engine is started.
    """
    began = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    calls = folder / "broker"
    calls.unlink(missing_ok=True)
    with practice_broker(PRICES, rules=RULES, calls=calls) as broker:
        session = prepare_session(folder, broker, quotes=quotes, checkpoint_inputs=CHECKPOINT_INPUTS)
        data_dir = session.data_dir("flipped")
        fault = _session_fault(session, data_dir)
    if fault:
        return ByteFlips(files=(), seconds=time.monotonic() - began, session_fault=fault)
    journal, state = next((data_dir / "journal").glob("*.mdb")), data_dir / "state.mdb"
    in_journal, in_state = (spread(range(_used_bytes(path)), most) for path in (journal, state))

    def tell(done: int) -> None:
        if on_progress is not None:
            on_progress(done, len(in_journal) + len(in_state))

    flipped = (
        _flip_file(journal, lambda: _journal_content(journal.parent), in_journal, tell),
        _flip_file(state, lambda: _state_content(state), in_state, lambda done: tell(len(in_journal) + done)),
    )
    groups = [
        [Damage(path.relative_to(data_dir), offset, outcome) for offset in offsets]
        for path, (_, by_outcome) in zip((journal, state), flipped, strict=True)
        for outcome, offsets in by_outcome.items()
    ]
    chosen = [damage for group in groups for damage in _some(group, starts // len(groups))]
    damaged = start_damaged(Whole(session, data_dir, calls, broker.port), chosen)
    found = ByteFlips(files=tuple(each for each, _ in flipped), starts=damaged, seconds=time.monotonic() - began)
    if not found.faults:
        shutil.rmtree(data_dir)
    return found


def _some(damages: Sequence[Damage], most: int) -> list[Damage]:
    return [damages[index] for index in spread(range(len(damages)), max(most, 1))]


def _session_fault(session: Session, data_dir: Path) -> str:
    try:
        ended = session.run(data_dir)
    except subprocess.TimeoutExpired:
        return overdue("the session itself", RUN_SECONDS)
    return "" if ended.returncode == 0 else f"the session itself failed: {ended.stderr.strip()[-500:]}"


class _Content(NamedTuple):
    """Digests of what was read, and what had to be passed over for it."""

    checkpoint: bytes
    rest: bytes
    passed_over: tuple[str, ...] = ()


def _flip_file(
    path: Path, read: Callable[[], _Content], offsets: Sequence[int], tell: Callable[[int], None]
) -> tuple[FileFlips, dict[str, list[int]]]:
    """What became of them, and which bytes had which outcome."""
    whole = in_child(lambda: msgspec.json.encode(read()))
    assert whole is not None, f"{path} cannot be read before anything is changed"
    content = msgspec.json.decode(whole, type=_Content)
    by_outcome: dict[str, list[int]] = {}
    worst: list[str] = []
    done = 0
    while done < len(offsets):
        lines = _probe(path, offsets[done : done + _AT_ONCE], read, content)
        for offset, outcome, said in lines:
            by_outcome.setdefault(outcome, []).append(offset)
            if Outcome(outcome) in (Outcome.SILENT, Outcome.CRASHED, Outcome.UNFORESEEN) and len(worst) < _SHOWN:
                worst.append(f"byte {offset} is {outcome}: {said}")
        done += len(lines)
        tell(done)
    report = FileFlips(
        file=path.name,
        bytes_used=_used_bytes(path),
        bytes_tried=len(offsets),
        outcomes={outcome: len(found) for outcome, found in by_outcome.items()},
        worst=tuple(worst),
    )
    return report, by_outcome


def _probe(
    path: Path, offsets: Sequence[int], read: Callable[[], _Content], whole: _Content
) -> list[tuple[int, str, str]]:
    """Change bytes in a child until none is left or it crashes; the byte at which it did is then the last told."""
    progress = path.with_suffix(".probed")

    def probe_all() -> bytes:
        with progress.open("wb") as told:
            for offset in offsets:
                told.write(msgspec.json.encode((offset, *_probe_one(path, offset, read, whole))) + b"\n")
                told.flush()
        return b""

    original = path.read_bytes()[: _used_bytes(path)]
    finished = in_child(probe_all)
    lines = [msgspec.json.decode(line, type=tuple[int, str, str]) for line in progress.read_bytes().splitlines()]
    progress.unlink()
    if finished is None:
        with path.open("r+b") as file:  # as it was before the child died
            file.write(original)
        del lines[len(offsets) - 1 :]  # it may have told of all, and died then
        lines.append((offsets[len(lines)], Outcome.CRASHED.value, "the process that read it died, or hung"))
    return lines


def _probe_one(path: Path, offset: int, read: Callable[[], _Content], whole: _Content) -> tuple[str, str]:
    with path.open("r+b", buffering=0) as file:
        file.seek(offset)
        before = file.read(1)
        _put(file.fileno(), offset, bytes([before[0] ^ (1 << offset % 8)]))
        try:
            return _judge(read, whole)
        finally:
            _put(file.fileno(), offset, before)


def _judge(read: Callable[[], _Content], whole: _Content) -> tuple[str, str]:
    try:
        found = read()
    except StorageError as error:
        return Outcome.DETECTED.value, str(error)
    except Exception as error:  # noqa: BLE001  # to be told as what it is
        return Outcome.UNFORESEEN.value, f"{type(error).__name__}: {error}"
    if found == whole:
        return Outcome.HARMLESS.value, ""
    if found.rest == whole.rest and found.passed_over:
        return Outcome.RECOVERED.value, found.passed_over[0]
    return Outcome.SILENT.value, "other content was read"


def _put(descriptor: int, offset: int, data: bytes) -> None:
    os.pwrite(descriptor, data, offset)


def _used_bytes(path: Path) -> int:
    """Up to the end of the last page that is not empty: behind it there is only reserved space."""
    used = len(path.read_bytes().rstrip(b"\0"))
    return -(-used // _PAGE_BYTES) * _PAGE_BYTES


def _journal_content(directory: Path) -> _Content:
    reader = LmdbJournalReader(directory)
    try:
        digest = hashlib.sha256(repr((reader.verify(), reader.book)).encode())
        for turn in reader.read():
            digest.update(repr(turn).encode())
        return _Content(checkpoint=b"", rest=digest.digest())
    finally:
        reader.close()


def _state_content(path: Path) -> _Content:
    store = LmdbStateStore(path, read_only=True)
    try:
        kept = (
            store.orders(),
            store.open_orders(),
            store.dead_letters(),
            [(name, store.setting(name)) for name in _SETTINGS],
        )
        return _Content(_digest(store.latest_checkpoint()), _digest(kept), tuple(store.passed_over))
    finally:
        store.close()


def _digest(content: object) -> bytes:
    return hashlib.sha256(repr(content).encode()).digest()
