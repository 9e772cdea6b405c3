"""A checkpoint that cannot be used costs time, and is told of: it may be the disk."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from storage import DataDirectory
from tests.recorded import SMALL
from tests.simulated_runs import run_with, stop_behind


def test_a_checkpoint_that_is_passed_over_is_told_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run_with(tmp_path, stop_behind(2000))
    with DataDirectory.open(tmp_path, options=SMALL) as directory:
        checkpoint = directory.state.latest_checkpoint()
        assert checkpoint is not None
        directory.state.save_checkpoint(msgspec.structs.replace(checkpoint, schema=checkpoint.schema + 1))

    run_with(tmp_path, stop_behind(2100))

    told = [record.getMessage() for record in caplog.records if "passed over" in record.getMessage()]
    assert len(told) == 1
    assert f"has schema {checkpoint.schema + 1}" in told[0]
