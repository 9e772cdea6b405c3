"""What an engine that does not run has on disk: its intents, the answers that it was given, its final books."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import msgspec

from actors._portfolio_state import PortfolioState
from actors.names import portfolio_actor, venue_actor
from actors.venue import VenueState
from messages import (
    ActorRecord,
    OrderApproved,
    OrderFilled,
    OrderNotFound,
    OrderRejected,
    SubmitOrder,
)
from ops.drill.process.session import PORTFOLIO, VENUE
from storage import DataDirectoryView, StateCorrupt


class RecordedPast(msgspec.Struct, frozen=True, kw_only=True):
    """The journal, by order id and execution id.

    `approved` holds the terms of each intent, `approvals` how often it was approved; `sent` are those that were
    given to the gateway. `refused` were rejected by the venue, or given up since it did not know them.
    """

    inputs: int
    approved: dict[str, SubmitOrder] = {}
    approvals: dict[str, int] = {}
    sent: dict[str, int] = {}
    executions: dict[str, OrderFilled] = {}
    refused: set[str] = set()


class FinalBooks(msgspec.Struct, frozen=True, kw_only=True):
    """The last checkpoint's: cash, positions that are not flat, and the status of each order that is open."""

    seq: int
    cash: Decimal
    positions: dict[str, Decimal]
    open_orders: dict[str, str]


def recorded_past(data_dir: Path) -> RecordedPast:
    """Everything in the journal, proven on the way. Raises StorageError."""
    with DataDirectoryView(data_dir) as view:
        past = RecordedPast(inputs=view.journal.last_seq)
        for turn in view.journal.read():
            for effect in turn.effects:
                message = effect.message
                if isinstance(message, OrderApproved):
                    order_id = message.client_order_id
                    past.approved[order_id] = message.order
                    past.approvals[order_id] = past.approvals.get(order_id, 0) + 1
                elif isinstance(message, SubmitOrder):
                    past.sent[message.client_order_id] = past.sent.get(message.client_order_id, 0) + 1
                elif isinstance(message, OrderNotFound):
                    past.refused.add(message.client_order_id)
            for message in turn.taken.inputs:
                if isinstance(message, OrderFilled):
                    past.executions.setdefault(message.execution_id, message)
                elif isinstance(message, OrderRejected):
                    past.refused.add(message.client_order_id)
        return past


def final_books(data_dir: Path) -> FinalBooks:
    """How the engine stood when it ended in order. Raises StorageError."""
    with DataDirectoryView(data_dir) as view:
        checkpoint = view.state.latest_checkpoint()
    if checkpoint is None:
        raise StateCorrupt(data_dir / "state.mdb", detail="an engine that ended in order left no checkpoint")
    books = msgspec.msgpack.decode(
        _state(checkpoint.actors[portfolio_actor(PORTFOLIO)]), type=PortfolioState
    ).books.account
    orders = msgspec.msgpack.decode(_state(checkpoint.actors[venue_actor(VENUE)]), type=VenueState).orders
    return FinalBooks(
        seq=checkpoint.seq,
        cash=books.cash,
        positions={symbol: each.quantity for symbol, each in books.positions.items() if each.quantity},
        open_orders={order_id: state.status.value for order_id, state in orders.items() if state.is_open},
    )


def _state(record: bytes) -> bytes:
    return msgspec.msgpack.decode(record, type=ActorRecord).state
