"""Failures: what a crash undoes, what is tried again, parked, backed off, quarantined and escalated."""

from __future__ import annotations

from typing import Any

import pytest

from actors.kernel import Actor, ActorStatus, CoreThread, Kernel, Supervisor, begin, crash_plan, poison_plan
from actors.kernel.actor import TIMER_AGAIN_NS
from messages import ActorRestarted, CrashActor, MessageParked, Quote, RestartActor, TimerFired, decode
from rules.restarts import RestartPolicy, SupervisionStrategy
from tests.actors.kernel._actors import (
    START_NS,
    STARTED,
    Counter,
    Entry,
    Faulty,
    Quotes,
    handle,
    handle_source,
    note,
    quote,
    started_kernel,
    texts,
)


def supervised(
    kernel: Kernel, *names: str, policy: RestartPolicy | None = None, quarantine: bool = False
) -> Supervisor:
    """Put the named actors under one supervisor, and that under a root."""
    supervisor: Supervisor = Supervisor.start(kernel, "supervisor", policy=policy, quarantine=quarantine).actor  # type: ignore[attr-defined]
    supervisor.supervise([kernel.actors[name] for name in names])
    root = Supervisor.start(kernel, "root", policy=RestartPolicy(max_restarts=3, within_seconds=300)).actor  # type: ignore[attr-defined]
    root.supervise([supervisor])
    return supervisor


def fails_once() -> Any:
    """True the first time that it is asked."""
    answers = iter([True])
    return lambda _quote: next(answers, False)


def test_nothing_that_a_failing_handler_told_or_emitted_leaves() -> None:
    kernel = started_kernel(lambda k: Faulty.start(k, "a", lambda _: True, "b"), lambda k: Counter.start(k, "b"))

    effects = handle(kernel, quote("a", 1))

    assert not [text for text in texts(effects) if text.startswith(("a ", "b "))]
    assert kernel.actors["b"].state.total == 0.0


def test_a_crash_that_does_not_come_back_is_seen_by_nobody() -> None:
    kernel = started_kernel(lambda k: Faulty.start(k, "a", fails_once(), "b"), lambda k: Counter.start(k, "b"))

    effects = handle(kernel, quote("a", 1, 3.0), quote("a", 2, 4.0))

    assert texts(effects) == ["ActorRestarted", "a 3.000000", "b 3.000000", "a 7.000000", "b 7.000000"]


def test_state_is_rebuilt_from_what_was_handled_and_nothing_more() -> None:
    kernel = started_kernel(lambda k: Faulty.start(k, "a", lambda q: q.bid == 13.0))

    handle(kernel, *[quote("a", second, 10.0 + second) for second in range(6)])

    assert kernel.actors["a"].state.total == sum(10.0 + second for second in (0, 1, 2, 4, 5))
    assert kernel.actors["a"].state.started == 1


def test_the_third_failure_parks_the_message_with_its_traceback() -> None:
    kernel = started_kernel(lambda k: Faulty.start(k, "a", lambda q: q.bid == 13.0))

    effects = handle(kernel, quote("a", 1, 13.0), quote("a", 2, 1.0))

    letter = kernel.dead_letters[0]
    assert decode(letter.message) == quote("a", 1, 13.0)
    assert letter.error == "RuntimeError: cannot stand 13.0"
    assert "test_failure.py" not in letter.traceback
    assert "_actors.py" in letter.traceback
    assert [type(e.message) for e in effects[:4]] == [ActorRestarted, ActorRestarted, MessageParked, ActorRestarted]


def test_a_timer_whose_message_is_parked_comes_again() -> None:
    kernel = started_kernel(lambda k: Counter.start(k, "a"))
    actor = kernel.actors["a"]
    poison_plan(actor)
    with CoreThread(kernel):
        actor.set_timer("watch", START_NS)
        kernel.flush_outbox()

        kernel._fire_timers(START_NS)
        parked, seen = len(kernel.dead_letters), len(actor.state.seen)
        kernel._fire_timers(START_NS + TIMER_AGAIN_NS)

    assert (parked, seen) == (1, 0)
    assert actor.state.seen == [-START_NS - TIMER_AGAIN_NS]


