"""The clock: whether it is right, what reading it costs, whether it runs evenly."""

from __future__ import annotations

import ctypes
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ops.doctor.check import Check, failed, passed, warned

ERROR_MAX_SECONDS = 1.0
DRIFT_MAX_SECONDS = 0.05
READ_MAX_NS = 1_000.0
EARLIEST_YEAR = 2026
"""This program is not older: a clock that says so has lost its battery."""

_SLOW_SOURCES = frozenset({"hpet", "acpi_pm", "jiffies", "pit", "refined-jiffies"})
_STA_UNSYNC = 0x0040
_TIME_ERROR = 5
_READS = 2_000


class _Timex(ctypes.Structure):
    """`struct timex` of Linux, as far as it is read; adjtimex(2)."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    )


@dataclass(frozen=True, slots=True)
class Synchronisation:
    """What the kernel says of its clock; the errors are bounds that whoever disciplines it has told."""

    is_synchronised: bool
    error_max_seconds: float
    error_seconds: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What the clock is made from, and nanoseconds for one reading of it."""

    source: str
    cost_ns: float


@dataclass(frozen=True, slots=True)
class Instant:
    """The wall clock and the monotonic one, read together."""

    wall_ns: int
    monotonic_ns: int


def gather_synchronisation() -> Synchronisation | None:
    """As adjtimex tells; `None` where it is not to be had."""
    timex = _Timex(modes=0)
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex))
    except (OSError, AttributeError):
        return None
    if state < 0:
        return None
    return Synchronisation(
        is_synchronised=state != _TIME_ERROR and not timex.status & _STA_UNSYNC,
        error_max_seconds=timex.maxerror / 1e6,
        error_seconds=timex.esterror / 1e6,
    )


def judge_synchronisation(found: Synchronisation | None) -> Check:
    """Disciplined by NTP or the like, its error small."""
    why = "stale data is told by its time stamp, and a broker refuses requests that are signed too early or late"
    cure = "Run a time service: systemd-timesyncd, chrony or ntpd; in a container, on its host."
    if found is None:
        return warned("clock synchronised", "unknown: the kernel does not tell", why=why, cure=cure)
    if not found.is_synchronised:
        return warned("clock synchronised", "no", why=why, cure=cure)
    error_ms = found.error_max_seconds * 1000
    value = f"yes, within {error_ms:,.0f} ms, estimated {found.error_seconds * 1000:,.1f} ms"
    if found.error_max_seconds > ERROR_MAX_SECONDS:
        return warned("clock synchronised", value, why=why, cure="See that the time service reaches its servers.")
    return passed("clock synchronised", value, why=why)


def gather_reading() -> Reading:
    """The clock's source as the kernel names it, and the measured cost of reading it."""
    try:
        path = Path("/sys/devices/system/clocksource/clocksource0/current_clocksource")
        source = path.read_text("utf-8").strip()
    except OSError:
        source = ""
    began = time.perf_counter_ns()
    for _ in range(_READS):
        time.time_ns()
    return Reading(source=source, cost_ns=(time.perf_counter_ns() - began) / _READS)


def judge_reading(found: Reading) -> Check:
    """One that is read without a call into the kernel."""
    why = "the clock is read several times for each message"
    value = f"{found.source or 'unknown'}, {found.cost_ns:,.0f} ns a reading"
    if found.source in _SLOW_SOURCES or found.cost_ns > READ_MAX_NS:
        cure = "Let the kernel use tsc, or the hypervisor's own source; see available_clocksource beside it."
        return warned("clock source", value, why=why, cure=cure)
    return passed("clock source", value, why=why)


def gather_instant() -> Instant:
    """Both clocks, now."""
    return Instant(wall_ns=time.time_ns(), monotonic_ns=time.monotonic_ns())


def judge_clock_run(before: Instant, after: Instant) -> Check:
    """The wall clock says a possible date and ran as the monotonic one did in between."""
    why = "a clock that jumps makes market data look stale, or new when it is old"
    now = datetime.fromtimestamp(after.wall_ns / 1e9, UTC)
    value = now.strftime("%Y-%m-%d %H:%M:%S UTC")
    if now.year < EARLIEST_YEAR:
        return failed("clock", value, why=why, cure="Set the clock, and run a time service.")
    elapsed_ns = after.monotonic_ns - before.monotonic_ns
    drift_seconds = ((after.wall_ns - before.wall_ns) - elapsed_ns) / 1e9
    if elapsed_ns < 0 or abs(drift_seconds) > DRIFT_MAX_SECONDS:
        value = f"{value}, jumped by {drift_seconds:+.3f} s within {elapsed_ns / 1e9:.2f} s"
        return warned("clock", value, why=why, cure="See who sets it, and have it slewed instead of stepped.")
    return passed("clock", value, why=why)


def gather_time_zone() -> str:
    """The zone in which this machine tells time to people."""
    return os.environ.get("TZ") or time.strftime("%Z (%z)")


def judge_time_zone(zone: str) -> Check:
    """Any will do; it is told because logs of other programs are in it."""
    return passed(
        "time zone", zone, why="for information: the engine's days and time stamps are UTC whatever it is"
    )
