"""The committer thread: makes turns durable in groups, and only then lets their effects out.

All turns that wait are written in one transaction, so a slow disk makes groups larger, not the core slower.
After a failed write nothing more is written: the first error is kept and raised to whoever submits next.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from actors.kernel.errors import EngineHalted
from actors.kernel.ports import Journal, StateStore
from messages import Checkpoint, DeadLetter, OrderRecord, Recorded

BACKLOG_LIMIT = 64
"""Turns that may wait to be written before the core waits for the disk."""


@dataclass(frozen=True, slots=True)
class SubmittedTurn:
    """One turn, as it will stand in the journal."""

    frame: bytes
    effects: list[Recorded]
    last_seq: int


@dataclass(frozen=True, slots=True)
class SubmittedCheckpoint:
    """A checkpoint, and the messages set aside since the one before."""

    checkpoint: Checkpoint
    dead_letters: Sequence[DeadLetter]


Submitted = SubmittedTurn | SubmittedCheckpoint


class CommitWriter:
    """Writes what was submitted, in order: turns that follow one another in one go, and their effects after that.

    `release` gets the effects of turns that are durable now, `on_durable` then the last input of them;
    `changed_orders` is asked for the records that go with a checkpoint.
    """

    def __init__(
        self,
        journal: Journal,
        store: StateStore | None,
        release: Callable[[list[Recorded]], None],
        changed_orders: Callable[[], Sequence[OrderRecord]] = tuple,
        on_durable: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._journal = journal
        self._store = store
        self._release = release
        self._changed_orders = changed_orders
        self._on_durable = on_durable
        self.durable_seq = journal.last_seq
        self.checkpoint_seq = 0

    def write(self, items: Sequence[Submitted]) -> None:
        """Make them durable. Raises what journal and store raise; what comes behind that is then not written."""
        group: list[SubmittedTurn] = []
        for item in items:
            if isinstance(item, SubmittedTurn):
                group.append(item)
                continue
            self._write_group(group)
            group = []
            if self._store is not None:
                self._store.save_checkpoint(
                    item.checkpoint, orders=self._changed_orders(), dead_letters=item.dead_letters
                )
                self.checkpoint_seq = item.checkpoint.seq
        self._write_group(group)

    def _write_group(self, group: list[SubmittedTurn]) -> None:
        if not group:
            return
        self._journal.append([turn.frame for turn in group])
        self.durable_seq = group[-1].last_seq
        effects = [effect for turn in group for effect in turn.effects]
        if effects:
            self._release(effects)
        self._on_durable(self.durable_seq)


class Committer:
    """Owns the thread that writes. The core submits and never waits, unless the backlog is full.

    Its arguments are those of `CommitWriter`, which runs on the committer's thread.
    """

    def __init__(
        self,
        journal: Journal,
        store: StateStore | None,
        release: Callable[[list[Recorded]], None],
        changed_orders: Callable[[], Sequence[OrderRecord]] = tuple,
        on_durable: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._writer = CommitWriter(journal, store, release, changed_orders, on_durable)
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._queue: list[Submitted] = []
        self._busy = False
        self._closing = False
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
        self._thread.start()

    @property
    def durable_seq(self) -> int:
        """The last input that is on disk."""
        return self._writer.durable_seq

    @property
    def checkpoint_seq(self) -> int:
        """The input behind which the last checkpoint written here stands; 0 before the first."""
        return self._writer.checkpoint_seq

    def submit_turn(self, frame: bytes, effects: list[Recorded], last_seq: int) -> None:
        """Queue one turn. Raises EngineHalted if an earlier one could not be written."""
        self._submit(SubmittedTurn(frame, effects, last_seq))

    def submit_checkpoint(self, checkpoint: Checkpoint, dead_letters: Sequence[DeadLetter] = ()) -> None:
        """Queue a checkpoint; it is written after every turn submitted before it."""
        self._submit(SubmittedCheckpoint(checkpoint, dead_letters))

    def flush(self) -> None:
        """Wait until everything submitted is durable. Raises EngineHalted if it cannot be."""
        with self._lock:
            while (self._queue or self._busy) and self._error is None:
                self._changed.wait()
            self._raise_error()

    def close(self) -> None:
        """Write what waits, then end the thread. Does not raise: `flush` first to learn of errors."""
        with self._lock:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()

    def _submit(self, item: Submitted) -> None:
        with self._lock:
            while len(self._queue) >= BACKLOG_LIMIT and self._error is None:
                self._changed.wait()
            self._raise_error()
            self._queue.append(item)
            self._changed.notify_all()

    def _raise_error(self) -> None:
        if self._error is not None:
            raise EngineHalted(str(self._error)) from self._error

    def _run(self) -> None:
        while True:
            with self._lock:
                while not self._queue and not self._closing:
                    self._changed.wait()
                if not self._queue:
                    return
                items, self._queue, self._busy = self._queue, [], True
                self._changed.notify_all()
            try:
                self._writer.write(items)
            except BaseException as error:  # noqa: BLE001  # kept, and raised to the core's thread
                with self._lock:
                    self._error = error
                    self._queue.clear()
            with self._lock:
                self._busy = False
                self._changed.notify_all()
                if self._error is not None:
                    return
