"""One codec for every message: MessagePack, tagged by the message's class name."""

from __future__ import annotations

import msgspec

from messages._union import MESSAGE_TYPES, AnyMessage

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[AnyMessage] = msgspec.msgpack.Decoder(AnyMessage)
_types = frozenset(MESSAGE_TYPES)

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding bytes that somebody changed may raise."""


class CodecError(ValueError):
    """Bytes that are no message of ours, or a message with a field of the wrong type."""


def encode(message: AnyMessage) -> bytes:
    """The message as MessagePack, its tag first. Raises CodecError for anything that is not one of ours."""
    if type(message) not in _types:
        raise CodecError(f"{type(message).__name__} is no message that can be stored")
    try:
        return _encoder.encode(message)
    except (TypeError, ValueError, OverflowError, msgspec.MsgspecError) as error:
        raise CodecError(f"{type(message).__name__} cannot be encoded: {error}") from error


def decode(data: bytes) -> AnyMessage:
    """The message behind its bytes. Raises CodecError if there is none."""
    try:
        return _decoder.decode(data)
    except UNREADABLE as error:
        raise CodecError(f"{len(data)} bytes are no message{_tag_of(data)}: {error}") from error


def _tag_of(data: bytes) -> str:
    """What the bytes claim to be, for the reader of an error."""
    try:
        fields = msgspec.msgpack.decode(data)
    except UNREADABLE:
        return ""
    return f" (of tag {fields[0]!r})" if isinstance(fields, list) and fields else ""
