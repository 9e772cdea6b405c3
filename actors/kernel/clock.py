"""What time it is in the core, and how far recorded market data may go now.

The one place of the core where a clock is read; everything else is told `now_ns`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from actors.kernel.timers import NEVER_NS
from messages import SECOND_NS


class Clock(Protocol):
    """Drives the time of the core."""

    def now_ns(self, core_ns: int) -> int:
        """The time to stamp on an input that carries none of its own; `core_ns` is the last input's time."""

    def horizon_ns(self) -> int:
        """Recorded data and timers up to this time may be handled now."""

    def seconds_until(self, due_ns: int) -> float:
        """How long to wait until `horizon_ns` reaches `due_ns`."""


class VirtualClock:
    """Time is what the data says, as fast as it can be handled."""

    def now_ns(self, core_ns: int) -> int:
        """The last input's time: nothing else moves this clock."""
        return core_ns

    def horizon_ns(self) -> int:
        """No bound."""
        return NEVER_NS - 1

    def seconds_until(self, due_ns: int) -> float:  # noqa: ARG002  # the protocol's signature
        """Never a wait."""
        return 0.0


class PacedClock:
    """Recorded time passes `speed` times as fast as real time, from the first record on."""

    def __init__(self, speed: float) -> None:
        if not speed > 0:
            raise ValueError(f"speed is {speed}; it must be above zero")
        self.speed = speed
        self._origin_ns: int | None = None
        self._origin_monotonic_ns = 0

    def begin(self, first_ns: int) -> None:
        """Recorded time `first_ns` is now."""
        self._origin_ns = first_ns
        self._origin_monotonic_ns = time.monotonic_ns()

    @property
    def has_begun(self) -> bool:
        """Whether the first record has been seen."""
        return self._origin_ns is not None

    def now_ns(self, core_ns: int) -> int:
        """Recorded time now, never before the last input's."""
        return max(core_ns, self.horizon_ns())

    def horizon_ns(self) -> int:
        """Recorded time now; 0 before the first record."""
        if self._origin_ns is None:
            return 0
        passed_ns = time.monotonic_ns() - self._origin_monotonic_ns
        return self._origin_ns + int(passed_ns * self.speed)

    def seconds_until(self, due_ns: int) -> float:
        """Real seconds until recorded time `due_ns`."""
        return max(0.0, (due_ns - self.horizon_ns()) / self.speed / 1e9)


def monotonic_ns() -> int:
    """Real time for measuring, and never for deciding: nothing that it tells reaches an actor."""
    return time.monotonic_ns()


TURN_NS = 10_000_000
"""How long a turn should take at most, so that a command does not wait behind many quotes."""

TURN_LIMIT_LEAST = 20


class TurnPace:
    """How many inputs a turn takes: as many as fit into `TURN_NS`. Where turns are cut changes no result."""

    def __init__(self, limit_most: int) -> None:
        self._limit_most = limit_most
        self.limit = limit_most

    def note(self, took_ns: int) -> None:
        """The last turn took so long: halve the limit if that was too long, else let it grow again."""
        if took_ns > TURN_NS:
            self.limit = max(TURN_LIMIT_LEAST, self.limit // 2)
        elif self.limit < self._limit_most:
            self.limit = min(self._limit_most, self.limit + self.limit // 4 + 1)


SLEW_DIVISOR = 10
"""A step of the system clock is made up for at one part in so many: what should take 10 s takes 9 s at least."""

STEP_TAKEN_NS = 600 * SECOND_NS
"""Steps forward by more are taken at once: the machine has slept, and nothing that was under way still is."""


class RealClock:
    """Wall time, never going back, that makes up for steps of the system clock slowly.

    Time-outs decide what counts as lost. Somebody who sets the clock forward must not make the engine believe that
    an order which is on its way has not arrived; nor may one who sets it back stop all timers.
    """

    def __init__(
        self, *, wall_ns: Callable[[], int] | None = None, steady_ns: Callable[[], int] | None = None
    ) -> None:
        """`wall_ns` reads the system clock, `steady_ns` one that nobody sets; both in nanoseconds."""
        self._wall_ns = wall_ns or time.time_ns
        self._steady_ns = steady_ns or time.monotonic_ns
        self._last = (self._wall_ns(), self._steady_ns())

    def now_ns(self, core_ns: int) -> int:
        """Nanoseconds UTC; from the last input's time on if that is later, as after a step back between starts."""
        now_ns = self.horizon_ns()
        if core_ns > now_ns:
            now_ns = core_ns
            self._last = (core_ns, self._last[1])
        return now_ns

    def horizon_ns(self) -> int:
        """Wall time now."""
        last_ns, last_steady_ns = self._last
        steady_ns = self._steady_ns()
        passed_ns = steady_ns - last_steady_ns
        time_ns = last_ns + passed_ns
        ahead_ns = self._wall_ns() - time_ns
        most_ns = passed_ns // SLEW_DIVISOR
        time_ns += ahead_ns if ahead_ns > STEP_TAKEN_NS else max(-most_ns, min(ahead_ns, most_ns))
        self._last = (time_ns, steady_ns)
        return time_ns

    def seconds_until(self, due_ns: int) -> float:
        """Seconds until then."""
        return max(0.0, (due_ns - self.horizon_ns()) / 1e9)
