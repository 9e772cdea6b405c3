"""Sources as a configuration names them: what of recorded data an engine does not take."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.config import SourceSettings
from ops.errors import ConfigError
from ops.sources import open_source

DESCRIPTION = """
files = ["day.csv"]
format = "csv"
kind = "bar"
symbol = "A\\nB"
timeframe = "1m"
stamp = "end"
"""
ROWS = "time,open,high,low,close,volume\n2020-01-01 00:01:00,1,2,0.5,1.5,10\n"


def test_recorded_data_of_a_symbol_that_cannot_be_printed_are_refused(tmp_path: Path) -> None:
    (tmp_path / "day.toml").write_text(DESCRIPTION)
    (tmp_path / "day.csv").write_text(ROWS)

    with pytest.raises(ConfigError) as refused:
        open_source(SourceSettings(replay=(str(tmp_path / "day.toml"),), root=str(tmp_path)))

    assert str(refused.value) == (
        f'{tmp_path}/day.toml names "A\\nB"; a symbol must hold nothing but what can be printed. Correct it.'
    )
