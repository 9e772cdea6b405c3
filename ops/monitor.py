"""How an engine is doing, measured once a second beside it: rates, and the thresholds that are passed.

A thread of its own that only reads. What it reads may be a moment old or half a turn on; it decides nothing.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from actors.kernel import Actor, monotonic_ns
from ops.control.answers import Concern

if TYPE_CHECKING:
    from ops.engine import Engine

SAMPLE_SECONDS = 1.0
SAMPLES_KEPT = 61
"""Rates are over the last few seconds, conflation over the last minute."""
RATE_SAMPLES = 4

_MEBIBYTE = 1 << 20
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Sample:
    at_ns: int
    seq: int
    handled: dict[str, int]
    taken: dict[str, int]
    conflated: int


class Monitor:
    """Measures an engine from `start` to `stop`. `concerns` are the thresholds of [alerts] that are passed now."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._samples: deque[_Sample] = deque(maxlen=SAMPLES_KEPT)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="monitor", daemon=True)
        self.concerns: tuple[Concern, ...] = ()

    def start(self) -> None:
        """Begin to measure."""
        self._thread.start()

    def stop(self) -> None:
        """Measure no more."""
        self._done.set()
        self._thread.join()

    def handled_rate(self, name: str) -> float:
        """Messages that an actor handles in a second."""
        return self._rate(lambda sample: sample.handled.get(name, 0))

    def lane_rate(self, lane: str) -> float:
        """Inputs that come in by a lane in a second."""
        return self._rate(lambda sample: sample.taken.get(lane, 0))

    def input_rate(self) -> float:
        """Inputs of all kinds in a second."""
        return self._rate(lambda sample: sample.seq)

    def message_rate(self) -> float:
        """Messages that all actors together handle in a second."""
        return self._rate(lambda sample: sum(sample.handled.values()))

    def _run(self) -> None:
        while not self._done.wait(SAMPLE_SECONDS):
            self._samples.append(self._sample())
            concerns = tuple(self._find_concerns())
            known = {concern.subject for concern in self.concerns}
            for concern in concerns:
                if concern.subject not in known:
                    _logger.warning("threshold passed subject=%s text=%s", concern.subject, concern.text)
            self.concerns = concerns

    def _sample(self) -> _Sample:
        kernel = self._engine.kernel
        return _Sample(
            at_ns=monotonic_ns(),
            seq=kernel.seq,
            handled={actor.actor_urn: actor.handled for actor in list(kernel.actors.values())},
            taken=dict(kernel.ingress.taken),
            conflated=self._engine.conflated(),
        )

    def _rate(self, value: Callable[[_Sample], int]) -> float:
        samples = list(self._samples)[-RATE_SAMPLES:]
        if len(samples) < 2:
            return 0.0
        first, last = samples[0], samples[-1]
        seconds = (last.at_ns - first.at_ns) / 1e9
        return max(0.0, round((value(last) - value(first)) / seconds, 1))

    def _find_concerns(self) -> Iterator[Concern]:
        engine, limits = self._engine, self._engine.config.alerts
        for actor in list(engine.kernel.actors.values()):
            yield from self._of_mailbox(actor)
        samples = list(self._samples)
        conflated = samples[-1].conflated - samples[0].conflated
        if conflated > limits.conflated_per_minute:
            yield Concern(subject="market", text=f"{conflated:,} records conflated in the last minute")
        if engine.lag_seconds > limits.lag_seconds:
            yield Concern(subject="source", text=f"{engine.lag_seconds:.1f} s behind its schedule")
        free = engine.directory.journal.free_bytes // _MEBIBYTE
        if free < limits.disk_free_mib:
            yield Concern(subject="disk", text=f"{free:,} MiB free, less than {limits.disk_free_mib:,}")
        memory = memory_bytes() // _MEBIBYTE
        if memory > limits.memory_mib:
            yield Concern(subject="memory", text=f"{memory:,} MiB in use, more than {limits.memory_mib:,}")
        age = engine.checkpoint_age_seconds
        if age is not None and age > limits.checkpoint_age_seconds:
            yield Concern(subject="checkpoint", text=f"the last checkpoint is {age:,.0f} s old")

    def _of_mailbox(self, actor: Actor) -> Iterator[Concern]:
        limits = self._engine.config.alerts
        depth, age = mailbox_depth(actor), oldest_age_seconds(actor)
        if depth > limits.mailbox_depth:
            yield Concern(subject=actor.actor_urn, text=f"{depth:,} messages wait in its mailbox")
        elif age is not None and age > limits.oldest_age_seconds:
            yield Concern(subject=actor.actor_urn, text=f"its oldest message has waited for {age:.1f} s")


def mailbox_depth(actor: Actor) -> int:
    """How many messages wait for an actor, the one in its hands included."""
    return len(actor.mailbox)


def oldest_age_seconds(actor: Actor) -> float | None:
    """How long the oldest message has waited: since the turn began, or since the actor may not run."""
    if not mailbox_depth(actor):
        return None
    since_ns = actor.held_since_ns or actor.kernel.turn_began_ns
    return max(0, monotonic_ns() - since_ns) / 1e9


def memory_bytes() -> int:
    """The memory that this process has in use (its resident set)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_BYTES


def open_files() -> int:
    """The file descriptors that this process has open."""
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208  # no path is wanted, only their number
