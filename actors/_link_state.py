"""What a portfolio remembers of the link to its account at a broker."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from messages import AccountReported, ClientOrderId
from rules.reconciliation import Difference


class LinkState(msgspec.Struct):
    """`hold` is why no order may leave, empty if it may. `report` is the last one, `differences` what it showed.

    The last connection was heard of at `connected_ns`: a report that was asked for before it tells nothing of what
    was missed. Something told of an order could not be handled at `missed_ns`, first. The venue's actor is not
    asked for it again before `ask_from_ns`. What a person has accepted of books that have moved since is `to_adopt`
    with the next report, if that still differs by as much, for the reason `adopted_because`.
    """

    hold: str = "the venue is not connected yet"
    is_connected: bool = False
    connected_ns: int = 0
    report: AccountReported | None = None
    differences: dict[str, Difference] = {}
    foreign: list[ClientOrderId] = []
    missed_ns: dict[ClientOrderId, int] = {}
    ask_from_ns: dict[ClientOrderId, int] = {}
    to_adopt: dict[str, Decimal] = {}
    adopted_because: str = ""
