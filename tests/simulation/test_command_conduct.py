"""What the judge sees of commands that lead to more than was commanded, or too late."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from messages import (
    SECOND_NS,
    AnyMessage,
    CancelOrder,
    ClientOrderId,
    ClosePositions,
    HaltTrading,
    OrderApproved,
    OrderDenied,
    OrderType,
    ReleaseTrading,
    ReplaceOrder,
    RequestOrder,
    Side,
    StrategyId,
    Symbol,
    TimeInForce,
)
from ops.control.strategy_commands import MANUAL
from ops.drill.judge.command_conduct import CommandConduct
from tests.messages._samples import EVENT, ORDER, QUOTE

GIVEN_NS = 100 * SECOND_NS
CLOSE = ClosePositions(portfolio_id=ORDER.portfolio_id, time_ns=1)
COMMAND: dict[str, Any] = {
    "client_order_id": ORDER.client_order_id,
    "venue_id": ORDER.venue_id,
    "symbol": ORDER.symbol,
    "time_ns": 1,
}
REQUEST = RequestOrder(
    portfolio_id=ORDER.portfolio_id,
    strategy_id=MANUAL,
    symbol=ORDER.symbol,
    time_ns=GIVEN_NS,
    side=Side.SELL,
    quantity=Decimal(3),
    time_in_force=TimeInForce.DAY,
)
THEIRS = msgspec.structs.replace(
    ORDER,
    strategy_id=MANUAL,
    side=Side.SELL,
    quantity=Decimal(3),
    order_type=OrderType.MARKET,
    time_in_force=TimeInForce.DAY,
    time_ns=GIVEN_NS + SECOND_NS,
    limit_price=None,
    stop_price=None,
    protective=False,
)


def _approved(**terms: Any) -> OrderApproved:
    return OrderApproved(**EVENT, order=msgspec.structs.replace(THEIRS, **terms), verdicts=())


class Desk:
    """Who hears inputs, and what they lead to, and what is said of them."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self._conduct = CommandConduct(lambda rule, _: self.said.append(rule))

    def hear(self, command: AnyMessage, *led_to: AnyMessage, is_excused: bool = False) -> None:
        self._conduct.see_input(command)
        for each in led_to:
            self._conduct.see_effect(each, is_excused=is_excused)


@pytest.mark.parametrize(
    ("wanted", "is_seen"),
    [
        ({}, False),
        ({"symbol": ORDER.symbol}, False),
        ({"symbol": Symbol("XYZ")}, True),
        ({"strategy_id": ORDER.strategy_id}, False),
        ({"strategy_id": StrategyId("other")}, True),
    ],
)
@pytest.mark.parametrize("done", [CancelOrder, ReplaceOrder])
def test_who_closes_one_symbol_or_strategy_touches_no_order_of_another(
    done: type[CancelOrder | ReplaceOrder], wanted: dict[str, Any], is_seen: bool
) -> None:
    desk = Desk()
    desk.hear(QUOTE, OrderApproved(**EVENT, order=ORDER, verdicts=()))

    desk.hear(msgspec.structs.replace(CLOSE, **wanted), done(**COMMAND))

    assert desk.said == (["C37"] if is_seen else [])


@pytest.mark.parametrize(
    "closing",
    [
        OrderApproved(**EVENT, order=ORDER, verdicts=()),
        OrderDenied(**EVENT, order=ORDER, verdicts=(), reason="no"),
    ],
    ids=["approved", "denied"],
)
def test_nor_is_another_symbol_closed_unless_mail_may_have_waited(closing: AnyMessage) -> None:
    sure, unsure = Desk(), Desk()
    command = msgspec.structs.replace(CLOSE, symbol=Symbol("XYZ"))

    sure.hear(command, closing)
    unsure.hear(command, closing, is_excused=True)
    sure.hear(QUOTE, closing)

    assert (sure.said, unsure.said) == (["C37"], [])


def test_an_order_that_a_person_has_given_leaves_once() -> None:
    desk = Desk()

    desk.hear(REQUEST, _approved())
    assert desk.said == []

    desk.hear(QUOTE, _approved())
    assert desk.said == ["C37"]


