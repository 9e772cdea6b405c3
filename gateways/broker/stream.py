"""The update stream: listened to without end, connected again whenever it breaks off or falls silent.

A line is one update in JSON, or a heartbeat, which the broker sends every second. The first line proves that the
stream listens, and not only that somebody answered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, NoReturn

import msgspec

from gateways.broker.http import BrokerHttp
from gateways.broker.requests import Request

SILENCE_SECONDS = 5.0
"""Without a line for so long, the stream counts as broken."""

RETRY_SECONDS_LEAST, RETRY_SECONDS_MOST = 0.1, 10.0
"""Wait before connecting again: doubled each time, until a connection has held for the longest of them.

Not sooner: of two engines on one account each takes the stream from the other, and that must slow down.
"""

_UPDATES = Request("GET", "/updates")


@dataclass(frozen=True, slots=True)
class StreamEvents:
    """Whom the stream tells, on its event loop."""

    connected: Callable[[], None]
    update: Callable[[Mapping[str, Any]], None]
    disconnected: Callable[[str], None]


async def follow_updates(http: BrokerHttp, events: StreamEvents) -> NoReturn:
    """Tell of every update, and of every connection and its end. Ends only by being canceled."""
    clock = asyncio.get_running_loop().time
    delay_seconds = RETRY_SECONDS_LEAST
    while True:
        began = clock()
        events.disconnected(await _follow_one(http, events))
        if clock() - began >= RETRY_SECONDS_MOST:
            delay_seconds = RETRY_SECONDS_LEAST
        await asyncio.sleep(delay_seconds)
        delay_seconds = min(2 * delay_seconds, RETRY_SECONDS_MOST)


async def _follow_one(http: BrokerHttp, events: StreamEvents) -> str:
    """Follow one connection to its end, and tell how it ended."""
    is_connected = False
    try:
        async with aclosing(http.lines(_UPDATES, silence_seconds=SILENCE_SECONDS)) as lines:
            async for line in lines:
                if not is_connected:
                    is_connected = True
                    events.connected()
                told = msgspec.json.decode(line)
                if isinstance(told, dict) and "order" in told:
                    events.update(told)
    except ConnectionError as error:
        return str(error)
    except (msgspec.DecodeError, RecursionError):  # what it lost cannot be known: begin again, and be asked
        return "the venue sent a line that cannot be read"
    raise AssertionError("the stream of lines has no end of its own")
