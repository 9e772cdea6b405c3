"""`understudy init` writes a file that can be used at once, and never over one that is there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.init import TEMPLATE_NAMES
from cli.main import main
from ops.config import load_config
from ops.templates import TEMPLATES
from tests._space import file_size_limit


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_first_command_writes_paper_trading_and_says_how_to_begin(folder: Path) -> None:
    result = _init()

    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "understudy.toml is written. Paper trading on a simulated market: no key, no network, and it never closes.",
        "Next:",
        "  understudy run --config understudy.toml",
    ]
    assert [*load_config(folder / "understudy.toml").portfolios] == ["main", "swing"]


@pytest.mark.parametrize("template", TEMPLATE_NAMES)
def test_every_template_can_be_loaded(folder: Path, template: str) -> None:
    result = _init("--template", template, "my file.toml", "--json")

    told = json.loads(result.stdout)
    assert told["file"] == "my file.toml"
    assert told["template"] == template
    assert told["next"][0].startswith("understudy run --config 'my file.toml'")
    assert load_config(folder / "my file.toml").strategies


def test_the_command_knows_every_template() -> None:
    assert tuple(TEMPLATES) == TEMPLATE_NAMES


def test_a_file_that_is_there_is_kept(folder: Path) -> None:
    (folder / "understudy.toml").write_text("mine")

    result = _init()

    assert result.exit_code == 2
    assert result.stderr == (
        "understudy: understudy.toml exists. Name another file, or give --force to replace it.\n"
    )
    assert (folder / "understudy.toml").read_text() == "mine"


def test_a_file_that_is_there_is_replaced_when_asked_for(folder: Path) -> None:
    (folder / "understudy.toml").write_text("mine")

    result = _init("--force")

    assert result.exit_code == 0
    assert load_config(folder / "understudy.toml").strategies


def test_a_file_that_cannot_be_written_is_a_misuse() -> None:
    result = _init("absent/understudy.toml")

    assert result.exit_code == 2
    assert result.stderr == (
        "understudy: absent/understudy.toml cannot be written: No such file or directory. Name another file.\n"
    )


def test_a_file_for_which_there_is_no_room_is_not_left_behind(folder: Path) -> None:
    with file_size_limit(100):
        result = _init()

    assert result.exit_code == 2
    assert "understudy.toml cannot be written: File too large." in result.stderr
    assert [*folder.iterdir()] == []
    assert _init().exit_code == 0


def test_a_template_that_is_not_there_is_a_misuse() -> None:
    result = _init("--template", "live")

    assert result.exit_code == 2
    assert "'live' is not one of 'paper', 'replay', 'alpaca'" in result.stderr


def _init(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["init", *arguments])
