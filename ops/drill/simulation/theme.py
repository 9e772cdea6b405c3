"""What a theme is: faults that come together for a rare moment, and the broker and seed that they need."""

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


LIVELY: dict[str, object] = {"latency_ns": 20_000_000, "quote_interval_ns": SECOND_NS, "quotes": 32}
"""Much that happens, and soon."""
LAGGING: dict[str, object] = {"lag_max_ns": 60 * SECOND_NS}
"""Copies at the broker that may know nothing new for a minute."""
GENEROUS = RiskLimits(
    max_position_fraction=Decimal(1),
    max_gross_exposure_fraction=Decimal(3),
    max_order_value=None,
    allow_short=False,
    duplicate_window_seconds=0.0,
)
"""Limits that let orders grow large enough to execute in many parts."""
WITH_A_WINDOW = msgspec.structs.replace(GENEROUS, duplicate_window_seconds=5.0)
"""The same, and an order is denied that repeats another one within 5 s."""
