"""Writes into the README what its commands print now: `python -m tests.refresh_readme`, then look at the change."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from tests._console import refreshed, run, steps
from tests._paths import REPOSITORY


def main() -> None:
    """Run every console command of the README in order, and put its figures in place of those shown."""
    readme = REPOSITORY / "README.md"
    document = readme.read_text("utf-8")
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    with tempfile.TemporaryDirectory() as directory:
        for step in list(steps(document)):
            printed = run(step, directory=Path(directory), environment=environment)
            shown = f"$ {step.command}\n{step.expected}\n"
            document = document.replace(shown, f"$ {step.command}\n{refreshed(step.expected, printed)}\n", 1)
    readme.write_text(document, "utf-8")


if __name__ == "__main__":
    main()
