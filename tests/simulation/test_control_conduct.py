"""Which figures the judge does not believe: by them an order passes that the limits are there to stop."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from messages import (
    AnyMessage,
    ClientOrderId,
    ControlVerdict,
    ExecutionId,
    OrderApproved,
    OrderCanceled,
    OrderFillBusted,
    OrderNotFound,
    OrderReported,
    OrderStatus,
    OrderType,
    PortfolioOpened,
    Quote,
    ReplaceOrder,
    Side,
    StrategyId,
    SubmitOrder,
    Symbol,
    VenueOrderId,
)
from ops.drill.judge.control_conduct import ControlConduct
from tests.messages._samples import EVENT, FILL, ORDER

PLAN, OTHER = ORDER.strategy_id, StrategyId("other")
EARLIER = msgspec.structs.replace(
    ORDER,
    side=Side.BUY,
    quantity=Decimal(10),
    order_type=OrderType.MARKET,
    limit_price=None,
    stop_price=None,
    protective=False,
)
NEXT = msgspec.structs.replace(EARLIER, client_order_id=ClientOrderId("b00k-plan-8"), quantity=Decimal(1))
SALE = msgspec.structs.replace(NEXT, side=Side.SELL)
ABOUT = EVENT | {"client_order_id": EARLIER.client_order_id}
FILLED = msgspec.structs.replace(
    FILL,
    client_order_id=EARLIER.client_order_id,
    side=Side.BUY,
    quantity=Decimal(10),
    price=Decimal(50),
    commission=Decimal(0),
)


def _said(
    order: SubmitOrder,
    *meanwhile: AnyMessage,
    figures: dict[str, object] | None = None,
    held: dict[StrategyId, int] | None = None,
    reduces: bool = False,
    is_all_certain: bool = True,
) -> list[str]:
    """What is said of an order that is judged by these figures, after ten were bought at the market."""
    said: list[str] = []
    holds: dict[tuple[str, str], Decimal] = {
        (name, EARLIER.symbol): Decimal(units) for name, units in (held or {}).items()
    }
    conduct = ControlConduct(lambda _, text: said.append(text), holds)
    conduct.see_input(Quote(EARLIER.symbol, 1, 50.0, 51.0, 1.0, 1.0))
    opened = PortfolioOpened(portfolio_id=EARLIER.portfolio_id, currency="USD", cash=Decimal(1000), time_ns=1)
    for each in (opened, OrderApproved(**ABOUT, order=EARLIER, verdicts=()), *meanwhile):
        conduct.see_effect(each)
    verdicts = [ControlVerdict(name, True, str(value), "0") for name, value in (figures or {}).items()]
    if reduces:
        verdicts.append(ControlVerdict("entries", True, "blocked", "allowed", "reduces the position"))
    approved = OrderApproved(**EVENT, order=order, verdicts=tuple(verdicts))
    conduct.see_approved(approved, is_all_certain=is_all_certain)
    return said


@pytest.mark.parametrize(
    ("control", "least"), [("position", 550), ("gross_exposure", 550)], ids=["the position", "all positions"]
)
def test_what_is_open_counts_in_what_an_order_may_lead_to(control: str, least: int) -> None:
    assert _said(NEXT, figures={"order_value": 50, control: least}) == []
    assert _said(NEXT, figures={"order_value": 50, control: least - 1}) == [
        f"b00k-plan-8 is judged by {control} {least - 1}, and it is {least}"
    ]


def test_for_all_positions_together_the_other_side_counts_too() -> None:
    assert _said(SALE, figures={"order_value": 50, "gross_exposure": 500, "position": 50}) == []
    assert _said(SALE, figures={"order_value": 50, "gross_exposure": 50, "position": 50}) == [
        "b00k-plan-8 is judged by gross_exposure 50, and it is 500"
    ]


@pytest.mark.parametrize(
    "meanwhile",
    [
        OrderCanceled(**ABOUT, reason="on request"),
        FILLED,
        ReplaceOrder(
            client_order_id=EARLIER.client_order_id, venue_id=ORDER.venue_id, symbol=ORDER.symbol, time_ns=1
        ),
        OrderReported(
            **ABOUT,
            venue_order_id=VenueOrderId("v1"),
            status=OrderStatus.ACCEPTED,
            quantity=Decimal(4),
            filled_quantity=Decimal(0),
        ),
    ],
    ids=["it is over", "it has executed", "it was changed", "it was changed at the broker"],
)
def test_what_is_not_open_for_certain_does_not_count(meanwhile: AnyMessage) -> None:
    assert _said(SALE, meanwhile, figures={"order_value": 50, "gross_exposure": 50, "position": 50}) == []


def test_open_purchases_at_the_market_hold_cash() -> None:
    assert _said(NEXT, figures={"order_value": 51, "cash": 449}) == []
    assert _said(NEXT, figures={"order_value": 51, "cash": 949}) == [
        "b00k-plan-8 is said to leave 949 of cash, and leaves 449.0"
    ]
    assert _said(NEXT, figures={"order_value": 51, "cash": 949}, is_all_certain=False) == []


def test_what_was_paid_is_there_no_more_and_of_what_was_taken_back_nothing_is_said() -> None:
    busted = OrderFillBusted(
        **ABOUT,
        execution_id=ExecutionId("x-1"),
        side=Side.BUY,
        quantity=Decimal(10),
        price=Decimal(50),
        commission=Decimal(0),
    )

    assert _said(NEXT, FILLED, figures={"order_value": 51, "cash": 449}) == []
    assert _said(NEXT, FILLED, figures={"order_value": 51, "cash": 450}) != []
    assert _said(NEXT, FILLED, busted, figures={"order_value": 51, "cash": 950}) == []


@pytest.mark.parametrize(
    ("held", "is_seen"),
    [
        ({PLAN: 1}, False),
        ({PLAN: 1, OTHER: 3}, False),
        ({PLAN: 1, OTHER: -1}, True),
        ({OTHER: 3}, True),
        ({PLAN: -1}, True),
    ],
)
def test_what_reduces_does_so_for_the_strategy_and_for_the_account(
    held: dict[StrategyId, int], is_seen: bool
) -> None:
    assert bool(_said(SALE, held=held, reduces=True)) is is_seen
    stop = msgspec.structs.replace(SALE, protective=True)
    assert _said(stop, held=held, reduces=True) == []


def test_what_is_being_closed_is_not_closed_again() -> None:
    closing: dict[str, Any] = {"client_order_id": ClientOrderId("b00k-plan-6")}
    sale = OrderApproved(**EVENT | closing, order=msgspec.structs.replace(SALE, **closing), verdicts=())

    assert _said(SALE, sale, held={PLAN: 2}, reduces=True) == []
    assert _said(SALE, sale, held={PLAN: 1}, reduces=True) != []


def _free(order: SubmitOrder, told: str, *meanwhile: AnyMessage, held: dict[StrategyId, int]) -> list[str]:
    """What is said of an order that is told to find so much to sell."""
    said: list[str] = []
    holds: dict[tuple[str, str], Decimal] = {(name, EARLIER.symbol): Decimal(units) for name, units in held.items()}
    conduct = ControlConduct(lambda _, text: said.append(text), holds)
    for each in meanwhile:
        conduct.see_effect(each)
    verdicts = (ControlVerdict("short", True, str(order.quantity), told),)
    conduct.see_approved(OrderApproved(**EVENT, order=order, verdicts=verdicts), is_all_certain=True)
    return said


def test_what_is_on_offer_is_not_free_to_be_sold_again() -> None:
    closing: dict[str, Any] = {"client_order_id": ClientOrderId("b00k-plan-6")}
    sale = OrderApproved(**EVENT | closing, order=msgspec.structs.replace(SALE, **closing), verdicts=())
    seen = ["b00k-plan-8 is said to find 3 to sell, and 2 are free"]

    assert _free(SALE, "2", sale, held={PLAN: 3}) == []
    assert _free(SALE, "3", sale, held={PLAN: 3}) == seen
    assert _free(msgspec.structs.replace(SALE, protective=True), "3", sale, held={PLAN: 3}) == seen
    assert _free(SALE, "none", sale, held={PLAN: 3}) == []  # it may sell short
    assert _free(NEXT, "3", sale, held={PLAN: 3}) == []


def test_a_stop_may_sell_what_its_strategy_holds_against_another() -> None:
    assert _free(SALE, "3", held={PLAN: 3, OTHER: -1}) != []
    assert _free(msgspec.structs.replace(SALE, protective=True), "3", held={PLAN: 3, OTHER: -1}) == []


def _denied(order: SubmitOrder, control: str, *meanwhile: AnyMessage, held: dict[StrategyId, int]) -> list[str]:
    """What is said of an order that one control has denied."""
    said: list[str] = []
    holds: dict[tuple[str, str], Decimal] = {(name, EARLIER.symbol): Decimal(units) for name, units in held.items()}
    conduct = ControlConduct(lambda _, text: said.append(text), holds)
    for each in meanwhile:
        conduct.see_effect(each)
    conduct.see_denied(order, (ControlVerdict(control, False, "so", "not so", "a reason"),))
    return said


@pytest.mark.parametrize("control", ["entries", "price_age", "position"])
def test_what_reduces_is_denied_by_no_control_that_lets_it_pass(control: str) -> None:
    told = ["b00k-plan-8 reduces what is held, and is denied by " + control]

    assert _denied(SALE, control, held={PLAN: 1}) == told
    assert _denied(SALE, control, held={PLAN: 1, OTHER: -1}) == []
    assert _denied(SALE, "halted", held={PLAN: 1}) == []


@pytest.mark.parametrize("open_order", [OrderApproved(**ABOUT, order=EARLIER, verdicts=()), OrderNotFound(**ABOUT)])
def test_beside_what_is_open_or_may_be_nobody_knows_what_reduces(open_order: AnyMessage) -> None:
    assert _denied(SALE, "entries", open_order, held={PLAN: 1}) == []


def test_a_stop_is_no_duplicate() -> None:
    stop = msgspec.structs.replace(SALE, protective=True)

    assert _denied(stop, "duplicate", held={}) == ["b00k-plan-8, a stop, is denied as a duplicate"]
    assert _denied(SALE, "duplicate", held={}) == []


def test_an_order_is_worth_what_it_costs_where_it_executes() -> None:
    waiting = msgspec.structs.replace(NEXT, order_type=OrderType.STOP, stop_price=Decimal(60))

    assert _said(waiting, figures={"order_value": 60}) == []
    assert _said(waiting, figures={"order_value": 51}) == ["b00k-plan-8 is judged by order_value 51, and it is 60"]


def test_what_is_held_elsewhere_counts_in_all_positions_together() -> None:
    said: list[str] = []
    holds: dict[tuple[str, str], Decimal] = {(PLAN, "XYZ"): Decimal(4)}
    conduct = ControlConduct(lambda _, text: said.append(text), holds)
    for symbol in (EARLIER.symbol, Symbol("XYZ")):
        conduct.see_input(Quote(symbol, 1, 50.0, 51.0, 1.0, 1.0))
    for told in (249, 250):
        figures = [("order_value", 50), ("gross_exposure", told)]
        verdicts = tuple(ControlVerdict(name, True, str(value), "0") for name, value in figures)
        conduct.see_approved(OrderApproved(**EVENT, order=NEXT, verdicts=verdicts), is_all_certain=True)

    assert said == ["b00k-plan-8 is judged by gross_exposure 249, and it is 250.0"]
