"""`understudy status`: how the engine is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.output import (
    Column,
    bytes_text,
    count_text,
    data_dir_option,
    duration_text,
    example,
    json_option,
    plain_text,
    print_json,
    print_line,
    print_table,
    rate_text,
    time_text,
)
from cli.telling import ask_engine_or_files, say_not_running
from ops.control.answers import Status

if TYPE_CHECKING:
    from ops.at_rest import StatusAtRest

Rows = list[tuple[str, str]]
"""What is told, and how it is."""

LANES = (
    Column("lane", "lane", plain_text),
    Column("waiting", "waiting", count_text, right=True),
    Column("limit", "limit", count_text, right=True),
    Column("total", "total", count_text, right=True),
    Column("rate", "rate/s", rate_text, right=True),
    Column("conflated", "conflated", count_text, right=True),
    Column("dropped", "dropped", count_text, right=True),
)


@click.command(epilog=example("understudy status --data-dir ./data", "understudy status --json"))
@data_dir_option
@json_option
def status(data_dir: Path, as_json: bool) -> None:
    """Show how the engine is: state, rates, lanes, orders, disk and memory, and what is out of order.

    If no engine runs, the last state of its files; `state` is then stopped.
    """
    found = ask_engine_or_files(data_dir, lambda engine: engine.status(), _status_at_rest)
    if as_json:
        print_json(found)
        return
    rows = _live_rows(found) if isinstance(found, Status) else _rest_rows(found)
    if not isinstance(found, Status):
        say_not_running(data_dir, as_of=f"as of input {found.seq:,}, its last", as_json=False)
    width = max(len(name) for name, _ in rows)
    for name, text in rows:
        print_line(f"{name:<{width}}  {text}")
    if isinstance(found, Status):
        click.echo()
        print_table(found.lanes, LANES, none="no lanes")


def _status_at_rest(data_dir: Path) -> StatusAtRest:
    from ops.at_rest import status_at_rest  # noqa: PLC0415  # opens the storage, which a running engine spares us

    return status_at_rest(data_dir)


def _live_rows(found: Status) -> Rows:
    guardian = "no guardian" if found.guardian_pid is None else f"guardian {found.guardian_pid}"
    starts = f", {found.engine_starts} engines so far" if found.engine_starts > 1 else ""
    behind = "" if found.lag_seconds < 1 else f", {duration_text(found.lag_seconds)} behind"
    recovery = f"{duration_text(found.recovery_seconds)}, {found.replayed_inputs:,} inputs replayed"
    return [
        ("state", found.state),
        *_out_of_order(found),
        ("engine", f"process {found.engine_pid}, {guardian}, up {duration_text(found.uptime_seconds)}{starts}"),
        ("data", f"{found.data_dir}, book {found.book}, epoch {found.epoch}"),
        ("source", f"{found.source}{', ended' if found.source_ended else ''}"),
        ("input", f"{found.seq:,} at {time_text(found.time_ns)}, durable up to {found.durable_seq:,}{behind}"),
        (
            "rates",
            f"{rate_text(found.inputs_per_second)} inputs/s, {rate_text(found.messages_per_second)} messages/s",
        ),
        ("actors", _actors_text(found)),
        ("orders", f"{found.orders_sent:,} sent, {found.fills:,} fills, {found.denied:,} denied"),
        ("data kept out", f"{found.conflated:,} conflated, {found.refused:,} refused"),
        ("dead letters", f"{found.dead_letters:,}"),
        ("recovery", recovery if found.clean_start else f"{recovery}; the process before did not end in order"),
        ("checkpoint", _checkpoint_text(found)),
        ("disk", f"journal {bytes_text(found.journal_bytes)}, {bytes_text(found.disk_free_bytes)} free"),
        ("process", f"{bytes_text(found.memory_bytes)}, {found.open_files} open files, {found.threads} threads"),
        ("slow handlers", f"{found.slow_handlers:,}"),
    ]


def _out_of_order(found: Status) -> Rows:
    """What a person should see first."""
    rows = [("halted", f"portfolio {name}: {reason}") for name, reason in found.halted.items()]
    rows += [("halted", f"{symbol}: {reason}") for symbol, reason in found.halted_symbols.items()]
    if found.hung_actor is not None:
        rows.append(("hung", f"{found.hung_actor} was running when the process before had to be replaced"))
    return rows + [("warning", f"{concern.subject}: {concern.text}") for concern in found.warnings]


def _rest_rows(found: StatusAtRest) -> Rows:
    in_order = "in order" if found.ended_in_order else "not in order; the next start recovers"
    state = "stopped" if found.owner_pid is None else f"starting, process {found.owner_pid}"
    rows = [
        ("state", state),
        ("ended", in_order if found.owner_pid is None else "-"),
        ("data", f"{found.data_dir}, book {found.book}, epoch {found.epoch}"),
        ("input", f"{found.seq:,} at {time_text(found.time_ns)}" if found.seq else "none yet"),
        ("checkpoint", _checkpoint_text(found)),
        ("actors", _actors_text(found)),
        ("orders", f"{found.open_orders:,} open at the checkpoint"),
        ("dead letters", f"{found.dead_letters:,}"),
        ("disk", f"journal {bytes_text(found.journal_bytes)}"),
    ]
    if found.summary is not None:
        orders, fills, denied = (found.summary.get(name, 0) for name in ("orders", "fills", "denied"))
        rows.append(("run", f"ended: {orders:,} orders, {fills:,} fills, {denied:,} denied"))
        rows.append(("digest", str(found.summary.get("digest", "-"))))
    return rows


def _checkpoint_text(found: Status | StatusAtRest) -> str:
    if not found.checkpoint_seq:
        return "none yet"
    if isinstance(found, Status):
        return f"input {found.checkpoint_seq:,}, {duration_text(found.checkpoint_age_seconds)} old"
    return f"input {found.checkpoint_seq:,} at {time_text(found.checkpoint_time_ns)}"


def _actors_text(found: Status | StatusAtRest) -> str:
    return f"{found.actors:,}, {found.actors_not_running:,} of them not running, {found.restarts:,} restarts"