def test_an_actor_that_fails_at_one_kind_of_message_handles_all_others() -> None:
    kernel = started_kernel(lambda k: Counter.start(k, "a"))
    actor = kernel.actors["a"]
    poison_plan(actor, kind=TimerFired)
    handle(kernel, quote("a", 1, 2.0))
    with CoreThread(kernel):
        actor.set_timer("watch", START_NS)
        kernel.flush_outbox()
        kernel._fire_timers(START_NS)

    assert [type(decode(letter.message)) for letter in kernel.dead_letters] == [TimerFired]
    assert len(actor.state.seen) == 1


def test_a_long_run_of_crashes_leaves_the_state_as_if_there_had_been_none() -> None:
    def run(*, crashing: bool) -> tuple[Any, Any]:
        kernel = started_kernel(lambda k: Counter.start(k, "a", "b"), lambda k: Counter.start(k, "b"))
        if crashing:
            for delivery in (1, 7, 150, 151, 299):
                plan_next(kernel.actors["a"], delivery)
        handle_source(kernel, Quotes(400, ("a",)))
        return kernel.actors["a"].state, kernel.actors["b"].state

    assert run(crashing=True) == run(crashing=False)


def plan_next(actor: Actor, delivery: int) -> None:
    """Arm one crash; a later one takes the place of an earlier one that is not due yet."""
    crash_plan(actor, delivery)


def test_a_crash_on_command_rebuilds_the_actor_and_changes_nothing() -> None:
    kernel = started_kernel(lambda k: Counter.start(k, "a"))
    handle(kernel, quote("a", 1, 5.0))

    with CoreThread(kernel):
        kernel.input(CrashActor("a"), kernel.now_ns)

    assert kernel.actors["a"].state.total == 5.0
    assert kernel.restarts == 1


def test_the_second_failure_in_a_row_backs_off_and_mail_waits() -> None:
    kernel = started_kernel(lambda k: Counter.start(k, "a"))
    supervised(kernel, "a")
    with CoreThread(kernel):
        kernel.input(CrashActor("a"), kernel.now_ns)
        kernel.input(CrashActor("a"), kernel.now_ns)

    handle(kernel, Quote(*_fields(quote("a", 0))))
    waiting = len(kernel.actors["a"].mailbox)
    status = kernel.actors["a"].status
    with CoreThread(kernel):
        kernel._fire_timers(kernel.now_ns + 200_000_000)

    assert (waiting, status) == (1, ActorStatus.BACKING_OFF)
    assert kernel.actors["a"].status is ActorStatus.RUNNING
    assert kernel.actors["a"].state.total == 100.0


def _fields(message: Quote) -> tuple[Any, ...]:
    return (message.symbol, message.time_ns, message.bid, message.ask, message.bid_size, message.ask_size)


def test_a_strategy_that_fails_on_everything_is_quarantined_and_the_others_go_on() -> None:
    kernel = started_kernel(lambda k: Faulty.start(k, "a", lambda _: True), lambda k: Counter.start(k, "b"))
    supervised(kernel, "a", "b", quarantine=True)

    handle_source(kernel, Quotes(80, ("a", "b")))

    assert kernel.actors["a"].status is ActorStatus.QUARANTINED
    assert len(kernel.actors["b"].state.seen) == 40
    assert kernel.fatal is None


def test_a_quarantined_actor_runs_again_when_a_person_restarts_it() -> None:
    kernel = started_kernel(lambda k: Faulty.start(k, "a", lambda q: q.bid == 1.0))
    supervised(kernel, "a", quarantine=True)
    with CoreThread(kernel):
        for second in range(10):
            kernel._fire_timers(quote("a", second).time_ns)
            kernel.input(quote("a", second, 1.0), quote("a", second).time_ns)

    with CoreThread(kernel):
        kernel.input(RestartActor("a"), kernel.now_ns)
    handle(kernel, quote("a", 11, 2.0))

    assert kernel.actors["a"].state.total == 2.0


def backing_off() -> Kernel:
    """`a` waits for its time to run again; it is to be kept out rather than given up."""
    kernel = started_kernel(lambda k: Faulty.start(k, "a", lambda q: q.bid == 1.0))
    supervised(kernel, "a", quarantine=True)
    with CoreThread(kernel):
        while kernel.actors["a"].status is ActorStatus.RUNNING:
            kernel.input(CrashActor("a"), kernel.now_ns)
    return kernel


def command(kernel: Kernel, *messages: Any) -> None:
    """What a person says, without time passing."""
    with CoreThread(kernel):
        for message in messages:
            kernel.input(message, kernel.now_ns)


