"""The trace: what every actor handled and on whose word, without a change to what happens."""

from __future__ import annotations

from actors.kernel import Delivery, Kernel, crash_plan, trace
from tests.actors.kernel._actors import Counter, Faulty, handle, quote, started_kernel, texts


def two_counters() -> Kernel:
    return started_kernel(lambda k: Counter.start(k, "a", "b"), lambda k: Counter.start(k, "b"))


def test_a_trace_tells_who_handled_what_and_who_had_told_it() -> None:
    kernel = two_counters()
    came = quote("a", 1)

    with trace(kernel) as deliveries:
        effects = handle(kernel, came)

    said = {delivery.actor: delivery.told for delivery in deliveries}
    assert deliveries == [
        Delivery("router", came, (came,), None),
        Delivery("a", came, said["a"], 0),
        Delivery("b", came, said["b"], 1),
    ]
    assert said["a"][1:] + said["b"] == tuple(effect.message for effect in effects)


def test_nothing_is_traced_behind_the_with_nor_left_on_the_actors() -> None:
    kernel = two_counters()

    with trace(kernel) as deliveries:
        pass
    handle(kernel, quote("a", 1))

    assert deliveries == []
    assert [name for name, actor in kernel.actors.items() if "on_receive" in vars(actor)] == []


def test_an_attempt_that_failed_and_the_rebuild_after_it_are_not_deliveries() -> None:
    answers = iter([False, True])
    kernel = started_kernel(lambda k: Faulty.start(k, "a", lambda _: next(answers, False)))
    handle(kernel, quote("a", 1))

    with trace(kernel) as deliveries:
        handle(kernel, quote("a", 2))

    assert [delivery.actor for delivery in deliveries] == ["router", "a"]


def test_a_drill_that_is_armed_goes_off_under_a_trace_as_without() -> None:
    traced, plain = two_counters(), two_counters()
    for kernel in (traced, plain):
        crash_plan(kernel.actors["a"], kernel.actors["a"].deliveries)

    with trace(traced) as deliveries:
        effects = handle(traced, quote("a", 1), quote("a", 2))

    assert texts(effects) == texts(handle(plain, quote("a", 1), quote("a", 2)))
    assert [delivery.actor for delivery in deliveries] == ["router", "a", "b"] * 2


def test_a_drill_that_has_not_gone_off_stays_armed() -> None:
    kernel = two_counters()
    crash_plan(kernel.actors["a"], kernel.actors["a"].deliveries + 1)

    with trace(kernel):
        handle(kernel, quote("a", 1))
    effects = handle(kernel, quote("a", 2))

    assert "ActorRestarted" in texts(effects)
