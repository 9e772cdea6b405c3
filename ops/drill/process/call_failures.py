"""Let the N-th system call of a kind fail, once or for ever: the engine goes on, or ends with one clear line.

Then it is started again with nothing failing, and must agree with the broker to the last cent. Only calls are
chosen that the engine makes once its data directory is open: before that, it is the interpreter that fails.
"""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import NamedTuple

import msgspec

from ops.drill.process.broker_client import PracticeBroker, practice_broker
from ops.drill.process.endings import FAULTY, Ending, ending_of
from ops.drill.process.finishing import faults_now, finish
from ops.drill.process.progress import OnProgress, counted
from ops.drill.process.session import PRICES, RULES, Session, prepare_session
from ops.drill.process.stracing import calls_of, failing_at, has_failed, spread, why_not_traceable
from ops.drill.process.verdict import Verdict

ERRORS: dict[str, tuple[str, ...]] = {
    "fdatasync": ("EIO", "ENOSPC", "EINTR"),
    "fsync": ("EIO", "ENOSPC"),
    "pwrite64": ("EIO", "ENOSPC", "EINTR"),
    "writev": ("EIO", "ENOSPC", "EINTR"),
    "write": ("EIO", "ENOSPC", "EINTR"),
    "pread64": ("EIO",),
    "read": ("EIO",),
    "openat": ("EIO", "ENOSPC", "EMFILE"),
    "rename": ("EIO", "ENOSPC"),
    "unlink": ("EIO",),
    "fallocate": ("EIO", "ENOSPC"),
    "ftruncate": ("EIO", "ENOSPC"),
    "mmap": ("ENOMEM",),
    "socket": ("EMFILE",),
    "connect": ("ECONNREFUSED", "EINTR"),
    "sendto": ("ECONNRESET", "EIO", "EINTR"),
    "recvfrom": ("ECONNRESET", "EIO", "EINTR"),
}
"""Which errors each call is given. EINTR only once: for ever, a program could do nothing but try again."""

_WHICH = {"openat": "{data_dir}/", "read": "<{folder}/", "pread64": "<{folder}/", "mmap": "MAP_SHARED"}
"""What the arguments of a call must hold: other files, and other memory, are the interpreter's."""

_ANY_WHICH = {("openat", "EMFILE")}
"""Whoever has too many files open cannot open those of the interpreter either."""

QUOTES = 60
_TRIES = 3
"""No two runs make quite the same calls: one may end before the one that is to fail."""

_PLACES_PER_CALL = 4
_PLACES_TO_STORE = 20
_KINDS_PER_PLACE_TO_STORE = 2
_STORING = ("pwrite64", "fdatasync")
"""Every one of these counts: many of them are tried, with two of the kinds of failure in turn."""

_TELLING = ("write", "writev")
"""Where one of these fails it may be the last line itself that could not be written."""


