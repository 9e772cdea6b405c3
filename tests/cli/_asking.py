"""The command, called in this process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from cli.main import main


def call(data_dir: Path, *arguments: str) -> Result:
    """What a command does on this data directory."""
    return CliRunner().invoke(main, list(arguments), env={"UNDERSTUDY_DATA_DIR": str(data_dir)})


def printed(data_dir: Path, *arguments: str) -> str:
    """What a command prints that succeeds and has nothing to complain of."""
    result = call(data_dir, *arguments)
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def told(data_dir: Path, *arguments: str) -> Any:
    """The JSON that a command prints that succeeds."""
    result = call(data_dir, *arguments, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)
