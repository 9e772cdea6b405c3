"""`understudy dead-letters`: the messages that were set aside because they kept crashing their receiver."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from cli.arguments import complete_actor
from cli.event_text import value_text
from cli.output import (
    Column,
    count_text,
    data_dir_option,
    example,
    json_option,
    print_json,
    print_line,
    print_table,
    time_text,
)
from cli.telling import ask_engine_or_files, print_done, say_not_running, tell_engine
from ops.control.answers import CommandDone, DeadLetterLine
from ops.control.client import ControlClient
from ops.control.commands import DropDeadLetter, RetryDeadLetter
from ops.errors import UsageError

_COLUMNS = (
    Column("seq", "input", count_text, right=True),
    Column("actor", "actor"),
    Column("time_ns", "time", time_text),
    Column("type", "type"),
    Column("error", "error"),
)

_seq_argument = click.argument("seq", type=click.IntRange(min=1))
_actor_argument = click.argument("actor", required=False, shell_complete=complete_actor)


@click.group("dead-letters")
def dead_letters() -> None:
    """List, show, retry and drop the messages that kept crashing their receiver and were set aside."""


@dead_letters.command("ls", epilog=example("understudy dead-letters ls"))
@data_dir_option
@json_option
def list_command(data_dir: Path, as_json: bool) -> None:
    """List the messages that were set aside, oldest first, with the error of the last try."""
    letters, is_live = _read(data_dir)
    _say_source(data_dir, is_live, as_json=as_json)
    if as_json:
        print_json(letters)
    else:
        print_table(letters, _COLUMNS, none="No dead letters.")


@dead_letters.command(epilog=example("understudy dead-letters show 1204 router"))
@_seq_argument
@_actor_argument
@data_dir_option
@json_option
def show(seq: int, actor: str | None, data_dir: Path, as_json: bool) -> None:
    """Show the message of input SEQ that ACTOR could not handle, with the traceback of the last try.

    ACTOR may be left out where only one has a message of that input set aside.
    """
    letters, is_live = _read(data_dir)
    letter = _chosen(letters, seq, actor)
    _say_source(data_dir, is_live, as_json=as_json)
    if as_json:
        print_json(letter)
        return
    print_line(f"input {letter.seq:,} to {letter.actor} at {time_text(letter.time_ns)}: {letter.type}")
    print_line(f"error: {letter.error}")
    if not letter.is_durable:
        click.echo("not yet durable: the next checkpoint stores it")
    fields = letter.message.items() if isinstance(letter.message, dict) else [("message", letter.message)]
    for name, value in fields:
        if name != "type":
            print_line(f"  {name} = {value_text(name, value)}")
    for line in letter.traceback.rstrip().split("\n"):
        print_line(line)


@dead_letters.command(epilog=example("understudy dead-letters retry 1204"))
@_seq_argument
@_actor_argument
@data_dir_option
@json_option
def retry(seq: int, actor: str | None, data_dir: Path, as_json: bool) -> None:
    """Tell the message of input SEQ to ACTOR once more, and forget that it was set aside."""
    with ControlClient(data_dir) as client:
        letter = _chosen(client.dead_letters(), seq, actor)
    tell_engine(data_dir, RetryDeadLetter(seq=letter.seq, actor=letter.actor), as_json=as_json)


@dead_letters.command(epilog=example("understudy dead-letters drop 1204 strategy/cross"))
@_seq_argument
@_actor_argument
@data_dir_option
@json_option
def drop(seq: int, actor: str | None, data_dir: Path, as_json: bool) -> None:
    """Forget the message of input SEQ to ACTOR. This can be done while no engine runs, too."""
    letters, is_live = _read(data_dir)
    letter = _chosen(letters, seq, actor)
    _say_source(data_dir, is_live, as_json=as_json)
    if is_live:
        tell_engine(data_dir, DropDeadLetter(seq=letter.seq, actor=letter.actor), as_json=as_json)
    else:
        print_done(_drop_at_rest(data_dir, letter), as_json=as_json)


def _read(data_dir: Path) -> tuple[tuple[DeadLetterLine, ...], bool]:
    """The letters, and whether a running engine told them."""
    return ask_engine_or_files(
        data_dir, lambda engine: (engine.dead_letters(), True), lambda path: (_at_rest(path), False)
    )


def _say_source(data_dir: Path, is_live: bool, *, as_json: bool) -> None:
    if not is_live:
        say_not_running(data_dir, as_of="what its files hold", as_json=as_json)


def _at_rest(data_dir: Path) -> tuple[DeadLetterLine, ...]:
    from ops.at_rest import dead_letters_at_rest  # noqa: PLC0415  # opens the storage, not needed with an engine

    return dead_letters_at_rest(data_dir)


def _drop_at_rest(data_dir: Path, letter: DeadLetterLine) -> CommandDone:
    from ops.at_rest import drop_dead_letter_at_rest  # noqa: PLC0415

    return drop_dead_letter_at_rest(data_dir, seq=letter.seq, actor=letter.actor)


def _chosen(letters: Sequence[DeadLetterLine], seq: int, actor: str | None) -> DeadLetterLine:
    """The one letter that is meant. Raises UsageError if there is none, or more than one."""
    found = [letter for letter in letters if letter.seq == seq and actor in (None, letter.actor)]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"input {seq} has several dead letters. Name one of {', '.join(a.actor for a in found)}.")
    to = "" if actor is None else f" to {actor}"
    raise UsageError(f"there is no dead letter of input {seq}{to}. List them: understudy dead-letters ls")
