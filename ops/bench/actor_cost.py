"""What an actor costs before it does anything: memory and the time to start it."""

from __future__ import annotations

import gc
import os
import time
from pathlib import Path
from typing import Any

import msgspec

from actors.kernel import Actor, CoreThread, Kernel, begin
from messages import EngineStarted, Quote, Symbol
from ops.bench.errors import BenchError
from ops.bench.figures import MEBIBYTE
from ops.bench.quotes import START_NS, make_quotes
from ops.bench.terms import ActorsTerms


class Tally(msgspec.Struct):
    """Enough state to be worth a checkpoint: a count, a sum, the last quote."""

    messages: int = 0
    total: float = 0.0
    last: Quote | None = None


class Listener(Actor):
    """Remembers what it was told."""

    State = Tally

    def on_receive(self, message: Any) -> None:
        """Take a quote into account."""
        if isinstance(message, Quote):
            state = self.state
            state.messages += 1
            state.total += message.bid
            state.last = message


class Speaker(Actor):
    """The entry: tells each quote to all listeners."""

    def on_receive(self, message: Any) -> None:
        """Tell everybody."""
        if isinstance(message, Quote):
            for actor in self.kernel.actors.values():
                if isinstance(actor, Listener):
                    self.kernel.outbox.append((actor, message))


def measure_actors(terms: ActorsTerms) -> dict[str, float]:
    """Memory that actors add to a kernel, and microseconds to start one.

    `growth_mib` is of actors that were started and have handled one message; `growth_redo_full_mib` of ones that
    keep as many messages as they are ever made to keep by quotes that all of them share.
    """
    kernel = Kernel(entry="speaker")
    Speaker.start(kernel, "speaker")
    before = _resident_bytes()
    began = time.perf_counter()
    for index in range(terms.actors):
        Listener.start(kernel, f"listener/{index:05}")
    begin(kernel, EngineStarted(time_ns=START_NS, config=b"{}", code_version="bench"))
    start_seconds = time.perf_counter() - began
    told = _tell(kernel, 1)
    fresh = _resident_bytes()
    told += _tell(kernel, terms.messages - 2)  # the start is in the redo list too
    full = _resident_bytes()
    handled = sum(actor.state.messages for actor in kernel.actors.values() if isinstance(actor, Listener))
    if handled != told * terms.actors:
        raise BenchError(f"{told * terms.actors} messages were told and {handled} handled")
    return {
        "growth_mib": (fresh - before) / MEBIBYTE,
        "bytes_per_actor": (fresh - before) / terms.actors,
        "start_us": start_seconds / terms.actors * 1e6,
        "start_seconds": start_seconds,
        "growth_redo_full_mib": (full - before) / MEBIBYTE,
        "process_mib": full / MEBIBYTE,
    }


def _tell(kernel: Kernel, count: int) -> int:
    with CoreThread(kernel):
        for quote in make_quotes((Symbol("ANY"),), count, wave=400):
            kernel.input(quote, quote.time_ns)
        kernel.drop_turn()
    return count


def _resident_bytes() -> int:
    """Memory of this process that is in use now, garbage collected first."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
