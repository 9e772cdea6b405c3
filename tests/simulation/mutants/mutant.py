"""One wrong version of the engine: an exact replacement of text in one file."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

PACKAGES = ("messages", "rules", "storage", "actors", "gateways", "strategies", "ops")
"""What a simulation is made of."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """`rule` says in words what the engine no longer keeps to. `old` stands in `file` exactly once.

    It is hunted with seeds of one `theme` if its moment is rare. One that stands `behind` something else, which
    makes up for it within seconds, is no wrong engine to anybody outside: a test shows it, and no seed need to.
    """

    name: str
    rule: str
    file: str
    old: str
    new: str
    theme: str = ""
    behind: str = ""

    def applied_to(self, text: str) -> str:
        """The text of the file, changed. Raises ValueError if `old` does not stand there exactly once."""
        found = text.count(self.old)
        if found != 1:
            raise ValueError(f"{self.name}: the text to replace stands {found} times in {self.file}")
        return text.replace(self.old, self.new)


def copy_tree(source: Path, target: Path) -> None:
    """Copy the packages that a simulation needs."""
    for package in PACKAGES:
        shutil.copytree(source / package, target / package, ignore=shutil.ignore_patterns("__pycache__"))


def apply(mutant: Mutant, tree: Path) -> None:
    """Change the copy of the packages in `tree`. Raises ValueError as `applied_to` does."""
    path = tree / mutant.file
    path.write_text(mutant.applied_to(path.read_text()))
