from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from gateways.broker import AnyCommand, Reply
from messages import (
    AccountReported,
    ClientOrderId,
    ExecutionId,
    HeldPosition,
    OrderAccepted,
    OrderCancelRejected,
    OrderFillBusted,
    OrderFillCorrected,
    OrderFilled,
    OrderNotFound,
    OrderRejected,
    OrderReplaceRejected,
    OrderReported,
    OrderStatus,
    OrderUnknown,
    Side,
    VenueOrderId,
)
from tests.gateways.broker._words import (
    ABC,
    ABOUT,
    CANCEL,
    MAIN,
    NOW_NS,
    ORDER_ID,
    QUERY,
    QUERY_ACCOUNT,
    REPLACE,
    SUBMIT,
    VENUE,
    account,
    execution,
    order,
    translator,
)

BROKER_ID = VenueOrderId("broker-1")
FILL = OrderFilled(
    **ABOUT,
    execution_id=ExecutionId("x1"),
    venue_order_id=BROKER_ID,
    side=Side.BUY,
    quantity=Decimal(40),
    price=Decimal("10.22"),
    cumulative_quantity=Decimal(40),
    commission=Decimal("0.40"),
    currency="USD",
)


def answers(command: AnyCommand, status: int, body: Any = None) -> list[Any]:
    return list(translator().answers_to(command, Reply(status, body), NOW_NS))


def test_an_order_that_the_venue_took_is_accepted() -> None:
    assert answers(SUBMIT, 200, order()) == [OrderAccepted(**ABOUT, venue_order_id=BROKER_ID)]


def test_a_refusal_is_told_in_the_venues_words() -> None:
    told = answers(SUBMIT, 403, {"code": "wash_trade", "message": "it would meet order 3"})

    assert told == [OrderRejected(**ABOUT, reason="wash_trade: it would meet order 3")]
    assert answers(SUBMIT, 422, {"code": "invalid"}) == [OrderRejected(**ABOUT, reason="invalid")]


def test_an_id_that_the_venue_knows_already_is_no_rejection() -> None:
    told = answers(SUBMIT, 422, {"code": "duplicate_client_order_id", "message": "seen"})

    assert told == [OrderUnknown(**ABOUT, reason="duplicate_client_order_id: seen")]


@pytest.mark.parametrize("command", [SUBMIT, CANCEL, REPLACE])
@pytest.mark.parametrize("status", [302, 400, 401, 404, 408, 429, 500, 502, 503, 504])
def test_what_is_no_clear_answer_leaves_the_order_unknown(command: AnyCommand, status: int) -> None:
    told = answers(command, status, {"code": "oops", "message": "try later"})

    assert told == [OrderUnknown(**ABOUT, reason=f"the venue answered with status {status}")]


@pytest.mark.parametrize("command", [SUBMIT, CANCEL, REPLACE])
def test_no_answer_leaves_the_order_unknown(command: AnyCommand) -> None:
    told = translator().answers_to(command, None, NOW_NS)

    assert told == [OrderUnknown(**ABOUT, reason="the venue did not answer")]


@pytest.mark.parametrize(
    ("command", "status", "body"),
    [
        (SUBMIT, 200, None),
        (SUBMIT, 200, {}),
        (SUBMIT, 200, [1]),
        (SUBMIT, 200, order(client_order_id="b00k-plan-8")),
        (SUBMIT, 200, order(symbol="XYZ")),
        (SUBMIT, 200, order(id="")),
        (SUBMIT, 403, "<html>forbidden by the proxy</html>"),
        (SUBMIT, 422, None),
        (SUBMIT, 422, {"message": "no code"}),
        (CANCEL, 422, None),
        (REPLACE, 422, 7),
        (REPLACE, 200, None),
    ],
)
def test_an_answer_that_cannot_be_read_is_no_answer(command: AnyCommand, status: int, body: Any) -> None:
    (told,) = answers(command, status, body)

    assert isinstance(told, OrderUnknown)
    assert told.reason.startswith("the venue's answer cannot be read")


