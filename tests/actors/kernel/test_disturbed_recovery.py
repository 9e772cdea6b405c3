"""Recovery of runs in which actors failed, waited or were broken off meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from actors.kernel import (
    ActorStatus,
    Committer,
    CoreThread,
    EngineHalted,
    HandlerBroken,
    Kernel,
    Supervisor,
    begin,
    crash_plan,
    go_on,
    recover,
    take_checkpoint,
)
from messages import CrashActor, Quote
from rules.restarts import RestartPolicy
from storage.memory import MemoryJournal, MemoryStateStore
from tests.actors.kernel._actors import STARTED, Counter, Entry, Faulty, Quotes, Tally, handle_source, quote

Make = Any


class Run:
    """A kernel on a journal and a store; `again` is the same after the process was killed."""

    def __init__(self, *make: Make, journal: Any = None, store: Any = None, quarantine: bool = False) -> None:
        self.make, self.quarantine = make, quarantine
        self.journal, self.store = journal or MemoryJournal(), store or MemoryStateStore()
        self.kernel = Kernel(epoch=self.journal.epoch)
        Entry.start(self.kernel)
        actors = [start(self.kernel).actor for start in make]
        supervisor = Supervisor.start(self.kernel, "supervisor", quarantine=quarantine).actor  # type: ignore[attr-defined]
        supervisor.supervise(actors)
        root = Supervisor.start(self.kernel, "root", policy=RestartPolicy(max_restarts=3, within_seconds=300)).actor  # type: ignore[attr-defined]
        root.supervise([supervisor])
        if self.journal.last_seq:
            checkpoint = self.store.latest_checkpoint()
            turns = self.journal.read(0 if checkpoint is None else checkpoint.seq)
            recover(self.kernel, checkpoint=checkpoint, turns=turns)
        self.kernel.committer = Committer(self.journal, self.store, lambda _effects: None)
        if not self.kernel.seq:
            begin(self.kernel, STARTED)

    def turn(self, *inputs: Any) -> None:
        """One turn of these inputs."""
        with CoreThread(self.kernel):
            for message in inputs:
                self.kernel.input(message, getattr(message, "time_ns", self.kernel.now_ns))
            self.kernel.end_turn()

    def fire_timers(self) -> None:
        """One turn of the timers that are due."""
        with CoreThread(self.kernel):
            self.kernel._fire_timers(self.kernel.now_ns)
            self.kernel.end_turn()

    def checkpoint(self) -> None:
        assert self.kernel.committer is not None
        self.kernel.committer.submit_checkpoint(take_checkpoint(self.kernel, code_version="test"))

    def again(self, *make: Make) -> Run:
        assert self.kernel.committer is not None
        self.kernel.committer.flush()
        self.kernel.committer.close()
        return Run(*(make or self.make), journal=self.journal, store=self.store, quarantine=self.quarantine)

    def outcome(self) -> tuple[Any, ...]:
        """All that the run amounts to."""
        kernel = self.kernel
        actors = {
            name: (actor.state, actor.status, actor.deliveries, actor.trouble, len(actor.mailbox))
            for name, actor in kernel.actors.items()
        }
        return kernel.seq, kernel.now_ns, kernel.chain, actors, kernel.timers.entries()


class BreaksOff(Counter):
    """Stands for a handler that the watchdog breaks off at bids above 100, and not when it is replayed."""

    is_slow = True

    def on_receive(self, message: Any) -> Any:
        reply = super().on_receive(message)
        if isinstance(message, Quote) and message.bid > 100 and self.is_slow:
            raise HandlerBroken("a still handling one message after 1 s")
        return reply


class Swift(BreaksOff):
    is_slow = False


def always(_quote: Quote) -> bool:
    return True


def above_100(quote: Quote) -> bool:
    return quote.bid > 100


def test_mail_that_came_to_a_waiting_actor_between_two_checkpoints_is_there_after_a_kill() -> None:
    run = Run(lambda k: Faulty.start(k, "a", above_100))
    run.turn(quote("a", 1, 101.0))
    assert run.kernel.actors["a"].status is ActorStatus.BACKING_OFF
    run.checkpoint()
    run.turn(quote("a", 1), quote("a", 1))
    run.checkpoint()
    assert run.again().outcome() == run.outcome()


def test_an_actor_broken_off_twice_in_a_turn_is_rebuilt_in_a_replay_as_it_was() -> None:
    run = Run(lambda k: BreaksOff.start(k, "a"), quarantine=True)
    run.turn(quote("a", 1), quote("a", 2, 101.0), quote("a", 3, 101.0), quote("a", 4))
    assert run.again(lambda k: Swift.start(k, "a")).outcome() == run.outcome()


def test_a_drill_does_not_go_off_while_its_actor_is_being_rebuilt() -> None:
    run = Run(lambda k: Counter.start(k, "a"))
    run.turn(quote("a", 1))
    actor = run.kernel.actors["a"]
    crash_plan(actor, actor.deliveries + 1)
    run.turn(CrashActor("a"))
    assert actor.status is ActorStatus.RUNNING
    assert actor.state == Tally(seen=[quote("a", 1).time_ns], total=100.0, started=1)


class Dreadful(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text either")


class Erring(Counter):
    """Raises what `errors` makes anew in each process."""

    def __init__(self, kernel: Kernel, name: str, errors: Callable[[], BaseException | None]) -> None:
        super().__init__(kernel, name)
        self.errors = errors

    def on_receive(self, message: Any) -> Any:
        reply = super().on_receive(message)
        if isinstance(message, Quote) and message.bid > 100 and (error := self.errors()) is not None:
            raise error
        return reply


@pytest.mark.parametrize(
    "error",
    [
        ValueError(f"{object()} is no price"),
        ValueError("\udc80 is no text"),
        ValueError("x" * 1_000_000),
        RecursionError("maximum recursion depth exceeded while calling a Python object"),
        MemoryError(),
        SystemExit(1),
        Dreadful(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_failure_is_replayed_in_its_own_words_whatever_the_code_would_say_now(error: BaseException) -> None:
    run = Run(lambda k: Erring.start(k, "a", lambda: error))
    run.turn(quote("a", 1), quote("a", 2, 101.0), quote("a", 3))
    later = run.again(lambda k: Erring.start(k, "a", lambda: None))
    assert later.outcome() == run.outcome()


class Unstartable(Counter):
    """Cannot start, and says so with an address in it."""

    def on_start(self) -> None:
        super().on_start()
        raise ValueError(f"{object()} is not there")


def test_a_failed_start_is_replayed_in_its_own_words() -> None:
    run = Run(lambda k: Unstartable.start(k, "a"), lambda k: Counter.start(k, "b"), quarantine=True)
    run.turn(quote("a", 1), quote("b", 1))
    assert run.again().outcome() == run.outcome()
    assert run.kernel.actors["a"].status is ActorStatus.QUARANTINED


class Forgetful(Counter):
    """Remembers beside its state, so it cannot be rebuilt: from the third call of its handler on it raises."""

    calls = 0

    def on_receive(self, message: Any) -> Any:
        self.calls += 1
        if self.calls >= 3:
            raise RuntimeError(f"{self.calls} calls are too many")
        return super().on_receive(message)


def test_an_actor_that_cannot_be_rebuilt_is_quarantined_and_the_others_go_on() -> None:
    run = Run(lambda k: Forgetful.start(k, "a"), lambda k: Counter.start(k, "b"), quarantine=True)
    run.turn(*(quote(name, second) for second in range(1, 6) for name in "ab"))
    assert run.kernel.actors["a"].status is ActorStatus.QUARANTINED
    assert run.kernel.actors["b"].state.total == 500.0
    assert run.again().outcome() == run.outcome()


def test_the_core_halts_rather_than_go_on_with_a_core_actor_that_cannot_be_rebuilt() -> None:
    run = Run(lambda k: Forgetful.start(k, "a"))
    with pytest.raises(EngineHalted, match="3 calls are too many"):
        run.turn(*(quote("a", second) for second in range(1, 6)))


def halted_run(fails: Callable[[Quote], bool]) -> Run:
    """A run whose core actor failed until the root gave up."""
    run = Run(lambda k: Faulty.start(k, "a", fails), lambda k: Counter.start(k, "b"))
    for second in range(1, 400):
        run.turn(quote("b", second), quote("a", second, 101.0))
        run.fire_timers()
        if run.kernel.fatal is not None:
            return run
    raise AssertionError("the core went on")


def test_a_core_that_gave_up_goes_on_once_it_is_started_again() -> None:
    failures = iter([True] * 1000)
    run = halted_run(lambda quote: quote.bid > 100 and next(failures))
    again = run.again(lambda k: Faulty.start(k, "a", lambda _: False), lambda k: Counter.start(k, "b"))
    assert again.kernel.fatal is None
    go_on(again.kernel)
    assert again.kernel.actors["a"].status is ActorStatus.RUNNING
    assert again.again().outcome() == again.outcome()


def test_a_core_actor_that_cannot_start_halts_the_engine_each_time_it_is_started() -> None:
    run = Run(lambda k: Unstartable.start(k, "a"))
    assert "is not there" in str(run.kernel.fatal)
    again = run.again()
    go_on(again.kernel)
    assert "is not there" in str(again.kernel.fatal)
    cured = again.again(lambda k: Counter.start(k, "a"))
    go_on(cured.kernel)
    assert cured.kernel.fatal is None
    assert cured.kernel.actors["a"].state.started == 1


def test_who_backs_off_where_the_data_ends_handles_its_mail_still() -> None:
    failures = iter([True, True])
    run = Run(lambda k: Faulty.start(k, "a", lambda quote: quote.bid > 100 and next(failures, False)))
    handle_source(run.kernel, Quotes(3, ("a",)))
    assert run.kernel.actors["a"].status is ActorStatus.RUNNING
    assert run.kernel.actors["a"].state.total == 100.0 + 101.0 + 102.0
    later = run.again(lambda k: Counter.start(k, "a"))
    assert later.outcome() == run.outcome()
