"""The future that an `ask` from outside waits on."""

from __future__ import annotations

import threading
from typing import Any, TypeVar

import pykka

from actors.kernel.errors import CoreThreadMisuse

T = TypeVar("T")

_core = threading.local()


def enter_core_thread() -> None:
    """Mark the calling thread as one that runs a core."""
    _core.inside = True


def leave_core_thread() -> None:
    """Take the mark back."""
    _core.inside = False


def on_core_thread() -> bool:
    """Whether the calling thread runs a core."""
    return bool(getattr(_core, "inside", False))


class KernelFuture(pykka.ThreadingFuture[T]):
    """A pykka future that refuses to be waited for by the very thread that would have to answer it."""

    def get(self, *, timeout: float | None = None) -> Any:
        """As pykka's. Raises CoreThreadMisuse on the core thread while there is no answer yet."""
        if on_core_thread() and self._result is None and self._get_hook is None:
            raise CoreThreadMisuse(
                "an actor waited for an answer (ask, proxy or future.get); the core would wait for itself. "
                "Tell the other actor and handle its answer as a message."
            )
        return super().get(timeout=timeout)
