"""What a growing journal costs in memory."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

import pytest

from storage import LmdbJournal, _day_file
from tests.storage.turns import TurnWriter

MEBIBYTE = 1 << 20


def test_memory_does_not_grow_with_the_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_day_file, "_REMAP_BYTES", MEBIBYTE)
    writer = TurnWriter()
    with closing(LmdbJournal(tmp_path, epoch=1, book="abc123", today=lambda: "2026-11-21")) as journal:
        for _ in range(400):
            journal.append([writer.frame(200)])

        written, resident = journal.used_bytes, resident_bytes(tmp_path)

    assert written > 4 * MEBIBYTE
    assert resident < 2 * MEBIBYTE


def resident_bytes(directory: Path) -> int:
    """How much of the maps of files in a directory counts as this process's memory, as the kernel tells it."""
    total, ours = 0, False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            ours = str(directory) in line
        elif ours and line.startswith("Rss:"):
            total += int(line.split()[1]) * 1024
    return total
