"""How fast a whole engine is: `make bench`.

Measured: one process that trades a simulated market as fast as it can, journal, fsync and checkpoints on, from
the first input to the last; then the books drawn up from its journal, and the journal proven. Each run is a process
of its own on a new data directory; the median of all runs is told, with the extremes.

Not measured: a feed over the network, a broker, a disk slower than this machine's, more than one strategy.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

RUNS = 3
SEED = 7
PACKAGES = ("msgspec", "pykka", "lmdb")


def main() -> None:
    """Run everything and print one line for each figure."""
    print(_machine())
    print(f"simulated market, seed {SEED}; {RUNS} runs, median (lowest to highest)\n")
    figures: dict[str, list[float]] = {}
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory(prefix="understudy-bench-") as directory:
            for name, figure in _measure(Path(directory) / "data").items():
                figures.setdefault(name, []).append(figure)
    for name, values in figures.items():
        print(f"{name:<36} {statistics.median(values):>12,.2f}  ({min(values):,.2f} to {max(values):,.2f})")


def _measure(data_dir: Path) -> dict[str, float]:
    run = ("run", "--market", str(SEED), "--speed", "max", "--exit-at-end")
    summary = json.loads(_understudy(data_dir, *run)[1])
    books_seconds, _ = _understudy(data_dir, "portfolio")
    verify_seconds, _ = _understudy(data_dir, "journal", "verify")
    journal_bytes = sum(path.stat().st_size for path in (data_dir / "journal").glob("*.mdb"))
    return {
        "inputs": float(summary["inputs"]),
        "inputs a second": float(summary["inputs_per_second"]),
        "books from the journal, seconds": books_seconds,
        "journal proven, seconds": verify_seconds,
        "journal files, MiB with reserve": journal_bytes / (1 << 20),
    }


def _understudy(data_dir: Path, *arguments: str) -> tuple[float, str]:
    command: Sequence[str] = (
        str(Path(sys.executable).parent / "understudy"), *arguments, "--data-dir", str(data_dir), "--json",
    )  # fmt: skip
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return time.perf_counter() - started, done.stdout


def _machine() -> str:
    libraries = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}; "
        f"Python {platform.python_version()}, {libraries}"
    )


if __name__ == "__main__":
    main()
