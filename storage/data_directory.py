"""A data directory: who owns it, and what lies in it.

    lock             held while an engine has the directory open for writing; names its process
    journal/         one file per UTC day, see `journal`
    state.mdb        see `state_store`; its settings hold the book, the epoch and the clean marker

The journal keeps epoch and book too, so a state file that was lost or moved away takes neither with it.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from storage._environment import sync_directory
from storage._journal_reader import LmdbJournalReader
from storage.errors import DataDirectoryInUse, DataDirectoryInvalid
from storage.journal import LmdbJournal, utc_today
from storage.options import DEFAULT_OPTIONS, FileOptions
from storage.state_store import LmdbStateStore

_LAYOUT = 1
_BOOK_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no letter reads as another
_BOOK_LENGTH = 6
_PRIVATE_DIRECTORY = 0o700
_PRIVATE_FILE = 0o600


class DataDirectory:
    """A data directory open for writing, by this process alone. `open` makes one; leave it by `close`."""

    def __init__(
        self,
        path: Path,
        *,
        journal: LmdbJournal,
        state: LmdbStateStore,
        book: str,
        was_clean: bool,
        release: ExitStack,
    ) -> None:
        self.path = path
        self.journal = journal
        self.state = state
        self.was_clean = was_clean
        self._book = book
        self._release = release

    def __repr__(self) -> str:
        return f"DataDirectory({self.path}, book={self.book}, epoch={self.epoch}, last_seq={self.journal.last_seq})"

    @classmethod
    def open(
        cls, path: Path, *, today: Callable[[], str] = utc_today, options: FileOptions = DEFAULT_OPTIONS
    ) -> DataDirectory:
        """Take the directory over, creating it if need be, and begin the next epoch.

        `was_clean` tells whether the owner before closed it in order (True for a new one). Raises
        DataDirectoryInUse, DataDirectoryInvalid, JournalCorrupt, StateCorrupt, DiskFull, StorageFailed.
        """
        journal_path = _journal_path(path)
        _make_folder(journal_path)
        with ExitStack() as release:
            release.callback(os.close, _lock(path))
            state = LmdbStateStore(_state_path(path), options=options)
            release.callback(state.close)
            _check_layout(path, state)
            reader = LmdbJournalReader(journal_path)
            release.callback(reader.close)
            book = _text(state, "book") or reader.book or _draw_book()
            epoch = max(int(_text(state, "epoch") or 0), reader.epoch) + 1
            was_clean = _text(state, "clean") == "yes" if epoch > 1 else True
            _put_texts(state, layout=str(_LAYOUT), book=book, epoch=str(epoch), clean="no")
            journal = LmdbJournal(journal_path, epoch=epoch, book=book, today=today, options=options, reader=reader)
            release.callback(journal.close)
            return cls(
                path, journal=journal, state=state, book=book, was_clean=was_clean, release=release.pop_all()
            )

    @property
    def book(self) -> str:
        """Short id that begins every client order id; another data directory has another."""
        return self._book

    @property
    def epoch(self) -> int:
        """Number of this ownership: each opening for writing takes the next one."""
        return self.journal.epoch

    def redraw_book(self) -> str:
        """Draw another book. To be done once after restoring a backup, before any order is sent.

        The past that was lost may have sent order ids that the restored past would use again.
        """
        self._book = _draw_book()
        self.journal.put_book(self._book)
        _put_texts(self.state, book=self._book)
        return self._book

    def close(self, *, clean: bool = True) -> None:
        """Let go of the directory. `clean` marks an ordered end, which the next owner sees as `was_clean`."""
        with self._release:
            if clean:
                _put_texts(self.state, clean="yes")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(clean=error is None)


class DataDirectoryView:
    """A data directory open for reading, while an engine may be writing to it. It takes no lock.

    What it shows of the journal is as of its opening, or of the last `journal.refresh()`.
    """

    def __init__(self, path: Path) -> None:
        """Raises DataDirectoryInvalid, JournalCorrupt, StateCorrupt, StorageFailed."""
        if not _state_path(path).is_file():
            raise DataDirectoryInvalid(f"{path} holds no data directory: {_state_path(path)} is missing")
        self.path = path
        with ExitStack() as release:
            self.state = LmdbStateStore(_state_path(path), read_only=True)
            release.callback(self.state.close)
            _check_layout(path, self.state)
            self.journal = LmdbJournalReader(_journal_path(path))
            release.callback(self.journal.close)
            self._release = release.pop_all()

    def __repr__(self) -> str:
        return f"DataDirectoryView({self.path}, book={self.book}, last_seq={self.journal.last_seq})"

    @property
    def book(self) -> str:
        return _text(self.state, "book")

    @property
    def epoch(self) -> int:
        """Epoch of the latest owner, running or not."""
        return int(_text(self.state, "epoch") or 0)

    @property
    def is_clean(self) -> bool:
        """Whether the latest owner has closed it in order; False while it runs."""
        return _text(self.state, "clean") == "yes"

    def close(self) -> None:
        self._release.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _state_path(path: Path) -> Path:
    return path / "state.mdb"


def _journal_path(path: Path) -> Path:
    return path / "journal"


def _make_folder(journal_path: Path) -> None:
    """Make the journal's folder, and the data directory around it. Raises DataDirectoryInvalid."""
    try:
        new = [folder for folder in (journal_path, *journal_path.parents) if not folder.exists()]
        if not journal_path.parent.exists():  # `parents` would make it with the mode of any folder
            journal_path.parent.mkdir(mode=_PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        journal_path.mkdir(mode=_PRIVATE_DIRECTORY, exist_ok=True)
        for folder in new:  # else a power loss may take the name of a folder, and all that was synced in it
            sync_directory(folder.parent)
    except OSError as error:
        raise DataDirectoryInvalid(
            f"{journal_path.parent} cannot be used as a data directory: {error.strerror}. Name a folder that can "
            f"be written to, or one that does not exist yet."
        ) from error


def _lock(path: Path) -> int:
    """Take the lock, which the kernel lets go of with the process. Raises DataDirectoryInUse."""
    try:
        descriptor = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _PRIVATE_FILE)
    except OSError as error:
        raise DataDirectoryInvalid(
            f"{path} cannot be opened for writing: {error.strerror}. Make it writable, or name another folder."
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        owner = os.pread(descriptor, 32, 0).strip()
        os.close(descriptor)
        raise DataDirectoryInUse(path, int(owner) if owner.isdigit() else 0) from error
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)
    return descriptor


def _check_layout(path: Path, state: LmdbStateStore) -> None:
    layout = int(_text(state, "layout") or _LAYOUT)
    if layout > _LAYOUT:
        raise DataDirectoryInvalid(
            f"{path} has layout {layout}; this version reads up to {_LAYOUT}. Use the version that wrote it."
        )


def _draw_book() -> str:
    return "".join(secrets.choice(_BOOK_ALPHABET) for _ in range(_BOOK_LENGTH))


def _text(state: LmdbStateStore, name: str) -> str:
    return (state.setting(name) or b"").decode()


def _put_texts(state: LmdbStateStore, **texts: str) -> None:
    state.put_settings({name: text.encode() for name, text in texts.items()})
