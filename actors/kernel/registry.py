"""Pykka's registry of actors, which keeps every actor that was not stopped, and all that it holds, for ever."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pykka import ActorRegistry


@contextmanager
def passing_actors() -> Iterator[None]:
    """Forget at the end what was started within: for processes that play many engines, one after another."""
    known = len(ActorRegistry.get_all())
    try:
        yield
    finally:
        for actor in ActorRegistry.get_all()[known:]:
            ActorRegistry.unregister(actor)
