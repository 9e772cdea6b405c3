"""Kill an engine at random moments under load, again and again in one long session, and hold it against the broker.

Recovery is measured from outside: from the start of the next process to the first new order that the broker takes.
Before that the engine has read its journal, agreed with the broker on everything, and made a new intent durable.
"""

from __future__ import annotations

import random
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from ops.drill.evidence import Evidence
from ops.drill.process.broker_client import practice_broker
from ops.drill.process.finishing import faults_now, finish
from ops.drill.process.progress import OnProgress, counted
from ops.drill.process.session import PRICES, RULES, Session, prepare_session

LIFE_SECONDS = (0.1, 1.2)
"""From a start to the kill: shorter than a start takes, and long enough to trade."""

LONG_LIFE_SECONDS = 15.0
"""Of each tenth life: an order that a kill has lost is given up 10 s after a connection, and nothing is ordered
beside it until then. Engines that are always killed sooner stand still in the end, and prove little."""

_LONG_EACH = 10
_QUOTES_PER_LIFE = 35  # about what is left of a life once the engine trades
_QUOTES_PER_LONG_LIFE = 1500
_LAST_QUOTES = 200
_CHECKED_EACH = 10
_END_SECONDS = 600.0


class RandomKills(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it. Recovery is in seconds, over those starts after which an order came; `None` if none did."""

    kills: int
    seed: int
    orders: int
    executions: int
    orders_lost: int
    orders_doubled: int
    faults: tuple[str, ...]
    recoveries: int
    recovery_seconds_median: float | None
    recovery_seconds_p99: float | None
    seconds: float


def kill_at_random(
    folder: Path, *, kills: int, seed: int = 1, on_progress: OnProgress | None = None
) -> RandomKills:
    """Kill so many times, then let the session end and judge. Its files stay in `folder` if there are faults."""
    began = time.monotonic()
    drawing = random.Random(seed)  # noqa: S311  # a drill, no secret
    with practice_broker(PRICES, rules=RULES, seed=seed) as broker:
        quotes = _LAST_QUOTES + _QUOTES_PER_LIFE * kills + _QUOTES_PER_LONG_LIFE * (kills // _LONG_EACH)
        session = prepare_session(folder, broker, quotes=quotes, seed=seed)
        data_dir = session.data_dir("killed")
        starts_ns: list[int] = []
        faults: list[str] = []
        for count in counted(range(1, kills + 1), on_progress):
            starts_ns.append(time.time_ns())
            life_seconds = LONG_LIFE_SECONDS if count % _LONG_EACH == 0 else drawing.uniform(*LIFE_SECONDS)
            _live_and_die(session, data_dir, life_seconds)
            if count % _CHECKED_EACH == 0:
                faults += (f"after kill {count}: {fault}" for fault in faults_now(data_dir, broker))
            if on_progress:
                on_progress(count, kills)
        starts_ns.append(time.time_ns())
        verdict = finish(session, data_dir, broker, seconds=_END_SECONDS)
        evidence = broker.evidence()
    faults += verdict.faults
    if not faults:
        shutil.rmtree(data_dir)
    recoveries = recovery_seconds(starts_ns, evidence)
    return RandomKills(
        kills=kills,
        seed=seed,
        orders=verdict.orders,
        executions=verdict.executions,
        orders_lost=verdict.orders_lost,
        orders_doubled=verdict.orders_doubled,
        faults=tuple(faults),
        recoveries=len(recoveries),
        recovery_seconds_median=statistics.median(recoveries) if recoveries else None,
        recovery_seconds_p99=recoveries[-1 - len(recoveries) // 100] if recoveries else None,
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


def _live_and_die(session: Session, data_dir: Path, seconds: float) -> None:
    command = session.command(data_dir)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:  # noqa: S603
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
