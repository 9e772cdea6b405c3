"""Themes: what must come together for a rare moment, drawn on purpose by a share of the seeds.

Each seed plays its own subset of the faults, and most moments come by themselves. A few need three things at once,
an order refused and then taken, say: a seed with such a theme has these faults often, only some of the others that
it has drawn, and the broker that they need. Which seed has which, `generations` tells.
"""

from __future__ import annotations

from messages import SECOND_NS
from ops.drill.simulation.faults import Fault
from ops.drill.simulation.later_themes import LATER_THEMES
from ops.drill.simulation.theme import LAGGING, LIVELY, SLOW_NS, Theme

__all__ = ["LATER_THEMES", "THEMES", "theme_called"]

THEMES = (
    Theme(
        "refused, and taken when it comes again",
        (Fault.REQUEST_DOUBLED, Fault.BUYING_POWER, Fault.ACCOUNT_BLOCKED, Fault.BUST, Fault.CORRECTION),
        {"max_slice": 9, "leverage": 1, "wash_trade_refusal": True},
        {"doubled_within_ns": 8 * SECOND_NS} | LIVELY,
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
        LAGGING | LIVELY,
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
        LIVELY,
        weight=3,
    ),
    Theme(
        "a change takes long, and executions are taken back",
        (Fault.BUST, Fault.CORRECTION, Fault.REQUEST_LATE, Fault.RESPONSE_LATE),
        {"replace_delay_ns": 3 * SECOND_NS, "max_slice": 9},
        LIVELY,
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
        LIVELY | {"quote_interval_ns": 2 * SECOND_NS},
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
        LIVELY | {"quotes": 48},
        weight=2,
    ),
    Theme(
        "requests come late, and copies do not know",
        (Fault.REQUEST_LATE, Fault.ERROR_BEFORE, Fault.LAGGING_REPLICA, Fault.UPDATE_LOST),
        {"max_slice": 9},
        LAGGING | LIVELY,
    ),
    Theme(
        "the connection breaks while orders leave",
        (Fault.REQUEST_LATE, Fault.REQUEST_LOST, Fault.REQUEST_DOUBLED, Fault.DISCONNECT),
        swarm={"commit_ns": 2 * SECOND_NS} | LIVELY,
    ),
    Theme(
        "day after day ends",
        (Fault.REQUEST_LATE, Fault.UPDATE_LOST, Fault.RESPONSE_LATE),
        swarm={"day_ns": 4 * SECOND_NS, "days": 8} | LIVELY,
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
        LIVELY,
    ),
    Theme(
        "the clock is set while orders leave",
        (Fault.CLOCK_STEP, Fault.KILL, Fault.REQUEST_LATE, Fault.REQUEST_LOST, Fault.STALE_SNAPSHOT),
        swarm=LIVELY,
    ),
)


def theme_called(words: str) -> Theme:
    """The theme of these words. Raises ValueError if there is none."""
    found = [theme for theme in (*THEMES, *LATER_THEMES) if theme.words == words]
    if not found:
        raise ValueError(f"no theme is called '{words}'")
    return found[0]
