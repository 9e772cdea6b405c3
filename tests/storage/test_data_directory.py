"""Who owns a data directory, and what survives."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from storage import (
    DataDirectory,
    DataDirectoryInUse,
    DataDirectoryInvalid,
    DataDirectoryView,
    FileOptions,
    LmdbStateStore,
    StateCorrupt,
)
from tests._paths import REPOSITORY
from tests.storage.states import checkpoint
from tests.storage.turns import TurnWriter

SMALL = FileOptions(reserve_bytes=64 << 10)


def open_directory(path: Path) -> DataDirectory:
    return DataDirectory.open(path, today=lambda: "2026-11-21", options=SMALL)


def test_a_new_directory_has_a_book_and_the_first_epoch(tmp_path: Path) -> None:
    with open_directory(tmp_path / "deep" / "data") as directory:
        assert re.fullmatch("[0-9a-hjkmnp-tv-z]{6}", directory.book)
        assert (directory.epoch, directory.was_clean, directory.journal.last_seq) == (1, True, 0)
        assert (directory.path / "journal" / "2026-11-21.mdb").is_file()


def test_two_directories_have_different_books(tmp_path: Path) -> None:
    with open_directory(tmp_path / "a") as a, open_directory(tmp_path / "b") as b:
        assert a.book != b.book


def test_each_opening_keeps_the_book_and_takes_the_next_epoch(tmp_path: Path) -> None:
    seen = []
    for _ in range(3):
        with open_directory(tmp_path) as directory:
            seen.append((directory.book, directory.epoch))

    book = seen[0][0]
    assert seen == [(book, 1), (book, 2), (book, 3)]


def test_an_ordered_close_is_told_to_the_next_owner_and_a_crash_is_not_one(tmp_path: Path) -> None:
    seen = []
    for clean in (True, False, True):
        directory = open_directory(tmp_path)
        seen.append(directory.was_clean)
        directory.close(clean=clean)
    with open_directory(tmp_path) as directory:
        seen.append(directory.was_clean)

    assert seen == [True, True, False, True]


def test_leaving_by_an_error_is_not_an_ordered_close(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), open_directory(tmp_path):
        raise ZeroDivisionError

    with open_directory(tmp_path) as directory:
        assert directory.was_clean is False


def test_a_second_owner_is_refused_and_told_who_the_first_is(tmp_path: Path) -> None:
    with open_directory(tmp_path), pytest.raises(DataDirectoryInUse) as refusal:
        open_directory(tmp_path)

    assert refusal.value.pid == os.getpid()
    assert str(refusal.value) == (
        f"data directory {tmp_path} is in use by process {os.getpid()}. Stop that engine first, "
        f"or choose another directory."
    )


def test_a_second_process_is_refused(tmp_path: Path) -> None:
    code = "import sys, pathlib, storage; storage.DataDirectory.open(pathlib.Path(sys.argv[1]))"
    with open_directory(tmp_path):
        ended = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path)], cwd=REPOSITORY, capture_output=True, text=True, check=False
        )

    assert f"DataDirectoryInUse: data directory {tmp_path} is in use by process {os.getpid()}" in ended.stderr


def test_the_lock_is_let_go_of_when_opening_fails(tmp_path: Path) -> None:
    open_directory(tmp_path).close()
    state = tmp_path / "state.mdb"
    whole = state.read_bytes()
    state.write_bytes(b"not LMDB")
    with pytest.raises(StateCorrupt, match="move it away"):
        open_directory(tmp_path)
    state.write_bytes(whole)

    with open_directory(tmp_path) as directory:
        assert directory.epoch == 2


def test_the_journal_refuses_frames_of_the_owner_before(tmp_path: Path) -> None:
    open_directory(tmp_path).close()
    with open_directory(tmp_path) as directory:
        writer = TurnWriter(epoch=directory.epoch)
        directory.journal.append(writer.frames([2]))

        assert directory.journal.last_seq == 2


def test_book_and_epoch_outlive_the_state_file(tmp_path: Path) -> None:
    with open_directory(tmp_path) as directory:
        book = directory.redraw_book()
        directory.journal.append(TurnWriter().frames([1]))
    (tmp_path / "state.mdb").unlink()

    with open_directory(tmp_path) as directory:
        assert (directory.book, directory.epoch, directory.was_clean) == (book, 2, False)
        assert directory.journal.last_seq == 1


def test_a_redrawn_book_is_another_one_and_stays(tmp_path: Path) -> None:
    with open_directory(tmp_path) as directory:
        before = directory.book
        drawn = directory.redraw_book()
        assert directory.book == drawn != before

    with open_directory(tmp_path) as directory:
        assert directory.book == drawn


def test_a_directory_of_a_newer_layout_is_refused(tmp_path: Path) -> None:
    open_directory(tmp_path).close()
    state = LmdbStateStore(tmp_path / "state.mdb", options=SMALL)
    state.put_settings({"layout": b"2"})
    state.close()

    with pytest.raises(DataDirectoryInvalid, match="has layout 2; this version reads up to 1"):
        open_directory(tmp_path)


def test_files_can_be_read_by_their_owner_only(tmp_path: Path) -> None:
    with open_directory(tmp_path / "data") as directory:
        modes = {path.name: path.stat().st_mode & 0o077 for path in directory.path.rglob("*")}

    assert set(modes.values()) == {0}, modes


def test_a_view_shows_what_a_closed_directory_holds(tmp_path: Path) -> None:
    writer = TurnWriter()
    with open_directory(tmp_path) as directory:
        book = directory.book
        directory.journal.append(writer.frames([2, 1]))
        directory.state.save_checkpoint(checkpoint(3, a=b"a"))

    with DataDirectoryView(tmp_path) as view:
        assert (view.book, view.epoch, view.is_clean) == (book, 1, True)
        assert list(view.journal.read()) == writer.turns
        assert view.state.latest_checkpoint() == checkpoint(3, a=b"a")


def test_a_view_follows_an_engine_that_runs_in_another_process(tmp_path: Path) -> None:
    with OtherProcess(tmp_path) as engine, DataDirectoryView(tmp_path) as view:
        seen = [(view.is_clean, view.journal.last_seq)]
        for day in ("2026-11-21", "2026-11-22", "2026-11-23"):
            engine.append(day)
            view.journal.refresh()
            seen.append((view.is_clean, view.journal.last_seq))
            assert [turn.last_seq for turn in view.journal.read()] == list(range(1, view.journal.last_seq + 1))

    assert seen == [(False, 0), (False, 1), (False, 2), (False, 3)]


def test_a_view_of_no_data_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataDirectoryInvalid, match=r"state\.mdb is missing"):
        DataDirectoryView(tmp_path)

    assert list(tmp_path.iterdir()) == []


class OtherProcess:
    """An engine elsewhere: it appends one frame for each day that it is told."""

    _CODE = """
import sys, pathlib
from storage import DataDirectory, FileOptions
from tests.storage.turns import TurnWriter
day = ["2026-11-21"]
options = FileOptions(reserve_bytes=64 << 10)
with DataDirectory.open(pathlib.Path(sys.argv[1]), today=lambda: day[0], options=options) as directory:
    writer = TurnWriter(epoch=directory.epoch)
    print("ready", flush=True)
    for line in sys.stdin:
        day[0] = line.strip()
        directory.journal.append([writer.frame()])
        print("appended", flush=True)
"""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> OtherProcess:
        self._process = subprocess.Popen(
            [sys.executable, "-c", self._CODE, str(self._path)],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._expect("ready")
        return self

    def append(self, day: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{day}\n")
        self._process.stdin.flush()
        self._expect("appended")

    def _expect(self, word: str) -> None:
        assert self._process.stdout is not None
        assert self._process.stdout.readline().strip() == word

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=30)


def test_a_new_data_directory_is_its_owner_s_alone(tmp_path: Path) -> None:
    path = tmp_path / "new"

    with DataDirectory.open(path, options=SMALL):
        modes = {each.name: each.stat().st_mode & 0o777 for each in (path, path / "journal")}

    assert modes == {"new": 0o700, "journal": 0o700}
