"""What a drill finds: the engine's files held against the broker's evidence, which shares no code with them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import msgspec

from ops.drill.evidence import Evidence
from ops.drill.intents import unlike_intent
from ops.drill.process.books_at_rest import FinalBooks, RecordedPast


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Counts, and one line for each fault. `orders_lost` are orders that only one side knows of."""

    orders: int
    executions: int
    orders_lost: int
    orders_doubled: int
    faults: tuple[str, ...]


def faults_at_the_wire(past: RecordedPast, evidence: Evidence) -> Iterator[str]:
    """What is wrong at any moment, the worst one included: an order that left before its intent was durable."""
    for accepted in evidence.accepted:
        intent = past.approved.get(accepted.client_order_id)
        if intent is None:
            yield f"order {accepted.client_order_id} is at the broker, and no intent of it is on disk"
        elif difference := unlike_intent(intent, accepted.body):
            yield f"order {accepted.client_order_id} has other terms at the broker: {difference}"
    for order_id, count in past.approvals.items():
        if count > 1:
            yield f"order id {order_id} was approved {count} times"
    for order_id in evidence.reused_ids:
        yield f"order id {order_id} was sent again with other terms"


def judge(past: RecordedPast, books: FinalBooks, evidence: Evidence) -> Verdict:
    """Everything, once the engine has ended in order and nothing is under way any more."""
    at_broker = {each.client_order_id for each in evidence.accepted}
    wire = list(faults_at_the_wire(past, evidence))
    lost = sorted(each for each in past.sent if each not in at_broker and each not in past.refused)
    faults = [*wire, *(f"order {each} was sent, and the broker does not know it" for each in lost)]
    faults += _execution_faults(past, evidence)
    faults += faults_of_books(books, evidence)
    return Verdict(
        orders=len(at_broker),
        executions=len(evidence.executions),
        orders_lost=len(lost) + sum(each not in past.approved for each in at_broker),
        orders_doubled=sum(count > 1 for count in past.approvals.values()) + len(evidence.reused_ids),
        faults=tuple(faults),
    )


def faults_of_books(books: FinalBooks, evidence: Evidence) -> Iterator[str]:
    """Where orders, money and positions differ, once nothing is under way any more."""
    yield from _open_order_faults(books, evidence)
    yield from _money_faults(books, evidence)


def _execution_faults(past: RecordedPast, evidence: Evidence) -> Iterator[str]:
    made = {each.execution_id: each for each in evidence.executions}
    for execution_id in sorted(made.keys() - past.executions.keys()):
        yield f"execution {execution_id} of {made[execution_id].client_order_id} was never told to the engine"
    for execution_id in sorted(past.executions.keys() - made.keys()):
        yield f"execution {execution_id} was booked, and the broker has not made it"


def _open_order_faults(books: FinalBooks, evidence: Evidence) -> Iterator[str]:
    working = set(evidence.open_orders)
    for order_id, status in books.open_orders.items():
        if status == "unknown":
            yield f"order {order_id} is unknown at the end"
        elif order_id not in working:
            yield f"order {order_id} is {status} in the books, and does not work at the broker"
    for order_id in sorted(working - books.open_orders.keys()):
        yield f"order {order_id} works at the broker, and the books do not have it open"


def _money_faults(books: FinalBooks, evidence: Evidence) -> Iterator[str]:
    if books.cash != evidence.cash:
        yield f"cash is {books.cash} in the books and {evidence.cash} at the broker"
    for symbol in sorted(books.positions.keys() | evidence.positions.keys()):
        ours, theirs = books.positions.get(symbol, Decimal(0)), evidence.positions.get(symbol, Decimal(0))
        if ours != theirs:
            yield f"the position in {symbol} is {ours} in the books and {theirs} at the broker"
