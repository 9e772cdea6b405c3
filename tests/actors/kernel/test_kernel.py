"""The scheduler: order, transactions, timers, and what callers outside may do."""

from __future__ import annotations

from typing import Any

import pykka
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.kernel import Actor, CoreThread, CoreThreadMisuse, EngineHalted, Kernel, SourceFeed
from actors.kernel import kernel as kernel_module
from messages import Bar, EngineStarted, StopEngine, TimerFired
from tests.actors.kernel._actors import (
    START_NS,
    STARTED,
    Counter,
    Entry,
    Quotes,
    handle,
    handle_source,
    note,
    quote,
    running,
    started_kernel,
    texts,
)


def chain() -> Kernel:
    """`a` counts and tells `b`."""
    return started_kernel(lambda k: Counter.start(k, "a", "b"), lambda k: Counter.start(k, "b"))


def test_an_input_is_handled_to_quiescence_before_the_next() -> None:
    kernel = chain()

    effects = handle(kernel, quote("a", 1, 10.0), quote("a", 2, 5.0))

    assert texts(effects) == ["a 10.000000", "b 10.000000", "a 15.000000", "b 15.000000"]
    assert [effect.seq for effect in effects] == [2, 2, 3, 3]


@settings(max_examples=30, deadline=None)
@given(limit=st.integers(1, 300))
def test_effects_are_the_same_wherever_the_turns_are_cut(limit: int) -> None:
    def run(turn_limit: int) -> tuple[Any, int]:
        kernel = chain()
        effects: list[Any] = []
        kernel.feed = SourceFeed(Quotes(300, ("a", "b")))
        with CoreThread(kernel):
            while kernel.feed.position < 300:
                kernel._take_recorded(turn_limit)
                effects += kernel.drop_turn()
        return effects, kernel.seq

    assert run(limit) == run(1000)


def test_on_start_runs_once_with_the_first_input() -> None:
    kernel = chain()

    assert kernel.actors["a"].state.started == 1
    assert kernel.seq == 1


def test_time_in_the_core_is_that_of_the_input_and_never_falls() -> None:
    kernel = chain()

    handle(kernel, quote("a", 5), quote("a", 3))

    assert kernel.now_ns == START_NS + 5_000_000_000


def test_a_timer_fires_before_data_of_the_same_time_and_not_before_it_is_due() -> None:
    kernel = chain()
    kernel.timers.set("a", "alarm", quote("a", 2).time_ns)

    handle_source(kernel, Quotes(4, ("a",)))

    seen = kernel.actors["a"].state.seen
    assert seen == [quote("a", 0).time_ns, quote("a", 1).time_ns, -quote("a", 2).time_ns] + [
        quote("a", second).time_ns for second in (2, 3)
    ]


def test_a_moved_timer_fires_once_and_a_canceled_one_never() -> None:
    kernel = chain()
    kernel.timers.set("a", "moved", START_NS + 1)
    kernel.timers.set("a", "moved", START_NS + 2)
    kernel.timers.set("a", "canceled", START_NS + 1)
    kernel.timers.cancel("a", "canceled")

    with CoreThread(kernel):
        kernel._fire_timers(START_NS + 10)

    assert kernel.actors["a"].state.seen == [-(START_NS + 2)]
    assert len(kernel.timers) == 0


def test_two_actors_that_tell_each_other_for_ever_halt_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_module, "CASCADE_LIMIT", 1000)
    kernel = started_kernel(lambda k: Counter.start(k, "a", "b"), lambda k: Counter.start(k, "b", "a"))

    with pytest.raises(EngineHalted, match="input 2 caused more than 1,000 messages"):
        handle(kernel, quote("a", 1))


def test_ask_from_another_thread_is_answered_between_two_inputs() -> None:
    kernel = chain()
    handle(kernel, quote("a", 1, 10.0))

    with running(kernel):
        assert kernel.ref("a").ask("total?", timeout=5) == 10.0


def test_tell_from_another_thread_becomes_an_input() -> None:
    kernel = chain()
    before = kernel.seq

    with running(kernel):
        kernel.ref("b").tell(quote("b", 1, 4.0))
        assert kernel.ref("b").ask("total?", timeout=5) == 4.0

    assert kernel.seq == before + 1


