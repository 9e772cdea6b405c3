"""Another process of our own: wherever it is started, it imports our code and nothing that lies there."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_REPOSITORY_OR_SITE = Path(__file__).resolve().parents[1]


def python(*arguments: str) -> list[str]:
    """The command line of our interpreter. Nothing is imported from the working directory.

    Where our code is not installed, the environment must have `python_path` too.
    """
    return [sys.executable, "-P", *arguments]


def python_path() -> dict[str, str]:
    """What the environment of such a process needs, so that our own code is found first."""
    path = filter(None, (str(_REPOSITORY_OR_SITE), os.environ.get("PYTHONPATH")))
    return {"PYTHONPATH": os.pathsep.join(path)}
