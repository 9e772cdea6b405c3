"""Alerts that go to a webhook: a real server on loopback gets them, and nobody waits for one that is not there."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import SimpleQueue
from typing import Any

import pytest

from messages import Alert, AlertLevel, Recorded
from ops.webhook import Webhook

SECONDS = 20.0


async def others_done() -> None:
    """Every other task of the loop has ended: what was posted, and its session closed."""
    await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}))


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield loop
    asyncio.run_coroutine_threadsafe(others_done(), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(SECONDS)
    loop.close()


@pytest.fixture
def received() -> Iterator[tuple[str, SimpleQueue[Any]]]:
    bodies: SimpleQueue[Any] = SimpleQueue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook", bodies
    server.shutdown()
    server.server_close()
    thread.join(SECONDS)


def alert(level: AlertLevel, subject: str) -> Recorded:
    return Recorded(7, Alert(level=level, subject=subject, text="look", time_ns=5))


def test_alerts_of_the_level_and_above_arrive(
    loop: asyncio.AbstractEventLoop, received: tuple[str, SimpleQueue[Any]]
) -> None:
    url, bodies = received
    webhook = Webhook(url, AlertLevel.WARNING, lambda: loop)

    webhook.note([alert(AlertLevel.INFO, "a"), alert(AlertLevel.CRITICAL, "b")])

    assert bodies.get(timeout=SECONDS) == {
        "seq": 7,
        "time_ns": 5,
        "level": "critical",
        "subject": "b",
        "text": "look",
    }


def test_a_webhook_that_is_not_there_is_logged_without_its_address(loop: asyncio.AbstractEventLoop) -> None:
    said: SimpleQueue[str] = SimpleQueue()

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.put(record.getMessage())

    logger, listener = logging.getLogger("ops.webhook"), Listener()
    logger.addHandler(listener)
    webhook = Webhook("http://127.0.0.1:9/secret-part", AlertLevel.WARNING, lambda: loop)

    webhook.note([alert(AlertLevel.WARNING, "a")])

    text = said.get(timeout=SECONDS)
    logger.removeHandler(listener)
    assert text.startswith("alert not sent subject=a")
    assert "secret-part" not in text
