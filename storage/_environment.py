"""Opening and creating LMDB files, and LMDB's errors in our words.

An LMDB file may be opened once per process and never used across a fork. `writemap` stays off (a full disk would
kill the process with SIGBUS) and so does every option that syncs less than each commit.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import lmdb

from storage._space import DISK_FULL_ERRNOS, ReservedSpace
from storage.errors import DiskFull, StorageFailed

Database = Any
"""A named database's handle: py-lmdb has no public type for it."""

MAP_BYTES = 64 << 30
"""Address space for one file: no file may grow beyond it. It costs no memory and no disk."""

_DATABASES_MAX = 16
_PAGE_BYTES = 4096
_OVERHEAD_PAGES = 16  # branch pages, free list and splits of one put, generously
_NEW_SUFFIX = ".new"
_LOCK_SUFFIX = "-lock"
_LIB_VERSION = 0  # LMDB 0.9: readable by the mdb_* tools of every distribution
_PRIVATE_FILE = 0o600


def open_environment(path: Path, *, read_only: bool, map_bytes: int = MAP_BYTES) -> lmdb.Environment:
    """Open an existing file whose structure was checked. Raises StorageFailed.

    A writer that was killed between writing a commit and telling so in the lock file leaves that one commit unseen
    by readers, for as long as some process has the file open. Whoever takes the write lock next puts that right, so
    an opening for writing takes it before anything is read.
    """
    with storage_errors(path):
        environment = lmdb.open(
            str(path),
            subdir=False,
            create=False,
            readonly=read_only,
            map_size=map_bytes,
            mode=_PRIVATE_FILE,
            max_dbs=_DATABASES_MAX,
            max_spare_txns=1,
            lib_version=_LIB_VERSION,
        )
        environment.reader_check()
        if not read_only:
            environment.begin(write=True).abort()
        return environment


def create_environment(
    path: Path, *, records: Mapping[bytes, bytes], databases: Sequence[bytes] = (), map_bytes: int = MAP_BYTES
) -> None:
    """Create a file with `records` in its unnamed database and empty named ones, durably: whole or not at all."""
    new = path.with_name(path.name + _NEW_SUFFIX)
    remove_environment(new)
    with storage_errors(new):
        environment = lmdb.open(
            str(new),
            subdir=False,
            map_size=map_bytes,
            mode=_PRIVATE_FILE,
            max_dbs=_DATABASES_MAX,
            lib_version=_LIB_VERSION,
        )
        try:
            with environment.begin(write=True) as transaction:
                for name in databases:
                    environment.open_db(name, txn=transaction)
                for key, value in records.items():
                    transaction.put(key, value)
        finally:
            environment.close()
        new.rename(path)
        sync_directory(path.parent)
    remove_environment(new)


def remove_environment(path: Path) -> None:
    """Delete a file that nobody has open, with its lock file; nothing happens if there is none."""
    path.unlink(missing_ok=True)
    path.with_name(path.name + _LOCK_SUFFIX).unlink(missing_ok=True)


def sync_directory(path: Path) -> None:
    """Make created, renamed and deleted names in a directory durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def used_bytes(environment: lmdb.Environment) -> int:
    """Bytes of the file up to the last page in use."""
    return (environment.info()["last_pgno"] + 1) * environment.stat()["psize"]


def commit_bytes(value_bytes: int) -> int:
    """An upper bound of the file space that putting a value of this size takes."""
    return (value_bytes // _PAGE_BYTES + 1 + _OVERHEAD_PAGES) * _PAGE_BYTES


class WriteTransaction:
    """A write transaction that asks for its space before each put, so that a full disk ends it cleanly."""

    def __init__(self, transaction: lmdb.Transaction[bytes], *, space: ReservedSpace, used_bytes: int) -> None:
        self.transaction = transaction
        self._space = space
        self._used_bytes = used_bytes
        self._need_bytes = 0

    def put(self, key: bytes, value: bytes, *, database: Database) -> None:
        """Raises DiskFull if there may be no space for it; the caller then lets the transaction end."""
        self._need_bytes += commit_bytes(len(value))
        self._space.require(self._used_bytes, need_bytes=self._need_bytes)
        self.transaction.put(key, value, db=database)

    def delete(self, key: bytes, *, database: Database) -> bool:
        """Whether there was something to delete."""
        return self.transaction.delete(key, db=database)


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn LMDB's and the system's errors into DiskFull or StorageFailed."""
    try:
        yield
    except lmdb.MapFullError as error:
        raise DiskFull(
            f"{path} has reached its map size: {error}. Nothing was written. Archive or delete old data."
        ) from error
    except (lmdb.Error, OSError) as error:
        code = error.errno if isinstance(error, OSError) else error.code
        if code in DISK_FULL_ERRNOS:
            raise DiskFull(f"the disk of {path} is full: {error}. Nothing was written. Free space.") from error
        raise StorageFailed(
            f"{path}: {error}. Do not retry: stop, check the disk, open the data directory again."
        ) from error
