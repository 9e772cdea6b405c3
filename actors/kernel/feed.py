"""Recorded data on its way into the core: a source, a small buffer, and a position."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from actors.kernel.clock import Clock, PacedClock
from actors.kernel.ports import Source

BATCH = 1000


class SourceFeed:
    """Takes records from a source in batches and gives them out as the clock allows.

    `position` counts the records that the core has handled, and is moved by the kernel as it does so. `origin` is
    what `state` told at the very beginning, if that is known: without it nothing shows that the source is still
    the same when there is no checkpoint yet.
    """

    def __init__(self, source: Source, position: int = 0, *, origin: bytes | None = None) -> None:
        self.source = source
        self.name = source.name
        self.position = position
        self.ended = False
        self.end_told = False
        self._origin = origin
        self._batch: list[Any] = []
        self._index = 0
        self._before = (position, source.state())

    def next_time_ns(self, otherwise_ns: int) -> int:
        """Time of the next record; `otherwise_ns` if there is none."""
        self._refill()
        return otherwise_ns if self.ended else self._batch[self._index].time_ns

    def due(self, limit: int, clock: Clock) -> Iterator[Any]:
        """Up to `limit` records that may be handled now."""
        self._refill()
        if isinstance(clock, PacedClock) and not clock.has_begun and not self.ended:
            clock.begin(self._batch[self._index].time_ns)
        horizon_ns = clock.horizon_ns()
        while limit > 0 and not self.ended:
            batch = self._batch
            index = self._index
            end = min(len(batch), index + limit)
            limit -= end - index
            while index < end:
                message = batch[index]
                if message.time_ns > horizon_ns:
                    return
                index += 1
                self._index = index
                yield message
            self._refill()

    def state(self) -> bytes:
        """Where the source stood before the buffered batch, so that `restore` needs to skip only part of one."""
        position, state = self._before
        return position.to_bytes(8, "big") + state

    def restore(self, state: bytes | None, position: int) -> None:
        """Go on after `position` records, from a state that was told at or before it, or from the beginning."""
        begin = 0
        state = state or self._origin
        if state is not None:
            begin = int.from_bytes(state[:8], "big")
            self.source.restore(state[8:])
        self.source.skip(position - begin)
        self.position = position
        self._batch, self._index, self.ended = [], 0, False
        self._before = (position, self.source.state())

    def _refill(self) -> None:
        if self._index >= len(self._batch) and not self.ended:
            self._before = (self.position, self.source.state())
            self._batch = self.source.take(BATCH)
            self._index = 0
            self.ended = not self._batch
