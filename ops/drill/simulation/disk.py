"""The disk of a simulation: what was written whole is there after a crash, and everything else may be or not.

The journal commits like LMDB: all frames of one append become durable at one moment, or none of them. So a crash
or a failed fsync in the middle leaves either; which one is drawn. Frames are kept as the bytes that they would be
on a disk. Checkpoints are not: one that is damaged is one that nobody can read, and is passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from messages import Checkpoint, DeadLetter, OrderRecord
from ops.drill.simulation.faults import Fault
from ops.drill.simulation.world import World
from storage import DiskFull, StorageFailed
from storage.memory import MemoryJournal, MemoryStateStore

BOOK = "drill0"


class Killed(BaseException):
    """The process is gone: nothing more of it happens. No handler and no `except Exception` may stop it."""


class SimulatedJournal(MemoryJournal):
    """A journal whose appends can fail, and can be cut off by the end of the process."""

    def __init__(
        self,
        world: World,
        after: SimulatedJournal | None,
        *,
        judge: Callable[[Sequence[bytes]], None],
        statuses: Callable[[], list[str]],
    ) -> None:
        """`judge` is shown every frame that is durable; `statuses` are those of the orders, for coverage."""
        super().__init__(after)
        self._world = world
        self._statuses = statuses
        self._judge = judge
        self.used_bytes = 0

    def append(self, frames: Sequence[bytes]) -> None:
        """Raises Killed, DiskFull and StorageFailed as the seed has it."""
        world = self._world
        if world.strikes_amid(Fault.DISK_FULL, self._statuses):
            self.space_low = True
            raise DiskFull("the disk of the drill is full")
        if world.strikes_amid(Fault.FSYNC_FAILED, self._statuses):
            self._keep_perhaps(frames)
            raise StorageFailed("fsync of the drill's disk failed")
        if world.strikes_amid(Fault.POWER_LOSS, self._statuses):
            self._keep_perhaps(frames)
            raise Killed
        self._keep(frames)

    def _keep_perhaps(self, frames: Sequence[bytes]) -> None:
        if self._world.draw.random() < 0.5:
            self._keep(frames)

    def _keep(self, frames: Sequence[bytes]) -> None:
        super().append(frames)
        self._judge(frames)


class SimulatedStateStore(MemoryStateStore):
    """Checkpoints, orders and settings, with the accidents that can befall checkpoints between two starts."""

    def __init__(
        self,
        world: World,
        *,
        judge: Callable[[int, Iterable[OrderRecord]], None],
        statuses: Callable[[], list[str]],
    ) -> None:
        """`judge` is shown the input of every checkpoint that is stored, and the open orders beside it."""
        super().__init__()
        self._world = world
        self._judge = judge
        self._statuses = statuses

    def save_checkpoint(
        self,
        checkpoint: Checkpoint,
        *,
        orders: Sequence[OrderRecord] = (),
        dead_letters: Sequence[DeadLetter] = (),
    ) -> None:
        """Raises Killed and StorageFailed as the seed has it, with or without the checkpoint kept."""
        world = self._world
        failed = world.strikes_amid(Fault.FSYNC_FAILED, self._statuses)
        lost = not failed and world.strikes_amid(Fault.POWER_LOSS, self._statuses)
        if not (failed or lost) or world.draw.random() < 0.5:
            super().save_checkpoint(checkpoint, orders=orders, dead_letters=dead_letters)
            self._judge(checkpoint.seq, self.open_orders())
        if failed:
            raise StorageFailed("fsync of the drill's disk failed")
        if lost:
            raise Killed

    def age(self) -> None:
        """What happens to checkpoints while nobody runs."""
        world, kept = self._world, self._checkpoints
        if kept and world.strikes_amid(Fault.CHECKPOINT_TOO_NEW, self._statuses):
            kept[-1] = msgspec.structs.replace(kept[-1], schema=kept[-1].schema + 1)
        if kept and world.strikes_amid(Fault.CHECKPOINT_ROTTEN, self._statuses):
            kept.pop()  # what fails its checksum is passed over
        if kept and world.strikes_amid(Fault.CHECKPOINT_MISSING, self._statuses):
            kept.clear()


class SimulatedDirectory:
    """What an engine knows as its data directory."""

    path = Path("drill")
    was_clean = False

    def __init__(self, journal: SimulatedJournal, state: SimulatedStateStore) -> None:
        self.journal = journal
        self.state = state
        self.book = BOOK

    @property
    def epoch(self) -> int:
        """Number of the owner that writes now."""
        return self.journal.epoch
