"""Messages that were set aside, as they are shown."""

from __future__ import annotations

import msgspec

from messages import encode
from ops.dead_letters import letter_line
from tests.recorded import quote
from tests.storage.states import dead_letter


def test_a_message_of_another_version_is_of_unknown_type() -> None:
    encoded = (encode(quote(1, 9, 10)), b"\xc1")

    lines = [
        letter_line(msgspec.structs.replace(dead_letter(1), message=each), is_durable=False) for each in encoded
    ]

    assert [(line.type, line.is_durable) for line in lines] == [("Quote", False), ("unknown", False)]
    assert (lines[0].message["type"], lines[1].message) == ("Quote", "wQ==")
