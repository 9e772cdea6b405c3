"""The view's tie to an engine: three threads that ask, listen and command, and tell the screen what they learn.

An engine that goes away is waited for and found again; nothing here can harm it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from ops.books_check import BooksCheck, Verdict
from ops.control.answers import View
from ops.control.client import ControlClient
from ops.control.commands import Command
from ops.errors import UnderstudyError
from ops.tui.ticker import SHOWN_TYPES

INTERVAL_SECONDS = 0.5
"""Between two answers."""
WAITING_INTERVAL_SECONDS = 0.05
"""Between two tries while the engine is away: its return is timed by this."""
PATIENCE_SECONDS = 15.0
"""After so long without an engine, tries become as rare as answers are."""
TIMEOUT_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Seen:
    """The engine has answered."""

    view: View
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Absent:
    """The engine does not answer."""

    reason: str


@dataclass(frozen=True, slots=True)
class Happened:
    """An event, as `ops.export` writes records."""

    record: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of a command, and after how long."""

    command: Command
    text: str
    is_done: bool
    seconds: float


News = Seen | Absent | Happened | Answered


class Attachment:
    """Told to `start`, it calls `tell` from its own threads until it is told to `stop`."""

    def __init__(self, data_dir: Path, *, interval_seconds: float = INTERVAL_SECONDS) -> None:
        self.data_dir = data_dir
        self._interval_seconds = interval_seconds
        self._tell: Callable[[News], object] = lambda _: None
        self._ending = threading.Event()
        self._hurry = threading.Event()
        self._commands: SimpleQueue[Command | None] = SimpleQueue()
        self._stream = ControlClient(data_dir, timeout_seconds=TIMEOUT_SECONDS)
        self._threads = [
            threading.Thread(target=each, name=f"view-{each.__name__.strip('_')}", daemon=True)
            for each in (self._watch, self._listen, self._obey)
        ]

    def start(self, tell: Callable[[News], object]) -> None:
        """Begin to ask and to listen."""
        self._tell = tell
        for thread in self._threads:
            thread.start()

    def send(self, command: Command) -> None:
        """Have a command carried out; what comes of it is told."""
        self._commands.put(command)

    def stop(self, *, patience_seconds: float = 1.0) -> None:
        """End the threads. One that still waits for an answer is left behind; it ends with the process."""
        self._ending.set()
        self._hurry.set()
        self._commands.put(None)
        self._stream.close()
        until = time.monotonic() + patience_seconds
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, until - time.monotonic()))

    def _watch(self) -> None:
        answered_at = time.monotonic()
        with (
            ControlClient(self.data_dir, timeout_seconds=TIMEOUT_SECONDS) as client,
            BooksCheck(self.data_dir) as check,
        ):
            while not self._ending.is_set():
                try:
                    view = client.view()
                except UnderstudyError as error:
                    self._tell(Absent(str(error)))
                    is_long = time.monotonic() - answered_at > PATIENCE_SECONDS
                    self._pause(self._interval_seconds if is_long else WAITING_INTERVAL_SECONDS)
                    continue
                answered_at = time.monotonic()
                self._tell(Seen(view, check.check(view)))
                self._pause(self._interval_seconds)

    def _listen(self) -> None:
        while not self._ending.is_set():
            try:
                for record in self._stream.events(types=SHOWN_TYPES):
                    self._tell(Happened(record))
            except UnderstudyError:
                pass  # the watching thread tells it
            self._ending.wait(WAITING_INTERVAL_SECONDS)

    def _obey(self) -> None:
        with ControlClient(self.data_dir) as client:
            while (command := self._commands.get()) is not None:
                began = time.monotonic()
                try:
                    text, is_done = client.do(command).text, True
                except UnderstudyError as error:
                    text, is_done = str(error), False
                self._tell(Answered(command, text, is_done, time.monotonic() - began))
                self._hurry.set()

    def _pause(self, seconds: float) -> None:
        self._hurry.wait(seconds)
        self._hurry.clear()
