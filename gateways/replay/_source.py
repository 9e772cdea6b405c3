"""A recorded data set as a source: records in time order, from any position."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

import msgspec

from gateways.errors import FeedChanged, FeedTooShort
from gateways.replay._bytes import fingerprint
from gateways.replay._ends import last_time_ns
from gateways.replay._merge import Merge, MergeState
from gateways.replay._plan import FilePlan
from gateways.replay._records import Record
from gateways.replay._stream import Bounds
from messages import AnyMessage, Instrument

_STATE_VERSION = 1
_SKIP_BATCH = 10_000


class RecordKind(msgspec.Struct, frozen=True, order=True):
    """A kind of record that occurs: `bar`, `quote` or `trade`; for bars with their length, else 0."""

    kind: str
    timeframe_ns: int = 0


class _State(msgspec.Struct, frozen=True, array_like=True):
    """`given` records of the part that begins at `merge` were given; `files` are labels and fingerprints."""

    version: int
    files: msgspec.Raw
    bounds: Bounds
    merge: MergeState
    given: int


class ReplaySource:
    """Implements `actors.kernel.ports.Source` over recorded files. Made by `open_replay`."""

    def __init__(
        self,
        name: str,
        *,
        plans: Sequence[FilePlan],
        begins_ns: Sequence[int],
        instruments: Sequence[Instrument],
        bounds: Bounds,
        left_out: Sequence[str] = (),
    ) -> None:
        self.name = name
        self.left_out = tuple(left_out)
        self._plans = plans
        self._begins_ns = begins_ns
        self._instruments = tuple(instruments)
        self._bounds = bounds
        self._files: msgspec.Raw | None = None
        self._merge = Merge(plans, begins_ns=begins_ns, bounds=bounds)
        self._part: list[Record] = []
        self._index = 0

    def __repr__(self) -> str:
        return f"ReplaySource({self.name!r}, files={len(self._plans)}, symbols={len(self._instruments)})"

    @property
    def bad_rows(self) -> int:
        """Rows skipped because they could not be read or went back in time, some of them ahead of `take`."""
        return self._merge.bad_rows

    @property
    def ignored(self) -> int:
        """Rows of which nothing is to be made: other streams, other symbols. Counted as `bad_rows` is."""
        return self._merge.ignored

    def instruments(self) -> Sequence[Instrument]:
        """What it has data on, by symbol."""
        return self._instruments

    def kinds(self) -> tuple[RecordKind, ...]:
        """The kinds of record that occur, in order."""
        records = chain.from_iterable(plan.records for plan in self._plans)
        return tuple(sorted({RecordKind(record.kind.value, record.timeframe_ns) for record in records}))

    def span_ns(self) -> tuple[int, int]:
        """Times of the first and the last record, found by parsing only the two ends of every file."""
        first = min(self._begins_ns)
        last = max(last_time_ns(plan) for plan in self._plans)
        return max(first, self._bounds.start_ns), min(last, self._bounds.stop_ns - 1)

    def take(self, limit: int) -> list[AnyMessage]:
        """The next records, at most `limit`; fewer only at the end of the input. Raises FeedError for bad input."""
        taken: list[Any] = []
        while len(taken) < limit:
            if self._index == len(self._part):
                self._part, self._index = self._merge.next_part(), 0
                if not self._part:
                    break
            end = self._index + limit - len(taken)
            more = self._part[self._index : end]
            taken = taken + more if taken else more
            self._index += len(more)
        return taken

    def skip(self, count: int) -> None:
        """Pass over `count` records. Raises FeedTooShort if there are fewer."""
        left = count
        while left > 0:
            passed = len(self.take(min(left, _SKIP_BATCH)))
            if not passed:
                raise FeedTooShort(
                    f"{self.name}: {count} records are to be skipped, but only {count - left} are left. "
                    f"Give the same files as when the position was recorded."
                )
            left -= passed

    def state(self) -> bytes:
        """Where it stands. Cheap enough to be asked for with every batch."""
        merge = self._merge.state
        state = _State(_STATE_VERSION, self._fingerprints(), self._bounds, merge, self._index)
        return msgspec.msgpack.encode(state)

    def restore(self, state: bytes) -> None:
        """Go back to a state that `state` told. Raises FeedChanged if the files are not the same any more."""
        told = msgspec.msgpack.decode(state, type=_State)
        self._refuse_changes(told)
        self._merge.close()
        self._merge = Merge(self._plans, begins_ns=self._begins_ns, bounds=self._bounds, state=told.merge)
        self._part, self._index = [], 0
        self.skip(told.given)

    def close(self) -> None:
        """Let go of all files."""
        self._merge.close()

    def _fingerprints(self) -> msgspec.Raw:
        if self._files is None:
            files = [(plan.label, fingerprint(plan.path)) for plan in self._plans]
            self._files = msgspec.Raw(msgspec.msgpack.encode(files))
        return self._files

    def _refuse_changes(self, told: _State) -> None:
        cure = "Restore the files as they were, or start a new data directory."
        if told.version != _STATE_VERSION:
            raise FeedChanged(f"{self.name}: the position has version {told.version}, not {_STATE_VERSION}. {cure}")
        if told.bounds != self._bounds:
            raise FeedChanged(
                f"{self.name}: the position was told for other start and stop times. Give the same ones."
            )
        kind = list[tuple[str, bytes]]
        before = msgspec.msgpack.decode(told.files, type=kind)
        self._files = None
        now = msgspec.msgpack.decode(self._fingerprints(), type=kind)
        if [label for label, _ in before] != [label for label, _ in now]:
            raise FeedChanged(
                f"{self.name}: the position was told for {len(before)} files, now there are {len(now)} or others. "
                f"{cure}"
            )
        for plan, (_, old), (_, new) in zip(self._plans, before, now, strict=True):
            if old != new:
                raise FeedChanged(f"{plan.path}: the file has changed since the position was told. {cure}")
