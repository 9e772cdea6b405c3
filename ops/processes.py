"""Which processes serve a data directory: the guardian and the engine that `daemon.json` names, the lock's owner.

A process's number may come to mean another process. So one is held by a descriptor before it is trusted, and
trusted only if it began before its number was written down.
"""

from __future__ import annotations

import os
import select
import signal
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

DAEMON_FILE = "daemon.json"
_CLOCK_SLACK_NS = 2_000_000_000
"""When a process began is known to the second only."""


class Daemon(msgspec.Struct, frozen=True, kw_only=True):
    """What `daemon.json` holds: written by the guardian after it has begun, at `started_ns`, nanoseconds UTC."""

    guardian_pid: int
    engine_pid: int | None = None
    started_ns: int


class HeldProcess:
    """A process, held so that its number cannot come to mean another one meanwhile."""

    def __init__(self, pid: int) -> None:
        """Raises ProcessLookupError if there is none."""
        self.pid = pid
        self._descriptor = os.pidfd_open(pid)

    def __repr__(self) -> str:
        return f"HeldProcess({self.pid})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of it."""
        os.close(self._descriptor)

    def terminate(self) -> None:
        """Ask it to end in order. One that has ended already is fine."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._descriptor, signal.SIGTERM)

    def wait(self, timeout_seconds: float) -> bool:
        """Wait until it has ended, at most so long: whether it has."""
        poll = select.poll()
        poll.register(self._descriptor, select.POLLIN)
        return bool(poll.poll(max(0.0, timeout_seconds) * 1000))

    def began_before(self, time_ns: int) -> bool:
        """Whether it is that process which had this number at that time, nanoseconds UTC."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
            boot = next(line for line in Path("/proc/stat").read_text().splitlines() if line.startswith("btime "))
        except (OSError, StopIteration):
            return False
        ticks = int(fields[19])  # starttime, the 22nd field, counted from the 3rd
        began_ns = int(boot.split()[1]) * 1_000_000_000 + ticks * 1_000_000_000 // os.sysconf("SC_CLK_TCK")
        return began_ns <= time_ns + _CLOCK_SLACK_NS


def hold(pid: int | None) -> HeldProcess | None:
    """The process of that number; `None` if there is none."""
    if not pid:
        return None
    try:
        return HeldProcess(pid)
    except ProcessLookupError:
        return None


def read_daemon(data_dir: Path) -> Daemon | None:
    """What the last guardian wrote of itself, though it may have ended long ago; `None` if nothing can be read."""
    try:
        return msgspec.json.decode((data_dir / DAEMON_FILE).read_bytes(), type=Daemon)
    except (OSError, msgspec.DecodeError):
        return None


def hold_guardian(data_dir: Path) -> HeldProcess | None:
    """The guardian of a data directory if it lives."""
    daemon = read_daemon(data_dir)
    guardian = None if daemon is None else hold(daemon.guardian_pid)
    if daemon is None or guardian is None:
        return None
    if guardian.began_before(daemon.started_ns) and not guardian.wait(0):
        return guardian
    guardian.close()
    return None


def lock_owner(data_dir: Path) -> int | None:
    """The process that has the data directory open for writing; `None` if nobody has.

    Read from the kernel's table: to try the lock could make an engine fail that starts in the same moment.
    """
    lock = data_dir / "lock"
    try:
        inode, owner = str(lock.stat().st_ino), lock.read_text().strip()
        table = Path("/proc/locks").read_text()
    except OSError:
        return None
    for line in table.splitlines():
        # 1: FLOCK  ADVISORY  WRITE 7440 fe:00:2146415 0 EOF
        fields = line.split()
        if fields[1:5] == ["FLOCK", "ADVISORY", "WRITE", owner] and fields[5].rpartition(":")[2] == inode:
            return int(owner)
    return None


def serving_process(data_dir: Path) -> int | None:
    """The process that has the directory open, or the guardian that is about to start one; `None` if none is."""
    owner = lock_owner(data_dir)
    if owner is not None:
        return owner
    guardian = hold_guardian(data_dir)
    if guardian is None:
        return None
    with guardian:
        return guardian.pid
