"""Themes: what must come together for a rare moment, drawn on purpose by a share of the seeds.

Each seed plays its own subset of the faults, and most moments come by themselves. A few need three things at once,
an order refused and then taken, say: a seed with such a theme has these faults often, only some of the others that
it has drawn, and the broker that they need. Themes are drawn from a stream of their own: a seed without one plays
as if there were none.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from ops.drill.simulation.faults import Fault
from rules.limits import RiskLimits

_SECOND_NS = 1_000_000_000
_SLOW_NS = 14 * _SECOND_NS
"""Longer than an engine waits for an answer."""

_SHARE_WITH_A_THEME = 0.5
_SHARE_OF_LATER = 0.5
_SHARE_OF_OTHERS = 0.25
_RATES = (0.2, 0.5)
_RATE_OF_ENDS = 0.02

ENDS = frozenset((Fault.KILL, Fault.POWER_LOSS, Fault.FSYNC_FAILED, Fault.DISK_FULL))
"""Faults that end the process: each start costs as much as a hundred messages."""


@dataclass(frozen=True, slots=True)
class Theme:
    """Faults that come together, and what else of a swarm and of its broker's rules is so and not as drawn.

    One of more `weight` is drawn more often: its moments stay rare.
    """

    words: str
    faults: tuple[Fault, ...]
    rules: Mapping[str, object] = field(default_factory=dict)
    swarm: Mapping[str, object] = field(default_factory=dict)
    weight: int = 1


_LIVELY: dict[str, object] = {"latency_ns": 20_000_000, "quote_interval_ns": _SECOND_NS, "quotes": 32}
_LAGGING: dict[str, object] = {"lag_max_ns": 60 * _SECOND_NS}
_GENEROUS = RiskLimits(
    max_position_fraction=Decimal(1),
    max_gross_exposure_fraction=Decimal(3),
    max_order_value=None,
    allow_short=False,
    duplicate_window_seconds=0.0,
)
"""Limits that let orders grow large enough to execute in many parts."""

THEMES = (
    Theme(
        "refused, and taken when it comes again",
        (Fault.REQUEST_DOUBLED, Fault.BUYING_POWER, Fault.ACCOUNT_BLOCKED, Fault.BUST, Fault.CORRECTION),
        {"max_slice": 9, "leverage": 1, "wash_trade_refusal": True},
        {"doubled_within_ns": 8 * _SECOND_NS} | _LIVELY,
        weight=3,
    ),
    Theme(
        "taken, and not found",
        (
            Fault.RESPONSE_LOST,
            Fault.UPDATE_LOST,
            Fault.LAGGING_REPLICA,
            Fault.HALT,
            Fault.FILL_AFTER_CANCEL,
            Fault.UNKNOWN_STATUS,
        ),
        {"max_slice": 3},
        _LAGGING | _LIVELY,
        weight=2,
    ),
    Theme(
        "a change takes long, and copies hide it",
        (
            Fault.LAGGING_REPLICA,
            Fault.STALE_SNAPSHOT,
            Fault.REQUEST_LATE,
            Fault.UPDATE_LOST,
            Fault.CRASH,
            Fault.UNKNOWN_STATUS,
        ),
        {"replace_delay_ns": _SLOW_NS, "replace_race": True, "max_slice": 3},
        _LIVELY,
        weight=3,
    ),
    Theme(
        "a change takes long, and executions are taken back",
        (Fault.BUST, Fault.CORRECTION, Fault.REQUEST_LATE, Fault.RESPONSE_LATE),
        {"replace_delay_ns": 3 * _SECOND_NS, "max_slice": 9},
        _LIVELY,
    ),
    Theme(
        "a cancel takes long, and copies hide it",
        (
            Fault.STALE_SNAPSHOT,
            Fault.REQUEST_LATE,
            Fault.RESPONSE_LOST,
            Fault.UPDATE_LOST,
            Fault.FILL_AFTER_CANCEL,
            Fault.UNKNOWN_STATUS,
        ),
        {"ack_delay_ns": _SECOND_NS, "cancel_delay_ns": _SLOW_NS, "max_slice": 9},
        _LIVELY | {"quote_interval_ns": 2 * _SECOND_NS},
        weight=3,
    ),
    Theme(
        "what is taken back is not told",
        (
            Fault.BUST,
            Fault.CORRECTION,
            Fault.UPDATE_LOST,
            Fault.LAGGING_REPLICA,
            Fault.FILL_AFTER_CANCEL,
            Fault.UNKNOWN_STATUS,
        ),
        {"cancel_delay_ns": _SLOW_NS, "max_slice": 3},
        _LIVELY | {"quotes": 48},
        weight=2,
    ),
    Theme(
        "requests come late, and copies do not know",
        (Fault.REQUEST_LATE, Fault.ERROR_BEFORE, Fault.LAGGING_REPLICA, Fault.UPDATE_LOST),
        {"max_slice": 9},
        _LAGGING | _LIVELY,
    ),
    Theme(
        "the connection breaks while orders leave",
        (Fault.REQUEST_LATE, Fault.REQUEST_LOST, Fault.REQUEST_DOUBLED, Fault.DISCONNECT),
        swarm={"commit_ns": 2 * _SECOND_NS} | _LIVELY,
    ),
    Theme(
        "day after day ends",
        (Fault.REQUEST_LATE, Fault.UPDATE_LOST, Fault.RESPONSE_LATE),
        swarm={"day_ns": 4 * _SECOND_NS, "days": 8} | _LIVELY,
        weight=2,
    ),
    Theme(
        "it starts again and again, and finds something else",
        (
            Fault.KILL,
            Fault.POWER_LOSS,
            Fault.CHECKPOINT_ROTTEN,
            Fault.CHECKPOINT_MISSING,
            Fault.CHECKPOINT_TOO_NEW,
            Fault.CONFIG_CHANGED,
            Fault.SICKNESS,
        ),
        {"replace_delay_ns": 3 * _SECOND_NS, "max_slice": 3},
        _LIVELY,
    ),
    Theme(
        "the clock is set while orders leave",
        (Fault.CLOCK_STEP, Fault.KILL, Fault.REQUEST_LATE, Fault.REQUEST_LOST, Fault.STALE_SNAPSHOT),
        swarm=_LIVELY,
    ),
)
GENERATION = 5
"""Of the seeds that are played now: those that are kept from before play as they did."""
_LATER_IN = {2: 5, 3: 9, 4: 18}
"""How many of the later themes an earlier generation has."""
_WEIGHED_SINCE = 4
"""Before that generation each was as often as the others."""

LATER_FAULTS = {Fault.CANCEL_ALL: 5}
"""Faults that are drawn since a generation of seeds, from a stream of their own: no earlier one has them."""

_WEIGHTS = [theme.weight for theme in THEMES]

LATER_THEMES = (
    Theme(
        "a change takes long, and a strange word hides it",
        (
            Fault.UNKNOWN_STATUS,
            Fault.RESPONSE_LOST,
            Fault.MUTE_STREAM,
            Fault.PARTIAL_FILL,
            Fault.REPLACE_RACE,
            Fault.LATE_FILL,
        ),
        {"replace_delay_ns": 30 * _SECOND_NS, "replace_race": True, "max_slice": 3},
        _LIVELY | {"quote_interval_ns": 2 * _SECOND_NS},
    ),
    Theme(
        "refused, and taken before anybody hears of it",
        (
            Fault.REQUEST_DOUBLED,
            Fault.WASH_TRADE,
            Fault.BUYING_POWER,
            Fault.RESPONSE_LATE,
            Fault.REPLACE_RACE,
            Fault.LATE_FILL,
        ),
        {
            "max_slice": 3,
            "leverage": 1,
            "wash_trade_refusal": True,
            "replace_delay_ns": _SLOW_NS,
            "replace_race": True,
        },
        _LIVELY | {"doubled_within_ns": 4 * _SECOND_NS, "quotes": 48, "quote_interval_ns": _SECOND_NS // 2},
    ),
    Theme(
        "what is taken back works on unawares",
        (
            Fault.BUST,
            Fault.UPDATE_LOST,
            Fault.UPDATE_REORDERED,
            Fault.PARTIAL_FILL,
            Fault.LATE_FILL,
            Fault.UNKNOWN_STATUS,
        ),
        {"cancel_delay_ns": _SLOW_NS, "max_slice": 9},
        _LIVELY | {"quotes": 48, "busts_what_is_nearly_filled": True},
        weight=12,
    ),
    Theme(
        "actors fail all the time",
        (Fault.POISON, Fault.HANG, Fault.CRASH),
        swarm=_LIVELY | {"quotes": 64, "quote_interval_ns": _SECOND_NS // 2},
    ),
    Theme(
        "actors fail while people halt",
        (Fault.POISON, Fault.HANG, Fault.CRASH, Fault.HALT),
        swarm=_LIVELY | {"quotes": 48, "quote_interval_ns": _SECOND_NS // 5},
    ),
    Theme(
        "a change takes long, and a strange word and copies hide it",
        (Fault.UNKNOWN_STATUS, Fault.RESPONSE_LOST, Fault.LAGGING_REPLICA, Fault.REPLACE_RACE),
        {"replace_delay_ns": _SLOW_NS, "replace_race": True, "max_slice": 3},
        _LIVELY | {"quotes": 48},
    ),
    Theme(
        "people order by themselves, and close everything",
        (Fault.HALT, Fault.PARTIAL_FILL, Fault.LATE_FILL, Fault.REQUEST_LATE, Fault.DISCONNECT),
        {"max_slice": 3, "cancel_delay_ns": _SLOW_NS},
        _LIVELY | {"has_traders": True, "ends_flat": True},
    ),
    Theme(
        "people order by themselves, and it is not found",
        (Fault.HALT, Fault.RESPONSE_LOST, Fault.UPDATE_LOST, Fault.LAGGING_REPLICA),
        {"max_slice": 3},
        _LAGGING | _LIVELY | {"has_traders": True, "quotes": 24, "quote_interval_ns": 4 * _SECOND_NS},
    ),
    Theme(
        "people order by themselves, and actors fail",
        (Fault.HALT, Fault.POISON, Fault.CRASH, Fault.REQUEST_LATE, Fault.KILL, Fault.BUST),
        {"replace_race": True, "max_slice": 9},
        _LIVELY | {"has_traders": True},
    ),
    Theme(
        "a change takes long, and a cancel hides it",
        (Fault.PARTIAL_FILL, Fault.LATE_FILL, Fault.REPLACE_RACE),
        {"replace_delay_ns": _SLOW_NS, "cancel_delay_ns": _SLOW_NS, "replace_race": True, "max_slice": 3},
        _LIVELY | {"quotes": 48},
    ),
    Theme(
        "orders are saved by hand, and refused or filled meanwhile",
        (
            Fault.MANUAL_ORDER,
            Fault.REPLACE_RACE,
            Fault.REQUEST_DOUBLED,
            Fault.BUYING_POWER,
            Fault.ACCOUNT_BLOCKED,
            Fault.BUST,
            Fault.CORRECTION,
        ),
        {
            "ack_delay_ns": 0,
            "replace_delay_ns": _SLOW_NS,
            "replace_race": True,
            "max_slice": 9,
            "leverage": 1,
            "wash_trade_refusal": True,
        },
        _LIVELY
        | {
            "saves_orders": True,
            "day_ns": 8 * _SECOND_NS,
            "days": 4,
            "doubled_within_ns": 8 * _SECOND_NS,
            "quotes": 48,
            "quote_interval_ns": _SECOND_NS // 2,
        },
        weight=2,
    ),
    Theme(
        "a portfolio fails at what it is told of orders, and nobody tells it again",
        (Fault.POISON, Fault.HALT, Fault.REQUEST_LOST, Fault.RESPONSE_LOST, Fault.LAGGING_REPLICA),
        {"max_slice": 9},
        _LIVELY
        | {
            "poisons_what_is_told_of_orders": True,
            "leaves_what_was_set_aside": True,
            "eagerness": 10,
            "quiet_quotes": 16,
        },
        weight=2,
    ),
    Theme(
        "stops grow part by part, and their changes are told again, or not at all",
        (Fault.UPDATE_DOUBLED, Fault.UPDATE_LOST, Fault.ERROR_AFTER),
        {"max_slice": 3, "replace_delay_ns": 0, "replace_race": True},
        _LIVELY
        | {
            "limits": _GENEROUS,
            "order_kinds": 1,
            "stop_step": 0.03,
            "eagerness": 5,
            "told_again_within_ns": 12 * _SECOND_NS,
            "quotes": 64,
            "quote_interval_ns": _SECOND_NS // 2,
        },
    ),
    Theme(
        "people order by themselves, and it is not found for minutes",
        (Fault.RESPONSE_LOST, Fault.UPDATE_LOST, Fault.LAGGING_REPLICA),
        {"max_slice": 3, "duplicates": "reject"},
        _LIVELY
        | {
            "has_traders": True,
            "halts_what_was_lost": True,
            "limits": _GENEROUS,
            "lag_max_ns": 150 * _SECOND_NS,
            "eagerness": 2,
            "day_ns": 3600 * _SECOND_NS,
            "quotes": 48,
            "quote_interval_ns": 3 * _SECOND_NS,
        },
    ),
    Theme(
        "people order by themselves, it is not found, and a portfolio fails at that",
        (Fault.RESPONSE_LOST, Fault.UPDATE_LOST, Fault.LAGGING_REPLICA, Fault.POISON),
        {"max_slice": 3, "duplicates": "reject"},
        _LIVELY
        | {
            "has_traders": True,
            "halts_what_was_lost": True,
            "poisons_what_is_told_of_orders": True,
            "leaves_what_was_set_aside": True,
            "limits": _GENEROUS,
            "lag_max_ns": 150 * _SECOND_NS,
            "eagerness": 2,
            "day_ns": 3600 * _SECOND_NS,
            "quiet_quotes": 16,
            "quotes": 48,
            "quote_interval_ns": 3 * _SECOND_NS,
        },
    ),
    Theme(
        "a portfolio fails at what it is told of orders that execute for minutes",
        (Fault.POISON, Fault.HALT, Fault.REQUEST_LOST, Fault.CANCEL_REFUSED),
        {"max_slice": 1},
        _LIVELY
        | {
            "limits": _GENEROUS,
            "poisons_what_is_told_of_orders": True,
            "leaves_what_was_set_aside": True,
            "order_kinds": 1,
            "stop_step": 0.03,
            "eagerness": 3,
            "quiet_quotes": 16,
            "quotes": 64,
            "quote_interval_ns": 2 * _SECOND_NS,
        },
    ),
    Theme(
        "limits change, and the process dies at its start",
        (Fault.CONFIG_CHANGED, Fault.KILL, Fault.POWER_LOSS, Fault.FSYNC_FAILED),
        {"max_slice": None},
        _LIVELY
        | {
            "limits": _GENEROUS,
            "commit_ns": _SECOND_NS // 10,
            "order_kinds": 1,
            "stop_step": 0.03,
            "eagerness": 40,
            "quotes": 48,
        },
    ),
    Theme(
        "a portfolio fails at executions of orders that rest, and nobody tells it again",
        (Fault.POISON, Fault.PARTIAL_FILL),
        {"max_slice": 3},
        _LIVELY
        | {
            "poisons_what_is_told_of_orders": True,
            "leaves_what_was_set_aside": True,
            "stop_step": 0.03,
            "eagerness": 6,
            "quiet_quotes": 16,
            "quote_interval_ns": 3 * _SECOND_NS,
        },
    ),
    Theme(
        "strategies come and go, and limits change, between two starts",
        (Fault.CONFIG_CHANGED, Fault.KILL, Fault.POWER_LOSS, Fault.UPDATE_LOST),
        swarm=_LIVELY | {"stop_step": 0.01, "eagerness": 30, "commit_ns": _SECOND_NS // 10, "quotes": 48},
    ),
    Theme(
        "a person cancels all orders in the broker's own window",
        (Fault.CANCEL_ALL, Fault.UPDATE_LOST, Fault.PARTIAL_FILL, Fault.REPLACE_RACE),
        {"max_slice": 9, "cancel_delay_ns": 3 * _SECOND_NS},
        _LIVELY | {"limits": _GENEROUS, "stop_step": 0.03, "eagerness": 10, "quotes": 48},
    ),
)
"""Themes that came later: a share of the seeds without another one has one of them, so that all others play on."""
_LATER_WEIGHTS = [theme.weight for theme in LATER_THEMES]
_SHARE_OF_FEW = 0.2


def theme_called(words: str) -> Theme:
    """The theme of these words. Raises ValueError if there is none."""
    found = [theme for theme in (*THEMES, *LATER_THEMES) if theme.words == words]
    if not found:
        raise ValueError(f"no theme is called '{words}'")
    return found[0]


def _draw_few(draw: random.Random, generation: int) -> Theme:
    """A few faults, whichever, and a broker that may take its time for everything."""
    delays = (0, _SECOND_NS, 3 * _SECOND_NS, _SLOW_NS)
    rules = {
        "max_slice": draw.choice((None, 3, 9)),
        "ack_delay_ns": draw.choice(delays[:3]),
        "cancel_delay_ns": draw.choice(delays),
        "replace_delay_ns": draw.choice(delays),
    }
    intervals = (_SECOND_NS // 5, _SECOND_NS, 3 * _SECOND_NS)
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
    has_later = not has_theme and generation > 1 and later.random() < _SHARE_OF_LATER
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
    rates = {fault: _RATE_OF_ENDS if fault in ENDS else rate for fault in chosen}
    return theme, {fault: faults[fault] for fault in kept} | rates
