"""Which files are those of a data directory, so that nothing else is removed with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ops.control.wire import SOCKET_NAME
from ops.log_file import LOG_FOLDER
from ops.processes import DAEMON_FILE
from ops.proof_note import NOTE_FILE

_DIGITS = "[0-9]"
_DATABASES = ("state.mdb", f"journal/{_DIGITS * 4}-{_DIGITS * 2}-{_DIGITS * 2}.mdb")
_LOGS = (f"{LOG_FOLDER}/engine.jsonl", f"{LOG_FOLDER}/guardian.jsonl")
_PATTERNS = (
    "lock",
    SOCKET_NAME,
    *(f"{database}{suffix}" for database in _DATABASES for suffix in ("", "-lock", ".new", ".new-lock")),
    *(str(Path(note).with_suffix(suffix)) for note in (DAEMON_FILE, NOTE_FILE) for suffix in (".json", ".new")),
    *(f"{log}{older}" for log in _LOGS for older in ("", f".{_DIGITS}*")),
)
_FOLDERS = ("journal", LOG_FOLDER)


def remove_data_files(data_dir: Path) -> None:
    """Remove what engine, guardian and `understudy journal verify` leave in a directory that nobody has open.

    All else stays. Raises OSError.
    """
    for path in _data_files(data_dir):
        path.unlink(missing_ok=True)
    for name in _FOLDERS:
        with suppress(OSError):  # something else is in it, or it is a link to one
            (data_dir / name).rmdir()


def _data_files(data_dir: Path) -> Iterator[Path]:
    for pattern in _PATTERNS:
        yield from tuple(data_dir.glob(pattern))
