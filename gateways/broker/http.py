"""HTTP to a broker: one request and its reply, or that there is none; and a stream of lines.

Nothing is sent twice: no request is tried again, and no redirection followed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any

import msgspec

from gateways.broker.requests import Reply, Request

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession

LINE_BYTES_MAX = 1 << 20


class BrokerHttp:
    """Talks to one address, over connections that are kept. Entered and used on one event loop.

    `timeout_seconds` is for a whole request; `headers` go with every one.
    """

    def __init__(self, url: str, *, timeout_seconds: float, headers: Mapping[str, str] | None = None) -> None:
        self._url = url.rstrip("/")
        self._timeout_seconds = timeout_seconds
        self._headers = dict(headers or {})
        self._session: ClientSession
        self._no_answer: tuple[type[Exception], ...]

    async def __aenter__(self) -> BrokerHttp:
        from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector  # noqa: PLC0415  # slow

        self._no_answer = (ClientError, OSError, TimeoutError, ValueError)
        self._session = ClientSession(
            connector=TCPConnector(limit=0),
            timeout=ClientTimeout(total=None, sock_connect=self._timeout_seconds),
            headers=self._headers,
            read_bufsize=LINE_BYTES_MAX,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def ask(self, request: Request) -> Reply | None:
        """The reply to a request, `None` if nobody answered in time: it may have been carried out all the same."""
        try:
            async with asyncio.timeout(self._timeout_seconds), self._open(request) as response:
                return Reply(response.status, _decoded(await response.read()))
        except self._no_answer:
            return None

    async def lines(self, request: Request, *, silence_seconds: float) -> AsyncGenerator[bytes, None]:
        """The lines of an endless answer. Raises ConnectionError, saying why, when it ends or goes silent."""
        try:
            async with self._open(request) as response:
                if response.status != 200:
                    raise ConnectionError(f"the venue answers with status {response.status}")
                while True:
                    async with asyncio.timeout(silence_seconds):
                        line = await response.content.readline()
                    if not line.endswith(b"\n"):
                        raise ConnectionError("the venue ended the stream")
                    yield line
        except TimeoutError as error:
            raise ConnectionError(f"nothing was heard for {silence_seconds:g} s") from error
        except ConnectionError:
            raise
        except self._no_answer as error:
            raise ConnectionError(str(error) or type(error).__name__) from error

    def _open(self, request: Request) -> AbstractAsyncContextManager[ClientResponse]:
        data = None if request.body is None else msgspec.json.encode(request.body)
        return self._session.request(
            request.method,
            self._url + request.path,
            data=data,
            params=request.query,
            headers=None if data is None else {"Content-Type": "application/json"},
            allow_redirects=False,
        )


def _decoded(data: bytes) -> Any:
    if not data:
        return None
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError):
        return None
