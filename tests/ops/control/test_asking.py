"""A client asks a server over a real socket: what comes back, and how a refusal arrives."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.control.client import ControlClient
from ops.control.commands import Halt, Kill, Stop
from ops.errors import ControlRefused, EngineNotAnswering, UnderstudyError, exit_code
from tests.ops.control._desk import DEAD_LETTER, DETAIL, DONE, ROUTER, STATUS, VIEW, FixedDesk, served


@pytest.fixture
def desk() -> FixedDesk:
    return FixedDesk()


@pytest.fixture
def client(desk: FixedDesk, tmp_path: Path) -> Iterator[ControlClient]:
    with served(desk, tmp_path) as client:
        yield client


def test_every_question_is_answered_with_what_the_desk_says(client: ControlClient) -> None:
    assert client.status() == STATUS
    assert client.actors() == (ROUTER,)
    assert client.actor("router") == DETAIL
    assert client.dead_letters() == (DEAD_LETTER,)


def test_a_view_arrives_with_its_decimals_exact(client: ControlClient) -> None:
    view = client.view()

    assert view.strategies == VIEW.strategies
    assert view.orders == VIEW.orders
    assert view.portfolios[0].positions == VIEW.portfolios[0].positions
    assert view.portfolios[0].limits == {"max_order_notional": "5000"}  # a limit's type is not told


def test_a_command_reaches_the_desk_as_it_was_meant(client: ControlClient, desk: FixedDesk) -> None:
    told = client.do(Kill(actor="strategy/cross", how="hang"))

    assert told == DONE
    assert desk.commands == [Kill(actor="strategy/cross", how="hang")]


def test_how_many_messages_of_an_actor_are_wanted_is_asked_of_the_desk(
    client: ControlClient, desk: FixedDesk
) -> None:
    client.actor("router", messages=3)

    assert desk.asked == ["actor router 3"]


def test_a_name_with_any_characters_arrives_whole(client: ControlClient, desk: FixedDesk) -> None:
    with pytest.raises(ControlRefused):
        client.actor("symbol/BTC&USD=ü?#%")

    assert desk.asked == ["actor symbol/BTC&USD=ü?#% 20"]


def test_a_wrong_question_is_refused_in_the_words_of_the_desk_with_exit_code_2(client: ControlClient) -> None:
    with pytest.raises(ControlRefused, match=r"^there is no actor ruoter; did you mean router\?$") as told:
        client.actor("ruoter")

    assert exit_code(told.value) == 2


def test_what_cannot_be_done_is_refused_with_exit_code_1(client: ControlClient, desk: FixedDesk) -> None:
    desk.trouble = UnderstudyError("the engine\nstops already")

    with pytest.raises(ControlRefused, match=r"^the engine stops already$") as told:
        client.do(Stop())

    assert exit_code(told.value) == 1


@pytest.mark.parametrize("trouble", [TimeoutError(), EngineNotAnswering("the core is busy")])
def test_a_core_that_does_not_come_to_it_is_an_engine_that_does_not_answer(
    client: ControlClient, desk: FixedDesk, trouble: Exception
) -> None:
    desk.trouble = trouble

    with pytest.raises(EngineNotAnswering, match="the core is busy"):
        client.status()


def test_a_command_that_was_not_answered_may_have_been_carried_out(client: ControlClient, desk: FixedDesk) -> None:
    desk.trouble = TimeoutError()

    with pytest.raises(EngineNotAnswering, match="Whether the command was carried out is not known"):
        client.do(Halt())


def test_a_mistake_in_the_code_is_told_and_logged_and_the_server_lives_on(
    client: ControlClient, desk: FixedDesk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.trouble = KeyError("lost")

    with caplog.at_level(logging.ERROR), pytest.raises(ControlRefused, match="the engine failed on this: KeyError"):
        client.status()
    desk.trouble = None

    assert [record.getMessage() for record in caplog.records] == ["control request failed path=/v1/status"]
    assert client.status() == STATUS


def test_the_same_question_soon_after_costs_the_engine_nothing(client: ControlClient, desk: FixedDesk) -> None:
    for _ in range(3):
        client.actors()

    assert len(desk.asked) < 3


def test_what_is_asked_after_a_command_is_not_of_before_it(client: ControlClient, desk: FixedDesk) -> None:
    client.status()
    client.do(Halt())
    client.status()

    assert desk.asked == ["status", "do", "status"]


def test_an_error_is_not_kept_for_the_next_who_asks(client: ControlClient, desk: FixedDesk) -> None:
    desk.trouble = TimeoutError()
    with pytest.raises(EngineNotAnswering):
        client.status()
    desk.trouble = None

    assert client.status() == STATUS
