"""A practice broker on the network: its protocol over HTTP, its updates as a stream, and a door for drills.

    /orders, /account     the protocol (`ops.drill.broker`)
    GET  /updates         lines of JSON without end, a heartbeat each second; a later listener takes the place
    POST /drill/quote     {symbol, bid, ask, bid_size, ask_size}: a new market
    POST /drill/faults    `Faults`: what goes wrong from now on
    POST /drill/reset     another broker in its place, that knows nothing yet; refused where calls are kept
    GET  /drill/evidence  `Evidence`: all that the broker knows
    GET  /drill/standing  `Standing`: how many orders it has taken, and how many are open

The broker's clock is real time. Nobody hears updates that are told while nobody listens.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from ops.drill.broker import BrokerModel
from ops.drill.broker_faults import Fate, Faults
from ops.drill.broker_record import CallRecord
from ops.drill.evidence import evidence_of, standing_of

if TYPE_CHECKING:
    from aiohttp import web

HEARTBEAT_SECONDS = 1.0
TICK_SECONDS = 0.01
"""How exactly the broker keeps to its own delays."""

_CHANGING = ("POST", "DELETE", "PATCH")


class BrokerServer:
    """One broker model behind one listening socket, on one event loop. What it is told is kept in `record`.

    `fresh` makes the model that takes the place at a reset.
    """

    def __init__(
        self, model: BrokerModel, record: CallRecord, *, fresh: Callable[[], BrokerModel] | None = None
    ) -> None:
        self.model = model
        self.faults = Faults()
        self._fresh = fresh
        self.port = 0
        self._record = record
        self._listener: asyncio.Queue[bytes | None] | None = None
        self._last_ns = model.now_ns
        self._ticking: asyncio.Task[None]
        self._runner: web.ServerRunner

    async def start(self, port: int = 0) -> None:
        """Listen on loopback; `port` then says where. Raises OSError if that is taken."""
        from aiohttp import web  # noqa: PLC0415  # slow

        server = web.Server(self._handle, access_log=None)
        self._runner = web.ServerRunner(server, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.port = self._runner.addresses[0][1]
        self._ticking = asyncio.create_task(self._tick())

    async def stop(self) -> None:
        """Answer nobody any more."""
        self._ticking.cancel()
        self._tell(None)
        await self._runner.cleanup()

    def quote(self, symbol: str, bid: str, ask: str, bid_size: str, ask_size: str) -> None:
        """A new market in one symbol."""
        terms = {"symbol": symbol, "bid": bid, "ask": ask, "bid_size": bid_size, "ask_size": ask_size}
        self._record.quote(self.model, terms, self._now_ns())
        self._tell_updates()

    def _now_ns(self) -> int:
        self._last_ns = max(self._last_ns, time.time_ns())
        return self._last_ns

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            self.model.advance(self._now_ns())
            self._tell_updates()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/updates":
            return await self._stream(request)
        if request.path.startswith("/drill/"):
            return self._drill(request.method, request.path, await request.read())
        return await self._answer(request)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        data = await request.read()
        fate = self.faults.next_fate() if request.method in _CHANGING else Fate.ANSWERED
        if fate is Fate.NOT_HEARD:
            return _hang_up(request)
        body = msgspec.json.decode(data) if data else None
        reply = self._record.request(
            self.model, (request.method, request.path, body, dict(request.query)), self._now_ns()
        )
        self._tell_updates()
        if self.faults.answer_delay_seconds:
            await asyncio.sleep(self.faults.answer_delay_seconds)
        if fate is Fate.ANSWER_LOST:
            return _hang_up(request)
        if fate is Fate.ANSWER_FAILED:
            return _json(502, {"code": "bad_gateway"})
        return _json(reply.status, reply.body)

    def _drill(self, method: str, path: str, data: bytes) -> web.StreamResponse:
        match method, path:
            case "POST", "/drill/quote":
                self.quote(**msgspec.json.decode(data, type=dict[str, str]))
                return _json(200, {})
            case "POST", "/drill/faults":
                self.faults = msgspec.json.decode(data, type=Faults)
                return _json(200, {})
            case "POST", "/drill/reset":
                if self._fresh is None or self._record.is_kept:
                    return _json(409, {"code": "not_possible"})
                self.model, self.faults = self._fresh(), Faults()
                self._tell(None)
                return _json(200, {})
            case "GET", "/drill/evidence":
                return _json(200, evidence_of(self.model))
            case "GET", "/drill/standing":
                return _json(200, standing_of(self.model))
        return _json(404, {"code": "not_found"})

    async def _stream(self, request: web.BaseRequest) -> web.StreamResponse:
        from aiohttp import web  # noqa: PLC0415  # imported already

        self._tell(None)
        mine: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._listener = mine
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        try:
            await response.prepare(request)
            line: bytes | None = self._heartbeat()
            while line is not None:
                if not self.faults.is_mute:
                    await response.write(line)
                try:
                    async with asyncio.timeout(HEARTBEAT_SECONDS):
                        line = await mine.get()
                except TimeoutError:
                    line = self._heartbeat()
        except ConnectionError:  # whoever listened has gone
            pass
        finally:
            if self._listener is mine:
                self._listener = None
        return response

    def _heartbeat(self) -> bytes:
        return msgspec.json.encode({"heartbeat_ns": self._now_ns()}) + b"\n"

    def _tell_updates(self) -> None:
        for update in self.model.take_updates():
            if not self.faults.hides_updates:
                self._tell(msgspec.json.encode(update) + b"\n")

    def _tell(self, line: bytes | None) -> None:
        if self._listener is not None:
            self._listener.put_nowait(line)


def _json(status: int, body: Any) -> web.Response:
    from aiohttp import web  # noqa: PLC0415  # imported already

    data = b"" if body is None else msgspec.json.encode(body)
    return web.Response(status=status, body=data, content_type="application/json")


def _hang_up(request: web.BaseRequest) -> web.StreamResponse:
    """Close the connection with nothing said."""
    from aiohttp import web  # noqa: PLC0415  # imported already

    if request.transport is not None:
        request.transport.close()
    return web.Response()
