"""File space that is allocated before it is needed, so that a full disk is noticed before a commit can fail.

|<- used by LMDB ->|<- allocated ahead: the reserve ->|          the disk may be full from here on
                   a commit takes from here            the next chunk is asked for after each commit
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

from storage.errors import DiskFull, StorageFailed

DISK_FULL_ERRNOS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

_BLOCK_BYTES = 512  # unit of st_blocks, whatever the file system's own

Allocate = Callable[[int, int, int], None]
"""Gives a file blocks from an offset for a length, as `os.posix_fallocate`; raises OSError if it cannot."""


class ReservedSpace:
    """Keeps at least `reserve_bytes` of one file allocated beyond what is used of it."""

    def __init__(self, path: Path, *, reserve_bytes: int, allocate: Allocate = os.posix_fallocate) -> None:
        self.is_low = False
        self._path = path
        self._reserve_bytes = reserve_bytes
        self._allocate = allocate
        self._allocated_bytes = _solid_bytes(path)

    def __repr__(self) -> str:
        return f"ReservedSpace({self._path}, allocated_bytes={self._allocated_bytes}, is_low={self.is_low})"

    @property
    def free_bytes(self) -> int:
        """What the disk still gives, beside the space allocated already."""
        return free_bytes(self._path)

    def require(self, used_bytes: int, *, need_bytes: int) -> None:
        """Make sure that a commit of at most `need_bytes` fits in. Raises DiskFull if it may not."""
        end = used_bytes + need_bytes
        if end > self._allocated_bytes and not self._try_to_allocate(end):
            self.is_low = True
            raise DiskFull(
                f"{self._path} has {max(0, self._allocated_bytes - used_bytes)} bytes left of its reserve, "
                f"{need_bytes} are needed, and the disk gives no more ({self.free_bytes} bytes free). "
                f"Free space on that disk; nothing was written."
            )

    def refill(self, used_bytes: int) -> None:
        """Restore the reserve after a commit, in chunks of its own size; `is_low` tells if the disk refused."""
        if self._allocated_bytes - used_bytes < self._reserve_bytes:
            self.is_low = not self._try_to_allocate(used_bytes + 2 * self._reserve_bytes)

    def _try_to_allocate(self, end: int) -> bool:
        start = self._allocated_bytes
        descriptor = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        try:
            self._allocate(descriptor, start, end - start)
        except OSError as error:
            if error.errno not in DISK_FULL_ERRNOS:
                raise StorageFailed(
                    f"space for {self._path} cannot be allocated: {error}. Check the disk."
                ) from error
            return False
        finally:
            os.close(descriptor)
        self._allocated_bytes = end
        return True


def free_bytes(path: Path) -> int:
    """Bytes that the disk of `path` still gives to us."""
    disk = os.statvfs(path)
    return disk.f_bavail * disk.f_frsize


def _solid_bytes(path: Path) -> int:
    """Length of the file if all of it has blocks; a file with holes (copied sparsely) counts as not allocated."""
    status = path.stat()
    return status.st_size if status.st_blocks * _BLOCK_BYTES >= status.st_size else 0
