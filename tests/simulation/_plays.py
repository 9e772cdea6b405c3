"""Seeds that are played for tests of campaigns: by the simulator, and by simulations that go wrong as told."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from contextlib import suppress

from ops.drill.judge.conduct import CHOKED, CRASHED
from ops.drill.judge.judged import Excuse, Rule
from ops.drill.simulation.faults import Fault
from ops.drill.simulation.simulate import Outcome, simulate


def play_without_faults(seed: int) -> Outcome:
    """The simulator's, with nothing that goes wrong."""
    return simulate(seed, only=frozenset())


def play_invented(seed: int) -> Outcome:
    """Figures that follow from the seed. Seed 7 loses an order and doubles another, seed 13 raises."""
    if seed == 13:
        raise KeyError("a13")
    return Outcome(
        seed=seed,
        violations=["I4: o-1 is missing", "I1: o-2 was approved twice"] if seed == 7 else [],
        trace=f"trace of {seed}",
        simulated_ns=1_000_000_000 * seed,
        starts=1 + seed % 3,
        orders=seed,
        executions=2 * seed,
        inputs=10,
        hits=Counter({(Fault.KILL, "accepted"): 1, (Fault.KILL, ""): 2, (Fault.DISK_FULL, "no process"): seed}),
        boundaries=Counter({"before a send": 1}),
        judged=Counter(
            {(Rule.SIZE, None): 3, (Rule.SIZE, Excuse.TOUCHED): 1, (Rule.SALES, Excuse.SET_ASIDE): seed}
        ),
        has_excused=seed % 2 == 1,
        failures=Counter({("venue", CRASHED): 2, ("strategy", CHOKED): seed}),
        recoveries_ns=[500_000_000] * (seed % 3) + [2_000_000_000 * seed] * (seed % 100 == 19),
    )


def play_by_hash(seed: int) -> Outcome:
    """Seed 5 depends on how strings are hashed, in its trace, and seed 8 in what is found."""
    outcome = play_invented(seed)
    number = os.environ["PYTHONHASHSEED"]
    if seed == 5:
        outcome.trace = str(hash("five"))
    if seed == 8:
        outcome.violations = [f"I4: {number}"]
    return outcome


def play_for_ever(seed: int) -> Outcome:
    """Seed 1 never ends, and lives through exceptions as the engine does."""
    while seed == 1:
        with suppress(Exception):
            sum(range(1000))
    return play_invented(seed)


def play_and_die(seed: int) -> Outcome:
    """Ends its process."""
    os._exit(9)


def play_and_tell(seed: int) -> Outcome:
    """Tell the process that plays, and never end."""
    sys.stdout.write(f"{os.getpid()}\n")
    sys.stdout.flush()
    while True:
        time.monotonic()
