"""The disk under the data directory: what it is, whether it keeps its word, how long it takes to."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import socket
import stat
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ops.doctor.check import Check, failed, passed, size_text, warned

SPACE_MIN = 64 << 20
SPACE_GOOD = 1 << 30
INODES_MIN = 16
INODES_GOOD = 1_000
MEDIAN_GOOD_MS = 5.0
MEDIAN_SLOW_MS = 100.0
WORST_GOOD_MS = 100.0
MEDIAN_TOO_GOOD_MS = 0.01
"""Faster than any disk has been seen to answer, those with a buffered cache included."""

WRITES = 50

_BLOCK = bytes(4096)
_ALLOCATED = 1 << 20
_SECTOR_BYTES = 512  # unit of st_blocks, whatever the file system's own
_NETWORK = frozenset({
    "9p", "afs", "beegfs", "ceph", "cifs", "fuse.glusterfs", "fuse.sshfs", "glusterfs", "gpfs", "lustre", "nfs",
    "nfs4", "ocfs2", "orangefs", "smb3", "smbfs", "virtiofs",
})  # fmt: skip
_IN_MEMORY = frozenset({"tmpfs", "ramfs", "rootfs"})
_Found = TypeVar("_Found")
_ESCAPED = re.compile(r"\\([0-7]{3})")

_WHY_LATENCY = "no order leaves before the disk has it: each waits for one commit, about twice such a write"
_CURE_LATENCY = "Use a local solid-state disk, or see what else writes to this one."


@dataclass(frozen=True, slots=True)
class Place:
    """Where the data directory is or will be: `existing` is itself, or the nearest folder above that is there."""

    wanted: Path
    existing: Path

    @property
    def is_there(self) -> bool:
        """Whether the data directory itself exists."""
        return self.wanted == self.existing


@dataclass(frozen=True, slots=True)
class Mount:
    """A mounted file system: `options` as in `rw,noatime`."""

    kind: str
    point: str
    source: str
    options: str

    @property
    def is_read_only(self) -> bool:
        """Whether nothing can be written to it."""
        return "ro" in self.options.split(",")


@dataclass(frozen=True, slots=True)
class Room:
    """What is left for us; `inodes_free` is `None` where the file system does not count them."""

    bytes_free: int
    bytes_total: int
    inodes_free: int | None


@dataclass(frozen=True, slots=True)
class Rights:
    """Who owns the folder, who may use it, and whether this process may."""

    mode: int
    owner: int
    user: int
    is_writable: bool


def locate(data_dir: Path) -> Place:
    """The data directory and the nearest folder that exists, both absolute and without symbolic links."""
    wanted = Path(os.path.realpath(data_dir))
    existing = wanted
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    return Place(wanted=wanted, existing=existing)


def parse_mounts(text: str) -> list[Mount]:
    """The lines of /proc/self/mountinfo, proc_pid_mountinfo(5)."""
    mounts = []
    for line in text.splitlines():
        fields, _, rest = line.partition(" - ")
        parts, source = fields.split(" "), rest.split(" ")
        if len(parts) < 6 or len(source) < 3:
            continue
        options = f"{parts[5]},{source[2]}"
        mounts.append(Mount(kind=source[0], point=_unescaped(parts[4]), source=source[1], options=options))
    return mounts


def mount_of(path: Path, mounts: list[Mount]) -> Mount | None:
    """The one that an absolute path lies on: the longest mount point above it, the latest of equals."""
    found = None
    for mount in mounts:
        deeper = found is None or len(Path(mount.point).parts) >= len(Path(found.point).parts)
        if deeper and path.is_relative_to(mount.point):
            found = mount
    return found


def gather_mount(place: Place) -> Mount | None:
    """The file system of the place; `None` where the system does not tell."""
    try:
        return mount_of(place.existing, parse_mounts(Path("/proc/self/mountinfo").read_text("utf-8")))
    except OSError:
        return None


def judge_mount(found: Mount | None) -> Check:
    """A local file system that outlives the machine's next start."""
    why = "the journal must still be there after a crash, and LMDB maps its files, which needs a local disk"
    if found is None:
        cure = "Mount /proc, or see for yourself that it is a local disk."
        return warned("file system", "unknown", why=why, cure=cure)
    value = f"{found.kind} on {found.point}"
    if found.is_read_only:
        cure = "Mount it for writing, or name another --data-dir."
        return failed("file system", f"{value}, read-only", why=why, cure=cure)
    if found.kind in _NETWORK:
        cure = "Name a --data-dir on a local disk: memory maps and locks are not safe over a network."
        return warned("file system", f"{value}, over a network", why=why, cure=cure)
    if found.kind in _IN_MEMORY:
        cure = "Name a --data-dir on a disk: this one is empty after the next start of the machine."
        return warned("file system", f"{value}, in memory", why=why, cure=cure)
    if found.kind == "overlay":
        cure = "Mount a volume for the data directory: a container's own files go with the container."
        return warned("file system", f"{value}, of a container", why=why, cure=cure)
    if found.kind.startswith("fuse"):
        cure = "Name a --data-dir on a file system of the kernel: few others make a write durable."
        return warned("file system", f"{value}, in user space", why=why, cure=cure)
    return passed("file system", value, why=why)


