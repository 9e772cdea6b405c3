"""Kill an engine at random moments while it trades, again and again in one session, and hold it against the broker.

Recovery is measured from outside: from the start of the next process to the first new order that the broker takes.
Before that the engine has read its journal, agreed with the broker on everything, and made a new intent durable.
"""

from __future__ import annotations

import random
import shutil
import signal
import statistics
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import msgspec

from ops.drill.evidence import Evidence
from ops.drill.process.broker_client import PracticeBroker, practice_broker
from ops.drill.process.finishing import faults_now, finish
from ops.drill.process.progress import OnProgress, counted
from ops.drill.process.session import PRICES, RULES, Session, prepare_session

SHORT_LIFE_SECONDS = (0.1, 1.2)
"""From a start to the kill, in every third life: shorter than a start takes, and long enough to trade."""

LIVE_SECONDS = (0.0, 1.5)
"""In all other lives: from the first new order that the broker took to the kill."""

_SHORT_EACH = 3
_ORDER_WITHIN_SECONDS = 15.0
"""An order that a kill has lost is given up 10 s after a connection; nothing is ordered beside it until then."""

_LOOK_SECONDS = 0.03
_QUOTES_PER_LIFE = 150  # 100 a second go by, more while a lost order is given up
_LAST_QUOTES = 200
_CHECKED_EACH = 10
_END_SECONDS = 600.0


class RandomKills(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it. Recovery is in seconds, over those starts after which an order came; `None` if none did.

    `kills_with_open_orders` are those at which an order was open at the broker. There are fewer kills than were
    asked for if the session was over before.
    """

    kills: int
    kills_with_open_orders: int
    seed: int
    orders: int
    executions: int
    orders_lost: int
    orders_doubled: int
    faults: tuple[str, ...]
    recoveries: int
    recovery_seconds_median: float | None
    recovery_seconds_p99: float | None
    recovery_seconds_worst: float | None
    seconds: float


def kill_at_random(
    folder: Path, *, kills: int, seed: int = 1, on_progress: OnProgress | None = None
) -> RandomKills:
    """Kill so many times, then let the session end and judge. Its files stay in `folder` if there are faults."""
    began = time.monotonic()
    with practice_broker(PRICES, rules=RULES, seed=seed) as broker:
        session = prepare_session(folder, broker, quotes=_LAST_QUOTES + _QUOTES_PER_LIFE * kills, seed=seed)
        data_dir = session.data_dir("killed")
        lives = _Lives(session, data_dir, broker, seed)
        faults: list[str] = []
        for count in counted(range(1, kills + 1), on_progress):
            lives.live_and_die(is_short=count % _SHORT_EACH == 0)
            if count % _CHECKED_EACH == 0:
                faults += (f"after kill {count}: {fault}" for fault in faults_now(data_dir, broker))
        starts_ns = [*lives.starts_ns, time.time_ns()]
        verdict = finish(session, data_dir, broker, seconds=_END_SECONDS)
        evidence = broker.evidence()
    if not lives.kills:
        faults.append("the session was over before the first kill: nothing is shown")
    faults += lives.faults
    faults += verdict.faults
    if not faults:
        shutil.rmtree(data_dir)
    recoveries = recovery_seconds(starts_ns, evidence)
    return RandomKills(
        kills=lives.kills,
        kills_with_open_orders=lives.kills_with_open_orders,
        seed=seed,
        orders=verdict.orders,
        executions=verdict.executions,
        orders_lost=verdict.orders_lost,
        orders_doubled=verdict.orders_doubled,
        faults=tuple(faults),
        recoveries=len(recoveries),
        recovery_seconds_median=statistics.median(recoveries) if recoveries else None,
        recovery_seconds_p99=recoveries[-1 - len(recoveries) // 100] if recoveries else None,
        recovery_seconds_worst=recoveries[-1] if recoveries else None,
        seconds=time.monotonic() - began,
    )


def recovery_seconds(starts_ns: list[int], evidence: Evidence) -> list[float]:
    """For each start but the first, seconds to the first order before the next start, if there was one; sorted."""
    taken_ns = sorted(each.time_ns for each in evidence.accepted)
    found: list[float] = []
    for start_ns, next_ns in zip(starts_ns[1:], [*starts_ns[2:], 1 << 63], strict=True):
        first_ns = next((each for each in taken_ns if each >= start_ns), None)
        if first_ns is not None and first_ns < next_ns:
            found.append((first_ns - start_ns) / 1e9)
    return sorted(found)


class _Lives:
    def __init__(self, session: Session, data_dir: Path, broker: PracticeBroker, seed: int) -> None:
        self._session = session
        self._data_dir = data_dir
        self._broker = broker
        self._drawing = random.Random(seed)  # noqa: S311  # a drill, no secret
        self.starts_ns: list[int] = []
        self.kills = 0
        self.kills_with_open_orders = 0
        self.faults: list[str] = []

    def live_and_die(self, *, is_short: bool) -> None:
        """One start, and a kill unless the engine has ended by itself, which it may do once the session is over."""
        before = self._broker.standing().accepted
        self.starts_ns.append(time.time_ns())
        command = self._session.command(self._data_dir)
        complaints = self._session.folder / "stderr"
        with (
            complaints.open("wb") as stderr,
            subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=stderr, process_group=0) as process,  # noqa: S603
        ):
            if is_short:
                _pass(process, self._drawing.uniform(*SHORT_LIFE_SECONDS))
            else:
                self._see_an_order(process, before)
                _pass(process, self._drawing.uniform(*LIVE_SECONDS))
            process.kill()
        if process.returncode == -signal.SIGKILL:
            self.kills += 1
            self.kills_with_open_orders += bool(self._broker.standing().open_orders)
        elif process.returncode:
            said = complaints.read_text("utf-8", "replace").strip()[-500:]
            self.faults.append(f"start {len(self.starts_ns)} ended with code {process.returncode}: {said}")

    def _see_an_order(self, process: subprocess.Popen[bytes], before: int) -> None:
        latest = time.monotonic() + _ORDER_WITHIN_SECONDS
        while process.poll() is None and time.monotonic() < latest and self._broker.standing().accepted == before:
            _pass(process, _LOOK_SECONDS)


def _pass(process: subprocess.Popen[bytes], seconds: float) -> None:
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
