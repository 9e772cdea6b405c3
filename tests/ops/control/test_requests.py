"""What is told of a request that is wrong: one line, with the value and the cure."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from msgspec.inspect import type_info

from ops.control.commands import COMMAND_TYPES, Command, Deploy, Halt, PlaceOrder, Stop
from ops.control.events import Wanted
from ops.control.requests import COMMANDS_BY_TAG, ActorAsked, read_actor, read_command, read_nothing, read_wanted
from ops.control.routes import STATUS
from ops.control.wording import in_words
from ops.errors import UsageError


def order(quantity: str) -> bytes:
    return msgspec.json.encode({"command": "order", "symbol": "AAPL", "side": "buy", "quantity": quantity})


def test_every_command_has_a_tag_of_its_own() -> None:
    assert len(COMMANDS_BY_TAG) == len(COMMAND_TYPES)


@pytest.mark.parametrize(
    "command",
    [
        Stop(reason="enough"),
        Halt(flatten=True),
        Deploy(use="breakout", strategy="mine", parameters={"period": 5}, capital=Decimal("0.5")),
        PlaceOrder(
            symbol="AAPL", side="sell", quantity=Decimal("1.50"), limit_price=Decimal(10), order_type="limit"
        ),
    ],
)
def test_a_command_is_read_as_it_was_written(command: Command) -> None:
    assert read_command(msgspec.json.encode(command)) == command


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            b"",
            "the body is no JSON: Input data was truncated. Send one command, for example ",
        ),
        (b"[" * 5_000, "the body is no JSON: maximum recursion depth exceeded"),
        (b'"\xff"', "the body is no JSON: "),
        (b"[]", 'the body is []; it must be one command, for example {"command": "checkpoint"}.'),
        (b'{"reason": "x"}', "the body has no field `command`. Send one command, for example "),
        (b'{"command": "stpo"}', '"stpo" is no command; did you mean stop? Known are stop, kill, '),
        (b'{"command": 5}', "5 is no command. Known are stop, kill, "),
        (b'{"command": {}}', "{} is no command. Known are stop, kill, "),
        (
            b'{"command": "halt", "raeson": ""}',
            'halt has no field "raeson"; did you mean reason? It may have reason, flatten.',
        ),
        (b'{"command": "checkpoint", "x": 1}', 'checkpoint has no field "x". It has none.'),
        (b'{"command": "kill"}', "kill needs actor, a string of 1 to 200 characters."),
        (
            b'{"command": "kill", "actor": "a", "how": "explode"}',
            'kill.how is "explode"; it must be one of crash, hang, poison.',
        ),
        (b'{"command": "kill", "actor": ""}', 'kill.actor is ""; it must be a string of 1 to 200 characters.'),
        (
            b'{"command": "deploy", "use": "a", "strategy": "s", "symbols": [1]}',
            "deploy.symbols is [1]; it must be a list, each a string of 1 to 200 characters.",
        ),
        (order("ten"), 'order.quantity is "ten"; it must be a decimal number.'),
        (order("NaN"), 'order.quantity is "NaN"; it must be a decimal number of ordinary size.'),
        (order("Infinity"), 'order.quantity is "Infinity"; it must be a decimal number of ordinary size.'),
        (order("1e999999"), 'order.quantity is "1E+999999"; it must be a decimal number of ordinary size.'),
        (order("1" * 40), 'order.quantity is "1111111111111111111111111111111111111111"; it must be'),
    ],
)
def test_what_is_no_command_is_refused_with_the_cure(body: bytes, told: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_command(body)

    assert str(refused.value).startswith(told)


def test_a_long_value_is_cut_where_it_is_shown() -> None:
    body = msgspec.json.encode({"command": "halt", "reason": "x" * 1_001})

    with pytest.raises(
        UsageError, match=r'^halt\.reason is "x{59}\.\.\.; it must be a string of at most 1000 characters'
    ):
        read_command(body)


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ({"name": "router"}, ActorAsked("router", 20)),
        ({"name": "router", "messages": "0"}, ActorAsked("router", 0)),
        ({"name": "router", "messages": "1000"}, ActorAsked("router", 1_000)),
    ],
)
def test_an_actor_is_asked_for_by_name_and_a_number_of_messages(query: dict[str, str], asked: ActorAsked) -> None:
    assert read_actor(query.items()) == asked


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({}, "/v1/actor needs a name. Give one of those that /v1/actors tells."),
        ({"name": ""}, "/v1/actor needs a name. Give one of those that /v1/actors tells."),
        (
            {"nmae": "router"},
            '/v1/actor has no parameter "nmae"; did you mean name? It may have name, messages.',
        ),
        ({"name": "a", "messages": "-1"}, 'messages is "-1"; it must be a whole number from 0 to 1000.'),
        ({"name": "a", "messages": "1001"}, 'messages is "1001"; it must be a whole number from 0 to 1000.'),
        ({"name": "a", "messages": "\u0661"}, 'messages is "\u0661"; it must be a whole number from 0 to 1000.'),
    ],
)
def test_an_actor_asked_for_wrongly_is_refused_with_the_cure(query: dict[str, str], told: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_actor(query.items())

    assert str(refused.value) == told


def test_types_of_events_add_up_and_other_filters_narrow() -> None:
    query = [("type", "OrderFilled"), ("type", "OrderDenied"), ("symbol", "AAPL"), ("portfolio", "main")]

    assert read_wanted(query) == Wanted(
        types=frozenset({"OrderFilled", "OrderDenied"}), symbol="AAPL", portfolio="main"
    )
    assert read_wanted([]) == Wanted()


def test_a_question_without_parameters_takes_none() -> None:
    read_nothing(STATUS, [])
    with pytest.raises(UsageError, match=r'^/v1/status has no parameter "x"\. Leave it out\.$'):
        read_nothing(STATUS, [("x", "1")])


@pytest.mark.parametrize("kind", COMMAND_TYPES)
def test_every_field_of_every_command_has_words_for_what_it_may_hold(kind: type[msgspec.Struct]) -> None:
    words = [in_words(type_info(field.type)) for field in msgspec.structs.fields(kind)]

    assert all(words)
