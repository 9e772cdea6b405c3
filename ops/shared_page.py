"""One page of memory that guardian and engine share: what the engine does, where the guardian can see it.

    offset  width  field          written by
    0       u64    beats          engine: one more whenever its core has been seen at work
    8       u64    durable_seq    engine: the last input that is on disk
    16      u32    phase          engine; the guardian sets it back before it starts another
    20      u32    running        engine: the number of the strategy whose code runs now, 0 for none
    24      u32    hung           guardian: the strategy that the engine before hung in; the engine clears it
    28      u32    engine_starts  guardian: engine processes that it has started
    32      u32    guardian_pid   guardian

Each field has one writer at a time and is written in one piece, so nobody locks anything, and a reader needs
nothing of the other side to be well.
"""

from __future__ import annotations

import mmap
import os
from enum import IntEnum

PAGE_BYTES = mmap.PAGESIZE


class Phase(IntEnum):
    """How far an engine process is. RECOVERING and TRADING mean that the data directory is its own."""

    STARTING = 0
    RECOVERING = 1
    TRADING = 2
    STOPPING = 3


class SharedPage:
    """The page, over a descriptor that both processes hold, or over none (`private`)."""

    def __init__(self, descriptor: int | None) -> None:
        self.descriptor = descriptor
        self._map = mmap.mmap(-1 if descriptor is None else descriptor, PAGE_BYTES)
        with memoryview(self._map) as whole:
            self._wide = whole[0:16].cast("Q")
            self._narrow = whole[16:36].cast("I")
            self.beacon = whole[20:24].cast("I")

    @classmethod
    def create(cls) -> SharedPage:
        """A new page, all zero. Its descriptor is closed on exec unless it is made inheritable."""
        descriptor = os.memfd_create("understudy-page", os.MFD_CLOEXEC)
        os.ftruncate(descriptor, PAGE_BYTES)
        return cls(descriptor)

    @classmethod
    def from_descriptor(cls, descriptor: int) -> SharedPage:
        """The page of the guardian that started this process, whose children shall not inherit it."""
        os.set_inheritable(descriptor, False)
        return cls(descriptor)

    @classmethod
    def private(cls) -> SharedPage:
        """A page that nobody else sees, for an engine without a guardian."""
        return cls(None)

    def __repr__(self) -> str:
        return (
            f"SharedPage({self.phase.name}, beats={self.beats}, durable_seq={self.durable_seq}, "
            f"running={self.running}, hung={self.hung}, engine_starts={self.engine_starts})"
        )

    def close(self) -> None:
        """Unmap the page and close its descriptor."""
        for view in (self._wide, self._narrow, self.beacon):
            view.release()
        self._map.close()
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None

    def beat(self) -> None:
        """Show that the core is at work."""
        self._wide[0] += 1

    @property
    def beats(self) -> int:
        return self._wide[0]

    @property
    def durable_seq(self) -> int:
        return self._wide[1]

    @durable_seq.setter
    def durable_seq(self, seq: int) -> None:
        self._wide[1] = seq

    @property
    def phase(self) -> Phase:
        return Phase(self._narrow[0])

    @phase.setter
    def phase(self, phase: Phase) -> None:
        self._narrow[0] = phase

    @property
    def running(self) -> int:
        """Also to be had as `beacon[0]`, which a hot path can write in some 30 ns."""
        return self._narrow[1]

    @running.setter
    def running(self, number: int) -> None:
        self._narrow[1] = number

    @property
    def hung(self) -> int:
        return self._narrow[2]

    @hung.setter
    def hung(self, number: int) -> None:
        self._narrow[2] = number

    @property
    def engine_starts(self) -> int:
        return self._narrow[3]

    @engine_starts.setter
    def engine_starts(self, count: int) -> None:
        self._narrow[3] = count

    @property
    def guardian_pid(self) -> int:
        return self._narrow[4]

    @guardian_pid.setter
    def guardian_pid(self, pid: int) -> None:
        self._narrow[4] = pid
