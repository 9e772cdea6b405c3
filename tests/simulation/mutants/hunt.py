"""Hunts a mutant down: seeds played on its tree, up to the first that fails there and not on the tree unchanged.

Behind so many fresh seeds come those that are kept: what a mutant does wrong may have been found by one of them.
"""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ops.drill.simulation.generations import GENERATION
from tests.simulation.kept_seeds import GENERATION_OF, KEPT, THEME_OF
from tests.simulation.mutants.mutant import Mutant, apply, copy_tree

PLAY = Path(__file__).with_name("play.py")
SECONDS_PER_SEED = 20.0
ENDLESS = "the simulation does not end"


@dataclass(frozen=True, slots=True)
class Find:
    """`seeds` that were played until `reason` showed; no reason if the mutant has escaped.

    `is_kept` if all fresh ones passed, and one of those that are kept did not. `theme` and `behind` are as the
    mutant has them.
    """

    name: str
    seeds: int
    reason: str
    is_kept: bool = False
    theme: str = ""
    behind: str = ""


@dataclass(frozen=True, slots=True)
class _Kind:
    """How seeds are drawn: with a theme that all of them have, and as of which generation."""

    theme: str = ""
    generation: int = GENERATION


class Hunter:
    """Keeps an unchanged copy of the tree, and what became of seeds on it. Many threads may hunt with one."""

    def __init__(self, source: Path, workplace: Path, *, overlooked: Sequence[str] = ()) -> None:
        self._unchanged = workplace / "unchanged"
        self._workplace = workplace
        self._overlooked = tuple(overlooked)
        self._lock = threading.Lock()
        self._failing: dict[tuple[int, _Kind], bool] = {}
        copy_tree(source, self._unchanged)

    def hunt(self, mutant: Mutant, *, seeds: int) -> Find:
        """Play the seeds from 0 up, and the kept ones. Raises ValueError if the mutant does not apply."""
        with tempfile.TemporaryDirectory(prefix=f"{mutant.name}-", dir=self._workplace) as name:
            tree = Path(name)
            copy_tree(self._unchanged, tree)
            apply(mutant, tree)
            fresh, find = (
                _Kind(mutant.theme),
                Find(mutant.name, seeds, "", theme=mutant.theme, behind=mutant.behind),
            )
            for seed, reason in failures(tree, 0, seeds, fresh, self._overlooked):
                if not self._fails_unchanged(seed, fresh):
                    return replace(find, seeds=seed + 1, reason=reason)
            for number, kept in enumerate(KEPT, 1):
                kind = _Kind(THEME_OF.get(kept, ""), GENERATION_OF[kept])
                for seed, reason in failures(tree, kept, kept + 1, kind, self._overlooked):
                    if not self._fails_unchanged(seed, kind):
                        return replace(find, seeds=seeds + number, reason=reason, is_kept=True)
        return find

    def _fails_unchanged(self, seed: int, kind: _Kind) -> bool:
        with self._lock:
            if (seed, kind) not in self._failing:
                found = failures(self._unchanged, seed, seed + 1, kind, self._overlooked)
                self._failing[seed, kind] = any(True for _ in found)
            return self._failing[seed, kind]


def failures(tree: Path, first: int, end: int, kind: _Kind, overlooked: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The seeds from `first` up to `end` that fail on `tree`, and how. A process that dies fails at its seed."""
    while first < end:
        for seed, reason in _played(tree, first, end, kind, overlooked):
            first = seed + 1
            if reason:
                yield seed, reason


def _played(tree: Path, first: int, end: int, kind: _Kind, overlooked: Sequence[str]) -> Iterator[tuple[int, str]]:
    """What one process plays until it is through, or dies, or hangs; the last two fail the seed at hand."""
    process = subprocess.Popen(
        [sys.executable, "-P", str(PLAY), str(first), str(end), kind.theme, str(kind.generation), *overlooked],
        env={**os.environ, "PYTHONPATH": str(tree), "PYTHONHASHSEED": "0"},
        cwd=tree,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None, "it was asked for"
    with process, selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        try:
            for seed in range(first, end):
                if not selector.select(SECONDS_PER_SEED):
                    yield seed, ENDLESS
                    return
                line = process.stdout.readline()
                if not line:
                    yield seed, "the process died"
                    return
                yield seed, line.rstrip("\n").partition("\t")[2]
        finally:
            process.kill()
