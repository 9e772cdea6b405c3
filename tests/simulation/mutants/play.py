"""Plays seeds of the tree that is on PYTHONPATH: one line for each, with what went wrong if anything did.

Run as a program, with the first seed, the one behind the last, the words of a theme that all of them have (or
nothing), their generation, and invariants to overlook, so that it imports nothing of the tests.
"""

from __future__ import annotations

import logging
import sys

from ops.drill.simulation.simulate import simulate
from ops.drill.simulation.theme import Theme
from ops.drill.simulation.themes import theme_called


def failure_of(seed: int, *, theme: Theme | None, generation: int, overlooked: tuple[str, ...]) -> str:
    """The first violation, or the exception that came out; empty if all was well."""
    try:
        found = simulate(seed, theme=theme, generation=generation).violations
        violations = [each for each in found if not each.startswith(overlooked)]
    except Exception as error:  # noqa: BLE001  # whatever it is, the engine let it out
        return f"{type(error).__name__}: {error}".replace("\n", " ")[:200]
    return violations[0][:200] if violations else ""


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    first, end, words, of, *names = sys.argv[1:]
    common = theme_called(words) if words else None
    for number in range(int(first), int(end)):
        failure = failure_of(number, theme=common, generation=int(of), overlooked=tuple(names))
        sys.stdout.write(f"{number}\t{failure}\n")
        sys.stdout.flush()