def gather_room(place: Place) -> Room:
    """Space and inodes that are left at the place."""
    disk = os.statvfs(place.existing)
    return Room(
        bytes_free=disk.f_bavail * disk.f_frsize,
        bytes_total=disk.f_blocks * disk.f_frsize,
        inodes_free=disk.f_favail if disk.f_files else None,
    )


def judge_space(found: Room) -> Check:
    """Room for weeks of journal."""
    why = "on a full disk no new order opens, and the engine ends once its reserve is used up"
    value = f"{size_text(found.bytes_free)} free of {size_text(found.bytes_total)}"
    cure = "Free space, move it to a larger disk, or keep fewer days: [retention] in the configuration."
    if found.bytes_free < SPACE_MIN:
        return failed("free space", value, why=why, cure=cure)
    if found.bytes_free < SPACE_GOOD:
        return warned("free space", value, why=why, cure=cure)
    return passed("free space", value, why=why)


def judge_inodes(found: Room) -> Check:
    """Room for new files: one a day, and the log's."""
    why = "each UTC day begins a new journal file"
    if found.inodes_free is None:
        return passed("free inodes", "not counted by this file system", why=why)
    value = f"{found.inodes_free:,}"
    cure = "Delete small files on this disk; df -i shows how many there are."
    if found.inodes_free < INODES_MIN:
        return failed("free inodes", value, why=why, cure=cure)
    if found.inodes_free < INODES_GOOD:
        return warned("free inodes", value, why=why, cure=cure)
    return passed("free inodes", value, why=why)


def gather_rights(place: Place) -> Rights:
    """Owner, mode, and whether this process may write there. A file in place of the folder is not writable."""
    status = place.existing.stat()
    may = stat.S_ISDIR(status.st_mode) and os.access(place.existing, os.W_OK | os.X_OK, effective_ids=True)
    return Rights(mode=stat.S_IMODE(status.st_mode), owner=status.st_uid, user=os.geteuid(), is_writable=may)


def judge_rights(place: Place, found: Rights) -> Check:
    """Ours, and closed to others; of a folder that is still to be made, that it can be."""
    why = "the journal tells every order and position, and whoever can write here can steer the engine"
    if not place.is_there:
        value = f"none yet; {place.existing} is there"
        if not found.is_writable:
            cure = f"Make {place.wanted} as the user that runs the engine, or name another --data-dir."
            return failed("permissions", f"{value} and cannot be written to", why=why, cure=cure)
        return passed("permissions", value, why=why)
    value = f"{found.mode:04o}, owner uid {found.owner}"
    if not found.is_writable:
        cure = f"Give it to the user that runs the engine (uid {found.user}), or name another --data-dir."
        return failed("permissions", f"{value}, cannot be written to", why=why, cure=cure)
    if found.owner != found.user:
        cure = f"Run this as the user that runs the engine, or: chown -R {found.user} {place.wanted}"
        return warned("permissions", f"{value}, and this is uid {found.user}", why=why, cure=cure)
    if found.mode & 0o077:
        return warned("permissions", value, why=why, cure=f"Close it to others: chmod 700 {place.wanted}")
    return passed("permissions", value, why=why)


def gather_write_times(folder: Path, *, writes: int = WRITES) -> list[float] | None:
    """Milliseconds for each of some small appends with fdatasync, sorted; `None` if nothing can be written."""

    def measure() -> list[float]:
        times = []
        # A file with a name: some file systems do not sync one that has none.
        with tempfile.NamedTemporaryFile(prefix=".doctor-", dir=folder) as file:
            for _ in range(writes):
                began = time.perf_counter_ns()
                os.write(file.fileno(), _BLOCK)
                os.fdatasync(file.fileno())
                times.append((time.perf_counter_ns() - began) / 1e6)
        return sorted(times)

    return _attempt(measure)


