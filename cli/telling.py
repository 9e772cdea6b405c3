"""How a command tells a running engine what to do, asks it or its files, and asks a person first."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from cli.output import print_json, print_line
from ops.control.answers import CommandDone
from ops.control.client import ControlClient
from ops.control.commands import Command
from ops.errors import EngineNotRunning

COMMAND_SECONDS = 30.0
"""How long a command waits until it is carried out and durable."""

_Live = TypeVar("_Live")
_Rest = TypeVar("_Rest")


def tell_engine(data_dir: Path, command: Command, *, as_json: bool) -> None:
    """Have a running engine carry out a command, and print what came of it.

    Raises EngineNotRunning, EngineNotAnswering, ControlRefused.
    """
    with ControlClient(data_dir, timeout_seconds=COMMAND_SECONDS) as client:
        print_done(client.do(command), as_json=as_json)


def print_done(done: CommandDone, *, as_json: bool) -> None:
    """What came of a command, then what it could not do, a line each."""
    if as_json:
        print_json(done)
        return
    print_line(done.text)
    for note in done.notes:
        print_line(f"note: {note}")


def ask_engine_or_files(
    data_dir: Path, live: Callable[[ControlClient], _Live], at_rest: Callable[[Path], _Rest]
) -> _Live | _Rest:
    """What the running engine answers, or, if none runs, what its files tell.

    Raises EngineNotAnswering and ControlRefused; and whatever `at_rest` raises.
    """
    try:
        with ControlClient(data_dir) as client:
            return live(client)
    except EngineNotRunning:
        return at_rest(data_dir)


def say_not_running(data_dir: Path, *, as_of: str, as_json: bool) -> None:
    """Say that an answer comes from the files, and as of when; beside the JSON on standard error."""
    from ops.processes import serving_process  # noqa: PLC0415  # only if nobody has answered

    owner = serving_process(data_dir)
    who = f"No engine runs on {data_dir}" if owner is None else f"Process {owner} on {data_dir} does not answer yet"
    print_line(f"{who}. This is {as_of}.", err=as_json)


def require_yes(given: bool, question: str) -> None:
    """Go on only if `--yes` was given, or is typed now. Raises UsageError without a terminal to ask on."""
    if given:
        return
    if not sys.stdin.isatty():
        raise click.UsageError(f"{question} Say so with --yes.")
    if click.prompt(f"{question} Type yes to go on", default="no", show_default=False, err=True) != "yes":
        raise click.ClickException("nothing was done.")
