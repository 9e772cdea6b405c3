"""A running engine, open to questions: its monitor and its control socket, for as long as it runs."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager

from messages import Recorded
from ops.control.answers import CommandDone
from ops.control.commands import ReloadConfig
from ops.control.desk import EngineDesk
from ops.control.server import ControlServer
from ops.engine import Engine
from ops.errors import UnderstudyError
from ops.logs import register_secret
from ops.monitor import Monitor
from ops.secrets import resolve
from ops.webhook import Webhook

_logger = logging.getLogger(__name__)


@contextmanager
def served(engine: Engine) -> Iterator[ControlServer]:
    """Measure the engine, answer on the control socket of its data directory, and read the configuration again on
    SIGHUP. For the main thread. Raises UsageError, ConfigError, OSError.
    """
    monitor = Monitor(engine)
    desk = EngineDesk(engine, monitor)
    server = ControlServer(desk, engine.directory.path)
    engine.on_durable_effects = _told_on(engine, desk, server)
    monitor.start()
    server.start()

    def reload(_number: int, _frame: object) -> None:
        asyncio.run_coroutine_threadsafe(desk.do(ReloadConfig()), server.loop).add_done_callback(_tell)

    before = signal.signal(signal.SIGHUP, reload)
    try:
        yield server
    finally:
        signal.signal(signal.SIGHUP, before)
        server.stop()
        monitor.stop()
        engine.on_durable_effects = None


def _told_on(engine: Engine, desk: EngineDesk, server: ControlServer) -> Callable[[list[Recorded]], None]:
    """Who is told what is durable: watchers of events, and the webhook if there is one. Raises ConfigError."""
    alerts = engine.config.alerts
    if alerts.webhook is None:
        return desk.events.publish
    url = resolve(alerts.webhook, os.environ)
    register_secret(url)
    webhook = Webhook(url, alerts.level, lambda: server.loop)

    def tell(effects: list[Recorded]) -> None:
        desk.events.publish(effects)
        webhook.note(effects)

    return tell


def _tell(reloaded: Future[CommandDone]) -> None:
    try:
        done = reloaded.result()
    except UnderstudyError as error:
        _logger.error("configuration not reloaded: %s", error)
    else:
        _logger.info("configuration reloaded: %s", done.text)
        for note in done.notes:
            _logger.warning("configuration reloaded: %s", note)
