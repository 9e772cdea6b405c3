"""Kill an engine at each boundary to the world in turn, start it again, and hold it against the broker.

The boundaries are system calls that write to disk or speak to the broker: the process dies right before the N-th
one, for every N that an undisturbed session reaches. What a kill cannot show, that orders leave before they are
synced, is read from the order of the calls (`ops.drill.process.synced`).
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec

from ops.drill.process.broker_client import PracticeBroker, practice_broker
from ops.drill.process.finishing import faults_now, finish
from ops.drill.process.in_time import RUN_SECONDS, overdue, run_in_time
from ops.drill.process.progress import OnProgress, counted
from ops.drill.process.session import PRICES, RULES, Session, prepare_session
from ops.drill.process.stracing import calls_of, killed_at, spread, why_not_traceable
from ops.drill.process.synced import check_synced
from ops.drill.process.verdict import Verdict
from ops.drill.process.waking import WAKING_BY_WRITE

BOUNDARIES = (
    "write",
    "writev",
    "pwrite64",
    "fdatasync",
    "fsync",
    "ftruncate",
    "fallocate",
    "rename",
    "unlink",
    "connect",
    "sendto",
    "recvfrom",
)
_NEEDED = ("pwrite64", "fdatasync", "sendto", "recvfrom")
"""Without one of these nothing is made durable, or nobody is told."""

QUOTES = 100
_KILLED = (-signal.SIGKILL, 128 + signal.SIGKILL)
_MOMENT, _MOMENT_SECONDS = "moment", 0.02
_TRIES = 3
"""No two runs make quite the same calls: one may end before its boundary comes."""


Boundary = tuple[str, int]
"""A system call and its number in the thread that makes it, or `moment` and how many of 20 ms after the start."""


class KillSweep(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a sweep. `reached` counts the kills at each system call, or at moments where there is no strace.

    `untouched` are places whose runs all ended before the boundary came. `orders` and `executions` are sums over
    all runs. `orders_synced_before_sent` are those of an undisturbed run that left once their intent was durable;
    `None` if only moments were killed at, or one place. `skipped` says why nothing was done: there is no
    strace, and a system call was asked for, or no run came to a boundary.
    """

    method: str = ""
    boundaries: int = 0
    kills: int = 0
    reached: dict[str, int] = {}
    untouched: int = 0
    orders: int = 0
    executions: int = 0
    orders_lost: int = 0
    orders_doubled: int = 0
    orders_synced_before_sent: int | None = None
    faults: tuple[str, ...] = ()
    seconds: float = 0.0
    skipped: str = ""


def sweep_kills(
    folder: Path,
    *,
    most: int | None = None,
    at: Boundary | None = None,
    quotes: int = QUOTES,
    run_seconds: float = RUN_SECONDS,
    program: str = WAKING_BY_WRITE,
    on_progress: OnProgress | None = None,
) -> KillSweep:
    """Kill at every boundary, at `most` of them, evenly spread, or `at` one. Files of runs with faults stay.

    `program` may be an engine other than ours. A fault is a run that takes longer than `run_seconds`, or ends with
    an error before its boundary. Without strace the process is killed at moments 20 ms apart instead, which the
    result says. Raises OSError if the session cannot even be traded undisturbed.
    """
    began = time.monotonic()
    with practice_broker(PRICES, rules=RULES) as broker:
        session = replace(prepare_session(folder, broker, quotes=quotes), program=program)
        reason = why_not_traceable()
        by_moment = bool(reason) if at is None else at[0] == _MOMENT
        if reason and not by_moment:
            return KillSweep(skipped=reason)
        sweep = _Sweep(session, broker, run_seconds)
        if at is not None:
            places = [at]
        elif by_moment:
            places = sweep.moments(quotes)
        else:
            places = sweep.boundaries()
            sweep.check_synced()
        for index in counted(spread(range(len(places)), most), on_progress):
            sweep.kill_and_judge(*places[index])
    if not (sweep.reached or sweep.faults):
        return KillSweep(skipped=f"no run came to {f'{at[0]} number {at[1]}' if at else 'any boundary'}")
    return KillSweep(
        method=f"killed at moments 20 ms apart{f', for {reason}' if reason else ''}"
        if by_moment
        else "killed by strace before a system call",
        boundaries=len(places),
        kills=sum(sweep.reached.values()),
        reached=dict(sweep.reached),
        untouched=sweep.untouched,
        orders=sum(each.orders for each in sweep.verdicts),
        executions=sum(each.executions for each in sweep.verdicts),
        orders_lost=sum(each.orders_lost for each in sweep.verdicts),
        orders_doubled=sum(each.orders_doubled for each in sweep.verdicts),
        orders_synced_before_sent=sweep.orders_synced_before_sent,
        faults=tuple(sweep.faults),
        seconds=time.monotonic() - began,
    )


