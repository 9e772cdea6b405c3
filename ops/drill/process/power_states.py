"""What a power loss at each moment of a recorded session is tried to leave.

What was synced is there, and of what was not nothing, everything, the first so many changes, all but one, or some
drawn at random with torn sectors.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

from ops.drill.process.stracing import spread
from ops.drill.process.written import Change, Files, Recording

_DRAWN = 3
"""Random subsets at each moment at which two changes or more are uncertain, or one of several sectors."""

_ONE_BY_ONE = 8
"""So many changes are left out one by one, evenly spread: an engine that never syncs has thousands uncertain."""


class State(NamedTuple):
    """A power loss at a moment. `kept` holds, for each uncertain change in turn, the sectors of it that are there.

    `None` stands for all of them, and an empty set for none.
    """

    moment: int
    kept: tuple[frozenset[int] | None, ...]
    what: str


def states_of(recording: Recording, seed: int) -> Iterator[State]:
    """Everything that a power loss at each moment is tried to leave, moment by moment."""
    drawing = random.Random(seed)  # noqa: S311  # places, no secret
    for moment in range(1, recording.moments + 1):
        uncertain = recording.uncertain(moment)
        count, none = len(uncertain), frozenset[int]()
        yield State(moment, (none,) * count, "nothing unsynced")
        if not count:
            continue
        yield State(moment, (None,) * count, "all")
        for first in spread(range(1, count), _ONE_BY_ONE):
            yield State(moment, (None,) * first + (none,) * (count - first), f"the first {first} of {count}")
        if count > 2:  # of two, one is missing from each beginning, or in what follows
            for missing in spread(range(count - 1), _ONE_BY_ONE):
                kept = (None,) * missing + (none,) + (None,) * (count - missing - 1)
                yield State(moment, kept, f"all but number {missing + 1} of {count}")
        elif count == 2:
            yield State(moment, (none, None), "all but number 1 of 2")
        if count > 1 or uncertain[0].sectors > 1:
            for number in range(_DRAWN):
                kept = tuple(_drawn(change, drawing) for change in uncertain)
                yield State(moment, kept, f"draw {number + 1} of its sectors")


def _drawn(change: Change, drawing: random.Random) -> frozenset[int] | None:
    """All of it, nothing, or any of its sectors; nothing at all of a write may still leave its length."""
    match drawing.randrange(4):
        case 0:
            return None
        case 1:
            return frozenset()
    return frozenset(each for each in range(change.sectors) if drawing.random() < 0.5)


class Remains:
    """The files of one state after another. Their moments come in order."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._base, self._folded = Files(), 0

    def of(self, state: State) -> Files:
        """What is certain at its moment, with what it keeps of the rest."""
        changes = self._recording.changes
        while self._folded < len(changes) and changes[self._folded].certain <= state.moment:
            self._base.apply(changes[self._folded])
            self._folded += 1
        files, kept = self._base.copy(), iter(state.kept)
        for change in changes[self._folded :]:
            if change.begun > state.moment:
                break
            sectors = None if change.certain <= state.moment else next(kept)
            if sectors is None or sectors:
                files.apply(change, sectors)
        return files
