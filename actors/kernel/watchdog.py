"""Breaks into a handler that runs too long, so that one strategy's endless loop costs the others a second.

A real signal (SIGALRM from an interval timer) is handled by the interpreter in the core's own thread, in the
middle of whatever runs there: loops, sleeps, socket and lock waits, regular expressions. It counts ticks rather
than time, so a machine that was asleep or a process that was stopped breaks nothing. What it cannot break is one
long call into C, and code that swallows every exception with a bare `except:`.
"""

from __future__ import annotations

import signal
import threading
from types import CodeType, FrameType
from typing import TYPE_CHECKING

from actors.kernel.errors import HandlerBroken

if TYPE_CHECKING:
    from actors.kernel.kernel import Kernel

TICK_SECONDS = 0.05
WARN_TICKS = 1
BREAK_TICKS = 20


class Watchdog:
    """Watches one kernel. Works only where the core runs on the process's main thread."""

    def __init__(self, kernel: Kernel, *, break_ticks: int = BREAK_TICKS) -> None:
        self._kernel = kernel
        self._loop_code: CodeType = kernel.quiesce.__func__.__code__  # type: ignore[attr-defined]  # a method
        self._break_ticks = break_ticks
        self._seen: tuple[object, int] | None = None
        self._ticks = 0
        self.slow_handlers = 0

    def __enter__(self) -> Watchdog:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGALRM, self._tick)
            signal.setitimer(signal.ITIMER_REAL, TICK_SECONDS, TICK_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        if threading.current_thread() is threading.main_thread():
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)

    def _tick(self, _signal: int, frame: FrameType | None) -> None:
        actor = self._kernel.current
        if actor is None:
            self._seen = None
            return
        now = (actor, actor.deliveries)
        if now != self._seen:
            self._seen, self._ticks = now, 0
            return
        self._ticks += 1
        if self._ticks == WARN_TICKS:
            self.slow_handlers += 1
        if self._ticks >= self._break_ticks and self._is_in_handler(frame):
            self._ticks = 0
            seconds = self._break_ticks * TICK_SECONDS
            raise HandlerBroken(f"{actor.actor_urn} was still handling one message after {seconds:g} s")

    def _is_in_handler(self, frame: FrameType | None) -> bool:
        """Whether the loop called what runs now; an exception in the loop's own code would end the core."""
        if frame is None or frame.f_code is self._loop_code:
            return False
        while frame is not None:
            if frame.f_code is self._loop_code:
                return True
            frame = frame.f_back
        return False
