"""Mailboxes: one for each actor, bounded, with the rule for what happens when one is full.

Only the core thread touches a mailbox. Market data that finds it full replaces the oldest of its kind, symbol
and length (`conflated`); anything else is kept beyond the bound, because an order or a fill is never dropped.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from messages import Bar, Mark, Quote, Trade

MAILBOX_LIMIT = 10_000
"""Messages that a mailbox holds before market data in it is conflated."""

CONFLATED_TYPES = (Quote, Trade, Mark, Bar)


class Mailbox(deque[Any]):
    """Messages of one actor, oldest first; the message being handled stays at the head until it is done."""

    __slots__ = ()


class HeldMailbox(Mailbox):
    """Mail of an actor that may not run now. It counts as never empty, so the actor is not made ready."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return True


class Sink:
    """Stands where an actor would: what is told to it goes to a function at the end of the handler."""

    __slots__ = ("append", "mailbox")

    def __init__(self, append: Any) -> None:
        self.append = append
        self.mailbox = self

    def __bool__(self) -> bool:
        return True

    def __len__(self) -> int:
        return 0


def conflate(mailbox: Mailbox, message: Any) -> bool:
    """Put market data into a full mailbox in place of the oldest of its kind and symbol, if there is one."""
    if not isinstance(message, CONFLATED_TYPES):
        return False
    kind, length_ns = type(message), getattr(message, "timeframe_ns", 0)
    for index in range(1, len(mailbox)):  # the head may be in a handler's hands
        waiting = mailbox[index]
        if (
            type(waiting) is kind
            and waiting.symbol == message.symbol
            and getattr(waiting, "timeframe_ns", 0) == length_ns
        ):
            del mailbox[index]
            mailbox.append(message)
            return True
    return False
