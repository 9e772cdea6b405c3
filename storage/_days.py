"""The days of one journal directory, opened when somebody reads them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storage._day_file import DAY_SUFFIX, DayFile, day_files
from storage._environment import remove_environment, sync_directory
from storage.errors import InputsDeleted

_OPEN_MAX = 4


class Days:
    """Every day file once, at most a few open at a time; safe to use from several threads."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = threading.RLock()
        self._open: dict[Path, DayFile] = {}
        self._paths = day_files(directory)

    @property
    def paths(self) -> tuple[Path, ...]:
        """Their files, oldest first."""
        return tuple(self._paths)

    @property
    def names(self) -> tuple[str, ...]:
        """The UTC days, oldest first."""
        return tuple(path.name.removesuffix(DAY_SUFFIX) for path in self._paths)

    @property
    def newest(self) -> Path:
        return self._paths[-1]

    @property
    def oldest(self) -> Path:
        return self._paths[0]

    def scan(self) -> None:
        """See days that another process has begun or deleted."""
        with self._lock:
            self._paths = day_files(self._directory)

    def adopt(self, day: DayFile) -> None:
        """Take over an open file as the newest day, the one that is written to: it stays open."""
        with self._lock:
            if day.path not in self._paths:
                self._paths.append(day.path)
            self._open[day.path] = day

    @contextmanager
    def use(self, path: Path) -> Iterator[DayFile]:
        """The day's file, open; nobody closes it meanwhile. Raises InputsDeleted, JournalCorrupt, StorageFailed."""
        with self._lock:
            if path not in self._paths:
                raise InputsDeleted(f"{path} was deleted while it was being read. Read from a later input.")
            if path not in self._open:
                self._close_one_too_many()
                self._open[path] = DayFile(path, read_only=True)
            yield self._open[path]

    def holding(self, seq: int) -> Path:
        """The day that holds input `seq`, or that would if it came now. Raises InputsDeleted."""
        for path in reversed(self._paths):
            with self.use(path) as day:
                first_seq = day.header.seq + 1
            if first_seq <= seq:
                return path
        raise InputsDeleted(
            f"input {seq} is asked for, but {self._directory} begins with input {first_seq}: earlier days were "
            f"deleted. Start from a checkpoint that stands for input {first_seq - 1} or later."
        )

    def after(self, path: Path) -> Path | None:
        """The day that follows, None behind the newest."""
        later = [other for other in self._paths if other > path]
        return later[0] if later else None

    def delete_before(self, day: str) -> list[str]:
        """Delete the days before `day` except the newest, oldest first, and tell which."""
        deleted = []
        with self._lock:
            for path in [path for path in self._paths[:-1] if path.name.removesuffix(DAY_SUFFIX) < day]:
                if path in self._open:
                    self._open.pop(path).close()
                remove_environment(path)
                self._paths.remove(path)
                deleted.append(path.name.removesuffix(DAY_SUFFIX))
        sync_directory(self._directory)
        return deleted

    def close(self) -> None:
        with self._lock:
            while self._open:
                self._open.popitem()[1].close()

    def _close_one_too_many(self) -> None:
        idle = [path for path in self._open if path != self.newest]
        if len(self._open) >= _OPEN_MAX and idle:
            self._open.pop(idle[0]).close()
