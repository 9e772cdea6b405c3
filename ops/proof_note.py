"""When the journal was last proven whole: a note in the data directory, `verified.json`.

`understudy journal verify` writes it and `understudy doctor` reads it. Its chain is that of the last frame at the
time: a journal that was cut short since no longer has it.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import msgspec

NOTE_FILE = "verified.json"


class ProofNote(msgspec.Struct, frozen=True, kw_only=True):
    """The journal was whole from `first_seq` to `last_seq` at `time_ns`, UTC; `chain` is in hexadecimal."""

    time_ns: int
    first_seq: int
    last_seq: int
    chain: str


def write_note(data_dir: Path, note: ProofNote) -> None:
    """Keep it in place of the one before. Where nothing can be written, none is kept."""
    path = data_dir / NOTE_FILE
    new = path.with_suffix(".new")
    with suppress(OSError):
        new.touch(mode=0o600)
        new.write_bytes(msgspec.json.encode(note) + b"\n")
        new.replace(path)


def read_note(data_dir: Path) -> ProofNote | None:
    """The latest note; `None` if there is none that can be read."""
    try:
        return msgspec.json.decode((data_dir / NOTE_FILE).read_bytes(), type=ProofNote)
    except (OSError, msgspec.DecodeError):
        return None
