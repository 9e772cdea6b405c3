"""How `understudy drill` shows whoever sits there how far it is, and what Ctrl-C does meanwhile."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

_TOLD = b"understudy: interrupted. What is under way is the last; press Ctrl-C again to end at once.\n"


@contextmanager
def told_to_stop() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C was pressed, which is all that it does the first time; the second one interrupts as usual."""
    pressed = threading.Event()

    def press(*_: object) -> None:
        pressed.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        # Past `click`, which may be amid a line of its own.
        os.write(2, b"\n" + _TOLD if sys.stderr.isatty() else _TOLD)

    before = signal.signal(signal.SIGINT, press)
    try:
        yield pressed.is_set
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def seeds_bar(seeds: int) -> Iterator[Callable[[int], None]]:
    """A bar of so many seeds; what is handed out is told how many more were played."""
    with _bar("seeds", seeds) as bar:
        yield bar.update


@contextmanager
def time_bar(seconds: float) -> Iterator[Callable[[int], None]]:
    """A bar of so much time, with the number of seeds beside it; what is handed out is told as for `seeds_bar`."""
    began, seeds = time.monotonic(), 0
    with _bar("seconds", round(seconds), beside=lambda: f"{seeds:,} seeds") as bar:

        def advance(more: int) -> None:
            nonlocal seeds
            seeds += more
            bar.update(min(round(time.monotonic() - began), round(seconds)) - bar.pos)

        yield advance


@contextmanager
def process_bars() -> Iterator[Callable[[str, int, int], None]]:
    """A bar for each drill on real processes, one after the other.

    What is handed out is told the drill, how many of its places are done, and of how many: 0 before that is known.
    """
    bars: list[ProgressBar[int]] = []
    with ExitStack() as shown:

        def advance(drill: str, done: int, of_how_many: int) -> None:
            if not of_how_many:
                shown.close()
                bars.clear()
                click.echo(f"{drill}: begins\r" if sys.stderr.isatty() else "", nl=False, err=True)
                return
            if not bars:
                bars.append(shown.enter_context(_bar(drill, of_how_many)))
            bars[0].update(done - bars[0].pos)

        yield advance


def _bar(label: str, length: int, *, beside: Callable[[], str] | None = None) -> ProgressBar[int]:
    return click.progressbar(
        length=length,
        label=label,
        show_pos=True,
        item_show_func=None if beside is None else lambda _: beside(),
        file=sys.stderr,
        hidden=not sys.stderr.isatty(),
    )
