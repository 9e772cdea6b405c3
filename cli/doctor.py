"""`understudy doctor`."""

from __future__ import annotations

import os
import shutil
import textwrap
from collections.abc import Sequence
from pathlib import Path

import click

from cli.output import DATA_DIR_VARIABLE, DEFAULT_DATA_DIR, Folder, example, json_option, print_json
from ops.doctor import Check, Level, examine
from ops.errors import EXIT_FAILED, EXIT_FINE
from ops.printable import printable

_COLOURS = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "red"}
_NAME_WIDTH = 19
_INDENT = " " * (_NAME_WIDTH + 6)
_WIDTH_MAX = 120


@click.command(
    epilog=example("understudy doctor", "understudy doctor --data-dir /var/lib/understudy --config paper.toml")
)
@click.option(
    "--data-dir",
    type=Folder(),
    envvar=DATA_DIR_VARIABLE,
    show_envvar=True,
    help=f"The data directory, there or to be made. Default: the configuration's, or {DEFAULT_DATA_DIR}.",
)
@click.option("--config", "config_path", type=click.Path(path_type=Path), help="Examine this configuration too.")
@json_option
def doctor(data_dir: Path | None, config_path: Path | None, as_json: bool) -> int:
    """Examine whether this machine, its clock, its disk and the data directory are fit for an engine.

    Nothing is changed or traded; with --config its data are opened, its strategies made and its secrets looked up,
    as a start would do. To time the disk, small files are written there and deleted. An engine may run meanwhile.
    Exit code 1 if anything fails; what only warns is for a person to judge.
    """
    checks = examine(data_dir, config_path=config_path, environ=os.environ)
    failures = [check for check in checks if check.level is Level.FAIL]
    if as_json:
        print_json({"is_fit": not failures, "checks": [_plain(check) for check in checks]})
    else:
        _print_checks(checks)
    return EXIT_FAILED if failures else EXIT_FINE


def _print_checks(checks: Sequence[Check]) -> None:
    width = min(shutil.get_terminal_size().columns, _WIDTH_MAX)
    for check in checks:
        level = click.style(check.level.value.ljust(4), fg=_COLOURS[check.level])
        _, *more = lines = _wrapped(check.value, width)
        click.echo(f"{level}  {check.name:<{_NAME_WIDTH}}{lines[0]}")
        if check.level is not Level.OK:
            more += _wrapped(f"why: {check.why}", width)
            more += _wrapped(f"cure: {check.cure}", width)
        for line in more:
            click.echo(_INDENT + line)
    click.echo(f"\n{_verdict(checks)}")


def _verdict(checks: Sequence[Check]) -> str:
    counts = {level: sum(check.level is level for check in checks) for level in Level}
    told = ", ".join(f"{counts[level]} {level.value}" for level in Level)
    if counts[Level.FAIL]:
        return f"Not fit: {told}. Put right what fails first."
    return f"Fit: {told}." if not counts[Level.WARN] else f"Fit, with warnings: {told}."


def _wrapped(text: str, width: int) -> list[str]:
    width = max(30, width - len(_INDENT))
    lines = textwrap.wrap(text, width, break_on_hyphens=False, break_long_words=False)
    return [printable(line) for line in lines] or [""]


def _plain(check: Check) -> dict[str, str]:
    return {
        "name": check.name,
        "level": check.level.value,
        "value": check.value,
        "why": check.why,
        "cure": check.cure,
    }
