"""A core on live inputs, as an engine runs it: real clock, journal, committer, checkpoints, watchdog."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Sequence

from actors.kernel import Committer, Ingress, Kernel, Watchdog, begin, take_checkpoint
from messages import EngineStarted, Instrument, Recorded, SubmitOrder, decode
from ops.bench.load import LENGTH_BYTES
from ops.config import EngineSettings
from ops.engine import settle_memory  # as a running engine does it
from ops.orders_index import OrdersIndex
from ops.version import CODE_VERSION
from storage import DataDirectory

RECEIVE_BYTES = 1 << 16


class SocketReader:
    """The thread of a feed: takes quotes from a socket, decodes them, puts them into the ingress."""

    def __init__(self, connection: socket.socket, ingress: Ingress) -> None:
        self._connection = connection
        self._ingress = ingress
        self.has_ended = False
        self._thread = threading.Thread(target=self._run, name="reader", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        buffer = b""
        try:
            while received := self._connection.recv(RECEIVE_BYTES):
                buffer = self._put(buffer + received)
        finally:
            self.has_ended = True  # also if it failed, or the core would wait for it for ever

    def _put(self, buffer: bytes) -> bytes:
        """Put all whole frames; what is left of the buffer."""
        offset = 0
        while len(buffer) - offset >= LENGTH_BYTES:
            start = offset + LENGTH_BYTES
            end = start + int.from_bytes(buffer[offset:start], "big")
            if end > len(buffer):
                break
            self._ingress.put_market(decode(buffer[start:end]))
            offset = end
        return buffer[offset:]


class LiveCore:
    """Runs a kernel whose actors have been made. `released` tells when each order's effect was let out.

    It holds pairs of the input's number and the real time in nanoseconds UTC.
    """

    def __init__(self, data: DataDirectory, kernel: Kernel, settings: EngineSettings) -> None:
        self.released: list[tuple[int, int]] = []
        self._data = data
        self._kernel = kernel
        self._settings = settings
        self._index = OrdersIndex()
        self._checkpoint_seq = 0

    def run(self, config: bytes, instruments: Sequence[Instrument], *, until: Callable[[], bool]) -> None:
        """Begin the journal and handle what comes in until that is so. Raises EngineHalted."""
        kernel = self._kernel
        kernel.committer = Committer(self._data.journal, self._data.state, self._release, self._index.take_changed)
        settle_memory()
        try:
            begin(
                kernel,
                EngineStarted(time_ns=time.time_ns(), config=config, code_version=CODE_VERSION),
                *instruments,
            )
            with Watchdog(kernel):
                kernel.run(lambda: self._between_turns(until))
            kernel.committer.flush()
        finally:
            kernel.committer.close()

    def _between_turns(self, until: Callable[[], bool]) -> None:
        kernel = self._kernel
        if kernel.seq - self._checkpoint_seq >= self._settings.checkpoint_interval_inputs:
            assert kernel.committer is not None, "it was made before the core began to run"
            checkpoint = take_checkpoint(kernel, code_version=CODE_VERSION, everything=self._checkpoint_seq == 0)
            kernel.committer.submit_checkpoint(checkpoint)
            self._checkpoint_seq = kernel.seq
        if until():
            kernel.stop("all inputs are handled")

    def _release(self, effects: list[Recorded]) -> None:
        self._index.note(effects)
        for effect in effects:
            if effect.message.__class__ is SubmitOrder:
                self.released.append((effect.seq, time.time_ns()))
