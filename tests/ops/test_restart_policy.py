"""What becomes of an engine that has ended, and whose fault it was."""

from __future__ import annotations

import signal

import pytest

from ops.restart_policy import EngineEnd, GiveUp, Past, StartAgain, guilty, judge_end

FAILED = EngineEnd(1)
TRADED = EngineEnd(-signal.SIGKILL, got_somewhere=True)


def waits(end: EngineEnd, times: int, *, apart_seconds: float = 0.0) -> list[float | GiveUp]:
    """How long each of so many ends, one like the other, is answered late; the last may be a giving up."""
    found: list[float | GiveUp] = []
    past = Past()
    for number in range(times):
        verdict = judge_end(end, past, now_seconds=number * apart_seconds)
        if isinstance(verdict, GiveUp):
            return [*found, verdict]
        found.append(verdict.after_seconds)
        past = verdict.past
    return found


@pytest.mark.parametrize(("code", "told"), [(0, 0), (2, 2), (3, 1)])
def test_an_engine_that_says_it_is_over_is_believed(code: int, told: int) -> None:
    assert judge_end(EngineEnd(code), Past(), now_seconds=0.0) == GiveUp(told)


@pytest.mark.parametrize("code", [0, 2, 3])
def test_a_strategy_that_ends_the_process_does_not_speak_for_the_engine(code: int) -> None:
    verdict = judge_end(EngineEnd(code, running=4, got_somewhere=True), Past(), now_seconds=0.0)

    assert isinstance(verdict, StartAgain)


def test_an_engine_that_got_somewhere_is_replaced_at_once_sixty_times_a_minute() -> None:
    assert waits(TRADED, 62, apart_seconds=0.5) == [0.0] * 60 + [1.0] * 2


def test_an_engine_that_got_somewhere_is_replaced_at_once_for_ever_if_it_is_rare() -> None:
    assert waits(TRADED, 200, apart_seconds=1.001) == [0.0] * 200


def test_engines_that_get_nowhere_are_replaced_later_and_later_and_then_no_more() -> None:
    *waited, last = waits(FAILED, 20)

    assert waited == [0.0, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6]
    assert last == GiveUp(
        1,
        "the engine process ended 11 times in a row without getting anywhere; the last one ended with exit code 1. "
        "It is not started again.",
    )


def test_getting_somewhere_makes_good_for_what_was_before() -> None:
    verdict = judge_end(TRADED, Past(fruitless=9), now_seconds=0.0)

    assert verdict == StartAgain(0.0, Past(fruitless=0, restarts=(0.0,)))


@pytest.mark.parametrize(
    ("end", "number"),
    [
        (EngineEnd(-signal.SIGKILL, was_hung=True, running=4), 4),
        (EngineEnd(-signal.SIGKILL, was_hung=True, running=0), 0),
        (EngineEnd(-signal.SIGKILL, running=4), 0),
        (EngineEnd(-signal.SIGTERM, running=4), 0),
        (EngineEnd(-signal.SIGSEGV, running=4), 4),
        (EngineEnd(-signal.SIGABRT, running=4), 4),
        (EngineEnd(77, running=4), 4),
        (EngineEnd(0, running=4), 4),
        (EngineEnd(1), 0),
    ],
)
def test_who_is_to_blame_for_an_end(end: EngineEnd, number: int) -> None:
    assert guilty(end) == number


def test_an_end_is_told_in_words() -> None:
    ends = [EngineEnd(77), EngineEnd(-signal.SIGSEGV), EngineEnd(-signal.SIGKILL, was_hung=True)]

    assert [str(end) for end in ends] == [
        "ended with exit code 77", "was ended by SIGSEGV", "did not answer and was killed",
    ]  # fmt: skip
