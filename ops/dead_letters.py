"""A message that was set aside, as it is shown."""

from __future__ import annotations

from messages import CodecError, DeadLetter, decode
from ops.control.answers import DeadLetterLine
from ops.export import plain


def letter_line(letter: DeadLetter, *, is_durable: bool = True) -> DeadLetterLine:
    """One message that was set aside, decoded if it is one of ours; its type is `unknown` if it is not."""
    try:
        kind = type(decode(letter.message)).__name__
    except CodecError:  # of a version that knew more messages
        kind = "unknown"
    return DeadLetterLine(
        seq=letter.seq,
        actor=letter.actor,
        time_ns=letter.time_ns,
        type=kind,
        message=plain(letter.message),
        error=letter.error,
        traceback=letter.traceback,
        is_durable=is_durable,
    )
