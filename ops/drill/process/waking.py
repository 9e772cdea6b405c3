"""An engine whose event loops wake themselves by write and read, so that its sendto and recvfrom are the broker's.

strace counts calls by their name alone. A loop is woken with sendto for nearly each request that leaves, and a
little earlier: the N-th sendto would hardly ever be one to the broker.
"""

from __future__ import annotations

import asyncio.selector_events
import os
from contextlib import suppress
from typing import Any

WAKING_BY_WRITE = """
from ops.drill.process.waking import wake_by_write
wake_by_write()
from cli.main import main
main()
"""
"""What an interpreter is told to run."""


def wake_by_write() -> None:
    """Change all event loops of this process."""
    for name, how in {"_write_to_self": _write_to_self, "_read_from_self": _read_from_self}.items():
        assert hasattr(asyncio.selector_events.BaseSelectorEventLoop, name), f"asyncio has no {name} any more"
        setattr(asyncio.selector_events.BaseSelectorEventLoop, name, how)


def _write_to_self(loop: Any) -> None:
    waking = loop._csock
    if waking is not None:  # the loop is closed
        with suppress(OSError):
            os.write(waking.fileno(), b"\0")


def _read_from_self(loop: Any) -> None:
    with suppress(BlockingIOError):
        while data := os.read(loop._ssock.fileno(), 4096):
            loop._process_self_data(data)
