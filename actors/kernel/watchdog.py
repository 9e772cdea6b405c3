"""Breaks into a handler that runs too long, so that one strategy's endless loop costs the others a second.

A real signal (SIGALRM from an interval timer) is handled by the interpreter in the core's own thread, in the
middle of whatever runs there: loops, sleeps, socket and lock waits, regular expressions. It counts ticks rather
than time, so a machine that was asleep or a process that was stopped breaks nothing. What it cannot break is one
long call into C, and code that swallows every exception with a bare `except:`.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any

from actors.kernel.actor import Actor
from actors.kernel.errors import HandlerBroken
from actors.kernel.failure import FailureHandler, save_state
from actors.kernel.kernel import Kernel
from actors.kernel.mailbox import Sink

TICK_SECONDS = 0.05
WARN_TICKS = 1
BREAK_TICKS = 20

_LOOPS: tuple[Any, ...] = (Kernel.quiesce, Kernel.start)
"""What calls handlers: the loop, and an actor's start."""

_CALLED_BY_THE_LOOP: tuple[Any, ...] = (
    save_state,
    FailureHandler.handle,
    Kernel._overflow,
    Kernel._record_effect,
    Kernel._apply_timer,
    Kernel.flush_outbox,
    Sink.__bool__,
    Sink.__len__,
)
"""What these call besides handlers. An exception raised in there would end the core."""


class Watchdog:
    """Watches one kernel. Works only where the core runs on the process's main thread."""

    def __init__(
        self, kernel: Kernel, *, break_ticks: int = BREAK_TICKS, on_tick: Callable[[], None] = lambda: None
    ) -> None:
        """`on_tick` is called each `TICK_SECONDS` in which the core got on, or is to be broken into soon."""
        self._kernel = kernel
        self._on_tick = on_tick
        self._turns = -1
        self._loops: set[CodeType] = {each.__code__ for each in _LOOPS}
        self._not_handlers = {each.__code__ for each in _CALLED_BY_THE_LOOP}
        self._break_ticks = break_ticks
        self._seen: tuple[object, int] | None = None
        self._ticks = 0
        self.slow_handlers = 0
        self._handler_before: Any = signal.SIG_DFL

    def __enter__(self) -> Watchdog:
        if threading.current_thread() is threading.main_thread():
            self._handler_before = signal.signal(signal.SIGALRM, self._tick)
            signal.setitimer(signal.ITIMER_REAL, TICK_SECONDS, TICK_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        if threading.current_thread() is threading.main_thread():
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._handler_before)

    def _tick(self, _signal: int, frame: FrameType | None) -> None:
        actor = self._handling(frame)
        if actor is None:
            self._seen = None
            if self._kernel.turns != self._turns:
                self._turns = self._kernel.turns
                self._on_tick()
            return
        self._on_tick()
        now = (actor, actor.deliveries)
        if now != self._seen:
            self._seen, self._ticks = now, 0
            return
        self._ticks += 1
        if self._ticks == WARN_TICKS:
            self.slow_handlers += 1
        if self._ticks >= self._break_ticks:
            self._ticks = 0
            seconds = self._break_ticks * TICK_SECONDS
            raise HandlerBroken(f"{actor.actor_urn} was still handling one message after {seconds:g} s")

    def _handling(self, frame: FrameType | None) -> Actor | None:
        """The actor whose handler runs now: the loop has called it, and it has not returned.

        Only then may an exception be raised here; in the loop's own code it would end the core.
        """
        called: FrameType | None = None
        while frame is not None and frame.f_code not in self._loops:
            called, frame = frame, frame.f_back
        if frame is None or called is None or called.f_code in self._not_handlers:
            return None
        return self._kernel.current
