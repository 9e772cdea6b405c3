"""What `understudy run` makes of its options before it trades."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.main import main

MARKET = '[source.market]\nseed = 4\ndays = 1\n\n[storage]\ndata_dir = "configured"\n'


@pytest.mark.parametrize(
    ("options", "variable", "used"),
    [
        (["--data-dir", "given"], "of-the-environment", "given"),
        ([], "of-the-environment", "of-the-environment"),
        ([], None, "configured"),
    ],
)
def test_the_data_directory_is_that_of_the_option_then_of_the_environment_then_of_the_configuration(
    options: list[str], variable: str | None, used: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("market.toml").write_text(MARKET)
    for name in ("given", "of-the-environment", "configured"):
        Path(name).touch()  # a file, so that the run ends where it would begin to write

    result = CliRunner().invoke(
        main, ["run", "--no-guardian", "--config", "market.toml", *options], env={"UNDERSTUDY_DATA_DIR": variable}
    )

    assert result.exit_code == 2
    assert result.stderr.startswith(f"understudy: {used} cannot be used as a data directory: Not a directory.")


@pytest.mark.parametrize("source", [["--market", "7"], ["--config", "market.toml"]])
def test_a_root_is_not_passed_over_where_nothing_is_replayed(source: list[str]) -> None:
    result = CliRunner().invoke(main, ["run", *source, "--root", "x"])

    error = "--root goes with --replay. Leave it out; a configuration has root in [source]."
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"understudy: {error} See `understudy run --help`.\n"
