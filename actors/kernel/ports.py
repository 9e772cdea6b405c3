"""What the core needs from the world, as protocols; `storage` and `gateways` implement them, `ops` wires them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from messages import AnyMessage, Checkpoint, DeadLetter, Instrument, OrderRecord, Recorded, Turn


class Journal(Protocol):
    """The append-only record of all inputs and effects, in frames as `messages.turn` describes them."""

    @property
    def epoch(self) -> int:
        """Number of the owner that writes now; every opening for writing takes the next one."""

    @property
    def last_seq(self) -> int:
        """Sequence number of the last durable input, 0 if there is none."""

    @property
    def chain(self) -> bytes:
        """Chain of the last durable frame; `GENESIS_CHAIN` if there is none."""

    def append(self, frames: Sequence[bytes]) -> None:
        """Make the frames durable, in order and as one: on return they are on disk. Raises StorageError."""

    def read(self, after_seq: int = 0) -> Iterator[Turn]:
        """Turns that hold inputs after `after_seq`, oldest first, each proven by its chain."""

    def read_effects(self, after_seq: int = 0) -> Iterator[Recorded]:
        """Only the effects caused by inputs after `after_seq`: far faster than `read`."""


class StateStore(Protocol):
    """Checkpoints, the index of orders, dead letters and settings."""

    def save_checkpoint(
        self,
        checkpoint: Checkpoint,
        *,
        orders: Sequence[OrderRecord] = (),
        dead_letters: Sequence[DeadLetter] = (),
    ) -> None:
        """Store all of it in one durable transaction; actors that `checkpoint` omits are as in the one before."""

    def latest_checkpoint(self) -> Checkpoint | None:
        """The newest good checkpoint, whole; a bad one is passed over for the one before it."""


class Source(Protocol):
    """Market data that can be read again from any position: a recorded data set or a simulated market."""

    @property
    def name(self) -> str:
        """Names the source in the journal; the same for the same input."""

    def instruments(self) -> Sequence[Instrument]:
        """What it has data on."""

    def take(self, limit: int) -> list[AnyMessage]:
        """The next records, at most `limit`, their `time_ns` never falling; empty at the end."""

    def state(self) -> bytes:
        """Where it stands, so that `restore` can go on from here without reading what came before again."""

    def restore(self, state: bytes) -> None:
        """Go back to a state that `state` told."""

    def skip(self, count: int) -> None:
        """Pass over `count` records. Raises FeedError if there are fewer."""


class Gateway(Protocol):
    """A broker behind a connection. Its answers come back through the ingress, as order events."""

    def release(self, command: AnyMessage) -> None:
        """Send one order command. Called once its turn is durable; must not block."""
