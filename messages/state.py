"""What is kept beside the journal: checkpoints, the index of orders, dead letters."""

from __future__ import annotations

import msgspec

from messages._base import ClientOrderId
from messages._union import AnyMessage
from messages.orders import OrderStatus, SubmitOrder

CHECKPOINT_SCHEMA = 1


class TimerEntry(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A timer that is set: `order` breaks ties between timers due at the same time."""

    due_ns: int
    order: int
    actor: str
    name: str


class Trouble(msgspec.Struct, array_like=True):
    """What went wrong with one actor so far.

    `attempts` counts failures to handle the message at the head of its mailbox, `parked` the messages set aside
    with none handled in between; `attempts_at` and `parked_at` tell at which count of handled messages that was.
    """

    failures: int = 0
    attempts: int = 0
    attempts_at: int = -1
    parked: int = 0
    parked_at: int = -1
    restarts: int = 0
    undelivered: int = 0


class ActorRecord(msgspec.Struct, frozen=True, array_like=True):
    """One actor in a checkpoint: its encoded state and what the kernel knows of it.

    `handled` counts messages handled to the end; `mail` is what waits for an actor that may not run now
    (everybody else's mailbox is empty at a turn boundary).
    """

    state: bytes
    handled: int
    status: str
    trouble: Trouble | None = None
    mail: list[AnyMessage] = []


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """The state of the engine at one turn boundary.

    It stands for the journal up to `seq`, whose last frame has `chain`. `actors` maps an actor's name to its
    encoded state; `sources` a source's name to its encoded state; `positions` to the records it has given.
    `digest` is the running digest of the trading effects so far; `counters` are the kernel's own counts. `alive`
    names every actor that there is, if some have gone since the journal began; empty, those of the one before stay.
    """

    seq: int
    chain: bytes
    time_ns: int
    code_version: str
    actors: dict[str, bytes]
    timers: list[TimerEntry] = []
    sources: dict[str, bytes] = {}
    positions: dict[str, int] = {}
    digest: bytes = b""
    counters: dict[str, int] = {}
    schema: int = CHECKPOINT_SCHEMA
    alive: list[str] = []


class OrderRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One intent and where it stood at a checkpoint; `events` are its encoded order events, oldest first."""

    client_order_id: ClientOrderId
    seq: int
    status: OrderStatus
    intent: SubmitOrder
    events: tuple[bytes, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether the venue may still act on it: everything but a final status, UNKNOWN included."""
        return self.status not in _FINAL


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A message that was set aside because it kept crashing its receiver."""

    seq: int
    actor: str
    time_ns: int
    message: bytes
    error: str
    traceback: str


_FINAL = frozenset(
    {
        OrderStatus.DENIED,
        OrderStatus.FILLED,
        OrderStatus.CANCELED,
        OrderStatus.REJECTED,
        OrderStatus.EXPIRED,
    }
)
