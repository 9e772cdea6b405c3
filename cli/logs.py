"""`understudy logs`."""

from __future__ import annotations

import re
import sys
import time
from collections import deque
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Any

import click
import msgspec

from cli.output import data_dir_option, example, json_option, print_json_lines, time_text
from ops.errors import EXIT_FAILED, EXIT_FINE
from ops.log_file import LOG_FOLDER
from ops.log_reader import LEVELS, LogFilter, LogReader, LogRecord, has_logs
from ops.printable import printable

POLL_SECONDS = 0.25
SHOWN = 50

_UNIT_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_COLOURS = {"WARNING": "yellow", "ERROR": "red", "CRITICAL": "red"}


class Ago(click.ParamType[float]):
    """A span of time before now, in seconds: 90s, 10m, 2h or 3d."""

    name = "span"

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The seconds behind the text."""
        if isinstance(value, float):
            return value
        found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", value)
        if found is None:
            self.fail(f"{value!r} is no span of time such as 90s, 10m, 2h or 3d.", param, ctx)
        return float(found.group(1)) * _UNIT_SECONDS[found.group(2)]


@click.command(
    epilog=example(
        "understudy logs -n 20", "understudy logs --follow --level warning", "understudy logs --since 10m --json"
    )
)
@data_dir_option
@click.option("-f", "--follow", is_flag=True, help="Go on with what is logged from now on, until Ctrl-C.")
@click.option(
    "--level",
    type=click.Choice([level.lower() for level in LEVELS], case_sensitive=False),
    default=LEVELS[0].lower(),
    help="Only this level and above.",
)
@click.option("--since", type=Ago(), metavar="SPAN", help="Only what is younger: 90s, 10m, 2h or 3d.")
@click.option(
    "--logger", default="", metavar="NAME", help="Only this logger and those below it: ops, ops.guardian."
)
@click.option("-n", "last", type=click.IntRange(min=0), metavar="N", help=f"Only the last N. Default: {SHOWN}.")
@json_option
def logs(
    data_dir: Path, follow: bool, level: str, since: float | None, logger: str, last: int | None, as_json: bool
) -> int:
    """Show the log of the engine and of its guardian, by time, whether they run or not.

    Without -n, --since shows all that is younger. A line that is torn or is none of ours is shown as it is. With
    --json each line is one object.
    """
    since_ns = 0 if since is None else time.time_ns() - int(since * 1_000_000_000)
    wanted = LogFilter(level=level.upper(), since_ns=since_ns, logger=logger)
    if not has_logs(data_dir):
        where = "Waiting for one." if follow else "One is begun by: understudy run"
        click.echo(f"understudy: there is no log in {data_dir / LOG_FOLDER}. {where}", err=True)
        if not follow:
            return EXIT_FAILED
    if last is None and since is None:
        last = SHOWN
    reader = LogReader(data_dir)
    try:
        found = reader.read(wanted) if follow else chain(reader.read(wanted), reader.unfinished(wanted))
        _print(deque(found, maxlen=last), as_json=as_json)
        if follow:
            _follow(reader, wanted, as_json=as_json)
    except KeyboardInterrupt:
        pass  # the way to end it
    finally:
        reader.close()
    return EXIT_FINE


def _follow(reader: LogReader, wanted: LogFilter, *, as_json: bool) -> None:
    while True:
        time.sleep(POLL_SECONDS)
        _print(reader.read(wanted), as_json=as_json)


def _print(records: Iterable[LogRecord], *, as_json: bool) -> None:
    if as_json:
        print_json_lines(_plain(record) for record in records)
        sys.stdout.flush()
        return
    for record in records:
        click.echo(_line(record))


def _line(record: LogRecord) -> str:
    if record.raw:
        return printable(record.raw)
    level = click.style(f"{record.level:<7}", fg=_COLOURS.get(record.level))
    lines = f"{record.message}\n{record.error}".rstrip().splitlines() or [""]
    text = "\n    ".join(map(printable, lines))
    return f"{time_text(record.time_ns)} {level} {record.process} {record.pid} {record.logger}: {text}"


def _plain(record: LogRecord) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(record)
    return plain
