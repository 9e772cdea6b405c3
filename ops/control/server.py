"""The engine's end of the control socket: HTTP on a thread of its own, which never holds up the core.

It shares the interpreter with the core's thread, so a request does as little as can be: no router, no middleware,
no access log; answers are encoded once for all who ask, and what the engine knows is asked of its desk.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from contextlib import suppress
from pathlib import Path

from ops.control.handling import RequestHandler
from ops.control.listening import listen
from ops.control.ports import Desk
from ops.control.wire import socket_path

_STOP_SECONDS = 1.0
"""How long whoever is being answered may take to hear the end of it, once the server stops."""
_JOIN_SECONDS = 5.0

_logger = logging.getLogger(__name__)


class ControlServer:
    """Answers for a desk on the control socket of a data directory, from `start` to `stop`."""

    def __init__(self, desk: Desk, data_dir: Path) -> None:
        self.loop: asyncio.AbstractEventLoop
        self._desk = desk
        self._data_dir = data_dir
        self._listener: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._stopping = asyncio.Event()

    def start(self) -> None:
        """Listen. Whoever connects is answered as soon as the thread has imported what it needs.

        Raises UsageError if another engine listens there, OSError if the socket cannot be made.
        """
        assert self._thread is None, "a server starts once"
        self._listener = listen(self._data_dir)
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="control", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End all streams, take the socket away and end the thread. Safe to call twice, or before `start`."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        with suppress(RuntimeError):  # the thread has failed, and closed its loop
            self.loop.call_soon_threadsafe(self._stopping.set)
        thread.join(_JOIN_SECONDS)
        if thread.is_alive():
            _logger.warning("control thread does not end seconds=%g", _JOIN_SECONDS)

    def _run(self) -> None:
        assert self._listener is not None
        try:
            with asyncio.Runner(loop_factory=lambda: self.loop) as runner:
                runner.run(self._serve(self._listener))
        except Exception:
            _logger.exception("control socket failed data_dir=%s", self._data_dir)
        finally:
            self._listener.close()
            socket_path(self._data_dir).unlink(missing_ok=True)

    async def _serve(self, listener: socket.socket) -> None:
        from aiohttp import web  # noqa: PLC0415  # slow: imported while the engine gets ready

        server = web.Server(RequestHandler(self._desk).handle, access_log=None, tcp_keepalive=False)
        runner = web.ServerRunner(server, shutdown_timeout=_STOP_SECONDS)
        await runner.setup()
        await web.SockSite(runner, listener).start()
        await self._stopping.wait()
        self._desk.events.close()
        await runner.cleanup()
