"""`understudy ps`: how each actor is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

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


class ActorTree(msgspec.Struct, frozen=True, kw_only=True):
    """What is told, with --json as it stands here.

    If no engine runs, `checkpoint_seq` is the input up to which the checkpoint stands that tells it; there are no
    lanes then.
    """

    actors: tuple[ActorLine, ...]
    lanes: tuple[LaneLine, ...] = ()
    checkpoint_seq: int | None = None


@click.command(epilog=example("understudy ps", "understudy ps --all --json"))
@data_dir_option
@click.option("--all", "show_all", is_flag=True, help="Show every symbol's actor, however many there are.")
@json_option
def ps(data_dir: Path, show_all: bool, as_json: bool) -> None:
    """Show the tree of actors, and the lanes by which messages come in.

    mailbox: messages that wait, oldest: for how long the first of them has. crashes: attempts to handle a message
    that failed; restarts: how often the state was rebuilt. checkpoint: the age of the one that holds the actor. If
    no engine runs, the actors as they are in the latest checkpoint; `checkpoint_seq` of --json is the input up to
    which it stands, and else null.
    """
    found = ask_engine_or_files(data_dir, _running, _at_rest)
    if found.checkpoint_seq is not None:
        say_not_running(data_dir, as_of=f"the checkpoint at input {found.checkpoint_seq:,}", as_json=as_json)
    if as_json:
        print_json(found)
        return
    print_table(list(_rows(found.actors, show_all=show_all)), _ACTORS, none="No actors.")
    if found.lanes:
        click.echo()
        print_table(found.lanes, LANES, none="")


def _running(engine: ControlClient) -> ActorTree:
    return ActorTree(actors=engine.actors(), lanes=engine.status().lanes)


def _at_rest(data_dir: Path) -> ActorTree:
    from ops.at_rest import actors_at_rest  # noqa: PLC0415  # opens the storage, which a running engine spares us

    found = actors_at_rest(data_dir)
    return ActorTree(actors=found.actors, checkpoint_seq=found.seq)


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
