"""The watchdog: a hung handler is broken, that it was is on record and replays, and nothing else is ever broken."""

from __future__ import annotations

import re
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from actors.kernel import (
    ActorStatus,
    Committer,
    CoreThread,
    HandlerBroken,
    Kernel,
    Supervisor,
    Watchdog,
    begin,
    recover,
)
from messages import Interrupt, Quote, Turn
from storage.memory import MemoryJournal
from tests.actors.kernel._actors import STARTED, Counter, Entry, handle, quote, started_kernel

BREAK_TICKS = 2
HANGS_AT = 13.0


class Hanging(Counter):
    """Counts, and gets stuck over one quote in the way that it was given."""

    def __init__(self, kernel: Kernel, name: str, hang: Callable[[Any], None]) -> None:
        super().__init__(kernel, name)
        self.hang = hang

    def on_receive(self, message: Any) -> Any:
        reply = super().on_receive(message)
        if isinstance(message, Quote) and message.bid == HANGS_AT:
            self.hang(self)
        return reply


def loop(_actor: Any) -> None:
    """For ever."""
    while True:
        pass


def swallow(_actor: Any) -> None:
    """For ever, and every exception in it is ignored; the break is none of these."""
    while True:
        with suppress(Exception):
            loop(None)


def wait_for_ever(_actor: Any) -> None:
    """On a lock that nobody opens."""
    threading.Event().wait()


def backtrack(_actor: Any) -> None:
    """In a regular expression that takes years."""
    re.match(r"(a*)*b", "a" * 64)


def journaled_run(hang: Callable[[Any], None]) -> tuple[Kernel, MemoryJournal]:
    """A run in which `a` hangs over its second quote, watched, on this thread; `b` is its sibling."""
    journal = MemoryJournal()
    kernel = hanging_kernel(hang, journal)
    kernel.committer = Committer(journal, None, lambda _effects: None)
    begin(kernel, STARTED)
    for message in (quote("a", 1, 5.0), quote("a", 2, HANGS_AT), quote("b", 2), quote("a", 3, 7.0)):
        kernel.ingress.put_market(message)

    with Watchdog(kernel, break_ticks=BREAK_TICKS):
        kernel.run(lambda: None if len(kernel.ingress) else kernel.stop("all handled"))
    kernel.committer.flush()
    kernel.committer.close()
    return kernel, journal


def hanging_kernel(hang: Callable[[Any], None], journal: MemoryJournal) -> Kernel:
    """The actors of the run above."""
    kernel = Kernel(epoch=journal.epoch)
    Entry.start(kernel)
    Hanging.start(kernel, "a", hang)
    Counter.start(kernel, "b")
    return kernel


def facts(journal: MemoryJournal) -> list[Interrupt]:
    """What the journal says was broken off."""
    turns: list[Turn] = list(journal.read())
    return [interrupt for turn in turns for interrupt in turn.taken.interrupts]


@pytest.mark.parametrize("hang", [loop, swallow, wait_for_ever, backtrack])
def test_a_hung_handler_is_broken_its_message_parked_and_everybody_goes_on(hang: Callable[[Any], None]) -> None:
    kernel, journal = journaled_run(hang)

    assert kernel.actors["a"].state.total == 12.0
    assert kernel.actors["b"].state.total == 100.0
    assert [letter.error for letter in kernel.dead_letters] == [
        "HandlerBroken: a was still handling one message after 0.1 s"
    ]
    assert facts(journal) == [Interrupt("a", 2, kernel.dead_letters[0].error)]


def test_what_was_broken_replays_without_a_watchdog_and_without_hanging() -> None:
    kernel, journal = journaled_run(loop)

    def must_not_run(_actor: Any) -> None:
        raise AssertionError("the replay ran into the hang")

    again = hanging_kernel(must_not_run, journal)
    recover(again, checkpoint=None, turns=journal.read())

    assert {name: actor.state for name, actor in again.actors.items()} == {
        name: actor.state for name, actor in kernel.actors.items()
    }
    assert again.chain == kernel.chain
    assert [letter.error for letter in again.dead_letters] == [letter.error for letter in kernel.dead_letters]


def test_a_supervised_actor_that_hangs_again_and_again_is_quarantined() -> None:
    kernel = started_kernel(lambda k: Hanging.start(k, "a", tick(lambda: watchdog, 99)))
    watchdog = Watchdog(kernel, break_ticks=BREAK_TICKS)
    supervisor = Supervisor.start(kernel, "supervisor", quarantine=True).actor  # type: ignore[attr-defined]  # our Ref
    supervisor.supervise([kernel.actors["a"]])

    with CoreThread(kernel):
        for second in (10, 20, 30, 40):
            kernel._fire_timers(quote("a", second).time_ns)
            kernel.input(quote("a", second, HANGS_AT), quote("a", second).time_ns)

    assert kernel.actors["a"].status is ActorStatus.QUARANTINED
    assert [letter.error.partition(":")[0] for letter in kernel.dead_letters] == ["HandlerBroken"] * 3


