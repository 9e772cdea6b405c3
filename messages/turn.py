"""One turn of the core: what came in, what it caused, and its encoding in the journal.

A frame is `header | inputs | effects | chain`, so that effects can be read without decoding the inputs:

    header   magic `USTD`, format version, owner's epoch, first sequence number, number of inputs,
             length of the inputs section, length of the effects section
    inputs   MessagePack of `TurnInputs`
    effects  MessagePack of `[Recorded, ...]`
    chain    SHA-256 over the chain of the frame before and this frame up to here
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from messages._union import AnyMessage
from messages.codec import UNREADABLE

FORMAT_VERSION = 1
GENESIS_CHAIN = bytes(32)

_MAGIC = b"USTD"
_HEADER = struct.Struct(">4sBIQIII")
_CHAIN_BYTES = 32


class Interrupt(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A fact: `actor` was broken off, or failed, during its delivery number `delivery`, and in which words.

    Every attempt to handle a message is a delivery, failed ones included. Replaying the journal raises at the same
    delivery in the same words: a failure may depend on timing, memory or the stack, its words on addresses.
    """

    actor: str
    delivery: int
    reason: str


class Recorded(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One effect and the sequence number of the input that caused it."""

    seq: int
    message: AnyMessage


class TurnInputs(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """`inputs[i]` has sequence number `first_seq + i` and was handled at `times_ns[i]`.

    `positions` tells how many records each source had given when the turn ended.
    """

    times_ns: list[int]
    inputs: list[AnyMessage]
    positions: dict[str, int] = {}
    interrupts: list[Interrupt] = []


class Turn(msgspec.Struct, frozen=True, gc=False):
    """A decoded frame."""

    epoch: int
    first_seq: int
    taken: TurnInputs
    effects: list[Recorded]
    chain: bytes

    @property
    def last_seq(self) -> int:
        return self.first_seq + len(self.taken.inputs) - 1


@dataclass(frozen=True, slots=True)
class FrameHeader:
    """Where a frame's parts lie; `end` is the offset of the next frame in the same buffer."""

    epoch: int
    first_seq: int
    count: int
    inputs_start: int
    effects_start: int
    chain_start: int
    end: int


class FrameError(ValueError):
    """A frame cannot be read: it was cut short or changed. The text says which frame and how."""


_encoder = msgspec.msgpack.Encoder()
_inputs_decoder = msgspec.msgpack.Decoder(TurnInputs)
_effects_decoder = msgspec.msgpack.Decoder(list[Recorded])


def encode_turn(
    *, epoch: int, first_seq: int, taken: TurnInputs, effects: list[Recorded], chain_before: bytes
) -> bytes:
    """The frame of one turn; its last 32 bytes are the chain that the next frame builds on."""
    inputs_bytes = _encoder.encode(taken)
    effects_bytes = _encoder.encode(effects)
    header = _HEADER.pack(
        _MAGIC, FORMAT_VERSION, epoch, first_seq, len(taken.inputs), len(inputs_bytes), len(effects_bytes)
    )
    body = b"".join((header, inputs_bytes, effects_bytes))
    return body + hashlib.sha256(chain_before + body).digest()


def read_header(buffer: bytes, offset: int = 0) -> FrameHeader:
    """Where the parts of the frame at `offset` lie. Raises FrameError if there is no whole frame."""
    if len(buffer) - offset < _HEADER.size + _CHAIN_BYTES:
        raise FrameError(f"journal frame at byte {offset} is cut short")
    magic, version, epoch, first_seq, count, inputs_length, effects_length = _HEADER.unpack_from(buffer, offset)
    if magic != _MAGIC:
        raise FrameError(f"journal frame at byte {offset} does not begin with {_MAGIC!r}")
    if version != FORMAT_VERSION:
        raise FrameError(f"journal frame has format version {version}; this code reads {FORMAT_VERSION}")
    inputs_start = offset + _HEADER.size
    effects_start = inputs_start + inputs_length
    chain_start = effects_start + effects_length
    end = chain_start + _CHAIN_BYTES
    if end > len(buffer):
        raise FrameError(f"journal frame of input {first_seq} is cut short")
    return FrameHeader(epoch, first_seq, count, inputs_start, effects_start, chain_start, end)


def check_chain(buffer: bytes, offset: int, chain_before: bytes) -> FrameHeader:
    """The header of the frame at `offset`, once its chain is proven. Raises FrameError if a byte was changed."""
    header = read_header(buffer, offset)
    expected = hashlib.sha256(chain_before + buffer[offset : header.chain_start]).digest()
    if buffer[header.chain_start : header.end] != expected:
        raise FrameError(f"journal frame of input {header.first_seq} does not match its checksum: it was changed")
    return header


def decode_turn(buffer: bytes, header: FrameHeader) -> Turn:
    """The whole turn behind a header. Raises FrameError if its messages cannot be decoded."""
    try:
        taken = _inputs_decoder.decode(buffer[header.inputs_start : header.effects_start])
    except UNREADABLE as error:
        raise FrameError(f"inputs from {header.first_seq} cannot be decoded: {error}") from error
    chain = buffer[header.chain_start : header.end]
    return Turn(header.epoch, header.first_seq, taken, decode_effects(buffer, header), chain)


def decode_effects(buffer: bytes, header: FrameHeader) -> list[Recorded]:
    """Only the effects behind a header."""
    try:
        return _effects_decoder.decode(buffer[header.effects_start : header.chain_start])
    except UNREADABLE as error:
        raise FrameError(f"effects from input {header.first_seq} cannot be decoded: {error}") from error


def frames(buffer: bytes) -> Iterator[FrameHeader]:
    """Headers of the frames that lie one after another in a buffer, unchecked."""
    offset = 0
    while offset < len(buffer):
        header = read_header(buffer, offset)
        yield header
        offset = header.end
