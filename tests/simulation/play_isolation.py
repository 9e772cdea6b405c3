"""Plays seeds of `ops.drill.simulation.isolation` on the tree that is on PYTHONPATH: one line for each that fails.

Run as a program, with the first seed and the one behind the last; it imports nothing of the tests, so that wrong
engines are played too: `PYTHONPATH=. python -P tests/simulation/play_isolation.py 0 5000`.
"""

from __future__ import annotations

import logging
import sys

from ops.drill.simulation.isolation import play_twice


def failure_of(seed: int) -> str:
    """What differs that had to be equal, or the exception that came out; empty if all was well."""
    try:
        played = play_twice(seed)
    except Exception as error:  # noqa: BLE001  # whatever it is, the engine let it out
        return f"{type(error).__name__}: {error}"
    if not played.difference:
        return ""
    return f"{played.plan.actor} {played.plan.failure.value}, {played.promise}: {played.difference}"


def main(first: int, end: int) -> int:
    """Play them all; 1 if one has failed."""
    failed = 0
    for seed in range(first, end):
        if failure := failure_of(seed):
            failed += 1
            sys.stdout.write(f"seed {seed}: {failure}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{failed} of {end - first} seeds failed\n")
    return 1 if failed else 0


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
