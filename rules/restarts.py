"""When a crashed actor runs again, and when its supervisor gives up.

The rules are those of Erlang's `supervisor`: one_for_one, rest_for_one, one_for_all; children start in list
order and stop in reverse; *more than* `max_restarts` restarts within `within_seconds` is too many. Added to
them is a back-off: the first restart is at once, then `first_delay_seconds` doubling up to `max_delay_seconds`,
each spread by a jitter that is computed from the actor's name and its restart count, so that a replay waits alike.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from enum import Enum

import msgspec

from messages import SECOND_NS

_MAX_DOUBLINGS = 62  # past any sensible max_delay_seconds; keeps the power small


class SupervisionStrategy(Enum):
    """Which children are restarted when one fails."""

    ONE_FOR_ONE = "one_for_one"
    REST_FOR_ONE = "rest_for_one"
    ONE_FOR_ALL = "one_for_all"


class RestartPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How often and how fast children are restarted. Raises ValueError for values out of range."""

    strategy: SupervisionStrategy = SupervisionStrategy.ONE_FOR_ONE
    max_restarts: int = 5
    within_seconds: float = 30.0
    first_delay_seconds: float = 0.1
    max_delay_seconds: float = 30.0
    jitter_fraction: float = 0.2
    healthy_seconds: float = 300.0

    def __post_init__(self) -> None:
        if self.max_restarts < 0:
            raise ValueError(f"max_restarts is {self.max_restarts}; it must be 0 or more")
        for name in ("within_seconds", "first_delay_seconds", "max_delay_seconds", "healthy_seconds"):
            value: float = getattr(self, name)
            if not math.isfinite(value) or value <= 0:
                raise ValueError(f"{name} is {value}; it must be a number of seconds above zero")
        if not 0 <= self.jitter_fraction < 1:
            raise ValueError(
                f"jitter_fraction is {self.jitter_fraction}; it must be from 0 up to, not including, 1"
            )


class RestartHistory(msgspec.Struct, kw_only=True):
    """What is remembered of one child's restarts; never more than `max_restarts` times.

    `recent_ns` are the moments of the failures that were answered by a restart, oldest first. `in_a_row` counts
    restarts since the child was last healthy; `total` those ever. `last_restart_ns` is when the last one took,
    or takes, effect.
    """

    recent_ns: list[int] = []
    in_a_row: int = 0
    total: int = 0
    last_restart_ns: int = 0


class RestartNow(msgspec.Struct, frozen=True):
    """Start the child again at once."""


class RestartAfter(msgspec.Struct, frozen=True):
    """Start the child again after this many nanoseconds."""

    delay_ns: int


class GiveUp(msgspec.Struct, frozen=True):
    """The budget is spent: quarantine the child or escalate."""

    reason: str


RestartDecision = RestartNow | RestartAfter | GiveUp


def decide_restart(history: RestartHistory, policy: RestartPolicy, *, now_ns: int, actor: str) -> RestartDecision:
    """What to do about a failure of `actor` at `now_ns`; a restart that is granted is noted in `history`.

    A failure exactly `within_seconds` old still counts, as in Erlang. The back-off starts over once the child
    has run for `healthy_seconds` since its last restart.
    """
    window_ns = _nanoseconds(policy.within_seconds)
    recent = [time_ns for time_ns in history.recent_ns if now_ns - time_ns <= window_ns]
    if len(recent) >= policy.max_restarts:
        history.recent_ns = recent
        return GiveUp(
            f"{actor} failed {len(recent) + 1} times within {policy.within_seconds:g} s; "
            f"max_restarts is {policy.max_restarts}"
        )
    if history.total and now_ns - history.last_restart_ns >= _nanoseconds(policy.healthy_seconds):
        history.in_a_row = 0
    delay_ns = _delay_ns(history, policy, actor=actor)
    recent.append(now_ns)
    history.recent_ns = recent
    history.in_a_row += 1
    history.total += 1
    history.last_restart_ns = now_ns + delay_ns
    return RestartAfter(delay_ns) if delay_ns else RestartNow()


def affected_children(strategy: SupervisionStrategy, children: Sequence[str], failed: str) -> list[str]:
    """The children to restart when `failed` fails, in start order; stop them in reverse.

    `children` are all children in start order. Raises ValueError if `failed` is not one of them.
    """
    if failed not in children:
        raise ValueError(f"{failed} is no child of this supervisor; it has {', '.join(children) or 'none'}")
    match strategy:
        case SupervisionStrategy.ONE_FOR_ONE:
            return [failed]
        case SupervisionStrategy.REST_FOR_ONE:
            return list(children[children.index(failed) :])
        case SupervisionStrategy.ONE_FOR_ALL:
            return list(children)


def _delay_ns(history: RestartHistory, policy: RestartPolicy, *, actor: str) -> int:
    if history.in_a_row == 0:
        return 0
    doublings = min(history.in_a_row - 1, _MAX_DOUBLINGS)
    seconds = min(policy.first_delay_seconds * 2.0**doublings, policy.max_delay_seconds)
    spread = 1.0 + policy.jitter_fraction * _jitter(actor, history.total)
    return max(1, _nanoseconds(seconds * spread))


def _jitter(actor: str, count: int) -> float:
    """A number from -1 up to 1 that depends on nothing but its arguments."""
    digest = hashlib.blake2b(f"{actor}#{count}".encode(), digest_size=6).digest()
    return int.from_bytes(digest, "big") / 2**47 - 1.0


def _nanoseconds(seconds: float) -> int:
    return round(seconds * SECOND_NS)