def test_the_outcome_of_a_cancel_or_replacement_that_was_taken_comes_by_the_stream() -> None:
    assert answers(CANCEL, 204) == []
    assert answers(REPLACE, 200, order(status="pending_replace")) == []


def test_a_refused_cancel_or_replacement_says_why() -> None:
    told = answers(CANCEL, 422, {"code": "not_cancelable", "status": "filled"})
    assert told == [OrderCancelRejected(**ABOUT, reason="not_cancelable: filled")]

    told = answers(REPLACE, 422, {"code": "not_replaceable"})
    assert told == [OrderReplaceRejected(**ABOUT, reason="not_replaceable")]


def reported(status: OrderStatus, filled: str = "40", **changed: Any) -> OrderReported:
    terms: dict[str, Any] = {
        "venue_order_id": BROKER_ID,
        "quantity": Decimal(100),
        "limit_price": Decimal("10.25"),
        "stop_price": Decimal("10.20"),
        "asked_ns": QUERY.time_ns,
        **changed,
    }
    return OrderReported(**ABOUT, status=status, filled_quantity=Decimal(filled), **terms)


def test_a_query_tells_all_executions_and_then_how_the_order_stands() -> None:
    body = order(status="partially_filled", filled_qty="40", executions=[execution()])

    assert answers(QUERY, 200, body) == [FILL, reported(OrderStatus.ACCEPTED)]


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("filled", OrderStatus.FILLED),
        ("canceled", OrderStatus.CANCELED),
        ("expired", OrderStatus.EXPIRED),
        ("rejected", OrderStatus.REJECTED),
        ("pending_new", OrderStatus.ACCEPTED),
        ("new", OrderStatus.ACCEPTED),
        ("accepted", OrderStatus.ACCEPTED),
        ("partially_filled", OrderStatus.ACCEPTED),
        ("pending_replace", OrderStatus.PENDING_REPLACE),
        ("pending_cancel", OrderStatus.UNKNOWN),
        ("held", OrderStatus.UNKNOWN),
        ("a word nobody knows", OrderStatus.UNKNOWN),
    ],
)
def test_a_report_tells_whether_an_order_works_and_whether_its_word_may_hide_a_change(
    word: str, status: OrderStatus
) -> None:
    body = order(status=word, reason="as it is", executions=[])

    assert answers(QUERY, 200, body) == [reported(status, "0", reason="as it is")]


def test_executions_undone_are_told_behind_those_that_they_undo() -> None:
    body = order(
        filled_qty="10",
        executions=[
            execution(),
            execution(kind="correct", execution_id="x2", previous_execution_id="x1", qty="30", price="10.21"),
            execution(kind="bust", execution_id="x3", previous_execution_id="x2", qty="30", price="10.21"),
        ],
    )

    assert answers(QUERY, 200, body) == [
        FILL,
        OrderFillCorrected(
            **ABOUT,
            execution_id=ExecutionId("x2"),
            side=Side.BUY,
            quantity=Decimal(30),
            price=Decimal("10.21"),
            commission=Decimal("0.40"),
            earlier_execution_id=ExecutionId("x1"),
            earlier_quantity=Decimal(40),
            earlier_price=Decimal("10.22"),
            earlier_commission=Decimal("0.40"),
        ),
        OrderFillBusted(
            **ABOUT,
            execution_id=ExecutionId("x2"),
            side=Side.BUY,
            quantity=Decimal(30),
            price=Decimal("10.21"),
            commission=Decimal("0.40"),
        ),
        reported(OrderStatus.ACCEPTED, "10"),
    ]


def test_only_the_venues_own_word_says_that_it_does_not_know_an_order() -> None:
    assert answers(QUERY, 404, {"code": "not_found"}) == [OrderNotFound(**ABOUT, asked_ns=QUERY.time_ns)]
    assert answers(QUERY, 404, "<html>no such page</html>") == []
    assert answers(QUERY, 404) == []


