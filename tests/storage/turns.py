"""Turns to journal: small, reproducible, and of any size."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from messages import GENESIS_CHAIN, Alert, AlertLevel, Quote, Recorded, Symbol, Turn, TurnInputs, encode_turn

MINUTE_NS = 60_000_000_000


def quote(seq: int) -> Quote:
    """The input with this sequence number, always the same."""
    return Quote(Symbol(f"SYM{seq % 7}"), seq * MINUTE_NS, 100 + seq / 64, 100.5 + seq / 64, seq, 1.0)


def alert(seq: int) -> Recorded:
    """The effect that this input causes."""
    return Recorded(seq, Alert(level=AlertLevel.INFO, subject="test", text=f"seq {seq}", time_ns=seq * MINUTE_NS))


@dataclass
class TurnWriter:
    """Encodes turns one after another, as a core does: it knows its own place in the chain."""

    epoch: int = 1
    seq: int = 0
    chain: bytes = GENESIS_CHAIN
    turns: list[Turn] = field(default_factory=list)

    def frame(self, inputs: int = 1, *, effects: int = 0) -> bytes:
        """The next frame, of so many inputs; the first so many of them cause an effect."""
        seqs = range(self.seq + 1, self.seq + 1 + inputs)
        taken = TurnInputs([seq * MINUTE_NS for seq in seqs], [quote(seq) for seq in seqs], {"source": seqs[-1]})
        caused = [alert(seq) for seq in seqs[:effects]]
        frame = encode_turn(
            epoch=self.epoch, first_seq=seqs[0], taken=taken, effects=caused, chain_before=self.chain
        )
        self.seq, self.chain = seqs[-1], frame[-32:]
        self.turns.append(Turn(self.epoch, seqs[0], taken, caused, self.chain))
        return frame

    def frames(self, counts: Sequence[int]) -> list[bytes]:
        """One frame for each count of inputs, each of whose first input causes an effect."""
        return [self.frame(count, effects=1) for count in counts]


def random_counts(seed: int, frames: int, *, largest: int = 30) -> list[int]:
    """Sizes of turns, mostly small."""
    chooser = random.Random(seed)
    return [chooser.choice((1, 1, 2, chooser.randint(1, largest))) for _ in range(frames)]
