"""A drill: every actor of the tree fails once, at a seeded random moment, while the engine trades.

The run must come out as if nothing had happened, to the last digit of its digest.
"""

from __future__ import annotations

import random

from actors.kernel import Kernel, crash_plan
from messages import CrashActor

LATEST_DELIVERY = 20_000


class CrashEveryActor:
    """Arms one crash for each actor, somewhere in its next messages, early ones being likelier.

    A handler that is to crash does its work first, so that there is something to undo. Whoever had not handled
    enough messages when the source ended is crashed on command.
    """

    def __init__(self, kernel: Kernel, seed: int) -> None:
        draw = random.Random(seed)  # noqa: S311  # a drill, not a secret
        for name in sorted(kernel.actors):
            actor = kernel.actors[name]
            if actor.trouble is None:
                crash_plan(actor, actor.deliveries + int(LATEST_DELIVERY ** draw.random()))
        self._is_done = False

    def after_turn(self, kernel: Kernel) -> None:
        """Called by the engine between two turns."""
        if self._is_done or kernel.feed is None or not kernel.feed.end_told:
            return
        self._is_done = True
        for name in sorted(kernel.actors):
            actor = kernel.actors[name]
            actor.__dict__.pop("on_receive", None)
            if actor.trouble is None:
                kernel.input(CrashActor(name), kernel.now_ns)
        kernel.end_turn()
