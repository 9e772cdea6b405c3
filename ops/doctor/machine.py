"""Processors, memory and the limits that the system sets to a process."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ops.doctor.check import Check, failed, passed, size_text, warned
from storage import FileOptions

MEMORY_MIN = 128 << 20
MEMORY_GOOD = 512 << 20
OPEN_FILES_MIN = 128
OPEN_FILES_GOOD = 1024
MAPPED_FILES = 4
"""Files that may be mapped at once: the state, today's journal, and days before it that are read."""

_UNKNOWN = "unknown: {} cannot be read"
_PROC = Path("/proc")
_CGROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class Processors:
    """How many this process may use; `quota` is the share of time that its control group grants, in processors."""

    usable: int
    quota: float | None


@dataclass(frozen=True, slots=True)
class Memory:
    """In bytes. `available` is what can be had now, within the control group's limit if there is one."""

    total: int
    available: int
    swap_total: int
    swap_used: int


@dataclass(frozen=True, slots=True)
class Limits:
    """Soft limits of this process and those that it starts; `None` is unlimited."""

    open_files: int | None
    address_space: int | None
    core_bytes: int | None


def gather_processors() -> Processors:
    """What this process may use."""
    quotas = [
        int(quota) / int(period)
        for quota, _, period in (_group_value(group, "cpu.max").partition(" ") for group in _control_groups())
        if quota.isdigit() and period.isdigit()
    ]
    return Processors(usable=len(os.sched_getaffinity(0)), quota=min(quotas, default=None))


def judge_processors(found: Processors) -> Check:
    """Two or more: the core thread needs one to itself."""
    why = "the core decides on one thread; the disk, the network and other processes need another"
    share = "" if found.quota is None else f", {found.quota:.2g} of their time"
    value = f"{found.usable} usable{share}"
    if found.usable < 2 or (found.quota is not None and found.quota < 2):
        return warned(
            "processors", value, why=why, cure="Give it two processors, or expect more latency under load."
        )
    return passed("processors", value, why=why)


def gather_memory() -> Memory | None:
    """Memory and swap; `None` where the system does not tell."""
    try:
        lines = (_PROC / "meminfo").read_text("utf-8").splitlines()
    except OSError:
        return None
    found = {name: int(rest.split()[0]) << 10 for name, _, rest in (line.partition(":") for line in lines) if rest}
    total, available = found.get("MemTotal", 0), found.get("MemAvailable", found.get("MemFree", 0))
    for limit, used in _limited_memory():
        total, available = min(total, limit), min(available, max(0, limit - used))
    swap = found.get("SwapTotal", 0)
    return Memory(total=total, available=available, swap_total=swap, swap_used=swap - found.get("SwapFree", 0))


def judge_memory(found: Memory | None) -> Check:
    """Room for the engine and for the pages of its files."""
    why = "an engine that runs out of memory is killed by the system; the guardian then starts it again"
    if found is None:
        return warned("memory", _UNKNOWN.format("/proc/meminfo"), why=why, cure="Mount /proc.")
    value = f"{size_text(found.available)} available of {size_text(found.total)}"
    if found.available < MEMORY_MIN:
        return failed("memory", value, why=why, cure=f"Free memory: it needs {size_text(MEMORY_MIN)} at least.")
    if found.available < MEMORY_GOOD:
        return warned("memory", value, why=why, cure=f"Leave it {size_text(MEMORY_GOOD)} or more.")
    return passed("memory", value, why=why)


def judge_swap(found: Memory | None) -> Check:
    """Swap that is in use means pauses."""
    why = "a page that was swapped out stops the core until the disk has brought it back"
    if found is None:
        return warned("swap", _UNKNOWN.format("/proc/meminfo"), why=why, cure="Mount /proc.")
    if not found.swap_total:
        return passed("swap", "none", why=why)
    value = f"{size_text(found.swap_used)} used of {size_text(found.swap_total)}"
    if found.swap_used * 10 > found.swap_total:
        return warned(
            "swap", value, why=why, cure="Add memory or stop something else; then swapoff -a && swapon -a."
        )
    return passed("swap", value, why=why)


def gather_limits() -> Limits:
    """The soft limits of this process."""
    return Limits(
        open_files=_soft(resource.RLIMIT_NOFILE),
        address_space=_soft(resource.RLIMIT_AS),
        core_bytes=_soft(resource.RLIMIT_CORE),
    )


def judge_open_files(found: Limits) -> Check:
    """Descriptors for files, sockets and clients."""
    why = "files, broker connections and clients of the control socket each need one"
    limit = found.open_files
    value = "unlimited" if limit is None else f"{limit:,}"
    cure = f"Raise it: ulimit -n {OPEN_FILES_GOOD}, or LimitNOFILE={OPEN_FILES_GOOD} in the unit."
    if limit is not None and limit < OPEN_FILES_MIN:
        return failed("open files", value, why=why, cure=cure)
    if limit is not None and limit < OPEN_FILES_GOOD:
        return warned("open files", value, why=why, cure=cure)
    return passed("open files", value, why=why)


def judge_address_space(found: Limits) -> Check:
    """Each LMDB file is mapped at the size that it may grow to."""
    needed = MAPPED_FILES * FileOptions().map_bytes
    why = f"each file of the data directory is mapped at {size_text(FileOptions().map_bytes)}; it costs no memory"
    limit = found.address_space
    if limit is None:
        return passed("address space", "unlimited", why=why)
    if limit < needed:
        cure = "Remove the limit: ulimit -v unlimited, or LimitAS=infinity in the unit."
        return failed("address space", size_text(limit), why=why, cure=cure)
    return passed("address space", size_text(limit), why=why)


def judge_core_dumps(found: Limits) -> Check:
    """A core file would hold what is in memory, keys too."""
    why = "an image of the process holds broker keys, and writing it delays the restart"
    if found.core_bytes == 0:
        return passed("core dumps", "off", why=why)
    value = "on, unlimited" if found.core_bytes is None else f"on, up to {size_text(found.core_bytes)}"
    return warned("core dumps", value, why=why, cure="Turn them off: ulimit -c 0, or LimitCORE=0 in the unit.")


def judge_user(uid: int) -> Check:
    """A user of its own."""
    why = "whoever takes over a process of root has the machine"
    if uid:
        return passed("user", f"uid {uid}", why=why)
    return warned("user", "root", why=why, cure="Run it as a user of its own; docs/operations.md shows a unit.")


def _soft(kind: int) -> int | None:
    soft, _ = resource.getrlimit(kind)
    return None if soft == resource.RLIM_INFINITY else soft


def _limited_memory() -> Iterator[tuple[int, int]]:
    """Limit and use, in bytes, of each control group that has a limit; what others in it use counts too."""
    for group in _control_groups():
        limit, used = _group_value(group, "memory.max"), _group_value(group, "memory.current")
        if limit.isdigit() and used.isdigit():
            yield int(limit), int(used)


def _control_groups() -> list[Path]:
    """The folders of our control group and of those above it, innermost first; none without control groups v2."""
    try:
        lines = (_PROC / "self/cgroup").read_text("utf-8").splitlines()
    except OSError:
        return []
    inner = next((line.removeprefix("0::/") for line in lines if line.startswith("0::/")), None)
    if inner is None:
        return []
    return [_CGROUP / folder for folder in (Path(inner), *Path(inner).parents)]


def _group_value(group: Path, name: str) -> str:
    """What a file of a control group holds; empty where it has none."""
    path = group / name
    return path.read_text("utf-8").strip() if path.is_file() else ""