def boundary_called(name: str) -> Boundary:
    """The boundary that `pwrite64:93` names. Raises ValueError if it names none."""
    call, _, number = name.partition(":")
    if call not in (*BOUNDARIES, _MOMENT) or not number.isascii() or not number.isdigit() or int(number) < 1:
        raise ValueError(f"no boundary is called '{name}'; it is a system call and its number, as pwrite64:93")
    return call, int(number)


class _Sweep:
    def __init__(self, session: Session, broker: PracticeBroker, run_seconds: float) -> None:
        self._session = session
        self._broker = broker
        self._run_seconds = run_seconds
        self.reached: Counter[str] = Counter()
        self.untouched = 0
        self.orders_synced_before_sent: int | None = None
        self.verdicts: list[Verdict] = []
        self.faults: list[str] = []

    def boundaries(self) -> list[Boundary]:
        """Every system call with every number up to which some thread gets in an undisturbed run."""
        self._broker.reset()
        data_dir = self._session.data_dir("undisturbed")
        trace = self._session.folder / "trace"
        highest: Counter[str] = Counter()
        for call in calls_of(self._session.command(data_dir), BOUNDARIES, trace):
            highest[call.name] = max(highest[call.name], call.number)
        shutil.rmtree(data_dir)
        self.faults += (f"the undisturbed run makes no {name}" for name in _NEEDED if not highest[name])
        return [(name, number) for name in BOUNDARIES for number in range(1, highest[name] + 1)]

    def check_synced(self) -> None:
        """Whether each order of an undisturbed run was durable before it left."""
        synced = check_synced(self._session, self._broker)
        self.orders_synced_before_sent = synced.orders
        self.faults += synced.faults

    def moments(self, quotes: int) -> list[Boundary]:
        """Moments from the start of the process to its usual end."""
        return [(_MOMENT, count) for count in range(1, 40 + quotes // 2)]

    def kill_and_judge(self, name: str, number: int) -> None:
        """One run that is killed, one that goes on with it, and what the broker says."""
        data_dir = self._session.data_dir(f"{name}-{number}")
        faults = [*self._faults_until(data_dir, name, number), *faults_now(data_dir, self._broker)]
        verdict = finish(self._session, data_dir, self._broker)
        self.verdicts.append(verdict)
        faults += verdict.faults
        again = f"understudy drill --process kills --at {name}:{number}"
        self.faults += (f"killed before {name} number {number}: {fault} ({again})" for fault in faults)
        if not faults:
            shutil.rmtree(data_dir, ignore_errors=True)

    def _faults_until(self, data_dir: Path, name: str, number: int) -> Iterator[str]:
        """What was wrong before the kill: a run may end before it, if it ends well."""
        try:
            code, said = 0, ""
            for _ in range(_TRIES):
                code, said = self._run_until(data_dir, name, number)
                if code:
                    break
        except subprocess.TimeoutExpired:
            self.untouched += 1
            yield overdue("a run that was not killed", self._run_seconds)
            return
        if code in _KILLED:
            self.reached[name] += 1
            return
        self.untouched += 1
        if code:
            yield f"a run that was not killed ends with code {code}: {said.strip()[-500:]}"

    def _run_until(self, data_dir: Path, name: str, number: int) -> tuple[int, str]:
        self._broker.reset()
        shutil.rmtree(data_dir, ignore_errors=True)
        command = self._session.command(data_dir)
        if name != _MOMENT:
            ended = run_in_time(killed_at(command, name, number), seconds=self._run_seconds)
            return ended.returncode, ended.stderr
        with subprocess.Popen(  # noqa: S603  # our own program
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace", process_group=0
        ) as process:
            try:
                _, said = process.communicate(timeout=number * _MOMENT_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                _, said = process.communicate()
        return process.returncode, said
