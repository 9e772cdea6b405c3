"""Some changed bytes of each file: none may pass for what was written without being it."""

from __future__ import annotations

from pathlib import Path

from ops.drill.process.byte_flips import Outcome, flip_bytes


def test_no_changed_byte_passes_for_what_was_written(tmp_path: Path) -> None:
    flips = flip_bytes(tmp_path, most=150, starts=5)

    assert flips.faults == ()
    for file in flips.files:
        assert file.bytes_tried == 150
        assert sum(file.outcomes.values()) == 150
        assert file.outcomes[Outcome.DETECTED.value] > 0
    assert flips.starts.refused + flips.starts.agreed >= 4
