"""Themes: what must come together for a rare moment, drawn on purpose by a share of the seeds.

Each seed plays its own subset of the faults, and most moments come by themselves. A few need three things at once,
an order refused and then taken, say: a seed with such a theme has these faults often, only some of the others that
it has drawn, and the broker that they need. Which seed has which, `generations` tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import msgspec

from messages import SECOND_NS
from ops.drill.simulation.faults import Fault
from rules.limits import RiskLimits

SLOW_NS = 14 * SECOND_NS
"""Longer than an engine waits for an answer."""

ENDS = frozenset((Fault.KILL, Fault.POWER_LOSS, Fault.FSYNC_FAILED, Fault.DISK_FULL))
"""Faults that end the process: each start costs as much as a hundred messages."""


@dataclass(frozen=True, slots=True)
class Theme:
    """Faults that come together, and what else of a swarm and of its broker's rules is so and not as drawn.

    One of more `weight` is drawn more often: its moments stay rare. Of its faults those that are `seldom` strike
    at their worst moments, and now and then.
    """

    words: str
    faults: tuple[Fault, ...]
    rules: Mapping[str, object] = field(default_factory=dict)
    swarm: Mapping[str, object] = field(default_factory=dict)
    weight: int = 1
    seldom: tuple[Fault, ...] = ()


_LIVELY: dict[str, object] = {"latency_ns": 20_000_000, "quote_interval_ns": SECOND_NS, "quotes": 32}
_LAGGING: dict[str, object] = {"lag_max_ns": 60 * SECOND_NS}
_GENEROUS = RiskLimits(
    max_position_fraction=Decimal(1),
    max_gross_exposure_fraction=Decimal(3),
    max_order_value=None,
    allow_short=False,
    duplicate_window_seconds=0.0,
)
"""Limits that let orders grow large enough to execute in many parts."""
_WITH_A_WINDOW = msgspec.structs.replace(_GENEROUS, duplicate_window_seconds=5.0)
"""The same, and an order is denied that repeats another one within 5 s."""

THEMES = (
    Theme(
        "refused, and taken when it comes again",
        (Fault.REQUEST_DOUBLED, Fault.BUYING_POWER, Fault.ACCOUNT_BLOCKED, Fault.BUST, Fault.CORRECTION),
        {"max_slice": 9, "leverage": 1, "wash_trade_refusal": True},
        {"doubled_within_ns": 8 * SECOND_NS} | _LIVELY,
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
        {"replace_delay_ns": SLOW_NS, "replace_race": True, "max_slice": 3},
        _LIVELY,
        weight=3,
    ),
    Theme(
        "a change takes long, and executions are taken back",
        (Fault.BUST, Fault.CORRECTION, Fault.REQUEST_LATE, Fault.RESPONSE_LATE),
        {"replace_delay_ns": 3 * SECOND_NS, "max_slice": 9},
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
        {"ack_delay_ns": SECOND_NS, "cancel_delay_ns": SLOW_NS, "max_slice": 9},
        _LIVELY | {"quote_interval_ns": 2 * SECOND_NS},
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
        {"cancel_delay_ns": SLOW_NS, "max_slice": 3},
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
        swarm={"commit_ns": 2 * SECOND_NS} | _LIVELY,
    ),
    Theme(
        "day after day ends",
        (Fault.REQUEST_LATE, Fault.UPDATE_LOST, Fault.RESPONSE_LATE),
        swarm={"day_ns": 4 * SECOND_NS, "days": 8} | _LIVELY,
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
        {"replace_delay_ns": 3 * SECOND_NS, "max_slice": 3},
        _LIVELY,
    ),
    Theme(
        "the clock is set while orders leave",
        (Fault.CLOCK_STEP, Fault.KILL, Fault.REQUEST_LATE, Fault.REQUEST_LOST, Fault.STALE_SNAPSHOT),
        swarm=_LIVELY,
    ),
)
_TAKEN_BACK = (
    Fault.BUST,
    Fault.UPDATE_LOST,
    Fault.UPDATE_REORDERED,
    Fault.PARTIAL_FILL,
    Fault.LATE_FILL,
    Fault.UNKNOWN_STATUS,
)
"""What lets an order work unawares whose executions were taken back."""

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
        {"replace_delay_ns": 30 * SECOND_NS, "replace_race": True, "max_slice": 3},
        _LIVELY | {"quote_interval_ns": 2 * SECOND_NS},
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
            "replace_delay_ns": SLOW_NS,
            "replace_race": True,
        },
        _LIVELY | {"doubled_within_ns": 4 * SECOND_NS, "quotes": 48, "quote_interval_ns": SECOND_NS // 2},
    ),
    Theme(
        "what is taken back works on unawares",
        _TAKEN_BACK,
        {"cancel_delay_ns": SLOW_NS, "max_slice": 9},
        _LIVELY | {"quotes": 48, "busts_what_is_nearly_filled": True},
        weight=12,
    ),
    Theme(
        "actors fail all the time",
        (Fault.POISON, Fault.HANG, Fault.CRASH),
        swarm=_LIVELY | {"quotes": 64, "quote_interval_ns": SECOND_NS // 2},
    ),
    Theme(
        "actors fail while people halt",
        (Fault.POISON, Fault.HANG, Fault.CRASH, Fault.HALT),
        swarm=_LIVELY | {"quotes": 48, "quote_interval_ns": SECOND_NS // 5},
    ),
    Theme(
        "a change takes long, and a strange word and copies hide it",
        (Fault.UNKNOWN_STATUS, Fault.RESPONSE_LOST, Fault.LAGGING_REPLICA, Fault.REPLACE_RACE),
        {"replace_delay_ns": SLOW_NS, "replace_race": True, "max_slice": 3},
        _LIVELY | {"quotes": 48},
    ),
    Theme(
        "people order by themselves, and close everything",
        (Fault.HALT, Fault.PARTIAL_FILL, Fault.LATE_FILL, Fault.REQUEST_LATE, Fault.DISCONNECT),
        {"max_slice": 3, "cancel_delay_ns": SLOW_NS},
        _LIVELY | {"has_traders": True, "ends_flat": True},
    ),
    Theme(
        "people order by themselves, and it is not found",
        (Fault.HALT, Fault.RESPONSE_LOST, Fault.UPDATE_LOST, Fault.LAGGING_REPLICA),
        {"max_slice": 3},
        _LAGGING | _LIVELY | {"has_traders": True, "quotes": 24, "quote_interval_ns": 4 * SECOND_NS},
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
        {"replace_delay_ns": SLOW_NS, "cancel_delay_ns": SLOW_NS, "replace_race": True, "max_slice": 3},
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
            "replace_delay_ns": SLOW_NS,
            "replace_race": True,
            "max_slice": 9,
            "leverage": 1,
            "wash_trade_refusal": True,
        },
        _LIVELY
        | {
            "saves_orders": True,
            "day_ns": 8 * SECOND_NS,
            "days": 4,
            "doubled_within_ns": 8 * SECOND_NS,
            "quotes": 48,
            "quote_interval_ns": SECOND_NS // 2,
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
            "told_again_within_ns": 12 * SECOND_NS,
            "quotes": 64,
            "quote_interval_ns": SECOND_NS // 2,
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
            "lag_max_ns": 150 * SECOND_NS,
            "eagerness": 2,
            "day_ns": 3600 * SECOND_NS,
            "quotes": 48,
            "quote_interval_ns": 3 * SECOND_NS,
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
            "lag_max_ns": 150 * SECOND_NS,
            "eagerness": 2,
            "day_ns": 3600 * SECOND_NS,
            "quiet_quotes": 16,
            "quotes": 48,
            "quote_interval_ns": 3 * SECOND_NS,
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
            "quote_interval_ns": 2 * SECOND_NS,
        },
    ),
    Theme(
        "limits change, and the process dies at its start",
        (Fault.CONFIG_CHANGED, Fault.KILL, Fault.POWER_LOSS, Fault.FSYNC_FAILED),
        {"max_slice": None},
        _LIVELY
        | {
            "limits": _GENEROUS,
            "commit_ns": SECOND_NS // 10,
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
            "quote_interval_ns": 3 * SECOND_NS,
        },
    ),
    Theme(
        "strategies come and go, and limits change, between two starts",
        (Fault.CONFIG_CHANGED, Fault.KILL, Fault.POWER_LOSS, Fault.UPDATE_LOST),
        swarm=_LIVELY | {"stop_step": 0.01, "eagerness": 30, "commit_ns": SECOND_NS // 10, "quotes": 48},
    ),
    Theme(
        "a person cancels all orders in the broker's own window",
        (Fault.CANCEL_ALL, Fault.UPDATE_LOST, Fault.PARTIAL_FILL, Fault.REPLACE_RACE),
        {"max_slice": 9, "cancel_delay_ns": 3 * SECOND_NS},
        _LIVELY | {"limits": _GENEROUS, "stop_step": 0.03, "eagerness": 10, "quotes": 48},
    ),
    Theme(
        "a person cancels all orders when executions were taken back, and it is not told",
        (Fault.CANCEL_ALL, *_TAKEN_BACK),
        {"cancel_delay_ns": SLOW_NS, "max_slice": 9},
        _LIVELY | {"quotes": 48, "busts_what_is_nearly_filled": True},
        weight=14,
        seldom=(Fault.CANCEL_ALL,),
    ),
    Theme(
        "a person cancels all orders when some come late, or twice, and copies do not know",
        (
            Fault.CANCEL_ALL,
            Fault.UPDATE_LOST,
            Fault.UPDATE_REORDERED,
            Fault.PARTIAL_FILL,
            Fault.LAGGING_REPLICA,
            Fault.REQUEST_DOUBLED,
            Fault.RESPONSE_LATE,
        ),
        {"cancel_delay_ns": SLOW_NS, "max_slice": 9},
        _LAGGING | _LIVELY | {"quotes": 48, "doubled_within_ns": 8 * SECOND_NS},
        weight=6,
        seldom=(Fault.CANCEL_ALL,),
    ),
    Theme(
        "a person cancels all orders before they are heard of",
        (
            Fault.CANCEL_ALL,
            Fault.RESPONSE_LATE,
            Fault.UPDATE_LOST,
            Fault.PARTIAL_FILL,
            Fault.LATE_FILL,
            Fault.REQUEST_DOUBLED,
            Fault.BUYING_POWER,
        ),
        {"cancel_delay_ns": SECOND_NS, "max_slice": 9, "leverage": 1},
        _LIVELY
        | {
            "limits": _GENEROUS,
            "stop_step": 0.03,
            "eagerness": 10,
            "doubled_within_ns": 8 * SECOND_NS,
            "quotes": 48,
            "quote_interval_ns": SECOND_NS // 2,
        },
        weight=6,
    ),
    Theme(
        "strategies are paused while positions are closed",
        (
            Fault.HALT,
            Fault.PARTIAL_FILL,
            Fault.LATE_FILL,
            Fault.SYMBOL_HALTED,
            Fault.BUYING_POWER,
            Fault.WASH_TRADE,
        ),
        {"ack_delay_ns": SECOND_NS, "cancel_delay_ns": SECOND_NS, "max_slice": 9, "wash_trade_refusal": True},
        _LIVELY | {"limits": _WITH_A_WINDOW, "pauses": True, "ends_flat": True},
        weight=2,
    ),
    Theme(
        "positions are closed before a refusal is heard of",
        (
            Fault.HALT,
            Fault.BUYING_POWER,
            Fault.WASH_TRADE,
            Fault.RESPONSE_LOST,
            Fault.UPDATE_LOST,
            Fault.LAGGING_REPLICA,
        ),
        {"max_slice": 9, "leverage": 1, "wash_trade_refusal": True},
        _LIVELY | {"limits": _GENEROUS, "pauses": True, "ends_flat": True},
        weight=2,
    ),
    Theme(
        "people halt and cancel, and cancels are refused",
        (Fault.HALT, Fault.CANCEL_REFUSED, Fault.PARTIAL_FILL),
        {"max_slice": 3},
        _LIVELY | {"has_traders": True, "refuses_cancels": True, "order_kinds": 3},
    ),
)
"""Themes that came later: a share of the seeds without another one has one of them, so that all others play on."""


def theme_called(words: str) -> Theme:
    """The theme of these words. Raises ValueError if there is none."""
    found = [theme for theme in (*THEMES, *LATER_THEMES) if theme.words == words]
    if not found:
        raise ValueError(f"no theme is called '{words}'")
    return found[0]
