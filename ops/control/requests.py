"""From what came over the socket to what is asked: each fault in one line, with its value and the cure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, NamedTuple

import msgspec
from msgspec.inspect import type_info
from msgspec.structs import FieldInfo, asdict, fields

from messages import MESSAGE_TYPES
from ops.control.commands import COMMAND_TYPES, Command
from ops.control.events import Wanted
from ops.control.routes import ACTOR, EVENTS, MESSAGES_SHOWN, MESSAGES_SHOWN_MAX, Route
from ops.control.wording import in_words
from ops.errors import UsageError

COMMANDS_BY_TAG: dict[str, Any] = {str(kind.__struct_config__.tag): kind for kind in COMMAND_TYPES}

_EVENT_TYPES = tuple(kind.__name__ for kind in MESSAGE_TYPES)
_DIGITS_MAX = 30  # of a decimal number on either side of its point: more than any quantity or price
_SHOWN_MAX = 60
_EXAMPLE = 'for example {"command": "checkpoint"}'
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>.*)`")
_MISSING = re.compile(r"Object missing required field `(?P<name>.*)`")
_PLACE = re.compile(r" - at `\$\.(?P<key>\w+).*`$")

_decoder: msgspec.json.Decoder[Command] = msgspec.json.Decoder(Command)

Query = Iterable[tuple[str, str]]


class ActorAsked(NamedTuple):
    """Which actor, and how many of its last messages."""

    name: str
    messages: int


def read_command(body: bytes) -> Command:
    """The command in a request's body. Raises UsageError."""
    try:
        raw = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"the body is no JSON: {error}. Send one command, {_EXAMPLE}.") from error
    try:
        command = _decoder.decode(body)
    except msgspec.ValidationError as error:
        raise UsageError(_explain(raw, str(error))) from error
    tag = command.__struct_config__.tag
    for name, value in asdict(command).items():
        if isinstance(value, Decimal) and not _is_sensible(value):
            raise UsageError(f"{tag}.{name} is {_shown(str(value))}; it must be a decimal number of ordinary size.")
    return command


def read_actor(query: Query) -> ActorAsked:
    """The query of `/v1/actor`. Raises UsageError."""
    asked = dict(_checked(ACTOR, query))
    if not asked.get("name"):
        raise UsageError(f"{ACTOR.path} needs a name. Give one of those that /v1/actors tells.")
    told = asked.get("messages", str(MESSAGES_SHOWN))
    if not (told.isascii() and told.isdigit() and len(told) < 10 and int(told) <= MESSAGES_SHOWN_MAX):
        raise UsageError(f"messages is {_shown(told)}; it must be a whole number from 0 to {MESSAGES_SHOWN_MAX}.")
    return ActorAsked(asked["name"], int(told))


def read_wanted(query: Query) -> Wanted:
    """The query of `/v1/events`. Raises UsageError."""
    asked = list(_checked(EVENTS, query))
    types = frozenset(value for name, value in asked if name == "type")
    for kind in sorted(types.difference(_EVENT_TYPES)):
        raise UsageError(
            f"{_shown(kind)} is no type of event{_nearest(kind, _EVENT_TYPES)} See docs/control-api.md."
        )
    single = {name: value for name, value in asked if name != "type"}
    return Wanted(types=types, **single)


def read_nothing(route: Route, query: Query) -> None:
    """Raises UsageError if the route is given a parameter that it does not have."""
    list(_checked(route, query))


def unknown_path(path: str, paths: Iterable[str]) -> str:
    """What to say of a path that does not exist."""
    return f"{_shown(path)} is no path of the control socket{_nearest(path, tuple(paths))} See GET /v1/schema."


def _checked(route: Route, query: Query) -> Query:
    known = tuple(parameter.name for parameter in route.parameters)
    for name, value in query:
        if name not in known:
            may = f"It may have {', '.join(known)}." if known else "Leave it out."
            raise UsageError(f"{route.path} has no parameter {_shown(name)}{_nearest(name, known)} {may}")
        yield name, value


def _explain(raw: Any, text: str) -> str:
    """What is wrong with a body that is JSON and no command."""
    if not isinstance(raw, dict):
        return f"the body is {_shown(raw)}; it must be one command, {_EXAMPLE}."
    tag = raw.get("command")
    if tag is None:
        return f"the body has no field `command`. Send one command, {_EXAMPLE}."
    kind = COMMANDS_BY_TAG.get(tag) if isinstance(tag, str) else None
    if kind is None:
        near = _nearest(str(tag), COMMANDS_BY_TAG)
        return f"{_shown(tag)} is no command{near} Known are {', '.join(COMMANDS_BY_TAG)}."
    known = {field.encode_name: field for field in fields(kind)}
    if unknown := _UNKNOWN.match(text):
        name = unknown["name"]
        may = f"It may have {', '.join(known)}." if known else "It has none."
        return f"{tag} has no field {_shown(name)}{_nearest(name, known)} {may}"
    if missing := _MISSING.match(text):
        return f"{tag} needs {missing['name']}, {_in_words(known[missing['name']])}."
    place = _PLACE.search(text)
    if place is None or place["key"] not in known:
        return f"{tag}: {text}. Correct it."
    key = place["key"]
    return f"{tag}.{key} is {_shown(raw[key])}; it must be {_in_words(known[key])}."


def _in_words(field: FieldInfo) -> str:
    return in_words(type_info(field.type))


def _is_sensible(value: Decimal) -> bool:
    return value.is_finite() and abs(value.adjusted()) < _DIGITS_MAX and len(value.as_tuple().digits) < _DIGITS_MAX


def _nearest(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), n=1)
    return f"; did you mean {near[0]}?" if near else "."


def _shown(value: Any) -> str:
    """A value as JSON, on one line and not too long."""
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= _SHOWN_MAX else f"{text[:_SHOWN_MAX]}..."
