"""Proving that frames follow each other: their numbers without a gap, their chain unbroken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from messages import FrameError, FrameHeader, check_chain, read_header
from storage.errors import StaleEpoch

SEQ_BYTES = 8
_CHAIN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Head:
    """Where a journal stands: its last input, the chain of its last frame, and that frame's owner."""

    seq: int
    chain: bytes
    epoch: int


def seq_key(seq: int) -> bytes:
    """The key of the batch whose first input is `seq`; keys sort as the numbers do."""
    return seq.to_bytes(SEQ_BYTES, "big")


def follow(head: Head, header: FrameHeader, buffer: bytes) -> Head:
    """The head once the frame has been added. Raises FrameError if the frame does not continue it."""
    if header.first_seq != head.seq + 1:
        raise FrameError(f"input {head.seq} is followed by input {header.first_seq}; it must be {head.seq + 1}")
    if header.epoch < head.epoch:
        raise FrameError(f"input {header.first_seq} has epoch {header.epoch}, after epoch {head.epoch}")
    chain = buffer[header.chain_start : header.end]
    return Head(header.first_seq + header.count - 1, chain, header.epoch)


def check_frames(frames: Sequence[bytes], head: Head, *, epoch: int) -> Head:
    """The head once an owner with `epoch` has appended the frames. Raises StaleEpoch.

    That each frame is whole and takes up where the one before it ended is the writer's duty: asserted. Their
    chain is proven when they are read; to hash everything twice would cost as much as the commit.
    """
    for frame in frames:
        header = read_header(frame)
        assert header.end == len(frame), f"a frame of {header.end} bytes comes in {len(frame)} bytes"
        assert header.count > 0, f"the frame of input {header.first_seq} holds no input"
        if header.epoch != epoch:
            raise StaleEpoch(
                f"the frame of input {header.first_seq} has epoch {header.epoch}, but the journal is owned by "
                f"epoch {epoch}. This engine is no longer the owner: stop it."
            )
        assert header.first_seq == head.seq + 1, (
            f"the journal ends at {head.seq}, the frame is of {header.first_seq}"
        )
        head = follow(head, header, frame)
    return head


def prove_batch(batch: bytes, head: Head) -> Iterator[tuple[FrameHeader, Head]]:
    """Each frame of a batch with the head after it, its chain proven. Raises FrameError at the first bad one."""
    offset = 0
    while offset < len(batch):
        header = check_chain(batch, offset, head.chain)
        head = follow(head, header, batch)
        yield header, head
        offset = header.end


def last_head(batch: bytes) -> Head:
    """The head that a stored batch leaves, as it says itself. Raises FrameError if it is not made of frames."""
    offset = 0
    header = read_header(batch)
    while header.end < len(batch):
        offset = header.end
        header = read_header(batch, offset)
    return Head(header.first_seq + header.count - 1, batch[header.end - _CHAIN_BYTES : header.end], header.epoch)
