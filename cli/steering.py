"""The commands that concern the whole engine: stop, halt, release, checkpoint."""

from __future__ import annotations

from pathlib import Path

import click

from cli.arguments import Seconds, reason_option
from cli.output import data_dir_option, example, json_option
from cli.telling import print_done, require_yes, tell_engine
from ops.control.commands import Halt, Release, TakeCheckpoint

STOP_SECONDS = 30.0


@click.command(epilog=example("understudy stop", "understudy stop --timeout 60 --data-dir ./data"))
@data_dir_option
@reason_option
@click.option(
    "--timeout",
    type=Seconds(),
    default=STOP_SECONDS,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for the end.",
)
@json_option
def stop(data_dir: Path, reason: str, timeout: float, as_json: bool) -> None:
    """End the engine in order, and wait until it and its guardian have gone.

    No new entries, flush, last checkpoint. What is held stays under its protective stops at the venue. If the
    control socket does not answer, the guardian is told by SIGTERM.
    """
    from ops.stopping import stop_engine  # noqa: PLC0415  # only this command waits for processes

    print_done(stop_engine(data_dir, reason=reason, timeout_seconds=timeout), as_json=as_json)
    if not as_json:
        click.echo("engine and guardian have ended")


@click.command(epilog=example('understudy halt --reason "lunch"', "understudy halt --flatten --yes"))
@data_dir_option
@reason_option
@click.option("--flatten", is_flag=True, help="Close every position at the market too.")
@click.option("--yes", is_flag=True, help="Do not ask before closing every position.")
@json_option
def halt(data_dir: Path, reason: str, flatten: bool, yes: bool, as_json: bool) -> None:
    """Open no new position anywhere, and cancel working entries, until `understudy release`.

    Exits and protective stops go on.
    """
    if flatten:
        require_yes(yes, "--flatten closes every position of every portfolio at the market.")
    tell_engine(data_dir, Halt(reason=reason, flatten=flatten), as_json=as_json)


@click.command(epilog=example('understudy release --reason "checked the books"'))
@data_dir_option
@reason_option
@json_option
def release(data_dir: Path, reason: str, as_json: bool) -> None:
    """Let trading go on after a halt, halted symbols included."""
    tell_engine(data_dir, Release(reason=reason), as_json=as_json)


@click.command(epilog=example("understudy checkpoint --json"))
@data_dir_option
@json_option
def checkpoint(data_dir: Path, as_json: bool) -> None:
    """Store a checkpoint now: a start after this one has less to replay."""
    tell_engine(data_dir, TakeCheckpoint(), as_json=as_json)