@pytest.mark.parametrize("command", [QUERY, QUERY_ACCOUNT])
def test_a_question_without_an_answer_gives_nothing(command: AnyCommand) -> None:
    assert translator().answers_to(command, None, NOW_NS) == []
    assert answers(command, 429) == []
    assert answers(command, 500, {"code": "oops"}) == []
    assert answers(command, 200, None) == []
    assert answers(command, 200, {"status": "new"}) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"qty": "NaN"},
        {"qty": "sNaN"},
        {"qty": "-40"},
        {"qty": "0"},
        {"qty": "Infinity"},
        {"qty": "1E+40"},
        {"qty": 40},
        {"qty": "forty"},
        {"price": "-1"},
        {"price": None},
        {"price": 10.22},
        {"commission": "NaN"},
        {"commission": "-1"},
        {"cum_qty": "39"},
        {"execution_id": ""},
        {"execution_id": 7},
        {"side": "hold"},
        {"kind": "gift"},
        {"client_order_id": "b00k-plan-8"},
        {"symbol": "XYZ"},
        {"kind": "bust"},
    ],
)
def test_an_execution_that_cannot_be_true_spoils_the_whole_answer(changed: dict[str, Any]) -> None:
    assert answers(QUERY, 200, order(executions=[execution(**changed)])) == []


def test_an_account_is_told_behind_the_executions_of_our_own_orders() -> None:
    theirs = execution(client_order_id="by-hand", execution_id="x9")
    told = answers(QUERY_ACCOUNT, 200, account(executions=[theirs, execution()]))

    assert told == [
        OrderFilled(
            **ABOUT,
            execution_id=ExecutionId("x1"),
            venue_order_id=VenueOrderId(""),
            side=Side.BUY,
            quantity=Decimal(40),
            price=Decimal("10.22"),
            cumulative_quantity=Decimal(40),
            commission=Decimal("0.40"),
            currency="USD",
        ),
        AccountReported(
            venue_id=VENUE,
            portfolio_id=MAIN,
            time_ns=NOW_NS,
            venue_time_ns=NOW_NS - 9,
            cash=Decimal("-12.50"),
            positions=(HeldPosition(ABC, Decimal(-3)),),
            open_orders=(ORDER_ID, ClientOrderId("by-hand")),
            asked_ns=QUERY_ACCOUNT.time_ns,
        ),
    ]


def test_an_account_that_is_not_plainly_active_is_blocked() -> None:
    assert answers(QUERY_ACCOUNT, 200, account())[0].is_blocked is False
    assert answers(QUERY_ACCOUNT, 200, account(status="BLOCKED"))[0].is_blocked is True
    assert answers(QUERY_ACCOUNT, 200, account(status="a word nobody knows"))[0].is_blocked is True


@pytest.mark.parametrize(
    "changed",
    [
        {"cash": "NaN"},
        {"cash": 12.5},
        {"time_ns": "now"},
        {"positions": None},
        {"positions": [{"symbol": "ABC", "qty": "1"}, {"symbol": "ABC", "qty": "2"}]},
        {"open_orders": [None]},
        {"executions": [execution(qty="NaN")]},
        {"status": None},
    ],
)
def test_an_account_that_cannot_be_read_whole_is_not_told_at_all(changed: dict[str, Any]) -> None:
    assert answers(QUERY_ACCOUNT, 200, account(**changed)) == []


def test_a_correction_of_an_execution_from_before_leaves_its_order_to_be_asked_for() -> None:
    correction = execution(kind="correct", execution_id="x2", previous_execution_id="x1")

    told = answers(QUERY_ACCOUNT, 200, account(executions=[correction]))

    assert told[0] == OrderUnknown(**ABOUT, reason="execution x1, which x2 corrects, was not told")
    assert isinstance(told[1], AccountReported)
