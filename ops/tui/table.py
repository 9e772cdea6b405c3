"""A table as lines of text: columns that never jump, numbers at the right, what does not fit left out by rank."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual.content import Content

from ops.printable import printable

GAP = 2
"""Blanks between two columns."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column, `width` characters wide. The widest rank is left out first where there is too little room.

    Rank 0 is never left out. Columns that grow share what room is left.
    """

    title: str
    width: int
    right: bool = False
    grows: bool = False
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a column: a text, or a drawing that is made for the width it gets; and its colour."""

    text: str | Callable[[int], str]
    style: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One line: a cell for each column. `actor` is whom a key acts on while the line is chosen, "" for nobody."""

    key: str
    cells: tuple[Cell, ...]
    actor: str = ""
    style: str = ""


def fitted(columns: Sequence[Column], width: int) -> dict[int, int]:
    """Which columns fit into `width`, by index, each with its width."""
    kept = list(range(len(columns)))
    while len(kept) > 1 and _needed(columns, kept) > width:
        least = max(kept, key=lambda index: (columns[index].rank, index))
        if columns[least].rank == 0:
            break
        kept.remove(least)
    widths = {index: columns[index].width for index in kept}
    growing = [index for index in kept if columns[index].grows]
    spare = max(0, width - _needed(columns, kept))
    for place, index in enumerate(growing):
        widths[index] += spare // len(growing) + (place < spare % len(growing))
    return widths


def heading(columns: Sequence[Column], width: int) -> Content:
    """The line of titles."""
    widths = fitted(columns, width)
    cells = [_placed(columns[index].title, size, right=columns[index].right) for index, size in widths.items()]
    return Content.styled((" " * GAP).join(cells)[:width].ljust(width), "$heading")


def line(columns: Sequence[Column], row: Row, width: int, *, style: str = "") -> Content:
    """One row, `style` lying under the colours of its cells and reaching to the edge."""
    parts: list[str | tuple[str, str]] = []
    used = 0
    for place, (index, size) in enumerate(fitted(columns, width).items()):
        if place:
            parts.append(" " * GAP)
            used += GAP
        cell = row.cells[index]
        text = cell.text(size) if callable(cell.text) else printable(cell.text)
        text = _placed(text, size, right=columns[index].right)
        parts.append((text, cell.style) if cell.style else text)
        used += size
    parts.append(" " * max(0, width - used))
    content = Content.assemble(*parts)
    for each in (row.style, style):
        if each:
            content = content.stylize_before(each)
    return content.truncate(width)


def _needed(columns: Sequence[Column], kept: Sequence[int]) -> int:
    return sum(columns[index].width for index in kept) + GAP * (len(kept) - 1)


def _placed(text: str, width: int, *, right: bool) -> str:
    if len(text) > width:
        text = text[: width - 1] + "…" if width > 1 else text[:width]
    return text.rjust(width) if right else text.ljust(width)
