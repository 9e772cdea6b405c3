"""The control socket as an OpenAPI 3.1 document, made of the very types that the server decodes and encodes."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from messages import MESSAGE_TYPES
from ops.control.answers import PROTOCOL_VERSION, Refused
from ops.control.commands import Command
from ops.control.routes import COMMANDS, EVENTS, ROUTES, SCHEMA, Parameter, Route
from ops.control.wire import DROPPED_TYPE, HEARTBEAT_TYPE

_JSON = "application/json"
_LINES = "application/x-ndjson"
_EVENT = "Event"
_OBJECT = {"type": "object"}


@cache
def openapi() -> dict[str, Any]:
    """The whole document. Not to be changed by who gets it."""
    typed = [route for route in ROUTES if route.answer is not None]
    schemas, components = msgspec.json.schema_components(
        [Refused, Command, *(route.answer for route in typed)], ref_template="#/components/schemas/{name}"
    )
    refused, command, *answers = schemas
    answer_of = dict(zip((route.path for route in typed), answers, strict=True))
    answer_of[SCHEMA.path] = _OBJECT
    answer_of[EVENTS.path] = {"$ref": f"#/components/schemas/{_EVENT}"}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Understudy control socket",
            "version": str(PROTOCOL_VERSION),
            "description": "HTTP/1.1 over the Unix socket control.sock of a data directory.",
        },
        "paths": {route.path: _path(route, answer_of[route.path], command, refused) for route in ROUTES},
        "components": {"schemas": {**components, _EVENT: _event()}},
    }


def _path(route: Route, answer: dict[str, Any], command: dict[str, Any], refused: dict[str, Any]) -> dict[str, Any]:
    media = _LINES if route is EVENTS else _JSON
    operation: dict[str, Any] = {
        "operationId": route.path.rpartition("/")[2].replace("-", "_"),
        "summary": route.text,
        "parameters": [_parameter(parameter) for parameter in route.parameters],
        "responses": {
            "200": {"description": "the answer", "content": {media: {"schema": answer}}},
            "default": {"description": "why there is none", "content": {_JSON: {"schema": refused}}},
        },
    }
    if route is COMMANDS:
        operation["requestBody"] = {"required": True, "content": {_JSON: {"schema": command}}}
    return {route.method.lower(): operation}


def _parameter(parameter: Parameter) -> dict[str, Any]:
    one = {"type": "integer" if isinstance(parameter.default, int) else "string"}
    return {
        "name": parameter.name,
        "in": "query",
        "required": parameter.default is None,
        "description": parameter.text,
        "schema": {"type": "array", "items": one} if parameter.repeats else one,
    }


def _event() -> dict[str, Any]:
    """One line of the stream: a message with all its fields, or a word of the stream itself."""
    types = [*sorted(kind.__name__ for kind in MESSAGE_TYPES), DROPPED_TYPE, HEARTBEAT_TYPE]
    return {
        "title": _EVENT,
        "description": "A message as `understudy journal export` writes it, but with `time_ns` its own, 0 if it "
        "has none; a gap of `count`; or a sign of life.",
        "type": "object",
        "properties": {
            "type": {"enum": types},
            "kind": {"enum": ["effect", "outcome"]},
            "seq": {"type": "integer"},
            "time_ns": {"type": "integer"},
            "count": {"type": "integer"},
        },
        "required": ["type"],
    }
