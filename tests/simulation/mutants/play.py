"""Plays seeds of the tree that is on PYTHONPATH: one line for each, with what went wrong if anything did.

Run as a program, with the first seed, the one behind the last, and invariants to overlook, so that it imports
nothing of the tests.
"""

from __future__ import annotations

import logging
import sys

from ops.drill.simulation.simulate import simulate


def failure_of(seed: int, *, overlooked: tuple[str, ...]) -> str:
    """The first violation, or the exception that came out; empty if all was well."""
    try:
        violations = [each for each in simulate(seed).violations if not each.startswith(overlooked)]
    except Exception as error:  # noqa: BLE001  # whatever it is, the engine let it out
        return f"{type(error).__name__}: {error}".replace("\n", " ")[:200]
    return violations[0][:200] if violations else ""


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    for number in range(int(sys.argv[1]), int(sys.argv[2])):
        sys.stdout.write(f"{number}\t{failure_of(number, overlooked=tuple(sys.argv[3:]))}\n")
        sys.stdout.flush()