def tick(watchdog: Callable[[], Watchdog], times: int) -> Callable[[Any], None]:
    """A hang of so many ticks, made by hand: what the timer's signal does, in the frame that it would find."""

    def ticking(_actor: Any) -> None:
        for _ in range(times):
            watchdog()._tick(signal.SIGALRM, sys._getframe())

    return ticking


@pytest.mark.parametrize(("ticks", "slow", "broken"), [(1, 0, False), (2, 1, False), (5, 1, False), (6, 1, True)])
def test_one_tick_is_a_warning_and_only_so_many_in_one_handler_break_it(
    ticks: int, slow: int, *, broken: bool
) -> None:
    kernel = started_kernel(lambda k: Hanging.start(k, "a", tick(lambda: watchdog, ticks)))
    watchdog = Watchdog(kernel, break_ticks=5)

    handle(kernel, quote("a", 1, HANGS_AT))

    assert watchdog.slow_handlers == slow
    assert [letter.error.partition(":")[0] for letter in kernel.dead_letters] == ["HandlerBroken"] * broken


def test_ticks_of_different_messages_do_not_add_up() -> None:
    kernel = started_kernel(lambda k: Hanging.start(k, "a", tick(lambda: watchdog, 5)))
    watchdog = Watchdog(kernel, break_ticks=5)

    handle(kernel, *[quote("a", second, HANGS_AT) for second in range(1, 9)])

    assert kernel.dead_letters == []
    assert watchdog.slow_handlers == 8


def test_nothing_is_broken_outside_handlers() -> None:
    kernel = started_kernel(lambda k: Counter.start(k, "a"))
    watchdog = Watchdog(kernel, break_ticks=1)
    ticking = tick(lambda: watchdog, 50)

    ticking(None)
    handle(kernel, quote("a", 1))

    def between_turns() -> None:
        ticking(None)
        kernel.stop("enough")

    kernel.run(between_turns)

    assert watchdog.slow_handlers == 0


def test_a_tick_before_the_loop_has_taken_an_actor_harms_nobody() -> None:
    kernel = started_kernel(lambda k: Counter.start(k, "a"))
    watchdog = Watchdog(kernel, break_ticks=1)
    ticking = tick(lambda: watchdog, 50)
    before = sys.gettrace()

    sys.settrace(lambda _frame, _event, _argument: ticking(None))  # a profiler's code runs below the loop's
    try:
        kernel.quiesce()
    finally:
        sys.settrace(before)

    assert watchdog.slow_handlers == 0


def test_a_rebuild_after_a_failure_is_not_broken_however_long_it_takes() -> None:
    class Slow(Counter):
        def on_restore(self) -> None:
            if self.state.total:
                ticking(self)

    def fail(_actor: Any) -> None:
        raise ValueError("once more")

    class SlowHanging(Slow, Hanging):
        pass

    kernel = started_kernel(lambda k: SlowHanging.start(k, "a", fail))
    watchdog = Watchdog(kernel, break_ticks=1)
    ticking = tick(lambda: watchdog, 50)

    handle(kernel, quote("a", 1, 5.0))
    kernel.actors["a"].redo_limit = 0
    handle(kernel, quote("a", 2, HANGS_AT))

    assert [letter.error for letter in kernel.dead_letters] == ["ValueError: once more"]


def test_when_it_leaves_the_signal_and_its_timer_are_as_before() -> None:
    kernel = started_kernel(lambda k: Counter.start(k, "a"))
    before = signal.getsignal(signal.SIGALRM)

    with Watchdog(kernel) as watchdog:
        during = signal.getsignal(signal.SIGALRM)
        interval = signal.getitimer(signal.ITIMER_REAL)[1]

    assert during == watchdog._tick
    assert interval == pytest.approx(0.05)
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) == before


def test_away_from_the_main_thread_it_watches_nothing() -> None:
    kernel = started_kernel(lambda k: Counter.start(k, "a"))
    before = signal.getsignal(signal.SIGALRM)
    seen: list[Any] = []

    def elsewhere() -> None:
        with Watchdog(kernel):
            seen.append(signal.getsignal(signal.SIGALRM))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join(10)

    assert seen == [before]


def test_a_handler_cannot_catch_the_break_as_an_ordinary_exception() -> None:
    assert not issubclass(HandlerBroken, Exception)
