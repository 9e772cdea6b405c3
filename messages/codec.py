"""One codec for every message: MessagePack, tagged by the message's class name."""

from __future__ import annotations

import msgspec

from messages._union import AnyMessage

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[AnyMessage] = msgspec.msgpack.Decoder(AnyMessage)


class CodecError(ValueError):
    """Bytes that are no message of ours, or a message with a field of the wrong type."""


def encode(message: AnyMessage) -> bytes:
    """The message as MessagePack, its tag first. Raises CodecError for anything that is not one of ours."""
    try:
        return _encoder.encode(message)
    except (TypeError, OverflowError, msgspec.MsgspecError) as error:
        raise CodecError(f"{type(message).__name__} cannot be encoded: {error}") from error


def decode(data: bytes) -> AnyMessage:
    """The message behind its bytes. Raises CodecError if there is none."""
    try:
        return _decoder.decode(data)
    except msgspec.DecodeError as error:
        raise CodecError(f"{len(data)} bytes are no message: {error}") from error
