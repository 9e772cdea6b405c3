"""Alerts on their way to a person elsewhere: one JSON object for each, posted to the webhook of [alerts].

It is a convenience and no record: what cannot be delivered is logged and forgotten, and nothing waits for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import msgspec

from messages import Alert, AlertLevel, Recorded

SECONDS = 5.0
WAITING_MAX = 100
"""Alerts that may be under way at once; more are shed, and that is logged."""

_SEVERITY = {level: rank for rank, level in enumerate(AlertLevel)}
_logger = logging.getLogger(__name__)


class Webhook:
    """Posts the alerts of a level and above, on the control server's loop."""

    def __init__(self, url: str, level: AlertLevel, loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
        self._url = url
        self._least = _SEVERITY[level]
        self._loop = loop
        self._under_way = 0

    def note(self, effects: list[Recorded]) -> None:
        """Send what is to be sent of effects that are durable. On the committer's thread; never waits."""
        for effect in effects:
            message = effect.message
            if isinstance(message, Alert) and _SEVERITY[message.level] >= self._least:
                self._send(effect.seq, message)

    def _send(self, seq: int, alert: Alert) -> None:
        if self._under_way >= WAITING_MAX:
            _logger.error("alert not sent subject=%s: %d are under way already", alert.subject, WAITING_MAX)
            return
        self._under_way += 1
        body = msgspec.json.encode(
            {
                "seq": seq,
                "time_ns": alert.time_ns,
                "level": alert.level.value,
                "subject": alert.subject,
                "text": alert.text,
            }
        )
        asyncio.run_coroutine_threadsafe(self._post(body, alert.subject), self._loop())

    async def _post(self, body: bytes, subject: str) -> None:
        import aiohttp  # noqa: PLC0415  # slow: only where there is something to send

        timeout = aiohttp.ClientTimeout(total=SECONDS)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(self._url, data=body, headers={"Content-Type": "application/json"}) as answer,
            ):
                if answer.status >= 400:
                    _logger.error("alert refused by the webhook subject=%s status=%d", subject, answer.status)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            _logger.error("alert not sent subject=%s error=%s", subject, type(error).__name__)
        finally:
            self._under_way -= 1
