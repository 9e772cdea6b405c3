"""`understudy inspect`: one actor from inside."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from cli.arguments import actor_argument
from cli.event_text import told_text
from cli.output import (
    data_dir_option,
    duration_text,
    example,
    json_option,
    print_json,
    print_line,
    rate_text,
    time_text,
)
from cli.telling import ask_engine_or_files, say_not_running
from ops.control.answers import ActorDetail, ActorLine
from ops.control.routes import MESSAGES_SHOWN_MAX
from ops.export import plain

if TYPE_CHECKING:
    from ops.at_rest import ActorAtRest

MESSAGES = 10
"""Messages that are shown, unless others are asked for."""

_WIDTH = 100
"""Longer tables of a state are laid out over several lines, and longer lists cut; --json has all of it."""


@click.command(epilog=example("understudy inspect strategy/cross", "understudy inspect symbol/SIM.A --messages 3"))
@actor_argument
@data_dir_option
@click.option(
    "--messages",
    type=click.IntRange(0, MESSAGES_SHOWN_MAX),
    default=MESSAGES,
    show_default=True,
    metavar="N",
    help="Show the last N messages.",
)
@json_option
def inspect(actor: str, data_dir: Path, messages: int, as_json: bool) -> None:
    """Show the state of ACTOR, the messages it handled last, and its timers.

    `understudy ps --all` lists the names. If no engine runs, the state is that in the latest checkpoint, and there
    are no messages; `checkpoint_seq` of --json is the input up to which it stands, and else null.
    """

    def at_rest(path: Path) -> ActorAtRest:
        from ops.at_rest import actor_at_rest  # noqa: PLC0415  # opens the storage, which a running engine spares us

        return actor_at_rest(path, actor)

    found = ask_engine_or_files(data_dir, lambda engine: engine.actor(actor, messages=messages), at_rest)
    if isinstance(found, ActorDetail):
        detail, checkpoint_seq = found, None
    else:
        detail, checkpoint_seq = found.detail, found.seq
        say_not_running(data_dir, as_of=f"the checkpoint at input {found.seq:,}", as_json=as_json)
    if as_json:
        print_json({**plain(detail), "checkpoint_seq": checkpoint_seq})
        return
    for line in _lines(detail):
        print_line(line)


def _lines(detail: ActorDetail) -> Iterator[str]:
    yield _head(detail.line)
    if detail.children:
        yield f"children: {', '.join(detail.children)}"
    yield "state:"
    yield from _state_lines(detail.state, indent="  ")
    if detail.timers:
        yield "timers:"
        yield from (f"  {name}  due {time_text(due_ns)}" for name, due_ns in detail.timers.items())
    if detail.messages:
        yield "messages:"
        for told in detail.messages:
            yield f"  {time_text(told.time_ns)}  {told_text(told.type, told.fields)}"


def _head(line: ActorLine) -> str:
    parts = [
        f"{line.name}: {line.kind}, {line.status}",
        f"{line.handled:,} messages handled ({rate_text(line.rate)}/s)",
        f"{line.mailbox:,} waiting",
        f"{line.crashes:,} crashes",
        f"{line.restarts:,} restarts",
        f"{line.parked:,} parked",
    ]
    if line.checkpoint_age_seconds is not None:
        parts.append(f"checkpoint {duration_text(line.checkpoint_age_seconds)} old")
    return ", ".join(parts)


def _state_lines(state: dict[str, Any], *, indent: str) -> Iterator[str]:
    """One line for each field; a table that is too long for one line is laid out below its name."""
    if not state:
        yield f"{indent}(nothing)"
    for name, value in state.items():
        text = msgspec.json.encode(value).decode()
        if isinstance(value, dict) and len(text) > _WIDTH:
            yield f"{indent}{name}:"
            yield from _state_lines(value, indent=indent + "  ")
        else:
            yield f"{indent}{name} = {_cut(text, value)}"


def _cut(text: str, value: Any) -> str:
    if not isinstance(value, list) or len(text) <= _WIDTH:
        return text
    return f"{text[:_WIDTH]}... ({len(value):,} items)"
