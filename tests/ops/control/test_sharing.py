"""One question for all who ask the same at about the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from ops.control import sharing
from ops.control.sharing import CACHE_SECONDS, SharedAnswers

WAIT_SECONDS = 10.0


class SteeredLoop(asyncio.SelectorEventLoop):
    """A loop whose clock is moved by the test alone."""

    now = 0.0

    def time(self) -> float:
        return self.now


class Source:
    """A question that is answered when the test says so; answers are counted from 1."""

    def __init__(self) -> None:
        self.asked = 0
        self.may_answer = asyncio.Event()
        self.trouble: Exception | None = None

    async def answer(self) -> int:
        self.asked += 1
        answer = self.asked
        await self.may_answer.wait()
        if self.trouble is not None:
            raise self.trouble
        return answer


async def settled() -> None:
    """Every task that can go on has gone on."""
    for _ in range(5):
        await asyncio.sleep(0)


def steered(test: Callable[[SteeredLoop], Awaitable[None]]) -> None:
    loop = SteeredLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(_awaited(test(loop)))


async def _awaited(test: Awaitable[None]) -> None:
    await test


def test_who_asks_while_the_question_is_under_way_shares_its_answer() -> None:
    async def test(_: SteeredLoop) -> None:
        answers, source = SharedAnswers(), Source()
        asking = [asyncio.create_task(answers.get("/a", source.answer)) for _ in range(5)]
        await settled()
        source.may_answer.set()

        assert await asyncio.gather(*asking) == [b"1"] * 5

    steered(test)


def test_an_answer_is_good_for_a_moment_and_then_asked_anew() -> None:
    async def test(loop: SteeredLoop) -> None:
        answers, source = SharedAnswers(), Source()
        source.may_answer.set()

        first = await answers.get("/a", source.answer)
        loop.now += CACHE_SECONDS * 0.99
        second = await answers.get("/a", source.answer)
        loop.now += CACHE_SECONDS * 0.02
        third = await answers.get("/a", source.answer)

        assert (first, second, third) == (b"1", b"1", b"2")

    steered(test)


def test_other_questions_have_other_answers() -> None:
    async def test(_: SteeredLoop) -> None:
        answers, source = SharedAnswers(), Source()
        source.may_answer.set()

        assert await answers.get("/a", source.answer) == b"1"
        assert await answers.get("/b", source.answer) == b"2"

    steered(test)


def test_who_asks_after_a_change_does_not_share_a_question_of_before_it() -> None:
    async def test(_: SteeredLoop) -> None:
        answers, source = SharedAnswers(), Source()
        before = asyncio.create_task(answers.get("/a", source.answer))
        await settled()
        answers.forget()
        after = asyncio.create_task(answers.get("/a", source.answer))
        await settled()
        source.may_answer.set()

        assert (await before, await after) == (b"1", b"2")
        assert await answers.get("/a", source.answer) == b"2"

    steered(test)


def test_an_error_reaches_all_who_wait_and_is_not_kept() -> None:
    async def test(_: SteeredLoop) -> None:
        answers, source = SharedAnswers(), Source()
        source.trouble = ValueError("no")
        source.may_answer.set()

        told = await asyncio.gather(*(answers.get("/a", source.answer) for _ in range(2)), return_exceptions=True)
        source.trouble = None

        assert [str(error) for error in told] == ["no", "no"]
        assert await answers.get("/a", source.answer) == b"2"

    steered(test)


def test_who_stops_waiting_stops_nobody_else() -> None:
    async def test(_: SteeredLoop) -> None:
        answers, source = SharedAnswers(), Source()
        leaving = asyncio.create_task(answers.get("/a", source.answer))
        staying = asyncio.create_task(answers.get("/a", source.answer))
        await settled()
        leaving.cancel()
        await settled()
        source.may_answer.set()

        assert await staying == b"1"
        assert leaving.cancelled()

    steered(test)


def test_an_error_that_nobody_waits_for_any_more_is_no_trouble(caplog: pytest.LogCaptureFixture) -> None:
    async def test(_: SteeredLoop) -> None:
        answers, source = SharedAnswers(), Source()
        source.trouble = ValueError("no")
        leaving = asyncio.create_task(answers.get("/a", source.answer))
        await settled()
        leaving.cancel()
        source.may_answer.set()
        await settled()

    steered(test)

    assert caplog.records == []


def test_only_so_many_answers_are_kept() -> None:
    async def test(loop: SteeredLoop) -> None:
        answers, source = SharedAnswers(), Source()
        source.may_answer.set()
        for number in range(sharing.ENTRIES_MAX):
            await answers.get(f"/{number}", source.answer)
        beyond = [await answers.get("/beyond", source.answer) for _ in range(2)]
        loop.now += 2 * CACHE_SECONDS
        later = [await answers.get("/beyond", source.answer) for _ in range(2)]

        assert beyond == [b"65", b"66"]
        assert later == [b"67", b"67"]

    steered(test)


def test_what_is_answered_is_json() -> None:
    async def test(_: SteeredLoop) -> None:
        async def answer() -> Any:
            return {"price": 1.5}

        assert await SharedAnswers().get("/a", answer) == b'{"price":1.5}'

    steered(test)
