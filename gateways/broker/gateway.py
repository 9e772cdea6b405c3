"""A broker behind HTTP: commands out, answers and updates in. Its thread decides nothing.

    release (any thread) -> waiting commands -> a few requests at a time -> replies  --\
                                                     update stream -> updates  ---------> put (into the ingress)

No answer to a request is OrderUnknown, and a command that finds no room is dropped: the engine, which waits for an
outcome of every command, asks. So nothing here is ever sent again.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, cast

from gateways.broker.answers import Translator
from gateways.broker.http import BrokerHttp
from gateways.broker.requests import AnyCommand, request_of
from gateways.broker.stream import StreamEvents, follow_updates
from gateways.broker.waiting import WaitingCommands
from messages import AnyMessage, VenueConnected, VenueDisconnected, VenueId

REQUEST_SECONDS = 5.0
"""Within which a request must be answered."""

REQUESTS_AT_ONCE = 4

WAITING_MOST = 10_000

DRAIN_SECONDS = 2.0
"""How long what was released may still take to be sent, once the gateway closes."""

_JOIN_SECONDS = 5.0

_logger = logging.getLogger(__name__)


class BrokerGateway:
    """Satisfies `actors.kernel.ports.Gateway`, from `start` to `close`.

    `put` gets every answer; `clock_ns` tells the engine's time, which is stamped on it. `is_connected` says whether
    updates reach us; `unanswered` counts requests that nobody answered, `dropped` commands that found no room.
    """

    def __init__(
        self,
        http: BrokerHttp,
        translator: Translator,
        *,
        venue_id: VenueId,
        put: Callable[[AnyMessage], None],
        clock_ns: Callable[[], int],
    ) -> None:
        self.is_connected = False
        self.unanswered = 0
        self.dropped = 0
        self._http = http
        self._translator = translator
        self._venue_id = venue_id
        self._put = put
        self._clock_ns = clock_ns
        self._waiting = WaitingCommands(WAITING_MOST)
        self._requests: set[asyncio.Task[None]] = set()
        self._has_failed_before = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing: asyncio.Event
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Connect, on a thread of its own, and keep connected. Raises OSError if there can be no event loop."""
        assert self._thread is None, "a gateway starts once"
        self._loop = asyncio.new_event_loop()
        self._closing = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name=f"gateway-{self._venue_id}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Send what waits, for a short while, and end the thread. Safe to call twice, or before `start`."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._call(self._closing.set)
        thread.join(DRAIN_SECONDS + _JOIN_SECONDS)
        if thread.is_alive():
            _logger.warning("gateway thread does not end venue=%s", self._venue_id)

    def release(self, command: AnyMessage) -> None:
        """Send one command when its turn comes. Does not block."""
        self._call(self._accept, cast("AnyCommand", command))

    # ---- on the gateway's own thread

    def _call(self, function: Callable[..., None], *args: Any) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed: the engine ends, and its next start asks
                self._loop.call_soon_threadsafe(function, *args)

    def _run(self) -> None:
        loop = self._loop
        assert loop is not None
        try:
            with asyncio.Runner(loop_factory=lambda: loop) as runner:
                runner.run(self._serve())
        except Exception as error:
            _logger.exception("gateway failed venue=%s", self._venue_id)
            self._on_disconnected(f"the gateway failed: {error}")

    async def _serve(self) -> None:
        async with self._http as http:
            events = StreamEvents(self._on_connected, self._on_update, self._on_disconnected)
            following = asyncio.create_task(follow_updates(http, events))
            closing = asyncio.create_task(self._closing.wait())
            try:
                await asyncio.wait((following, closing), return_when=asyncio.FIRST_COMPLETED)
                if following.done():
                    following.result()
                await self._drain()
            finally:
                for task in (following, closing, *self._requests):
                    task.cancel()
                await asyncio.gather(following, closing, *self._requests, return_exceptions=True)

    async def _drain(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                while self._requests:
                    await asyncio.wait(self._requests)

    def _accept(self, command: AnyCommand) -> None:
        if self._waiting.put(command):
            self._send_more()
            return
        self.dropped += 1
        _logger.warning("no room for a command venue=%s kind=%s", self._venue_id, type(command).__name__)

    def _send_more(self) -> None:
        while len(self._requests) < REQUESTS_AT_ONCE and (command := self._waiting.take()) is not None:
            request = asyncio.ensure_future(self._carry_out(command))
            self._requests.add(request)
            request.add_done_callback(self._on_done)

    def _on_done(self, request: asyncio.Task[None]) -> None:
        self._requests.discard(request)
        if request.cancelled():
            return
        if (error := request.exception()) is not None:
            _logger.error("command not carried out venue=%s", self._venue_id, exc_info=error)
        self._send_more()

    async def _carry_out(self, command: AnyCommand) -> None:
        try:
            reply = await self._http.ask(request_of(command))
            if reply is None:
                self.unanswered += 1
                kind = type(command).__name__
                _logger.warning("the venue did not answer venue=%s kind=%s", self._venue_id, kind)
            for message in self._translator.answers_to(command, reply, self._clock_ns()):
                self._put(message)
        finally:
            self._waiting.done(command)

    def _on_connected(self) -> None:
        self.is_connected = True
        _logger.info("venue connected venue=%s", self._venue_id)
        self._put(VenueConnected(venue_id=self._venue_id, time_ns=self._clock_ns()))

    def _on_update(self, update: Mapping[str, Any]) -> None:
        for message in self._translator.update(update, self._clock_ns()):
            self._put(message)

    def _on_disconnected(self, reason: str) -> None:
        """Told when a connection ends, and once when there never was one."""
        if not self.is_connected and self._has_failed_before:
            return
        self.is_connected = False
        self._has_failed_before = True
        _logger.warning("venue disconnected venue=%s reason=%s", self._venue_id, reason)
        self._put(VenueDisconnected(venue_id=self._venue_id, time_ns=self._clock_ns(), reason=reason))
