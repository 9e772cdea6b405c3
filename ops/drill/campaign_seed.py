"""One seed of a campaign, played again by itself, with all that happened in it."""

from __future__ import annotations

import logging

import msgspec

from ops.drill.campaign import SEED_SECONDS_MAX, Hit, raised, spelled
from ops.drill.campaign_workers import SeedHung, played_within
from ops.drill.simulation.faults import Fault
from ops.drill.simulation.generations import GENERATION
from ops.drill.simulation.simulate import Simulation
from ops.drill.simulation.swarm import draw_swarm
from ops.drill.simulation.theme import Theme


class SeedStory(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one seed. `log` is everything that happened, a line each: nanoseconds since the start, event.

    `trace` is the log's digest, the same wherever and whenever the same code plays the seed. It is empty, and the
    figures are 0, if the seed ended by an exception.
    """

    seed: int
    violations: tuple[str, ...]
    trace: str = ""
    simulated_seconds: float = 0.0
    starts: int = 0
    orders: int = 0
    executions: int = 0
    inputs: int = 0
    hits: tuple[Hit, ...] = ()
    log: tuple[str, ...] = ()


def tell_seed(
    seed: int,
    *,
    only: frozenset[Fault] | None = None,
    theme: Theme | None = None,
    generation: int = GENERATION,
    seconds_max: float = SEED_SECONDS_MAX,
) -> SeedStory:
    """Play a seed in this process, as a campaign does, no longer than there. The engine logs nothing meanwhile."""
    swarm = draw_swarm(seed, only=only, theme=theme, generation=generation)
    simulation = Simulation(swarm, keep_log=True)
    disabled = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        outcome = played_within(seconds_max, lambda _: simulation.run(), seed)
    except (Exception, SeedHung) as error:  # noqa: BLE001  # whatever the engine raises is what the drill is looking for
        return SeedStory(seed=seed, violations=raised(error), log=_lines(simulation.world.log or []))
    finally:
        logging.disable(disabled)
    return SeedStory(
        seed=seed,
        violations=tuple(outcome.violations),
        trace=outcome.trace,
        simulated_seconds=outcome.simulated_ns / 1e9,
        starts=outcome.starts,
        orders=outcome.orders,
        executions=outcome.executions,
        inputs=outcome.inputs,
        hits=tuple(
            Hit(fault=spelled(fault), number=fault.number, status=status, count=count)
            for (fault, status), count in outcome.hits.items()
        ),
        log=_lines(outcome.log),
    )


def _lines(log: list[str]) -> tuple[str, ...]:
    return tuple(line.rstrip("\n") for line in log)
