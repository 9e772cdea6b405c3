"""What a portfolio remembers of the link to its account at a broker."""

from __future__ import annotations

import msgspec

from messages import AccountReported, ClientOrderId
from rules.reconciliation import Difference


class LinkState(msgspec.Struct):
    """`hold` is why no order may leave, empty if it may. `report` is the last one, `differences` what it showed.

    The last connection was heard of at `connected_ns`: a report that was asked for before it tells nothing of what
    was missed. The venue's actor was asked at `asked_ns` for orders that are open here and not heard of for long.
    """

    hold: str = "the venue is not connected yet"
    is_connected: bool = False
    connected_ns: int = 0
    report: AccountReported | None = None
    differences: dict[str, Difference] = {}
    foreign: list[ClientOrderId] = []
    asked_ns: dict[ClientOrderId, int] = {}
