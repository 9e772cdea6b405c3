"""The control socket as the kernel has it: made for its owner alone, and asked who is at the other end."""

from __future__ import annotations

import os
import socket
import struct
from pathlib import Path
from typing import NamedTuple

from ops.control.wire import socket_address, socket_path
from ops.errors import UsageError

_BACKLOG = 64
_ROOT = 0
_CREDENTIALS = struct.Struct("3i")


class Peer(NamedTuple):
    """The process at the other end, as the kernel vouches for it."""

    pid: int
    uid: int
    gid: int


def listen(data_dir: Path) -> socket.socket:
    """A listening control socket that only the owner can reach; one that a dead engine left behind is replaced.

    Raises UsageError if another engine listens there, OSError if the file cannot be made.
    """
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        with socket_address(data_dir) as address:
            if _is_answered(address):
                raise UsageError(
                    f"{socket_path(data_dir)} is answered by another engine. Stop that one first, "
                    "or choose another data directory."
                )
            socket_path(data_dir).unlink(missing_ok=True)
            # The file is made with the mode that the socket has: at no moment is it open to others, and no umask,
            # which all threads share, needs to change.
            os.fchmod(listener.fileno(), 0o600)
            listener.bind(address)
        listener.listen(_BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener


def peer_of(connected: socket.socket) -> Peer:
    """Who is at the other end. Raises OSError if the connection has ended."""
    return Peer(
        *_CREDENTIALS.unpack(connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
    )


def may_ask(peer_uid: int, *, own_uid: int) -> bool:
    """Whether a process of user `peer_uid` may question and steer an engine of user `own_uid`."""
    return peer_uid in (own_uid, _ROOT)


def _is_answered(address: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as asker:
        try:
            asker.connect(address)
        except BlockingIOError:  # so many wait there that no more fit
            return True
        except OSError:
            return False
        return True
