"""What a seed draws of the themes, by the generation that it is of: seeds that are kept play as they did."""

from __future__ import annotations

import random

from messages import SECOND_NS
from ops.drill.simulation.faults import Fault
from ops.drill.simulation.theme import ENDS, SLOW_NS, Theme
from ops.drill.simulation.themes import LATER_THEMES, THEMES

GENERATION = 10
"""Of the seeds that are played now: those that are kept from before play as they did."""
_LATER_IN = {2: 5, 3: 9, 4: 18, 5: 20, 6: 23, 7: 25, 8: 26, 9: 28}
"""How many of the later themes an earlier generation has."""
_WEIGHED_SINCE = 4
"""Before that generation each was as often as the others."""
_MORE_SINCE = 6
"""Since which generation more seeds have one of them."""

LATER_FAULTS = {Fault.CANCEL_ALL: 5}
"""Faults that are drawn since a generation of seeds, from a stream of their own: no earlier one has them."""

_SHARE_WITH_A_THEME = 0.5
_SHARE_OF_LATER, _SHARE_OF_LATER_BEFORE = 0.6, 0.5
_SHARE_OF_OTHERS = 0.25
_SHARE_OF_FEW = 0.2
_RATES = (0.2, 0.5)
_SELDOM_RATE = 0.02

_WEIGHTS = [theme.weight for theme in THEMES]
_LATER_WEIGHTS = [theme.weight for theme in LATER_THEMES]


def _draw_few(draw: random.Random, generation: int) -> Theme:
    """A few faults, whichever, and a broker that may take its time for everything."""
    delays = (0, SECOND_NS, 3 * SECOND_NS, SLOW_NS)
    rules = {
        "max_slice": draw.choice((None, 3, 9)),
        "ack_delay_ns": draw.choice(delays[:3]),
        "cancel_delay_ns": draw.choice(delays),
        "replace_delay_ns": draw.choice(delays),
    }
    intervals = (SECOND_NS // 5, SECOND_NS, 3 * SECOND_NS)
    swarm = {"quote_interval_ns": draw.choice(intervals), "latency_ns": 20_000_000}
    kinds = [fault for fault in Fault if generation >= LATER_FAULTS.get(fault, 0)]
    return Theme("a few faults, often", tuple(draw.sample(kinds, draw.choice((2, 3, 4, 6)))), rules, swarm)


def _draw_later(draw: random.Random, generation: int) -> Theme:
    count = _LATER_IN.get(generation, len(LATER_THEMES))
    if generation < _WEIGHED_SINCE:
        return draw.choice(LATER_THEMES[:count])
    return draw.choices(LATER_THEMES[:count], _LATER_WEIGHTS[:count])[0]


def draw_theme(
    seed: int,
    faults: dict[Fault, float],
    *,
    only: frozenset[Fault] | None = None,
    given: Theme | None = None,
    generation: int = GENERATION,
) -> tuple[Theme | None, dict[Fault, float]]:
    """A seed's theme, if it has one, and its faults with it. Seeds with one fault or none have no theme.

    One that is `given` is every seed's. In the first `generation` of seeds there were no themes, in the next only
    the first of them, in those behind it not all of the later ones.
    """
    draw = random.Random(f"theme {seed}")  # noqa: S311  # a simulation, not a secret
    later = random.Random(f"later theme {seed}")  # noqa: S311  # the same
    has_theme = draw.random() < _SHARE_WITH_A_THEME
    theme, rate = draw.choices(THEMES, _WEIGHTS)[0], draw.choice(_RATES)
    has_theme &= generation > 0
    share = _SHARE_OF_LATER if generation >= _MORE_SINCE else _SHARE_OF_LATER_BEFORE
    has_later = not has_theme and generation > 1 and later.random() < share
    if given is not None:
        theme = given
    elif len(faults) <= 1 or not (has_theme or has_later):
        return None, faults
    elif has_later:
        theme = _draw_later(later, generation)
    elif draw.random() < _SHARE_OF_FEW:
        theme = _draw_few(draw, generation)
    kept = [fault for fault in faults if draw.random() < _SHARE_OF_OTHERS or fault is Fault.CLOCK_SKEW]
    chosen = [fault for fault in theme.faults if only is None or fault in only]
    rates = {fault: _SELDOM_RATE if fault in ENDS or fault in theme.seldom else rate for fault in chosen}
    return theme, {fault: faults[fault] for fault in kept} | rates
