"""What is remembered: the journal and the state of an engine, on LMDB or in memory."""

from __future__ import annotations

from storage._journal_reader import LmdbJournalReader
from storage.data_directory import DataDirectory, DataDirectoryView
from storage.errors import (
    CheckpointCorrupt,
    Corrupt,
    DataDirectoryInUse,
    DataDirectoryInvalid,
    DiskFull,
    InputsDeleted,
    JournalCorrupt,
    StaleEpoch,
    StateCorrupt,
    StorageError,
    StorageFailed,
)
from storage.journal import LmdbJournal, utc_today
from storage.memory import MemoryJournal, MemoryStateStore
from storage.options import FileOptions
from storage.state_store import LmdbStateStore
from storage.verification import DayRange, VerifyReport

__all__ = [
    "CheckpointCorrupt",
    "Corrupt",
    "DataDirectory",
    "DataDirectoryInUse",
    "DataDirectoryInvalid",
    "DataDirectoryView",
    "DayRange",
    "DiskFull",
    "FileOptions",
    "InputsDeleted",
    "JournalCorrupt",
    "LmdbJournal",
    "LmdbJournalReader",
    "LmdbStateStore",
    "MemoryJournal",
    "MemoryStateStore",
    "StaleEpoch",
    "StateCorrupt",
    "StorageError",
    "StorageFailed",
    "VerifyReport",
    "utc_today",
]
