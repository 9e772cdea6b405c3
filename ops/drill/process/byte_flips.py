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
from collections import Counter
from collections.abc import Callable, Sequence
from enum import Enum
from pathlib import Path

import msgspec

from ops.drill.process.broker_client import practice_broker
from ops.drill.process.in_time import RUN_SECONDS, overdue
from ops.drill.process.progress import OnProgress
from ops.drill.process.session import PRICES, RULES, Session, prepare_session
from ops.drill.process.stracing import spread
from storage import LmdbJournalReader, LmdbStateStore, StorageError

QUOTES = 40
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

    @property
    def faults(self) -> tuple[str, ...]:
        """What may not be, one line each."""
        session = (self.session_fault,) if self.session_fault else ()
        return session + tuple(f"{file.file}: {place}" for file in self.files for place in file.worst)


def flip_bytes(
    folder: Path, *, most: int | None = None, quotes: int = QUOTES, on_progress: OnProgress | None = None
) -> ByteFlips:
    """Trade a small session, then change every used byte of its journal and its state, or `most` of each file."""
    began = time.monotonic()
    with practice_broker(PRICES, rules=RULES) as broker:
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

    files = (
        _flip_file(journal, lambda: (_journal_content(journal.parent), ()), in_journal, tell),
        _flip_file(state, lambda: _state_content(state), in_state, lambda done: tell(len(in_journal) + done)),
    )
    files: list[FileFlips] = []
    for path, read in readers:
        files.append(_flip_file(path, read, most))
        if on_progress:
            on_progress(len(files), len(readers))
    shutil.rmtree(data_dir)
    return ByteFlips(files=tuple(files), seconds=time.monotonic() - began)


def _session_fault(session: Session, data_dir: Path) -> str:
    try:
        ended = session.run(data_dir)
    except subprocess.TimeoutExpired:
        return overdue("the session itself", RUN_SECONDS)
    return "" if ended.returncode == 0 else f"the session itself failed: {ended.stderr.strip()[-500:]}"


_Content = tuple[str, tuple[str, ...]]
"""A digest of all that was read, and what had to be passed over for it."""


def _flip_file(
    path: Path, read: Callable[[], _Content], offsets: Sequence[int], tell: Callable[[int], None]
) -> FileFlips:
    whole = _in_child(lambda: msgspec.json.encode(read()))
    assert whole is not None, f"{path} cannot be read before anything is changed"
    digest = msgspec.json.decode(whole, type=_Content)[0]
    outcomes: Counter[str] = Counter()
    worst: list[str] = []
    done = 0
    while done < len(offsets):
        lines = _probe(path, offsets[done : done + _AT_ONCE], read, digest)
        for offset, outcome, said in lines:
            outcomes[outcome] += 1
            if Outcome(outcome) in (Outcome.SILENT, Outcome.CRASHED, Outcome.UNFORESEEN) and len(worst) < _SHOWN:
                worst.append(f"byte {offset} is {outcome}: {said}")
        done += len(lines)
        tell(done)
    return FileFlips(
        file=path.name,
        bytes_used=_used_bytes(path),
        bytes_tried=len(offsets),
        outcomes=dict(outcomes),
        worst=tuple(worst),
    )


def _probe(
    path: Path, offsets: Sequence[int], read: Callable[[], _Content], digest: str
) -> list[tuple[int, str, str]]:
    """Change bytes in a child until none is left or it crashes; the byte at which it did is then the last told."""
    progress = path.with_suffix(".probed")

    def probe_all() -> bytes:
        with progress.open("wb") as told:
            for offset in offsets:
                told.write(msgspec.json.encode((offset, *_probe_one(path, offset, read, digest))) + b"\n")
                told.flush()
        return b""

    original = path.read_bytes()[: _used_bytes(path)]
    finished = _in_child(probe_all)
    lines = [msgspec.json.decode(line, type=tuple[int, str, str]) for line in progress.read_bytes().splitlines()]
    progress.unlink()
    if finished is None:
        with path.open("r+b") as file:  # as it was before the child died
            file.write(original)
        lines.append((offsets[len(lines)], Outcome.CRASHED.value, "the process that read it died"))
    return lines


def _probe_one(path: Path, offset: int, read: Callable[[], _Content], digest: str) -> tuple[str, str]:
    with path.open("r+b", buffering=0) as file:
        file.seek(offset)
        before = file.read(1)
        _put(file.fileno(), offset, bytes([before[0] ^ (1 << offset % 8)]))
        try:
            return _judge(read, digest)
        finally:
            _put(file.fileno(), offset, before)


def _judge(read: Callable[[], _Content], digest: str) -> tuple[str, str]:
    try:
        found, passed_over = read()
    except StorageError as error:
        return Outcome.DETECTED.value, str(error)
    except Exception as error:  # noqa: BLE001  # to be told as what it is
        return Outcome.UNFORESEEN.value, f"{type(error).__name__}: {error}"
    if passed_over:
        return Outcome.RECOVERED.value, passed_over[0]
    return (Outcome.HARMLESS.value, "") if found == digest else (Outcome.SILENT.value, "other content was read")


def _put(descriptor: int, offset: int, data: bytes) -> None:
    os.pwrite(descriptor, data, offset)


def _in_child(work: Callable[[], bytes]) -> bytes | None:
    """What a forked process answers; `None` if it died."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(reading)
            os.write(writing, work())
            os._exit(0)
        finally:
            os._exit(1)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        data = answer.read()
    return data if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0 else None


def _used_bytes(path: Path) -> int:
    """Up to the end of the last page that is not empty: behind it there is only reserved space."""
    used = len(path.read_bytes().rstrip(b"\0"))
    return -(-used // _PAGE_BYTES) * _PAGE_BYTES


def _journal_content(directory: Path) -> str:
    reader = LmdbJournalReader(directory)
    try:
        digest = hashlib.sha256(repr((reader.verify(), reader.book)).encode())
        for turn in reader.read():
            digest.update(repr(turn).encode())
        return digest.hexdigest()
    finally:
        reader.close()


def _state_content(path: Path) -> _Content:
    store = LmdbStateStore(path, read_only=True)
    try:
        kept = (
            store.latest_checkpoint(),
            store.orders(),
            store.open_orders(),
            store.dead_letters(),
            [(name, store.setting(name)) for name in _SETTINGS],
        )
        return hashlib.sha256(repr(kept).encode()).hexdigest(), tuple(store.passed_over)
    finally:
        store.close()