def test_a_proxy_reads_an_actor_from_another_thread() -> None:
    kernel = chain()

    with running(kernel):
        assert kernel.ref("a").proxy().next_name.get(timeout=5) == "b"


def test_the_registry_knows_the_actors() -> None:
    chain()

    assert "Counter" in {ref.actor_class.__name__ for ref in pykka.ActorRegistry.get_all()}


class Asker(Actor):
    """Asks another actor from inside, which would make the core wait for itself."""

    def on_receive(self, message: Any) -> None:
        self.kernel.ref("b").ask("total?", timeout=1)


def test_a_blocking_ask_inside_the_core_is_refused_and_says_why() -> None:
    kernel = started_kernel(lambda k: Counter.start(k, "b"), lambda k: Asker.start(k, "a"))

    handle(kernel, quote("a", 1))

    assert "CoreThreadMisuse: an actor asked Counter (b) and would wait for ever" in kernel.dead_letters[0].error


def test_waiting_for_a_future_inside_the_core_is_refused() -> None:
    kernel = chain()

    with CoreThread(kernel):
        future = kernel.ref("b").ask("total?", block=False)
        with pytest.raises(CoreThreadMisuse, match="the core would wait for itself"):
            future.get()


def test_a_stopped_engine_ends_after_the_turn_at_hand() -> None:
    kernel = chain()

    kernel.ingress.put_control(StopEngine("enough"))
    kernel.run()

    assert kernel.stopping == "enough"


def test_a_message_from_outside_for_nobody_becomes_a_dead_letter() -> None:
    kernel = chain()

    with CoreThread(kernel):
        kernel.input(TimerFired("nobody", "x", 0), START_NS)

    assert kernel.dead_letters[0].error == "there is no actor named nobody"


def test_two_actors_may_not_have_one_name() -> None:
    kernel = Kernel()
    Entry.start(kernel)

    with pytest.raises(CoreThreadMisuse, match="there is an actor named router already"):
        Entry.start(kernel)


def test_an_exception_in_an_ask_goes_to_the_caller_and_the_actor_lives_on() -> None:
    class Fragile(Counter):
        def on_receive(self, message: Any) -> Any:
            if message == "fail":
                raise ValueError("asked for it")
            return super().on_receive(message)

    kernel = started_kernel(lambda k: Fragile.start(k, "a"))

    with running(kernel):
        with pytest.raises(ValueError, match="asked for it"):
            kernel.ref("a").ask("fail", timeout=5)
        assert kernel.ref("a").ask("total?", timeout=5) == 0.0


def test_market_data_for_a_full_mailbox_is_conflated_and_nothing_else_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kernel_module, "MAILBOX_LIMIT", 4)

    class Flood(Counter):
        def on_receive(self, message: Any) -> Any:
            for second in range(10):
                self.tell("b", quote("x", second))
            self.tell("b", Bar(quote("x", 0).symbol, START_NS, 1, 1.0, 1.0, 1.0, 1.0))

    kernel = started_kernel(lambda k: Flood.start(k, "a"), lambda k: Counter.start(k, "b"))

    handle(kernel, quote("a", 1))

    seen = kernel.actors["b"].state.seen
    assert seen[-1] == quote("x", 9).time_ns
    assert sum(kernel.conflated.values()) == 10 - len(seen)
    assert kernel.actors["b"].handled == len(seen) + 2


def test_an_effect_carries_the_number_of_the_input_that_caused_it() -> None:
    kernel = started_kernel(lambda k: Counter.start(k, "a"))

    effects = handle(kernel, quote("a", 1, 2.0))

    assert effects[0].message == note("a 2.000000", quote("a", 1).time_ns)
    assert effects[0].seq == 2


def test_an_engine_is_started_by_its_first_input_alone() -> None:
    kernel = Kernel()
    Counter.start(kernel, "a")

    assert kernel.actors["a"].state.started == 0
    assert isinstance(STARTED, EngineStarted)
