"""The digest of a run: what a run did, in 64 hexadecimal digits.

SHA-256, chained over every trading effect in order, then over the final ledgers; order ids count without the
book, which is drawn anew for each data directory. What the engine notes about itself (restarts, alerts) is left
out: a run in which actors were killed and came back did the same trading, and has the same digest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import msgspec

from messages import (
    AnyMessage,
    CancelOrder,
    OrderApproved,
    OrderDenied,
    OrderEvent,
    PortfolioReport,
    QueryOrder,
    ReplaceOrder,
    SubmitOrder,
    encode,
)
from rules.client_order_ids import without_book

_NAMED = (SubmitOrder, CancelOrder, ReplaceOrder, QueryOrder, OrderEvent)


def digest_of_effect(book: str) -> Callable[[AnyMessage], bytes | None]:
    """What of an effect counts for the digest, given the book that begins the order ids; `None` for nothing."""

    def counted(message: AnyMessage) -> bytes | None:
        if not isinstance(message, _NAMED):
            return None
        return encode(_without_book(message, book))

    return counted


def final_digest(effects_digest: bytes, reports: Sequence[PortfolioReport]) -> str:
    """The digest of a whole run, as hexadecimal: its effects, then its portfolios' final books."""
    books = b"".join(encode(report) for report in reports)
    return hashlib.sha256(effects_digest + books).hexdigest()


def _without_book(message: AnyMessage, book: str) -> AnyMessage:
    bare = msgspec.structs.replace(message, client_order_id=without_book(message.client_order_id, book))  # type: ignore[union-attr]  # all of _NAMED have one
    if isinstance(bare, OrderApproved | OrderDenied) and bare.order is not None:
        order = msgspec.structs.replace(bare.order, client_order_id=without_book(bare.order.client_order_id, book))
        bare = msgspec.structs.replace(bare, order=order)
    return bare
