"""What can go wrong with what is remembered, by what the caller can do about it.

StorageError
├── DataDirectoryInvalid   no data directory of ours at that path: correct the path
├── DataDirectoryInUse     another process owns it: stop that one, or choose another directory
├── StaleEpoch             a newer owner writes here: stop
├── InputsDeleted          retention deleted what was asked for: ask for later inputs
├── DiskFull               no space left, nothing written: free space, then go on
├── StorageFailed          a write or sync failed: never retry it; stop, reopen, recover from disk
└── Corrupt                bytes changed on disk: restore the file named
    ├── JournalCorrupt
    └── StateCorrupt
        └── CheckpointCorrupt
"""

from __future__ import annotations

from pathlib import Path


class StorageError(Exception):
    """Root of all errors of this package."""


class DataDirectoryInvalid(StorageError):
    """The path holds no data directory that this code can open. Correct the path, or the versions."""


class DataDirectoryInUse(StorageError):
    """Another owner has the directory open for writing; `pid` is its process, 0 if it cannot be told."""

    def __init__(self, path: Path, pid: int) -> None:
        owner = f"process {pid}" if pid else "another process"
        super().__init__(
            f"data directory {path} is in use by {owner}. Stop that engine first, or choose another directory."
        )
        self.path = path
        self.pid = pid


class StaleEpoch(StorageError):
    """Frames of another owner's epoch were offered: somebody else has opened the journal since. Stop."""


class InputsDeleted(StorageError):
    """The inputs asked for lie before the oldest that retention has kept."""


class DiskFull(StorageError):
    """No space is left, the reserve included; nothing of the call was written. Free space, then go on."""


class StorageFailed(StorageError):
    """A write or a sync failed, so what the kernel holds in memory can no longer be trusted.

    Never retry: stop, open the data directory again and recover from what is on disk.
    """


class Corrupt(StorageError):
    """Bytes on disk are not those that were written."""


class JournalCorrupt(Corrupt):
    """A journal file was changed. `seq` is the first input that can no longer be trusted, 0 if it is not known."""

    def __init__(self, path: Path, *, seq: int, detail: str) -> None:
        where = f"from input {seq}" if seq else "in its structure"
        super().__init__(
            f"journal file {path} is damaged {where}: {detail}. Do not trade on it: keep a copy, "
            f"restore the file from a backup, then check it with `understudy journal verify`."
        )
        self.path = path
        self.seq = seq


class StateCorrupt(Corrupt):
    """The state file was changed. The journal is the truth: the state can be rebuilt from it."""

    def __init__(self, path: Path, *, detail: str) -> None:
        super().__init__(
            f"state file {path} is damaged: {detail}. Keep a copy and restore it from a backup, or move it "
            f"away: while the journal is whole, the engine then rebuilds it by replaying the journal."
        )
        self.path = path


class CheckpointCorrupt(StateCorrupt):
    """One checkpoint cannot be used. The store passes it over for the one before it."""
