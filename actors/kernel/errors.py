"""What can go wrong in the core, by what the reader can do about it.

KernelError
├── CoreThreadMisuse    the caller's code: something that blocks was called from inside an actor
├── NotJournalable      the caller's code: a message from outside that the journal cannot hold
├── ReplayDiverged      the code changed, or a rule is not deterministic: replay gave other effects
└── EngineHalted        the core gave up: its message says why, and the process must end

HandlerBroken           raised into a handler that ran too long; not an Exception, so that handlers do not catch it
InjectedCrash           raised by a drill in place of a handler's own failure
StateLost               an actor's state can be neither kept nor rebuilt; it is beyond restarting
"""

from __future__ import annotations


class KernelError(RuntimeError):
    """Base of the core's own errors."""


class CoreThreadMisuse(KernelError):
    """An actor called something that would make the core wait for itself. Tell, and handle the answer instead."""


class NotJournalable(KernelError):
    """A thread outside told an actor something that is no message of `messages`; it could not be replayed."""


class ReplayDiverged(KernelError):
    """Replaying the journal gave other effects than were recorded; both are shown in the text."""


class EngineHalted(KernelError):
    """The core stopped for good: storage failed, or core actors failed too often."""


class HandlerBroken(BaseException):
    """The watchdog broke into a handler that ran longer than its budget."""


class InjectedCrash(Exception):
    """A drill made the handler fail."""


class StateLost(Exception):
    """An actor's state cannot be saved, or not be rebuilt: what it remembers depends on more than its messages."""
