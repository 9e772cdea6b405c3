"""systemd's notify and watchdog protocol, sd_notify(3). Standard library only; nothing happens without systemd."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import MutableMapping
from typing import Self


class Systemd:
    """What to tell the service manager that started this process, if one did."""

    def __init__(self, address: str | None = None, *, watchdog_seconds: float | None = None) -> None:
        self._address = address
        self._socket: socket.socket | None = None
        self.watchdog_seconds = watchdog_seconds
        """Within which systemd wants to hear of us; `None` if it does not."""

    @classmethod
    def from_environment(cls, environment: MutableMapping[str, str]) -> Self:
        """Take what systemd has put into the environment out of it, so that no child speaks for us."""
        address = environment.pop("NOTIFY_SOCKET", None)
        microseconds = environment.pop("WATCHDOG_USEC", "")
        pid = environment.pop("WATCHDOG_PID", str(os.getpid()))
        is_watched = microseconds.isdigit() and int(microseconds) > 0 and pid == str(os.getpid())
        return cls(address or None, watchdog_seconds=int(microseconds) / 1_000_000 if is_watched else None)

    def ready(self, status: str) -> None:
        """Trading has begun, or goes on after a reload."""
        self._tell("READY=1", f"STATUS={status}")

    def status(self, status: str) -> None:
        """What is going on, in a few words."""
        self._tell(f"STATUS={status}")

    def alive(self) -> None:
        """To be called within `watchdog_seconds`, again and again."""
        self._tell("WATCHDOG=1")

    def reloading(self) -> None:
        """The configuration is being read again; `ready` ends that."""
        self._tell("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def stopping(self) -> None:
        """The end has begun."""
        self._tell("STOPPING=1")

    def close(self) -> None:
        """Close the socket."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _tell(self, *lines: str) -> None:
        if self._address is None:
            return
        name = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        if self._socket is None:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        try:
            self._socket.sendto("\n".join(lines).encode(), socket.MSG_DONTWAIT, name)
        except OSError:  # a service manager that does not listen must not stop us from trading
            return
