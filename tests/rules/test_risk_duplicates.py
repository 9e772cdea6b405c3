"""The same order again, and the same id again."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from messages import (
    DAY_NS,
    SECOND_NS,
    ClientOrderId,
    OrderType,
    Side,
    StrategyId,
    SubmitOrder,
    Symbol,
)
from rules.risk import Submission
from tests.rules._judging import failed, judge, limit_order, stop
from tests.rules._orders import NOON_NS, order

D = Decimal


def sent(submit: SubmitOrder, *, ago_ns: int, number: int = 7) -> Submission:
    earlier = order(
        str(submit.quantity),
        submit.side,
        client_order_id=ClientOrderId(f"b1-sma-{number}"),
        order_type=submit.order_type,
        limit_price=submit.limit_price,
        stop_price=submit.stop_price,
    )
    return Submission.of(earlier, time_ns=NOON_NS - ago_ns)


@pytest.mark.parametrize(
    ("ago_ns", "denied_by"),
    [(0, ["duplicate"]), (2 * SECOND_NS - 1, ["duplicate"]), (2 * SECOND_NS, []), (2 * SECOND_NS + 1, [])],
)
def test_the_same_order_again_at_once_is_a_duplicate(ago_ns: int, denied_by: list[str]) -> None:
    assert failed(judge(order("10"), {"recent": [sent(order("10"), ago_ns=ago_ns)]})) == denied_by


@pytest.mark.parametrize(
    "other",
    [
        order("11"),
        order("10", Side.SELL),
        order("10", strategy_id=StrategyId("rsi")),
        order("10", symbol=Symbol("MSFT")),
        limit_order("100"),
        order("10", order_type=OrderType.STOP, stop_price=D(120)),
    ],
)
def test_an_order_that_differs_in_anything_is_no_duplicate(other: SubmitOrder) -> None:
    earlier = Submission.of(other, time_ns=NOON_NS)
    known = {"recent": [Submission(ClientOrderId("b1-x-9"), *list(_fields(earlier))[1:])]}

    assert failed(judge(order("10"), known)) == []


def _fields(submission: Submission) -> list[Any]:
    return [getattr(submission, name) for name in submission.__struct_fields__]


@pytest.mark.parametrize("known", [{"is_id_known": True}, {"recent": [sent(order("99"), ago_ns=DAY_NS, number=1)]}])
def test_an_id_is_never_used_twice(known: dict[str, Any]) -> None:
    assert failed(judge(order("10"), known)) == ["duplicate"]
    assert "duplicate" in failed(judge(stop("10"), {**known, "position": D(10)}))


def test_a_protective_stop_may_be_put_back_at_once() -> None:
    known = {"position": D(10), "recent": [sent(stop("10"), ago_ns=0)]}

    assert failed(judge(stop("10"), known)) == []
