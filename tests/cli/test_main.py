"""The command itself: quick to answer, one line for an error, and an exit code that tells whose fault it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from cli import main as module
from cli.error_line import tell_error
from cli.main import COMMANDS, main
from cli.output import DEFAULT_DATA_DIR
from ops.config import StorageSettings
from ops.errors import ConfigError, exit_code
from storage import DataDirectoryInvalid, StorageFailed
from tests._paths import REPOSITORY

HEAVY = ("lmdb", "pykka", "alpaca", "aiohttp", "prometheus_client", "pyarrow", "msgspec", "messages", "storage")


def test_help_imports_nothing_heavy() -> None:
    script = "import sys; from cli.main import main; main(['--help'], standalone_mode=False); print(*sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=True, timeout=60
    )

    loaded = done.stdout.split()
    assert [name for name in HEAVY if name in loaded] == []


def test_help_lists_every_command() -> None:
    result = CliRunner().invoke(main, ["--help"])

    assert result.exit_code == 0
    assert [name for name in COMMANDS if f"\n  {name} " not in result.output] == []


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "run"])
def test_every_command_has_help_with_an_example(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    leaves = list(command.commands.values()) if isinstance(command, click.Group) else [command]

    for leaf in leaves:
        text = leaf.get_help(click.Context(leaf, info_name=name))
        assert "Example:\n    understudy " in text
        assert "--json" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ordres"], "understudy: No such command 'ordres'. Did you mean 'orders'? See `understudy --help`.\n"),
        (["orders", "--opn"], "understudy: No such option '--opn'. (Did you mean one of: '--json', '--open'?) "
         "See `understudy orders --help`.\n"),
        (["journal", "show"], "understudy: Missing argument 'SEQ'. See `understudy journal show --help`.\n"),
        (["journal", "show", "0"], "understudy: Invalid value for 'SEQ': 0 is not in the range x>=1. "
         "See `understudy journal show --help`.\n"),
    ],
)  # fmt: skip
def test_a_misused_command_is_told_in_one_line(arguments: list[str], message: str) -> None:
    result = CliRunner().invoke(main, arguments)

    assert (result.exit_code, result.stderr, result.stdout) == (2, message, "")


def test_a_path_without_a_data_directory_is_a_misuse(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["orders", "--data-dir", str(tmp_path)])

    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert f"{tmp_path} holds no data directory" in result.stderr


@pytest.mark.parametrize(
    "words", ["status --data-dir", "doctor --data-dir", "demo --data-dir", "run --data-dir", "drill --report"]
)
def test_a_folder_that_is_an_empty_text_is_a_misuse_and_not_the_working_directory(words: str) -> None:
    result = CliRunner().invoke(main, [*words.split(), ""])

    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert ": the text is empty. Name a folder; the working directory is `.`. See" in result.stderr


def test_a_mistake_of_ours_is_told_in_one_line_with_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(module.COMMANDS, "broken", (f"{__name__}:broken", "Fails."))

    result = CliRunner().invoke(main, ["broken"])

    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert result.stderr.startswith("understudy: ZeroDivisionError: integer division or modulo by zero (at ")


@pytest.mark.parametrize(
    "error", [MemoryError(), ImportError("/lib/_contextvars.so: failed to map segment from shared object")]
)
def test_that_no_memory_is_left_is_no_mistake_of_ours(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    code = tell_error(error)

    said = "understudy: there is no memory left. Free some, or allow more, and start again.\n"
    assert (code, capsys.readouterr().err) == (1, said)


def test_exit_codes_tell_whose_fault_it_is() -> None:
    errors = [ConfigError("x"), DataDirectoryInvalid("x"), StorageFailed("x"), OSError("x"), KeyError("x")]

    assert [exit_code(error) for error in errors] == [2, 2, 1, 1, None]


def test_a_reader_that_leaves_early_is_no_error() -> None:
    script = f"{sys.executable} -c 'from cli.main import main; main()' --help | head -c 1"

    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", script],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (done.returncode, done.stderr) == (0, "")


@click.command()
def broken() -> None:
    """Fails with an error that nobody foresaw."""
    click.echo(str(1 // 0))


def test_commands_and_configuration_mean_the_same_data_directory_by_default() -> None:
    assert StorageSettings().data_dir == DEFAULT_DATA_DIR
