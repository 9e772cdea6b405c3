"""The judge of the drills on real processes: each thing that may not be is found, and named."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from messages import (
    ClientOrderId,
    ExecutionId,
    OrderFilled,
    OrderType,
    PortfolioId,
    Side,
    StrategyId,
    SubmitOrder,
    Symbol,
    TimeInForce,
    VenueId,
    VenueOrderId,
)
from ops.drill.evidence import AcceptedOrder, BrokerExecution, Evidence
from ops.drill.process.books_at_rest import FinalBooks, RecordedPast
from ops.drill.process.verdict import faults_at_the_wire, judge

ORDER_ID = "b00k-plan-1"
BODY = {
    "client_order_id": ORDER_ID,
    "symbol": "ABC",
    "side": "buy",
    "type": "limit",
    "time_in_force": "gtc",
    "qty": "10",
    "limit_price": "9.50",
}
INTENT = SubmitOrder(
    client_order_id=ClientOrderId(ORDER_ID),
    venue_id=VenueId("practice"),
    portfolio_id=PortfolioId("main"),
    strategy_id=StrategyId("plan"),
    symbol=Symbol("ABC"),
    side=Side.BUY,
    quantity=Decimal(10),
    order_type=OrderType.LIMIT,
    time_in_force=TimeInForce.GTC,
    time_ns=1,
    limit_price=Decimal("9.5"),
)
FILL = OrderFilled(
    client_order_id=ClientOrderId(ORDER_ID),
    portfolio_id=PortfolioId("main"),
    strategy_id=StrategyId("plan"),
    symbol=Symbol("ABC"),
    time_ns=2,
    execution_id=ExecutionId("x-1"),
    venue_order_id=VenueOrderId("o-1"),
    side=Side.BUY,
    quantity=Decimal(10),
    price=Decimal("9.5"),
    cumulative_quantity=Decimal(10),
    commission=Decimal(0),
    currency="USD",
)
PAST = RecordedPast(
    inputs=9, approved={ORDER_ID: INTENT}, approvals={ORDER_ID: 1}, sent={ORDER_ID: 1}, executions={"x-1": FILL}
)
BOOKS = FinalBooks(seq=9, cash=Decimal("905"), positions={"ABC": Decimal(10)}, open_orders={})
EVIDENCE = Evidence(
    accepted=[AcceptedOrder(5, ORDER_ID, BODY)],
    executions=[
        BrokerExecution(
            "fill", "x-1", None, ORDER_ID, "ABC", "buy", Decimal(10), Decimal("9.5"), Decimal(0), Decimal(10), 6
        )
    ],
    positions={"ABC": Decimal(10)},
    cash=Decimal("905"),
    open_orders=[],
    reused_ids=[],
    requests_seen={},
)


def but(whole: Any, **changed: Any) -> Any:
    return msgspec.structs.replace(whole, **changed)


def test_an_engine_that_agrees_with_its_broker_has_no_fault() -> None:
    verdict = judge(PAST, BOOKS, EVIDENCE)

    assert (verdict.orders, verdict.executions, verdict.faults) == (1, 1, ())
    assert (verdict.orders_lost, verdict.orders_doubled) == (0, 0)


@pytest.mark.parametrize(
    ("past", "evidence", "fault"),
    [
        (but(PAST, approved={}), EVIDENCE, "is at the broker, and no intent of it is on disk"),
        (
            PAST,
            but(EVIDENCE, accepted=[AcceptedOrder(5, ORDER_ID, {**BODY, "qty": "11"})]),
            "qty is 10 and 11 there",
        ),
        (
            PAST,
            but(
                EVIDENCE,
                accepted=[AcceptedOrder(5, ORDER_ID, {k: v for k, v in BODY.items() if k != "limit_price"})],
            ),
            "limit_price is 9.5 and None there",
        ),
        (but(PAST, approvals={ORDER_ID: 2}), EVIDENCE, "was approved 2 times"),
        (PAST, but(EVIDENCE, reused_ids=[ORDER_ID]), "was sent again with other terms"),
    ],
)
def test_what_may_never_be_at_the_wire_is_found(past: RecordedPast, evidence: Evidence, fault: str) -> None:
    (found,) = faults_at_the_wire(past, evidence)

    assert found.endswith(fault)


@pytest.mark.parametrize(
    ("past", "books", "evidence", "fault"),
    [
        (but(PAST, executions={}), BOOKS, EVIDENCE, "execution x-1 of b00k-plan-1 was never told to the engine"),
        (but(PAST, executions={"x-1": FILL, "x-2": FILL}), BOOKS, EVIDENCE, "execution x-2 was booked, and"),
        (PAST, but(BOOKS, cash=Decimal(904)), EVIDENCE, "cash is 904 in the books and 905 at the broker"),
        (PAST, but(BOOKS, positions={}), EVIDENCE, "the position in ABC is 0 in the books and 10 at the broker"),
        (PAST, but(BOOKS, open_orders={ORDER_ID: "unknown"}), EVIDENCE, "is unknown at the end"),
        (PAST, but(BOOKS, open_orders={ORDER_ID: "accepted"}), EVIDENCE, "and does not work at the broker"),
        (PAST, BOOKS, but(EVIDENCE, open_orders=["by-hand"]), "order by-hand works at the broker, and"),
        (but(PAST, sent={ORDER_ID: 1, "b00k-plan-2": 1}), BOOKS, EVIDENCE, "order b00k-plan-2 was sent, and the"),
    ],
)
def test_what_may_not_be_at_the_end_is_found(
    past: RecordedPast, books: FinalBooks, evidence: Evidence, fault: str
) -> None:
    (found,) = judge(past, books, evidence).faults

    assert fault in found


def test_an_order_that_only_one_side_knows_of_is_lost_and_one_that_went_twice_is_doubled() -> None:
    only_sent = judge(but(PAST, sent={ORDER_ID: 1, "b00k-plan-2": 1}), BOOKS, EVIDENCE)
    only_there = judge(but(PAST, approved={}), BOOKS, EVIDENCE)
    twice = judge(PAST, BOOKS, but(EVIDENCE, reused_ids=[ORDER_ID]))
    refused = judge(but(PAST, sent={ORDER_ID: 1, "b00k-plan-2": 1}, refused={"b00k-plan-2"}), BOOKS, EVIDENCE)

    assert [each.orders_lost for each in (only_sent, only_there, refused)] == [1, 1, 0]
    assert twice.orders_doubled == 1
