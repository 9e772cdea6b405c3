"""One question to the engine for all who ask the same at about the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from math import inf
from typing import Any

import msgspec

CACHE_SECONDS = 0.2
"""An encoded answer is good for so long, so that many who poll cost the engine one snapshot in that time."""

ENTRIES_MAX = 64

_encoder = msgspec.json.Encoder()


@dataclass(slots=True)
class _Entry:
    task: asyncio.Task[bytes]
    good_until: float = inf  # while the question is being answered


class SharedAnswers:
    """Answers by path, encoded. On one loop only."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}

    async def get(self, path: str, ask: Callable[[], Awaitable[Any]]) -> bytes:
        """The answer of a moment ago, or that to the question which is under way, or that to a new one.

        An error goes to all who wait for it, and is not kept. Who stops waiting stops nobody else.
        """
        loop = asyncio.get_running_loop()
        entry = self._entries.get(path)
        if entry is None or entry.good_until <= loop.time():
            entry = _Entry(loop.create_task(_encoded(ask)))
            self._keep(path, entry, loop.time())
        return await asyncio.shield(entry.task)

    def forget(self) -> None:
        """Ask anew from now on: what is known, or on its way, may be of before a change."""
        self._entries.clear()

    def _keep(self, path: str, entry: _Entry, now: float) -> None:
        if len(self._entries) >= ENTRIES_MAX:
            self._entries = {path: kept for path, kept in self._entries.items() if kept.good_until > now}
        if len(self._entries) < ENTRIES_MAX:
            self._entries[path] = entry
        entry.task.add_done_callback(partial(self._settle, path, entry))

    def _settle(self, path: str, entry: _Entry, task: asyncio.Task[bytes]) -> None:
        if task.cancelled() or task.exception() is not None:
            if self._entries.get(path) is entry:
                del self._entries[path]
        else:
            entry.good_until = task.get_loop().time() + CACHE_SECONDS


async def _encoded(ask: Callable[[], Awaitable[Any]]) -> bytes:
    return _encoder.encode(await ask())
