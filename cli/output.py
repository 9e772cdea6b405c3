"""How commands print: tables for people, JSON for programs; and the options that all of them have."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from ops.export import plain
from ops.printable import printable

DATA_DIR_VARIABLE = "UNDERSTUDY_DATA_DIR"
DEFAULT_DATA_DIR = "./data"

_Command = TypeVar("_Command", bound=Callable[..., Any])


class Folder(click.Path):
    """A folder, there or to be made. An empty text names none: it would mean the working directory."""

    def __init__(self, **terms: Any) -> None:
        super().__init__(path_type=Path, **terms)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path of that text."""
        if not str(value):
            self.fail("the text is empty. Name a folder; the working directory is `.`.", param, ctx)
        return super().convert(value, param, ctx)


data_dir_option: Callable[[_Command], _Command] = click.option(
    "--data-dir",
    type=Folder(),
    default=DEFAULT_DATA_DIR,
    show_default=True,
    envvar=DATA_DIR_VARIABLE,
    show_envvar=True,
    help="The data directory to read, or of the engine to ask.",
)
json_option: Callable[[_Command], _Command] = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON instead of a table."
)

_SHOWN_STEP = Decimal("1e-6")
_SPANS = ((86_400, "d", 3_600, "h"), (3_600, "h", 60, "min"), (60, "min", 1, "s"))


def plain_text(value: object) -> str:
    """A name, a number or a choice as it is, in one line; `-` for what is not known."""
    match value:
        case None:
            return "-"
        case Decimal():
            return f"{_rounded(value):,f}"
        case Enum():
            return str(value.value)
        case _:
            return printable(str(value))


def money_text(value: Decimal | None) -> str:
    """An amount or a price with at least two places and at most six: 100,000.00 and 1.08325."""
    if value is None:
        return "-"
    whole, _, places = f"{_rounded(value):,f}".partition(".")
    return f"{whole}.{places.ljust(2, '0')}"


def time_text(time_ns: int) -> str:
    """Nanoseconds UTC as `2026-01-05T14:30:00.250000Z`."""
    seconds = datetime.fromtimestamp(time_ns // 1_000_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{seconds}.{time_ns % 1_000_000_000 // 1000:06d}Z"


def duration_text(seconds: float | None) -> str:
    """How long, in its two largest units: `0.25 s`, `12 s`, `3 min 20 s`, `2 h 5 min`, `12 d 3 h`."""
    if seconds is None:
        return "-"
    if seconds < 10:
        return f"{max(seconds, 0.0):.2f} s"
    whole = round(seconds)
    for length, unit, smaller_length, smaller in _SPANS:
        if whole >= length:
            rest = whole % length // smaller_length
            return f"{whole // length:,} {unit}" + (f" {rest} {smaller}" if rest else "")
    return f"{whole} s"


def bytes_text(count: int) -> str:
    """`512 B`, `81.2 MiB`, `40.1 GiB`."""
    size = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:,.1f} TiB"


def count_text(count: int) -> str:
    """`1,234`."""
    return f"{count:,}"


def rate_text(rate: float) -> str:
    """A number a second: `0.3`, `12`, `1,234`."""
    return f"{rate:.1f}" if 0 < rate < 10 else f"{rate:,.0f}"


@dataclass(frozen=True)
class Column:
    """One column of a table: the attribute of a row that it shows, and how."""

    attribute: str
    title: str
    text: Callable[[Any], str] = plain_text
    right: bool = False


def example(*lines: str) -> str:
    """The closing part of a command's `--help`."""
    return "\b\nExample:\n" + "\n".join(f"  {line}" for line in lines)


def print_table(rows: Sequence[object], columns: Sequence[Column], *, none: str) -> None:
    """One line for each row, columns aligned; `none` is said when there is no row."""
    if not rows:
        click.echo(none)
        return
    cells = [[printable(column.text(getattr(row, column.attribute))) for column in columns] for row in rows]
    lines = [[column.title for column in columns], *cells]
    widths = [max(len(line[index]) for line in lines) for index in range(len(columns))]
    for line in lines:
        padded = (
            text.rjust(width) if column.right else text.ljust(width)
            for text, width, column in zip(line, widths, columns, strict=True)
        )
        click.echo("  ".join(padded).rstrip())


def print_line(text: str, *, err: bool = False) -> None:
    """One line, whatever the names and reasons in it hold: control characters are shown, not obeyed."""
    click.echo(printable(text), err=err)


def print_json(value: Any) -> None:
    """A value as one line of JSON; a list as an array with one item a line. Decimals are strings."""
    if isinstance(value, Sequence):
        items = ",\n".join(_json(plain(item)) for item in value)
        click.echo(f"[\n{items}\n]" if items else "[]")
    else:
        click.echo(_json(plain(value)))


def print_json_lines(values: Iterable[dict[str, Any]]) -> None:
    """One object a line. Written without `click.echo`, which flushes each line: a journal has millions."""
    for value in values:
        sys.stdout.write(_json(value) + "\n")


def _rounded(value: Decimal) -> Decimal:
    """To six places, and without zeros at the end."""
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -6:
        value = value.quantize(_SHOWN_STEP)
    text = f"{value:f}"
    return Decimal(text.rstrip("0").rstrip(".")) if "." in text else value


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
