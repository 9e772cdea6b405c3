"""From a request to its response: who asks, what is asked, and what the desk says to it."""

from __future__ import annotations

import logging
import os
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from ops.control.answers import Refused
from ops.control.listening import may_ask, peer_of
from ops.control.ports import Desk
from ops.control.refusals import FAILED, refusal
from ops.control.requests import read_actor, read_command, read_nothing, read_wanted, unknown_path
from ops.control.routes import ACTOR, ACTORS, COMMANDS, DEAD_LETTERS, EVENTS, ROUTES, SCHEMA, STATUS, VIEW, Route
from ops.control.sharing import SharedAnswers
from ops.control.wire import HEARTBEAT_SECONDS
from ops.errors import EXIT_FAILED, EXIT_MISUSED, EngineNotAnswering

if TYPE_CHECKING:
    from aiohttp import web

BODY_BYTES_MAX = 1 << 20  # aiohttp's own limit, which holds for a body that does not tell its length
COMMANDS_MAX = 64
"""Commands that may be under way at once."""

_JSON = "application/json"
_FORBIDDEN = 403
_NOT_FOUND = 404
_WRONG_METHOD = 405
_TOO_LARGE = 413

_encoder = msgspec.json.Encoder()
_logger = logging.getLogger(__name__)


class RequestHandler:
    """Turns requests into questions to the desk, and what comes of them into responses. On the server's loop."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._own_uid = os.geteuid()
        self._answers = SharedAnswers()
        self._commands = 0
        self._methods = {route.path: route.method for route in ROUTES}
        self._questions: dict[str, tuple[Route, Callable[[], Awaitable[Any]]]] = {
            STATUS.path: (STATUS, desk.status),
            ACTORS.path: (ACTORS, desk.actors),
            VIEW.path: (VIEW, desk.view),
            DEAD_LETTERS.path: (DEAD_LETTERS, desk.dead_letters),
            SCHEMA.path: (SCHEMA, _schema),
        }

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """The response to one request. Only a cancellation leaves it as an error."""
        transport = request.transport
        if transport is None:
            return _respond(Refused(error="the connection has ended", exit_code=EXIT_FAILED), _FORBIDDEN)
        try:
            peer = peer_of(transport.get_extra_info("socket"))
            if not may_ask(peer.uid, own_uid=self._own_uid):
                text = f"user id {peer.uid} may not ask an engine of user id {self._own_uid}. Ask as that user."
                return _respond(Refused(error=text, exit_code=EXIT_FAILED), _FORBIDDEN)
            return await self._answer(request)
        except Exception as error:
            status, refused = refusal(error)
            if status == FAILED:
                _logger.exception("control request failed path=%s", request.path)
            return _respond(refused, status)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.path
        method = self._methods.get(path)
        if method is None:
            return _respond(Refused(error=unknown_path(path, self._methods), exit_code=EXIT_MISUSED), _NOT_FOUND)
        if method != request.method:
            text = f"{path} is asked by {method}, not by {request.method}."
            return _respond(Refused(error=text, exit_code=EXIT_MISUSED), _WRONG_METHOD)
        if path == COMMANDS.path:
            return await self._do(request)
        if path == EVENTS.path:
            return await self._stream(request)
        if path == ACTOR.path:
            name, messages = read_actor(request.query.items())
            ask: Callable[[], Awaitable[Any]] = partial(self._desk.actor, name, messages=messages)
        else:
            route, ask = self._questions[path]
            read_nothing(route, request.query.items())
        return _respond_bytes(await self._answers.get(request.raw_path, ask))

    async def _do(self, request: web.BaseRequest) -> web.StreamResponse:
        from aiohttp.web import HTTPRequestEntityTooLarge  # noqa: PLC0415  # slow, and only here

        try:
            body = await request.read()
        except HTTPRequestEntityTooLarge:
            text = f"the body is larger than {BODY_BYTES_MAX} bytes. Send one command."
            return _respond(Refused(error=text, exit_code=EXIT_MISUSED), _TOO_LARGE)
        command = read_command(body)
        if self._commands >= COMMANDS_MAX:
            raise EngineNotAnswering(f"{self._commands} commands are under way already. Ask again in a moment.")
        self._commands += 1
        try:
            return _respond(await self._desk.do(command))
        finally:
            self._commands -= 1
            self._answers.forget()

    async def _stream(self, request: web.BaseRequest) -> web.StreamResponse:
        from aiohttp.web import StreamResponse  # noqa: PLC0415  # slow, and only here

        events = self._desk.events
        subscription = events.subscribe(read_wanted(request.query.items()))
        response = StreamResponse(headers={"Content-Type": "application/x-ndjson", "Cache-Control": "no-store"})
        response.force_close()
        try:
            await response.prepare(request)
            while chunk := await subscription.take(HEARTBEAT_SECONDS):
                await response.write(chunk)
            await response.write_eof()
        except ConnectionError:
            _logger.debug("watcher left")
        finally:
            events.unsubscribe(subscription)
        return response


async def _schema() -> dict[str, Any]:
    from ops.control.schema import openapi  # noqa: PLC0415  # for the few who ask

    return openapi()


def _respond(answer: object, status: int = 200) -> web.Response:
    return _respond_bytes(_encoder.encode(answer), status)


def _respond_bytes(body: bytes, status: int = 200) -> web.Response:
    from aiohttp.web import Response  # noqa: PLC0415  # slow, and only here

    return Response(body=body, status=status, content_type=_JSON)
