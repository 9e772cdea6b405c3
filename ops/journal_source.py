"""Market data out of a journal: a recorded day as a source, to trade it again.

A source gives market data alone. What people commanded meanwhile is told apart, with the place in the data at which
it came (`commands_in`); timers the core makes anew.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from gateways.errors import FeedTooShort
from messages import (
    AnyMessage,
    Bar,
    ChangeLimits,
    ClosePositions,
    DeployStrategy,
    HaltTrading,
    Instrument,
    PauseStrategy,
    QuarantineActor,
    Quote,
    ReleaseTrading,
    ReloadStrategy,
    RequestCancel,
    RequestOrder,
    RestartActor,
    ResumeStrategy,
    Signal,
    SymbolHalted,
    Told,
    Trade,
    UndeployStrategy,
)
from ops.books import ReadableJournal

MARKET_DATA = (Quote, Trade, Bar, SymbolHalted)
COMMANDS = (
    HaltTrading, ReleaseTrading, RestartActor, QuarantineActor, Told, Signal, RequestOrder, RequestCancel,
    ClosePositions, DeployStrategy, UndeployStrategy, PauseStrategy, ResumeStrategy, ReloadStrategy, ChangeLimits,
)  # fmt: skip
"""What steers trading. The end of a process or a drill does not: it changes nothing of what is traded."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command that came at `time_ns`, after `position` records; the input before it was at `before_ns`."""

    position: int
    before_ns: int
    time_ns: int
    message: AnyMessage


class JournalSource:
    """Satisfies `actors.kernel.ports.Source`. `name` is that of the source that was recorded."""

    def __init__(self, journal: ReadableJournal, name: str) -> None:
        """Raises InputsDeleted, if the journal does not begin with its first input, and JournalCorrupt."""
        self._journal = journal
        self._name = name
        self._last_seq = 0
        self._records = self._read(0)

    @property
    def name(self) -> str:
        """Names the source in the journal."""
        return self._name

    def instruments(self) -> list[Instrument]:
        """Those that the journal begins with."""
        first = next(self._journal.read(0), None)
        return [] if first is None else [m for m in first.taken.inputs if isinstance(m, Instrument)]

    def take(self, limit: int) -> list[AnyMessage]:
        """The next records, at most `limit`; empty at the end. Raises JournalCorrupt."""
        taken = list(islice(self._records, limit))
        if taken:
            self._last_seq = taken[-1][0]
        return [message for _, message in taken]

    def state(self) -> bytes:
        """The number of the last input that was given."""
        return self._last_seq.to_bytes(8, "big")

    def restore(self, state: bytes) -> None:
        """Go back to behind that input."""
        self._last_seq = int.from_bytes(state, "big")
        self._records = self._read(self._last_seq)

    def skip(self, count: int) -> None:
        """Pass over `count` records. Raises FeedTooShort if there are fewer."""
        passed = deque(enumerate(islice(self._records, count), 1), maxlen=1)
        found = passed[0][0] if passed else 0
        if found < count:
            raise FeedTooShort(f"the journal has {found} more records, {count} were to be skipped")
        if passed:
            self._last_seq = passed[0][1][0]

    def _read(self, after_seq: int) -> Iterator[tuple[int, AnyMessage]]:
        for turn in self._journal.read(after_seq):
            for seq, message in enumerate(turn.taken.inputs, turn.first_seq):
                if seq > after_seq and isinstance(message, MARKET_DATA):
                    yield seq, message


def commands_in(journal: ReadableJournal) -> Iterator[Command]:
    """The commands of a journal, oldest first. Raises as JournalSource does."""
    position, before_ns = 0, 0
    for turn in journal.read(0):
        for time_ns, message in zip(turn.taken.times_ns, turn.taken.inputs, strict=True):
            if isinstance(message, COMMANDS):
                yield Command(position, before_ns, time_ns, message)
            position += isinstance(message, MARKET_DATA)
            before_ns = time_ns
