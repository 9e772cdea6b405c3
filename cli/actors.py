"""The commands that concern one actor: kill, a drill, and restart."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from cli.arguments import actor_argument, given_one
from cli.output import data_dir_option, example, json_option
from cli.telling import tell_engine
from ops.control.commands import Kill, Restart


@click.command(epilog=example("understudy kill strategy/cross", "understudy kill symbol/SIM.A --hang"))
@actor_argument
@click.option("--crash", is_flag=True, help="Fail between two messages (default).")
@click.option("--hang", is_flag=True, help="Loop without end on its next message until broken off.")
@click.option("--poison", is_flag=True, help="Fail on its next message, again and again.")
@data_dir_option
@json_option
def kill(actor: str, crash: bool, hang: bool, poison: bool, data_dir: Path, as_json: bool) -> None:
    """A drill: make ACTOR fail, and see it come back.

    Its state is rebuilt from its checkpoint and what it handled since; no order is lost or sent twice. A poisoned
    message is parked as a dead letter after its third try.
    """
    flags: dict[Literal["crash", "hang", "poison"], bool] = {"crash": crash, "hang": hang, "poison": poison}
    tell_engine(data_dir, Kill(actor=actor, how=given_one(flags) or "crash"), as_json=as_json)


@click.command(epilog=example("understudy restart strategy/cross"))
@actor_argument
@data_dir_option
@json_option
def restart(actor: str, data_dir: Path, as_json: bool) -> None:
    """Let ACTOR run again that backs off, is quarantined, or waits for a person."""
    tell_engine(data_dir, Restart(actor=actor), as_json=as_json)