def judge_write_times(times_ms: list[float] | None, mount: Mount | None) -> Check:
    """How long a durable write takes, and so an order."""
    if not times_ms:
        return _not_tried("write latency", _WHY_LATENCY)
    median, worst = times_ms[len(times_ms) // 2], times_ms[-1]
    value = f"median {median:.2f} ms, worst {worst:.2f} ms of {len(times_ms)}"
    if median < MEDIAN_TOO_GOOD_MS and (mount is None or mount.kind not in _IN_MEMORY):
        cure = "See whether syncing is turned off (eatmydata, barrier=0, a cache that is lost with the power)."
        return warned("write latency", f"{value}: too fast for a disk", why=_WHY_LATENCY, cure=cure)
    value = f"{value}; an order waits about {2 * median:.1f} ms"
    if median > MEDIAN_SLOW_MS:
        return failed("write latency", value, why=_WHY_LATENCY, cure=_CURE_LATENCY)
    if median > MEDIAN_GOOD_MS or worst > WORST_GOOD_MS:
        return warned("write latency", value, why=_WHY_LATENCY, cure=_CURE_LATENCY)
    return passed("write latency", value, why=_WHY_LATENCY)


def gather_allocation(folder: Path) -> bool | None:
    """Whether space that is asked for is really set aside; `None` if nothing can be written."""

    def allocate() -> bool:
        with tempfile.TemporaryFile(dir=folder) as file:
            try:
                os.posix_fallocate(file.fileno(), 0, _ALLOCATED)
            except OSError as error:
                if error.errno in (errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS):
                    return False
                raise
            return os.fstat(file.fileno()).st_blocks * _SECTOR_BYTES >= _ALLOCATED

    return _attempt(allocate)


def judge_allocation(works: bool | None) -> Check:
    """Whether the reserve for a full disk can be held."""
    why = "space is set aside, so that fills and cancels can still be written once the disk is full"
    if works is None:
        return _not_tried("reserved space", why)
    if works:
        return passed("reserved space", "fallocate works", why=why)
    cure = "Use ext4, xfs or btrfs, or watch the free space closely."
    return warned("reserved space", "fallocate sets nothing aside", why=why, cure=cure)


def gather_locking(folder: Path) -> bool | None:
    """Whether a second lock on a locked file is refused; `None` if nothing can be written."""

    def lock() -> bool:
        with (
            tempfile.NamedTemporaryFile(prefix=".doctor-", dir=folder) as file,
            Path(file.name).open("rb+") as second,
        ):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            try:
                fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            return False

    return _attempt(lock)


def judge_locking(works: bool | None) -> Check:
    """Whether two engines on one data directory are kept apart."""
    why = "one engine owns the data directory; two would send each order twice"
    if works is None:
        return _not_tried("file locks", why)
    if works:
        return passed("file locks", "flock works", why=why)
    cure = "Name a --data-dir on another file system: this one would let two engines in."
    return failed("file locks", "flock does not keep a second owner out", why=why, cure=cure)


def gather_socket(folder: Path) -> bool | None:
    """Whether a Unix socket can be made there; `None` if nothing can be written."""

    def bind() -> bool:
        with tempfile.TemporaryDirectory(prefix=".doctor-", dir=folder) as inner:
            opened = os.open(inner, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                # By way of the descriptor: the path in a socket's address holds 107 bytes at most.
                with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as tried:
                    tried.bind(f"/proc/self/fd/{opened}/socket")
            except OSError as error:
                if error.errno in (errno.ENOSPC, errno.EDQUOT):
                    raise
                return False
            finally:
                os.close(opened)
            return True

    return _attempt(bind)


def judge_socket(works: bool | None) -> Check:
    """Whether the engine can be questioned and steered."""
    why = "status, stop, halt and every other question reach the engine over a socket in the data directory"
    if works is None:
        return _not_tried("control socket", why)
    if works:
        return passed("control socket", "a Unix socket can be made", why=why)
    cure = "Name a --data-dir on a file system that holds Unix sockets, and see that /proc is mounted."
    return failed("control socket", "no Unix socket can be made", why=why, cure=cure)


def _attempt(once: Callable[[], _Found]) -> _Found | None:
    """What it finds; `None` if the folder cannot be written to, which `permissions` and `free space` tell."""
    try:
        return once()
    except OSError:
        return None


def _not_tried(name: str, why: str) -> Check:
    cure = "Put right what is told above of permissions, space or the file system; then ask again."
    return warned(name, "not tried: nothing can be written there", why=why, cure=cure)


def _unescaped(text: str) -> str:
    """Mount points have spaces and such as octal numbers."""
    return _ESCAPED.sub(lambda match: chr(int(match.group(1), 8)), text)