def test_an_actor_that_a_person_restarted_waits_for_no_time_to_run_again() -> None:
    kernel = backing_off()

    command(kernel, RestartActor("a"))

    assert kernel.actors["a"].status is ActorStatus.RUNNING
    assert kernel.timers.entries() == []


def test_an_actor_that_is_kept_out_does_not_come_back_by_an_earlier_backing_off() -> None:
    kernel = backing_off()
    actor = kernel.actors["a"]

    kernel.failures.quarantine(actor, as_supervisor(actor), "a person said so")
    with CoreThread(kernel):
        kernel._fire_timers(kernel.now_ns + 3600 * 1_000_000_000)

    assert actor.status is ActorStatus.QUARANTINED
    assert kernel.timers.entries() == []


def as_supervisor(actor: Actor) -> Supervisor:
    assert isinstance(actor.supervisor, Supervisor)
    return actor.supervisor


def test_a_core_actor_beyond_restarting_escalates_to_the_root_which_halts_the_engine() -> None:
    kernel = started_kernel(lambda k: Counter.start(k, "a"))
    supervised(kernel, "a", policy=RestartPolicy(max_restarts=1, within_seconds=30))

    with CoreThread(kernel):
        for second in range(20):
            kernel._fire_timers(START_NS + second * 1_000_000_000)
            kernel.input(CrashActor("a"), kernel.now_ns)

    assert kernel.fatal is not None
    assert "supervisor failed too often" in kernel.fatal


def test_rest_for_one_rebuilds_those_that_started_later() -> None:
    kernel = started_kernel(*[lambda k, n=name: Counter.start(k, n) for name in ("a", "b", "c")])
    supervised(kernel, "a", "b", "c", policy=RestartPolicy(strategy=SupervisionStrategy.REST_FOR_ONE))
    states = {name: id(kernel.actors[name].state) for name in ("a", "b", "c")}

    with CoreThread(kernel):
        kernel.input(CrashActor("b"), kernel.now_ns)

    assert [id(kernel.actors[name].state) == states[name] for name in ("a", "b", "c")] == [True, False, False]


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, MemoryError])
def test_not_even_an_exit_in_a_handler_ends_the_engine(error: type[BaseException]) -> None:
    class Exiting(Counter):
        def on_receive(self, message: Any) -> Any:
            raise error

    kernel = started_kernel(lambda k: Exiting.start(k, "a"), lambda k: Counter.start(k, "b"))

    handle(kernel, quote("a", 1), quote("b", 1))

    assert kernel.actors["b"].state.total == 100.0
    assert len(kernel.dead_letters) == 1


class Unready(Counter):
    """Cannot start until `is_ready`."""

    is_ready = False

    def on_start(self) -> None:
        self.state.total = 99.0
        self.emit(note("half started", self.now_ns))
        if not self.is_ready:
            raise SystemExit("no stage")
        super().on_start()


def unready_kernel(*, quarantine: bool) -> Kernel:
    """`a` cannot start; `b` can."""
    kernel = Kernel()
    Entry.start(kernel)
    Unready.start(kernel, "a")
    Counter.start(kernel, "b")
    supervised(kernel, "a", "b", quarantine=quarantine)
    begin(kernel, STARTED)
    return kernel


def test_a_strategy_that_cannot_start_is_quarantined_and_the_others_go_on() -> None:
    kernel = unready_kernel(quarantine=True)

    effects = handle(kernel, quote("a", 1), quote("b", 1))

    assert texts(effects) == ["b 100.000000"]
    assert kernel.actors["a"].status is ActorStatus.QUARANTINED
    assert kernel.actors["a"].state == kernel.actors["a"].new_state()
    assert kernel.fatal is None


def test_a_strategy_that_could_not_start_does_so_when_a_person_restarts_it() -> None:
    kernel = unready_kernel(quarantine=True)
    kernel.actors["a"].is_ready = True  # type: ignore[attr-defined]  # it is an Unready

    with CoreThread(kernel):
        kernel.input(RestartActor("a"), kernel.now_ns)
    handle(kernel, quote("a", 1, 2.0))

    assert (kernel.actors["a"].state.started, kernel.actors["a"].state.total) == (1, 101.0)


def test_a_core_actor_that_cannot_start_halts_the_engine_with_the_reason() -> None:
    kernel = unready_kernel(quarantine=False)

    assert kernel.fatal == "a: on_start failed: SystemExit: no stage"
