"""A running engine, open to questions: its monitor and its control socket, for as long as it runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ops.control.desk import EngineDesk
from ops.control.server import ControlServer
from ops.engine import Engine
from ops.monitor import Monitor


@contextmanager
def served(engine: Engine) -> Iterator[ControlServer]:
    """Measure the engine and answer on the control socket of its data directory. Raises UsageError, OSError."""
    monitor = Monitor(engine)
    desk = EngineDesk(engine, monitor)
    server = ControlServer(desk, engine.directory.path)
    engine.on_durable_effects = desk.events.publish
    monitor.start()
    server.start()
    try:
        yield server
    finally:
        server.stop()
        monitor.stop()
        engine.on_durable_effects = None
