"""One stream in time order out of many files, equal times in the order of the files.

Every step finds the horizon: the earliest last time among the blocks that are loaded. What lies before it, in
any file, can no longer be overtaken, so it is taken in one go and sorted (the sort merges ordered runs). Files that
begin after the horizon stay closed, so as many are open as overlap in time. The order does not depend on where
blocks end.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from operator import attrgetter

import msgspec

from gateways.replay._plan import FilePlan
from gateways.replay._records import Record
from gateways.replay._stream import Bounds, FileStream, Position

_BY_TIME = attrgetter("time_ns")


class MergeState(msgspec.Struct, frozen=True, array_like=True):
    """Positions of the files that are being read, and what was counted in those that were read to their end."""

    reading: dict[int, Position]
    ended: dict[int, tuple[int, int]]


class Merge:
    """Gives the records of all files in parts, `plans` being in the order of the files.

    `begins_ns` tells for each file a time at or before that of its first record.
    """

    def __init__(
        self,
        plans: Sequence[FilePlan],
        *,
        begins_ns: Sequence[int],
        bounds: Bounds,
        state: MergeState | None = None,
    ) -> None:
        self._plans = plans
        self._bounds = bounds
        state = state or MergeState({}, {})
        self._ended = dict(state.ended)
        waiting = [index for index in range(len(plans)) if index not in state.reading and index not in state.ended]
        self._waiting = sorted(waiting, key=lambda index: (begins_ns[index], index), reverse=True)
        self._begins_ns = begins_ns
        self._streams: dict[int, FileStream] = {}
        for index, position in sorted(state.reading.items()):
            self._begin(index, position)
        self._before = self._now()

    @property
    def state(self) -> MergeState:
        """What makes a merge that gives the last part again, and then what follows."""
        return self._before

    @property
    def bad_rows(self) -> int:
        """Rows skipped because they could not be read or went back in time, as far as files have been read."""
        ended = sum(bad_rows for bad_rows, _ in self._ended.values())
        return ended + sum(stream.bad_rows for stream in self._streams.values())

    @property
    def ignored(self) -> int:
        """Rows of which nothing is to be made, as far as files have been read."""
        ended = sum(ignored for _, ignored in self._ended.values())
        return ended + sum(stream.ignored for stream in self._streams.values())

    def next_part(self) -> list[Record]:
        """The next records in order; empty at the end."""
        horizon_ns, bound_by = self._horizon()
        self._before = self._now()
        part: list[Record] = []
        sources = 0
        for index, stream in sorted(self._streams.items()):
            # At the horizon itself, a later file waits until the one that bounds it has told all of that moment.
            limit_ns = horizon_ns + 1 if index <= bound_by else horizon_ns
            end = bisect_left(stream.times, limit_ns, stream.index, stream.end)
            if end > stream.index:
                part += stream.records[stream.index : end]
                stream.index = end
                sources += 1
        if sources > 1:
            part.sort(key=_BY_TIME)
        for index in [index for index, stream in self._streams.items() if stream.index == stream.end]:
            self._refill(index)
        return part

    def close(self) -> None:
        """Let go of all files."""
        for stream in self._streams.values():
            stream.close()

    def _horizon(self) -> tuple[int, int]:
        """The time up to which all is loaded, and the file whose block ends there; opens what begins before it."""
        while True:
            lasts = [(stream.times[stream.end - 1], index) for index, stream in self._streams.items()]
            horizon = min(lasts, default=(self._bounds.stop_ns, -1))
            if not self._waiting or (lasts and self._begins_ns[self._waiting[-1]] > horizon[0]):
                return horizon
            self._begin(self._waiting.pop(), None)

    def _begin(self, index: int, position: Position | None) -> None:
        self._streams[index] = FileStream(self._plans[index], bounds=self._bounds, position=position)
        self._refill(index)

    def _refill(self, index: int) -> None:
        stream = self._streams[index]
        if not stream.load():
            self._ended[index] = (stream.bad_rows, stream.ignored)
            del self._streams[index]

    def _now(self) -> MergeState:
        reading = {index: stream.position for index, stream in self._streams.items()}
        return MergeState(reading, dict(self._ended))
