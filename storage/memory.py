"""The journal and the state store in memory, with the same rules: for tests, and for runs that need no restart."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from messages import (
    CHECKPOINT_SCHEMA,
    GENESIS_CHAIN,
    Checkpoint,
    ClientOrderId,
    DeadLetter,
    FrameHeader,
    OrderRecord,
    Recorded,
    Turn,
    decode_effects,
    decode_turn,
)
from storage._proof import Head, check_frames, prove_batch
from storage.errors import StaleEpoch
from storage.verification import VerifyReport

_GENESIS = Head(0, GENESIS_CHAIN, 0)
_KEPT = 3


class MemoryJournal:
    """Satisfies `actors.kernel.ports.Journal`. What was appended lives as long as a journal on it does.

    `MemoryJournal(after=journal)` is what the next owner finds, as after a restart, one epoch on; the earlier owner
    is refused from then on. `space_low` is False unless a test sets it.
    """

    def __init__(self, after: MemoryJournal | None = None) -> None:
        self.space_low = False
        self._kept: _Kept = after._kept if after is not None else _Kept()
        self._kept.owner += 1
        self._epoch = self._kept.owner

    def __repr__(self) -> str:
        return f"MemoryJournal(last_seq={self.last_seq}, epoch={self.epoch})"

    @property
    def epoch(self) -> int:
        """Number of the owner that writes now."""
        return self._epoch

    @property
    def first_seq(self) -> int:
        """Always 1: nothing is ever deleted."""
        return 1

    @property
    def last_seq(self) -> int:
        """Sequence number of the last input, 0 if there is none."""
        return self._kept.heads[-1].seq

    @property
    def chain(self) -> bytes:
        """Chain of the last frame; `GENESIS_CHAIN` if there is none."""
        return self._kept.heads[-1].chain

    def append(self, frames: Sequence[bytes]) -> None:
        """Keep the frames. Raises StaleEpoch if they, or this owner, are of an earlier epoch."""
        if self._kept.owner != self._epoch:
            raise StaleEpoch(f"this journal is owned by epoch {self._kept.owner}, not by {self._epoch}: stop")
        check_frames(frames, self._kept.heads[-1], epoch=self._epoch)
        for frame in frames:
            self._kept.heads.append(check_frames([frame], self._kept.heads[-1], epoch=self._epoch))
            self._kept.frames.append(frame)

    def read(self, after_seq: int = 0) -> Iterator[Turn]:
        """Turns that hold inputs after `after_seq`, oldest first, each proven by its chain."""
        for frame, header in self._proven(after_seq):
            yield decode_turn(frame, header)

    def read_effects(self, after_seq: int = 0) -> Iterator[Recorded]:
        """Only the effects caused by inputs after `after_seq`."""
        for frame, header in self._proven(after_seq):
            yield from (effect for effect in decode_effects(frame, header) if effect.seq > after_seq)

    def chain_at(self, seq: int) -> bytes | None:
        """Chain of the frame whose last input is `seq`; None if there is none such."""
        head = self._kept.heads[self._frames_before(seq + 1)]
        return head.chain if head.seq == seq else None

    def verify(self) -> VerifyReport:
        """Prove every frame."""
        proven = list(self._proven(0))
        return VerifyReport(
            frames=len(proven),
            inputs=sum(header.count for _, header in proven),
            effects=sum(len(decode_effects(frame, header)) for frame, header in proven),
            first_seq=1,
            last_seq=self.last_seq,
            chain=self.chain,
            days=(),
        )

    def close(self) -> None:
        """Nothing to do; what was appended stays."""

    def _frames_before(self, seq: int) -> int:
        """How many frames end before input `seq`."""
        return bisect_right(self._kept.heads, seq - 1, key=lambda head: head.seq) - 1

    def _proven(self, after_seq: int) -> Iterator[tuple[bytes, FrameHeader]]:
        start = self._frames_before(after_seq + 1)
        for index in range(start, len(self._kept.frames)):
            frame = self._kept.frames[index]
            for header, _ in prove_batch(frame, self._kept.heads[index]):
                yield frame, header


@dataclass(slots=True)
class _Kept:
    """What outlives one owner: frame `i` leads from head `i` to head `i + 1`."""

    owner: int = 0
    frames: list[bytes] = field(default_factory=list)
    heads: list[Head] = field(default_factory=lambda: [_GENESIS])


class MemoryStateStore:
    """Satisfies `actors.kernel.ports.StateStore`."""

    def __init__(self) -> None:
        self.passed_over: list[str] = []
        self._checkpoints: list[Checkpoint] = []
        self._orders: dict[ClientOrderId, OrderRecord] = {}
        self._dead_letters: dict[tuple[int, str], DeadLetter] = {}
        self._settings: dict[str, bytes] = {}

    def __repr__(self) -> str:
        return f"MemoryStateStore(checkpoints={len(self._checkpoints)}, orders={len(self._orders)})"

    @property
    def space_low(self) -> bool:
        """Always False."""
        return False

    def close(self) -> None:
        """Nothing to do; what was stored stays."""

    def save_checkpoint(
        self,
        checkpoint: Checkpoint,
        *,
        orders: Sequence[OrderRecord] = (),
        dead_letters: Sequence[DeadLetter] = (),
    ) -> None:
        """Store all of it; actors that `checkpoint` omits are as in the newest one of a schema that we read."""
        good = [kept for kept in self._checkpoints if kept.schema <= CHECKPOINT_SCHEMA]
        actors = {**(good[-1].actors if good else {}), **checkpoint.actors}
        if checkpoint.alive:
            actors = {name: actors[name] for name in checkpoint.alive if name in actors}
        self._checkpoints = [*good, msgspec.structs.replace(checkpoint, actors=actors, alive=[])][-_KEPT:]
        self._orders.update({record.client_order_id: record for record in orders})
        for letter in dead_letters:
            self.put_dead_letter(letter)

    def latest_checkpoint(self) -> Checkpoint | None:
        """The newest checkpoint of a schema that we read; `passed_over` tells of the others."""
        self.passed_over = [
            f"checkpoint of input {kept.seq} has schema {kept.schema}; this code reads up to {CHECKPOINT_SCHEMA}"
            for kept in reversed(self._checkpoints)
            if kept.schema > CHECKPOINT_SCHEMA
        ]
        good = [kept for kept in self._checkpoints if kept.schema <= CHECKPOINT_SCHEMA]
        return good[-1] if good else None

    def open_orders(self) -> list[OrderRecord]:
        """Orders that the venue may still act on, by the input that caused them."""
        return [record for record in self.orders() if record.is_open]

    def order(self, client_order_id: ClientOrderId) -> OrderRecord | None:
        """One order as it stood last; None if it is not known."""
        return self._orders.get(client_order_id)

    def orders(self) -> list[OrderRecord]:
        """Every order as it stood last, by the input that caused it."""
        return sorted(self._orders.values(), key=lambda record: (record.seq, record.client_order_id))

    def dead_letters(self) -> list[DeadLetter]:
        """The messages set aside, oldest first."""
        return [letter for _, letter in sorted(self._dead_letters.items())]

    def put_dead_letter(self, letter: DeadLetter) -> None:
        """Keep one message, in place of an earlier one of the same input and actor."""
        self._dead_letters[letter.seq, letter.actor] = letter

    def drop_dead_letter(self, seq: int, actor: str) -> bool:
        """Forget one message; False if there is none."""
        return self._dead_letters.pop((seq, actor), None) is not None

    def setting(self, name: str) -> bytes | None:
        """What was put under the name, None if nothing was."""
        return self._settings.get(name)

    def put_settings(self, settings: Mapping[str, bytes]) -> None:
        """Keep all of these."""
        self._settings.update(settings)
