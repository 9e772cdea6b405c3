"""The commands that read the journal itself: ls, show, verify, export."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from cli.output import (
    Column,
    data_dir_option,
    example,
    json_option,
    plain_text,
    print_json,
    print_json_lines,
    print_line,
    print_table,
    time_text,
)
from ops.export import RecordKind
from ops.inspection import list_days, read_input, read_records, verify_journal

_DAY_COLUMNS = (
    Column("day", "day"),
    Column("first_seq", "first", right=True),
    Column("last_seq", "last", right=True),
    Column("inputs", "inputs", right=True),
    Column("size_bytes", "bytes", right=True),
    Column("file", "file"),
)
_HEAD = ("seq", "time_ns", "kind", "type")


@click.group()
def journal() -> None:
    """List, show, verify and export the journal: every input of a run, and all that it caused."""


@journal.command("ls", epilog=example("understudy journal ls --data-dir ./data"))
@data_dir_option
@json_option
def list_command(data_dir: Path, as_json: bool) -> None:
    """List the journal's files, one for each UTC day, with the inputs that each holds."""
    days = list_days(data_dir)
    if as_json:
        print_json(days)
    else:
        print_table(days, _DAY_COLUMNS, none="No journal files.")


@journal.command(epilog=example("understudy journal show 17"))
@click.argument("seq", type=click.IntRange(min=1))
@data_dir_option
@json_option
def show(seq: int, data_dir: Path, as_json: bool) -> None:
    """Show input number SEQ and all that it caused."""
    found = read_input(data_dir, seq)
    if as_json:
        print_json(found)
        return
    for record in found:
        click.echo(f"{record['kind']} {record['seq']} at {time_text(record['time_ns'])}: {record['type']}")
        for name, value in _fields(record):
            click.echo(f"  {name} = {plain_text(value)}")


@journal.command(epilog=example("understudy journal verify --data-dir ./data"))
@data_dir_option
@json_option
def verify(data_dir: Path, as_json: bool) -> None:
    """Prove every byte of the journal by its chain of checksums; exit with 1 at the first that was changed."""
    report = verify_journal(data_dir)
    if as_json:
        print_json(report)
        return
    click.echo(
        f"The journal is whole: inputs {report.first_seq} to {report.last_seq} in {report.frames} frames, "
        f"{report.effects} effects, {len(report.days)} day(s)."
    )
    click.echo(f"chain {report.chain}")


@journal.command(epilog=example("understudy journal export --json --kind outcome > outcomes.jsonl"))
@data_dir_option
@click.option(
    "--after", type=click.IntRange(min=0), default=0, help="Only what came after input number N.", metavar="N"
)
@click.option("--kind", type=click.Choice(RecordKind, case_sensitive=False), help="Only records of this kind.")
@json_option
def export(data_dir: Path, after: int, kind: RecordKind | None, as_json: bool) -> None:
    """Print every input, effect and outcome, one a line, in the order in which they happened.

    An outcome is what a venue said of an order, once: if a broker said it and the engine took it in, the effect is
    the outcome. An effect is anything else that the engine did, an input anything else that came in.
    """
    records = read_records(data_dir, after_seq=after, only=kind)
    if as_json:
        print_json_lines(records)
    else:
        _print_lines(records)


def _print_lines(records: Iterator[dict[str, Any]]) -> None:
    for record in records:
        fields = " ".join(f"{name}={plain_text(value)}" for name, value in _fields(record))
        print_line(f"{record['seq']} {time_text(record['time_ns'])} {record['kind']} {record['type']} {fields}")


def _fields(record: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(name, value) for name, value in record.items() if name not in _HEAD]
