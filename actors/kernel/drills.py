"""Drills: make a real actor fail on purpose, in each way in which one can fail by itself.

A drill stands before the handler for a few messages and is no part of the actor: what is redone after the failure
is the handler alone. That it struck is journaled as any failure is.
"""

from __future__ import annotations

from typing import Any

from actors.kernel.actor import Actor
from actors.kernel.errors import InjectedCrash, StateLost
from actors.kernel.failure import ATTEMPTS


def crash_plan(actor: Actor, delivery: int) -> None:
    """Let the actor fail once, after it has done its work, at its delivery number `delivery`."""
    handler = type(actor).on_receive.__get__(actor)

    def crashing(message: Any) -> Any:
        reply = handler(message)
        if actor.deliveries >= delivery:
            del actor.__dict__["on_receive"]
            raise InjectedCrash("a drill")
        return reply

    actor.__dict__["on_receive"] = crashing


def hang_plan(actor: Actor) -> None:
    """Let the actor loop without end on its next message, until the watchdog breaks it off."""

    def hanging(_: Any) -> Any:
        del actor.__dict__["on_receive"]
        while True:
            pass

    actor.__dict__["on_receive"] = hanging


def poison_plan(actor: Actor, *, messages: int = 1, kind: Any = object) -> None:
    """Let the actor fail on its next messages of a kind as often as each is tried, until it is set aside."""
    left = ATTEMPTS * messages

    def failing(message: Any) -> Any:
        nonlocal left
        if not isinstance(message, kind):
            return type(actor).on_receive(actor, message)
        left -= 1
        if not left:
            del actor.__dict__["on_receive"]
        raise InjectedCrash("a poisoned message, as a drill")

    actor.__dict__["on_receive"] = failing


def lose_plan(actor: Actor) -> None:
    """Let the actor find out, at its next message, that its state cannot be kept."""

    def losing(message: Any) -> Any:
        del actor.__dict__["on_receive"]
        type(actor).on_receive(actor, message)
        raise StateLost("a state that cannot be saved, as a drill")

    actor.__dict__["on_receive"] = losing
