"""Waiting until an input is durable, from any thread."""

from __future__ import annotations

import threading
from concurrent.futures import Future


class DurableWaits:
    """Futures that are done once the journal has reached an input. The committer tells it; anybody may wait."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waits: list[tuple[int, Future[int]]] = []
        self._seq = 0

    def wait(self, seq: int) -> Future[int]:
        """A future of the last durable input, once that is `seq` or later."""
        future: Future[int] = Future()
        with self._lock:
            if self._seq < seq:
                self._waits.append((seq, future))
                return future
        future.set_result(seq)
        return future

    def reached(self, seq: int) -> None:
        """All inputs up to `seq` are durable."""
        with self._lock:
            self._seq = seq
            if not self._waits:
                return
            done = [future for wanted, future in self._waits if wanted <= seq]
            self._waits = [wait for wait in self._waits if wait[0] > seq]
        for future in done:
            future.set_result(seq)
