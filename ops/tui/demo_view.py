"""The view as the demo shows it: it notes what it sees, and ends with the engine or after a while."""

from __future__ import annotations

import asyncio
import signal
from collections import deque

from ops.demo import DemoEngine, Watch
from ops.tui.app import Terms, TopApp
from ops.tui.attachment import Attachment, News

LOOK_SECONDS = 0.25


class DemoApp(TopApp):
    """Keys act at once here: nothing is at stake."""

    def __init__(self, attachment: Attachment, engine: DemoEngine, watch: Watch, seconds: float | None) -> None:
        super().__init__(attachment, Terms(allow_kill=True, asks_first=False))
        self._engine = engine
        self._watch = watch
        self._seconds = seconds

    def on_mount(self) -> None:
        """Begin to look at the clock and at the engine; a lost terminal ends the demo in order."""
        self.set_interval(LOOK_SECONDS, self._look)
        if not self.is_headless:
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self.exit)

    def take(self, news: News) -> None:
        """Note it, and show it."""
        deque(self._watch.lines(news), maxlen=0)
        super().take(news)

    def _look(self) -> None:
        if self._engine.has_ended or (self._seconds is not None and self._watch.seconds >= self._seconds):
            self.exit()
