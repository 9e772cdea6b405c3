"""Small charts made of characters: a line of blocks, and a curve of braille dots."""

from __future__ import annotations

from collections.abc import Sequence

BLOCKS = "▁▂▃▄▅▆▇█"
_BRAILLE = 0x2800
_LEFT_DOTS = (0x01, 0x02, 0x04, 0x40)
_RIGHT_DOTS = (0x08, 0x10, 0x20, 0x80)
DOTS_PER_ROW = 4
DOTS_PER_COLUMN = 2


def sparkline(values: Sequence[float], width: int) -> str:
    """The latest `width` values as blocks, scaled to their own range, at the right edge of `width` characters."""
    shown = values[-width:] if width > 0 else ()
    if not shown:
        return " " * max(width, 0)
    low, high = min(shown), max(shown)
    top = len(BLOCKS) - 1
    scale = top / (high - low) if high > low else 0.0
    line = "".join(BLOCKS[round((value - low) * scale)] if scale else BLOCKS[top // 2] for value in shown)
    return line.rjust(width)


def curve(values: Sequence[float], width: int, height: int) -> list[str]:
    """A curve over all values, oldest left, as `height` lines of `width` characters.

    Each character has two by four dots. Fewer values than dots leave the left side of the line free; more are
    thinned out by taking the last one of each dot's share. Neighbouring dots are joined.
    """
    if width < 1 or height < 1:
        return []
    cells = [[0] * width for _ in range(height)]
    levels = _levels(_thinned(values, width * DOTS_PER_COLUMN), height * DOTS_PER_ROW)
    start = width * DOTS_PER_COLUMN - len(levels)
    before: int | None = None
    for column, level in enumerate(levels, start):
        for dot in _joined(before, level):
            bits = _RIGHT_DOTS if column % DOTS_PER_COLUMN else _LEFT_DOTS
            from_top = height * DOTS_PER_ROW - 1 - dot
            cells[from_top // DOTS_PER_ROW][column // DOTS_PER_COLUMN] |= bits[from_top % DOTS_PER_ROW]
        before = level
    return ["".join(chr(_BRAILLE + cell) if cell else " " for cell in line) for line in cells]


def _thinned(values: Sequence[float], limit: int) -> list[float]:
    if len(values) <= limit:
        return list(values)
    return [values[(index + 1) * len(values) // limit - 1] for index in range(limit)]


def _levels(values: Sequence[float], height: int) -> list[int]:
    """Each value as a dot's height above the bottom; a flat line lies in the middle."""
    if not values:
        return []
    low, high = min(values), max(values)
    if high <= low:
        return [height // 2] * len(values)
    return [round((value - low) / (high - low) * (height - 1)) for value in values]


def _joined(before: int | None, level: int) -> range:
    """The dots of one column: from where the last one ended up to its own."""
    if before is None or abs(before - level) <= 1:
        return range(level, level + 1)
    return range(before + 1, level + 1) if before < level else range(level, before)
