"""What both ends of the control socket agree on: where it is, and how often a stream speaks.

The socket is the file `control.sock` of the data directory. The path in a socket's address holds at most 107
bytes, so both ends reach it by way of an open directory, `/proc/self/fd/<number>/control.sock`, of any length.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SOCKET_NAME = "control.sock"

HEARTBEAT_SECONDS = 5.0
"""A stream of events is never silent for longer."""

HEARTBEAT_TYPE = "Heartbeat"
DROPPED_TYPE = "EventsDropped"


def socket_path(data_dir: Path) -> Path:
    """Where the control socket of a data directory is."""
    return data_dir / SOCKET_NAME


@contextmanager
def socket_address(data_dir: Path) -> Iterator[str]:
    """An address of the control socket that is short enough to bind or to connect to, good within the block.

    Raises OSError if the data directory cannot be opened.
    """
    directory = os.open(data_dir, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{directory}/{SOCKET_NAME}"
    finally:
        os.close(directory)
