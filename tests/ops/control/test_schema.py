"""The document that the server gives of itself is whole, and the answers are as it says."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from messages import Recorded, Side
from ops.control.answers import Refused
from ops.control.commands import COMMAND_TYPES, PlaceOrder, Stop
from ops.control.events import encode_event
from ops.control.routes import ROUTES, Route
from ops.control.schema import openapi
from tests.ops.control._desk import DEAD_LETTER, DETAIL, DONE, ROUTER, STATUS, VIEW, FixedDesk, served
from tests.ops.control._json_schema import faults
from tests.ops.control.test_server import Plain
from tests.recorded import approved, order
from tests.refresh_control_api import PAGE, refreshed

ANSWERS: dict[str, Any] = {
    "/v1/status": STATUS,
    "/v1/actors": (ROUTER,),
    "/v1/actor": DETAIL,
    "/v1/view": VIEW,
    "/v1/dead-letters": (DEAD_LETTER,),
    "/v1/schema": openapi(),
    "/v1/events": msgspec.json.decode(encode_event(Recorded(1, approved(order(1, Side.BUY, "100", second=1))))),
    "/v1/commands": DONE,
}


def operation(route: Route) -> dict[str, Any]:
    told: dict[str, Any] = openapi()["paths"][route.path][route.method.lower()]
    return told


def schema_of(content: dict[str, Any]) -> dict[str, Any]:
    (media,) = content["content"].values()
    schema: dict[str, Any] = media["schema"]
    return schema


def test_the_document_is_served(tmp_path: Path) -> None:
    with served(FixedDesk(), tmp_path):
        connection = Plain(tmp_path)
        told = connection.ask("GET", "/v1/schema")
        connection.close()

    assert told == (200, msgspec.json.decode(msgspec.json.encode(openapi())))


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_every_route_is_in_the_document_and_answers_as_it_says(route: Route) -> None:
    answer = msgspec.json.decode(msgspec.json.encode(ANSWERS[route.path]))

    assert faults(answer, schema_of(operation(route)["responses"]["200"]), openapi()) == []


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_every_route_is_refused_as_the_document_says(route: Route) -> None:
    refused = msgspec.to_builtins(Refused(error="no", exit_code=1))

    assert faults(refused, schema_of(operation(route)["responses"]["default"]), openapi()) == []


def test_every_command_is_in_the_document() -> None:
    schemas = openapi()["components"]["schemas"]

    assert [kind.__name__ for kind in COMMAND_TYPES if kind.__name__ not in schemas] == []


@pytest.mark.parametrize("command", [Stop(), PlaceOrder(symbol="A", side="buy", quantity=Decimal(1))])
def test_a_command_is_as_the_document_says(command: msgspec.Struct) -> None:
    (route,) = (route for route in ROUTES if route.path == "/v1/commands")
    body = msgspec.json.decode(msgspec.json.encode(command))

    assert faults(body, schema_of(operation(route)["requestBody"]), openapi()) == []
    assert faults({**body, "surplus": 1}, schema_of(operation(route)["requestBody"]), openapi()) != []


def test_an_answer_with_a_wrong_field_would_be_found() -> None:
    answer = msgspec.json.decode(msgspec.json.encode(STATUS))
    schema = {"$ref": "#/components/schemas/Status"}

    assert faults({**answer, "seq": "10"}, schema, openapi()) == ["$.seq is '10', no integer"]
    assert faults({k: v for k, v in answer.items() if k != "book"}, schema, openapi()) == ["$.book is missing"]


def test_the_page_on_the_control_socket_is_of_this_code() -> None:
    page = PAGE.read_text("utf-8")

    assert page == refreshed(page), "`python -m tests.refresh_control_api` writes it anew"