@pytest.mark.parametrize("terms", [{"quantity": Decimal(4)}, {"side": Side.BUY}, {"symbol": Symbol("XYZ")}])
def test_one_with_other_terms_does_not(terms: dict[str, Any]) -> None:
    desk = Desk()

    desk.hear(REQUEST, _approved(**terms))

    assert desk.said == ["C37"]


@pytest.mark.parametrize(("halted_ns", "is_seen"), [(GIVEN_NS - 1, False), (GIVEN_NS + 1, True)])
def test_an_order_of_before_a_halt_does_not_leave_even_after_its_release(halted_ns: int, is_seen: bool) -> None:
    desk = Desk()
    desk.hear(REQUEST)
    desk.hear(HaltTrading(halted_ns, "stop"))
    desk.hear(ReleaseTrading(halted_ns + 1, "go"))

    desk.hear(QUOTE, _approved())

    assert desk.said == (["C37"] if is_seen else [])


@pytest.mark.parametrize(("waited_ns", "is_seen"), [(60 * SECOND_NS, False), (60 * SECOND_NS + 1, True)])
def test_an_order_that_has_waited_for_more_than_a_minute_does_not_leave(waited_ns: int, is_seen: bool) -> None:
    desk = Desk()
    desk.hear(REQUEST)

    desk.hear(QUOTE, _approved(time_ns=GIVEN_NS + waited_ns))

    assert desk.said == (["C37"] if is_seen else [])


def test_of_two_alike_the_first_that_may_leave_has_left() -> None:
    desk = Desk()
    desk.hear(REQUEST)
    desk.hear(HaltTrading(GIVEN_NS + 1, "stop"))
    later = msgspec.structs.replace(REQUEST, time_ns=GIVEN_NS + 2)

    desk.hear(later, _approved())
    desk.hear(QUOTE, _approved(client_order_id=ClientOrderId("b00k-plan-8")))

    assert desk.said == ["C37"]


def test_one_that_was_denied_has_been_judged_and_leaves_no_more() -> None:
    desk = Desk()
    desk.hear(REQUEST, OrderDenied(**EVENT, order=THEIRS, verdicts=(), reason="no"))

    desk.hear(QUOTE, _approved())

    assert desk.said == ["C37"]


@pytest.mark.parametrize("closes", [CLOSE, HaltTrading(1, "stop", flatten=True)])
def test_what_a_person_holds_is_closed_until_one_orders_there_again(closes: AnyMessage) -> None:
    desk, at_market = Desk(), msgspec.structs.replace(REQUEST, time_in_force=TimeInForce.GTC)
    desk.hear(closes, _approved(time_in_force=TimeInForce.GTC))
    desk.hear(at_market, _approved(time_in_force=TimeInForce.GTC))
    assert desk.said == []

    desk.hear(QUOTE, _approved(time_in_force=TimeInForce.GTC))
    assert desk.said == ["C37"]

    desk.hear(closes, _approved(time_in_force=TimeInForce.GTC))
    desk.hear(QUOTE, _approved(time_in_force=TimeInForce.GTC))
    assert desk.said == ["C37"]


@pytest.mark.parametrize("closes", [CLOSE, HaltTrading(1, "stop", flatten=True)])
def test_a_close_that_has_waited_may_come_behind_such_an_order(closes: AnyMessage) -> None:
    desk, at_market = Desk(), msgspec.structs.replace(REQUEST, time_in_force=TimeInForce.GTC)
    desk.hear(closes)
    desk.hear(at_market, _approved(time_in_force=TimeInForce.GTC), is_excused=True)

    desk.hear(QUOTE, _approved(time_in_force=TimeInForce.GTC))

    assert desk.said == []


@pytest.mark.parametrize("closes", [CLOSE, HaltTrading(1, "stop", flatten=True)])
def test_what_a_person_holds_is_closed_by_an_exit_for_which_nobody_has_asked(closes: AnyMessage) -> None:
    desk = Desk()

    desk.hear(closes, _approved(time_in_force=TimeInForce.GTC))

    assert desk.said == []
