"""Timers by name, in order of their due time. One timer for each (actor, name)."""

from __future__ import annotations

import heapq

from messages import TimerEntry

NEVER_NS = 1 << 63

DEAD_ENTRIES_KEPT = 64
"""Entries of moved and canceled timers that may lie in the heap, beside one for each timer that is set."""


class TimerQueue:
    """A heap with lazy deletion: a moved or canceled timer's old entry is skipped when it surfaces."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, str, str]] = []
        self._orders: dict[tuple[str, str], int] = {}
        self._count = 0
        self.next_due_ns = NEVER_NS

    def __len__(self) -> int:
        return len(self._orders)

    def set(self, actor: str, name: str, due_ns: int) -> None:
        """Set or move the timer."""
        self._count += 1
        self._orders[actor, name] = self._count
        heapq.heappush(self._heap, (due_ns, self._count, actor, name))
        if len(self._heap) > 2 * len(self._orders) + DEAD_ENTRIES_KEPT:
            self._heap = [entry for entry in self._heap if self._is_live(entry)]
            heapq.heapify(self._heap)
        self._settle()

    def cancel(self, actor: str, name: str) -> None:
        """Forget the timer, if it is set."""
        if self._orders.pop((actor, name), None) is not None:
            self._settle()

    def pop_due(self, now_ns: int) -> TimerEntry | None:
        """Take the first timer that is due at `now_ns`, if there is one."""
        if self.next_due_ns > now_ns:
            return None
        due_ns, order, actor, name = heapq.heappop(self._heap)
        del self._orders[actor, name]
        self._settle()
        return TimerEntry(due_ns, order, actor, name)

    def entries(self) -> list[TimerEntry]:
        """All timers that are set, in the order they will fire."""
        return [TimerEntry(*entry) for entry in sorted(self._heap) if self._is_live(entry)]

    def restore(self, entries: list[TimerEntry]) -> None:
        """Replace all timers by these."""
        self._heap = [(entry.due_ns, entry.order, entry.actor, entry.name) for entry in entries]
        heapq.heapify(self._heap)
        self._orders = {(entry.actor, entry.name): entry.order for entry in entries}
        self._count = max((entry.order for entry in entries), default=0)
        self._settle()

    def _settle(self) -> None:
        heap = self._heap
        while heap and not self._is_live(heap[0]):
            heapq.heappop(heap)
        self.next_due_ns = heap[0][0] if heap else NEVER_NS

    def _is_live(self, entry: tuple[int, int, str, str]) -> bool:
        return self._orders.get((entry[2], entry[3])) == entry[1]
