"""A writer that is killed in the middle of a commit, while somebody else has the files open to read them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from storage import DataDirectory, DataDirectoryView
from tests._paths import REPOSITORY
from tests.recorded import SMALL
from tests.storage.turns import TurnWriter

FORGET = """
import struct, sys
import lmdb

TXNID = struct.Struct("<Q")
TXNID_AT = 48  # which commit is the latest, behind magic, format and mutex of the readers

for lock in sys.argv[1:]:
    with lmdb.open(lock.removesuffix("-lock"), subdir=False, readonly=True, create=False) as environment:
        expected = environment.info()["last_txnid"]
    with open(lock, "r+b") as file:
        file.seek(TXNID_AT)
        latest = TXNID.unpack(file.read(TXNID.size))[0]
        assert latest == expected, f"{lock} has another layout: {latest} is not {expected}"
        file.seek(TXNID_AT)
        file.write(TXNID.pack(latest - 1))
"""

APPEND = """
import os, signal, sys
from pathlib import Path
from storage import DataDirectory
from tests.recorded import SMALL
from tests.storage.turns import TurnWriter

directory = DataDirectory.open(Path(sys.argv[1]), options=SMALL)
journal = directory.journal
print(journal.last_seq)
journal.append([TurnWriter(journal.epoch, journal.last_seq, journal.chain).frame()])
print(journal.last_seq, flush=True)
if sys.argv[2] == "die":
    directory.state.put_settings({"mark": b"1"})
    in_hand = [journal._day._environment.begin(write=True), directory.state._environment.begin(write=True)]
    os.kill(os.getpid(), signal.SIGKILL)
directory.close()
"""


def append(path: Path, then: str) -> list[int]:
    """The last input before and after another process has appended one."""
    done = subprocess.run(
        [sys.executable, "-c", APPEND, str(path), then], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return [int(line) for line in done.stdout.split()]


def forget_last_commits(path: Path) -> None:
    """Put the lock files into the state in which a kill right before the end of a commit leaves them.

    In another process: closing a lock file lets go of all that this process has locked in it.
    """
    locks = [str(lock) for lock in ((path / "state.mdb-lock"), *(path / "journal").glob("*-lock"))]
    subprocess.run([sys.executable, "-c", FORGET, *locks], check=True)


def test_the_last_commit_of_a_killed_writer_is_found_though_a_reader_has_the_file_open(tmp_path: Path) -> None:
    with DataDirectory.open(tmp_path, options=SMALL) as directory:
        journal = directory.journal
        journal.append([TurnWriter(journal.epoch).frame()])
    with DataDirectoryView(tmp_path) as view:
        assert append(tmp_path, "die") == [1, 2]
        forget_last_commits(tmp_path)

        assert append(tmp_path, "live") == [2, 3]

        view.journal.refresh()
        assert view.journal.last_seq == 3
        assert view.journal.verify().inputs == 3
        assert view.state.setting("mark") == b"1"
