"""How far a drill has come, for whoever waits for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Place = TypeVar("Place")

OnProgress = Callable[[int, int], None]
"""Hears how many places are done, and of how many."""


def counted(places: Sequence[Place], on_progress: OnProgress | None) -> Iterator[Place]:
    """Each place in turn; `on_progress` is told once it has been dealt with."""
    for done, place in enumerate(places, 1):
        yield place
        if on_progress is not None:
            on_progress(done, len(places))
