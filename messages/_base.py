"""What every message has in common, and the rule by which messages may change.

Schema evolution. Messages are encoded as arrays, `[tag, field, field, ...]`, so a stored message is read by
position. Hence, for ever: a new field goes **last** and has a default; no field is renamed in meaning, moved,
removed or given another type; a tag is never used again. `tests/messages/samples/` keeps one encoded sample of
every message and of every earlier shape of it, and each must still decode.
"""

from __future__ import annotations

from typing import NewType

import msgspec

Symbol = NewType("Symbol", str)
"""Name of an instrument, unique in one engine, e.g. `AAPL` or `EURUSD.FXCM`."""
StrategyId = NewType("StrategyId", str)
PortfolioId = NewType("PortfolioId", str)
VenueId = NewType("VenueId", str)
ClientOrderId = NewType("ClientOrderId", str)
"""Ours, fixed before the order is sent: `<book>-<strategy>-<count>`."""
VenueOrderId = NewType("VenueOrderId", str)
ExecutionId = NewType("ExecutionId", str)
"""The venue's name for one execution; a fill counts once per execution id."""


class Message(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=True):
    """Base of everything that is said between actors or kept in the journal."""
