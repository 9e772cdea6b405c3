"""Virtual time: what happens when, one thing after another, and the trace of it."""

from __future__ import annotations

import hashlib
import heapq
import random
from collections import Counter
from collections.abc import Callable, Iterable

from messages import SECOND_NS
from ops.drill.simulation.faults import Fault
from ops.drill.simulation.swarm import Swarm
from rules.orders import OrderState

START_NS = 1_750_000_000_000_000_000
"""When every simulation begins."""

_SELDOM = ("rejected", "expired")
_SELDOM_FOR = {
    Fault.BUST: ("pending_replace",),
    Fault.CORRECTION: ("pending_replace",),
    Fault.UNKNOWN_STATUS: ("filled", "canceled"),
    Fault.FILL_AFTER_CANCEL: ("submitted", "pending_replace", "filled"),
    Fault.PARTIAL_FILL: ("filled",),
    Fault.LATE_FILL: ("accepted", "partially_filled", "pending_replace", "filled"),
    Fault.REPLACE_RACE: ("submitted", "accepted", "partially_filled"),
    Fault.CANCEL_ALL: ("submitted", "filled", "canceled"),
}
_SELDOM_RATE = 0.5
"""How often a fault of the seed strikes at least where an order seldom stands when it could."""

RECENT_NS = 10 * SECOND_NS
"""For how long a late message may still be under way to an order of which something was heard."""


def statuses_amid(orders: Iterable[OrderState], now_ns: int) -> list[str]:
    """How the orders stand that a fault can meet which concerns no single one.

    Those that are open, and those that are over and were heard of within the last 10 s. `now_ns` is by the clock
    that they were heard by.
    """
    since_ns = now_ns - RECENT_NS
    return [each.status.value for each in orders if each.is_open or each.last_time_ns >= since_ns]


class World:
    """The clock, the queue of what is to happen, the seed's draws, and which faults have struck.

    `is_faulty` is whether faults may still strike; `hits` counts them by fault and the status of the order struck,
    of those that concern no single order by each that one met; `boundaries` the kills by where they struck.
    """

    def __init__(self, swarm: Swarm) -> None:
        self.swarm = swarm
        self.draw = random.Random(f"world {swarm.seed}")  # noqa: S311  # a simulation, not a secret
        self.seldom = random.Random(f"seldom {swarm.seed}")  # noqa: S311  # the same
        self.races = random.Random(f"races {swarm.seed}")  # noqa: S311  # the same
        self.now_ns = START_NS
        self.is_faulty = True
        self.hits: Counter[tuple[Fault, str]] = Counter()
        self.boundaries: Counter[str] = Counter()
        self.log: list[str] | None = None
        self._trace = hashlib.sha256()
        self._queue: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0

    def at(self, time_ns: int, happen: Callable[[], None]) -> None:
        """Let something happen then, behind what is due at the same time already."""
        self._count += 1
        heapq.heappush(self._queue, (max(time_ns, self.now_ns), self._count, happen))

    def after(self, delay_ns: int, happen: Callable[[], None]) -> None:
        """Let something happen in a while."""
        self.at(self.now_ns + delay_ns, happen)

    def run(self, until_ns: int) -> None:
        """Let everything happen that is due by then."""
        queue = self._queue
        while queue and queue[0][0] <= until_ns:
            self.now_ns, _, happen = heapq.heappop(queue)
            happen()
        self.now_ns = until_ns

    def latency_ns(self) -> int:
        """How long something is on the wire now."""
        return int(self.draw.expovariate(1.0) * self.swarm.latency_ns) + 1

    def strikes(self, fault: Fault, status: str = "") -> bool:
        """Whether the fault strikes here and now, in the context of an order that stands so."""
        if not self.is_faulty:
            return False
        rate = self.swarm.faults.get(fault)
        if rate is None:
            return False
        is_struck = self.draw.random() < rate or (
            self.is_seldom(fault, status) and self.seldom.random() < _SELDOM_RATE
        )
        if is_struck:
            self.note_hit(fault, status)
        return is_struck

    def races_for(self, fault: Fault, status: str) -> bool:
        """Whether the market takes an order just now, so that a fault of the seed meets one that seldom stands so.

        The hit is noted by what comes of it.
        """
        is_drawn = self.is_faulty and fault in self.swarm.faults and self.is_seldom(fault, status)
        return is_drawn and self.races.random() < _SELDOM_RATE

    def is_seldom(self, fault: Fault, status: str) -> bool:
        """Whether the fault seldom meets an order that stands so."""
        return status in _SELDOM or status in _SELDOM_FOR.get(fault, ())

    def strikes_amid(self, fault: Fault, statuses: Callable[[], list[str]]) -> bool:
        """Whether a fault that concerns no single order strikes, in the context of all that it can meet."""
        if not self.is_faulty:
            return False
        rate = self.swarm.faults.get(fault)
        if rate is None or self.draw.random() >= rate:
            return False
        self.note_hit_amid(fault, statuses())
        return True

    def note_hit(self, fault: Fault, status: str = "") -> None:
        """A fault has struck."""
        self.hits[fault, status] += 1
        self.note(f"fault {fault.name} {status}")

    def note_hit_amid(self, fault: Fault, statuses: Iterable[str]) -> None:
        """A fault that concerns no single order has struck: once for each status in which one stands."""
        for status in dict.fromkeys(statuses) or ("",):
            self.hits[fault, status] += 1
        self.note(f"fault {fault.name}")

    def note(self, text: str) -> None:
        """One line of the trace."""
        line = f"{self.now_ns - START_NS} {text}\n"
        self._trace.update(line.encode())
        if self.log is not None:
            self.log.append(line)

    def trace(self) -> str:
        """The digest of all that has happened."""
        return self._trace.hexdigest()
