"""docs/operations.md and the systemd unit: every command and option that they show exists."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from cli.main import main
from tests._paths import REPOSITORY

PAGE = REPOSITORY / "docs" / "operations.md"
UNIT = REPOSITORY / "docs" / "understudy.service"
_SHOWN = re.compile(r"(?:^|`|-u understudy )understudy ([a-z][^`\n]*)", re.MULTILINE)


def shown_commands() -> list[str]:
    unit = [
        line.partition("bin/understudy ")[2]
        for line in UNIT.read_text("utf-8").splitlines()
        if "bin/understudy " in line
    ]
    return sorted({*_SHOWN.findall(PAGE.read_text("utf-8")), *unit})


def unknown_part(words: list[str]) -> str | None:
    """The first word that names no command, or no option of it."""
    command: click.Command | None = main
    while isinstance(command, click.Group) and words:
        command = command.get_command(click.Context(command), words[0])
        if command is None:
            return words[0]
        words = words[1:]
    assert command is not None
    options = {name for parameter in command.params for name in parameter.opts}
    return next((word for word in words if word.startswith("-") and word not in options), None)


def test_the_page_shows_commands() -> None:
    assert len(shown_commands()) > 20


@pytest.mark.parametrize("shown", shown_commands())
def test_each_shown_command_and_its_options_exist(shown: str) -> None:
    assert unknown_part(shlex.split(shown)) is None


def test_a_command_that_does_not_exist_would_be_noticed() -> None:
    assert unknown_part(["stats"]) == "stats"
    assert unknown_part(["logs", "--folow"]) == "--folow"
    assert unknown_part(["journal", "prove"]) == "prove"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd")
def test_systemd_finds_no_fault_with_the_unit(tmp_path: Path) -> None:
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text("utf-8").replace("/opt/understudy/bin/understudy", shutil.which("true") or ""))

    done = subprocess.run(
        ["systemd-analyze", "verify", copy], capture_output=True, text=True, check=False, timeout=60
    )

    assert (done.returncode, done.stderr) == (0, "")
