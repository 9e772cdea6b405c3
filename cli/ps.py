"""`understudy ps`: how each actor is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from cli.output import (
    Column,
    count_text,
    data_dir_option,
    duration_text,
    example,
    json_option,
    print_json,
    print_table,
    rate_text,
)
from cli.status import LANES
from cli.telling import ask_engine_or_files, say_not_running
from ops.control.answers import ActorLine, LaneLine
from ops.control.client import ControlClient

if TYPE_CHECKING:
    from ops.at_rest import ActorsAtRest

SYMBOLS_SHOWN = 30
"""More symbol actors than these are shown only with --all, or if something is the matter with them."""

_ACTORS = (
    Column("name", "actor"),
    Column("status", "state"),
    Column("mailbox", "mailbox", count_text, right=True),
    Column("oldest_age_seconds", "oldest", duration_text, right=True),
    Column("handled", "handled", count_text, right=True),
    Column("rate", "rate/s", rate_text, right=True),
    Column("conflated", "conflated", count_text, right=True),
    Column("crashes", "crashes", count_text, right=True),
    Column("restarts", "restarts", count_text, right=True),
    Column("parked", "parked", count_text, right=True),
    Column("checkpoint_age_seconds", "checkpoint", duration_text, right=True),
)


@click.command(epilog=example("understudy ps", "understudy ps --all --json"))
@data_dir_option
@click.option("--all", "show_all", is_flag=True, help="Show every symbol's actor, however many there are.")
@json_option
def ps(data_dir: Path, show_all: bool, as_json: bool) -> None:
    """Show the tree of actors, and the lanes by which messages come in.

    mailbox: messages that wait, oldest: for how long the first of them has. crashes: attempts to handle a message
    that failed; restarts: how often the state was rebuilt. checkpoint: the age of the one that holds the actor. If
    no engine runs, the actors as they are in the latest checkpoint.
    """
    found = ask_engine_or_files(data_dir, _actors_and_lanes, _actors_at_rest)
    if isinstance(found, tuple):
        actors, lanes = found
    else:
        actors, lanes = found.actors, ()
        say_not_running(data_dir, as_of=f"the checkpoint at input {found.seq:,}", as_json=as_json)
    if as_json:
        print_json(actors)
        return
    print_table(list(_rows(actors, show_all=show_all)), _ACTORS, none="No actors.")
    if lanes:
        click.echo()
        print_table(lanes, LANES, none="")


def _actors_and_lanes(engine: ControlClient) -> tuple[tuple[ActorLine, ...], tuple[LaneLine, ...]]:
    return engine.actors(), engine.status().lanes


def _actors_at_rest(data_dir: Path) -> ActorsAtRest:
    from ops.at_rest import actors_at_rest  # noqa: PLC0415  # opens the storage, which a running engine spares us

    return actors_at_rest(data_dir)


def _rows(actors: Sequence[ActorLine], *, show_all: bool) -> Iterator[ActorLine]:
    """The lines of the tree, indented; symbols beyond what can be read at a glance are one line together."""
    symbols = [line for line in actors if line.kind == "symbol"]
    is_long = len(symbols) > SYMBOLS_SHOWN and not show_all
    together = [line for line in symbols if not _stands_out(line)] if is_long else []
    left_out = {line.name for line in together}
    for line in actors:
        if line.name not in left_out:
            yield msgspec.structs.replace(line, name="  " * line.depth + line.name)
        elif line is together[0]:
            yield _sum(together, f"{'  ' * line.depth}symbol/... {len(together):,} more (--all)")


def _stands_out(line: ActorLine) -> bool:
    return line.status != "running" or bool(line.crashes or line.parked)


def _sum(lines: Sequence[ActorLine], name: str) -> ActorLine:
    ages = [line.oldest_age_seconds for line in lines if line.oldest_age_seconds is not None]
    saved = [line.checkpoint_age_seconds for line in lines if line.checkpoint_age_seconds is not None]
    return ActorLine(
        name=name,
        kind="symbol",
        depth=lines[0].depth,
        status="running",
        mailbox=sum(line.mailbox for line in lines),
        oldest_age_seconds=max(ages, default=None),
        handled=sum(line.handled for line in lines),
        rate=sum(line.rate for line in lines),
        crashes=0,
        restarts=sum(line.restarts for line in lines),
        parked=0,
        undelivered=sum(line.undelivered for line in lines),
        conflated=sum(line.conflated for line in lines),
        checkpoint_age_seconds=max(saved, default=None),
    )