class CallFailures(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it: runs by how they ended, what the first of each said, and one line for each fault.

    `untouched` are places whose runs ended before the call that was to fail. `skipped` says why nothing was done.
    """

    runs: int
    untouched: int
    endings: dict[str, int]
    said: dict[str, str]
    orders: int
    executions: int
    orders_lost: int
    orders_doubled: int
    faults: tuple[str, ...]
    seconds: float
    skipped: str = ""


class _Failure(NamedTuple):
    call: str
    number: int
    error: str
    for_ever: bool

    @property
    def leaves_doubt(self) -> bool:
        """Whether nobody knows what is on disk now: an engine must stop, and read that. A write may be repeated."""
        return self.call in _STORING and not (self.call == "pwrite64" and self.error == "EINTR")

    def __str__(self) -> str:
        return f"{self.call} number {self.number}{' and later' if self.for_ever else ''} failing with {self.error}"


def fail_calls(
    folder: Path, *, most: int | None = None, quotes: int = QUOTES, on_progress: OnProgress | None = None
) -> CallFailures:
    """Try every failure at a few places, or `most` of them, evenly spread; files of runs with faults stay.

    Nothing is done where there is no strace. Raises OSError if the session cannot be traded undisturbed.
    """
    began = time.monotonic()
    drill = _Drill()
    reason = why_not_traceable()
    if not reason:
        with practice_broker(PRICES, rules=RULES) as broker:
            session = prepare_session(folder, broker, quotes=quotes)
            failures = _failures(session, broker)
            for index in counted(spread(range(len(failures)), most), on_progress):
                drill.try_one(session, broker, failures[index])
        if drill.untouched == drill.endings.total():
            drill.faults.append("no run came to a call that was to fail: nothing is shown")
    return CallFailures(
        runs=drill.endings.total(),
        untouched=drill.untouched,
        endings=dict(drill.endings),
        said=drill.said,
        orders=sum(each.orders for each in drill.verdicts),
        executions=sum(each.executions for each in drill.verdicts),
        orders_lost=sum(each.orders_lost for each in drill.verdicts),
        orders_doubled=sum(each.orders_doubled for each in drill.verdicts),
        faults=tuple(drill.faults),
        seconds=time.monotonic() - began,
        skipped=reason,
    )


def _failures(session: Session, broker: PracticeBroker) -> list[_Failure]:
    """Every error of every call, once and for ever, at places that an undisturbed run passes."""
    broker.reset()
    data_dir = session.data_dir("undisturbed")
    places: dict[tuple[str, str], dict[int, None]] = {
        (name, error): {} for name, errors in ERRORS.items() for error in errors
    }
    before: Counter[str] = Counter()
    is_open = False
    for call in calls_of(session.command(data_dir), list(ERRORS), session.folder / "trace"):
        is_open = is_open or str(data_dir / "state.mdb") in call.arguments
        if not is_open:
            before[call.name] = max(before[call.name], call.number)
        elif call.number > before[call.name]:
            is_one = _WHICH.get(call.name, "").format(data_dir=data_dir, folder=session.folder) in call.arguments
            for error in ERRORS[call.name]:
                if is_one or (call.name, error) in _ANY_WHICH:
                    places[call.name, error][call.number] = None
    shutil.rmtree(data_dir)
    return list(_choose(places))


def _choose(places: dict[tuple[str, str], dict[int, None]]) -> Iterator[_Failure]:
    for name, errors in ERRORS.items():
        kinds = [(error, ever) for error in errors for ever in (False, True) if not (ever and error == "EINTR")]
        if name in _STORING:
            in_turn = cycle(kinds)
            for number in spread(sorted(places[name, errors[0]]), _PLACES_TO_STORE):
                for error, for_ever in islice(in_turn, _KINDS_PER_PLACE_TO_STORE):
                    yield _Failure(name, number, error, for_ever)
        else:
            for error, for_ever in kinds:
                for number in spread(sorted(places[name, error]), _PLACES_PER_CALL):
                    yield _Failure(name, number, error, for_ever)


class _Drill:
    def __init__(self) -> None:
        self.endings: Counter[str] = Counter()
        self.untouched = 0
        self.said: dict[str, str] = {}
        self.verdicts: list[Verdict] = []
        self.faults: list[str] = []

    def try_one(self, session: Session, broker: PracticeBroker, failure: _Failure) -> None:
        ever = "-ever" if failure.for_ever else ""
        data_dir = session.data_dir(f"{failure.call}-{failure.number}-{failure.error}{ever}")
        trace_file = session.folder / "trace"
        for _ in range(_TRIES):
            broker.reset()
            shutil.rmtree(data_dir, ignore_errors=True)
            ending, said = _run(session, data_dir, failure, trace_file)
            if is_reached := has_failed(trace_file):
                break
        self.untouched += not is_reached
        self.endings[ending.value] += 1
        self.said.setdefault(ending.value, f"{failure}: {said}")
        faults = [f"it {ending.value}: {said}"] if _is_fault(ending, failure.call) else []
        if not is_reached and ending is Ending.ONE_LINE:
            faults.append(f"it {ending.value}, before anything failed: {said}")
        if ending is Ending.WENT_ON and is_reached and failure.leaves_doubt:
            faults.append("it went on, and cannot know what is on disk")
        faults += faults_now(data_dir, broker)
        verdict = finish(session, data_dir, broker)
        self.verdicts.append(verdict)
        faults += verdict.faults
        self.faults += (f"{failure}: {fault}" for fault in faults)
        if not faults:
            shutil.rmtree(data_dir, ignore_errors=True)


def _run(session: Session, data_dir: Path, failure: _Failure, trace_file: Path) -> tuple[Ending, str]:
    command = failing_at(
        session.command(data_dir),
        failure.call,
        failure.number,
        error=failure.error,
        for_ever=failure.for_ever,
        trace_file=trace_file,
    )
    return ending_of(command)


def _is_fault(ending: Ending, call: str) -> bool:
    return ending in FAULTY or (ending is Ending.OTHERWISE and call not in _TELLING)
