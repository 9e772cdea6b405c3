"""What a full mailbox gives up."""

from __future__ import annotations

from actors.kernel.mailbox import Mailbox, conflate
from messages import HOUR_NS, MINUTE_NS, Bar, Symbol


def bar(timeframe_ns: int, close: float) -> Bar:
    return Bar(Symbol("a"), HOUR_NS, timeframe_ns, close, close, close, close)


def test_a_bar_takes_the_place_of_one_of_its_own_length_only() -> None:
    mailbox = Mailbox([bar(MINUTE_NS, 1.0), bar(HOUR_NS, 2.0), bar(MINUTE_NS, 3.0)])
    assert conflate(mailbox, bar(MINUTE_NS, 4.0))
    assert [each.close for each in mailbox] == [1.0, 2.0, 4.0]
    assert not conflate(Mailbox([bar(MINUTE_NS, 1.0), bar(HOUR_NS, 2.0)]), bar(MINUTE_NS, 3.0))
