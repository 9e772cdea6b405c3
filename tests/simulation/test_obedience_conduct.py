"""What the judge sees of commands that lead to nothing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from messages import (
    SECOND_NS,
    AccountReported,
    AnyMessage,
    BooksAdjusted,
    CancelOrder,
    ClosePositions,
    CommandRefused,
    ControlVerdict,
    HaltTrading,
    Interrupt,
    OrderApproved,
    OrderCanceled,
    OrderDenied,
    OrderFillBusted,
    OrderReplaced,
    OrderUnknown,
    ReleaseTrading,
    ReplaceOrder,
    RequestCancel,
    RequestOrder,
    Side,
    StrategyId,
    Symbol,
    TimeInForce,
    TradingHalted,
    VenueConnected,
)
from ops.control.strategy_commands import MANUAL
from ops.drill.judge.conduct import Conduct
from ops.drill.judge.obedience_conduct import ObedienceConduct
from ops.drill.simulation.swarm import draw_swarm
from tests.messages._samples import EVENT, FILL, ORDER, QUOTE

NOW_NS = 100 * SECOND_NS
KEY: tuple[str, str] = (ORDER.strategy_id, ORDER.symbol)
ENTRY = msgspec.structs.replace(ORDER, protective=False)
REQUEST = RequestOrder(
    portfolio_id=ORDER.portfolio_id,
    strategy_id=MANUAL,
    symbol=ORDER.symbol,
    time_ns=NOW_NS,
    side=Side.SELL,
    quantity=ORDER.quantity,
    order_type=ORDER.order_type,
    time_in_force=TimeInForce.GTC,
    limit_price=ORDER.limit_price,
    stop_price=ORDER.stop_price,
)
THEIRS = msgspec.structs.replace(ENTRY, strategy_id=MANUAL)
JUDGED = OrderApproved(**EVENT, order=THEIRS, verdicts=())
DENIED = OrderDenied(**EVENT, order=THEIRS, verdicts=(), reason="no")
NOT_NOW = CommandRefused(subject=ORDER.portfolio_id, time_ns=1, reason="not now")
CANCEL = CancelOrder(client_order_id=ORDER.client_order_id, venue_id=ORDER.venue_id, symbol=ORDER.symbol, time_ns=1)
REPLACE = ReplaceOrder(
    client_order_id=ORDER.client_order_id,
    venue_id=ORDER.venue_id,
    symbol=ORDER.symbol,
    time_ns=1,
    quantity=Decimal(1),
)
RAISE = msgspec.structs.replace(REPLACE, quantity=ORDER.quantity + 1)
REPLACED = OrderReplaced(**EVENT, quantity=Decimal(1))
ADJUSTED = BooksAdjusted(
    portfolio_id=ORDER.portfolio_id, time_ns=1, symbol=ORDER.symbol, amount=Decimal(1), price=Decimal(1)
)
BUST = OrderFillBusted(
    **EVENT,
    execution_id=FILL.execution_id,
    side=FILL.side,
    quantity=FILL.quantity,
    price=FILL.price,
    commission=FILL.commission,
)
CANCELED = OrderCanceled(**EVENT, reason="on request")
IN_DOUBT = OrderUnknown(**EVENT, reason="no answer")
FILLED = msgspec.structs.replace(FILL, client_order_id=ORDER.client_order_id, quantity=ENTRY.quantity)
LAST_PART = msgspec.structs.replace(FILLED, quantity=Decimal(1), cumulative_quantity=ENTRY.quantity)
ASKED = RequestCancel(client_order_id=ORDER.client_order_id, portfolio_id=ORDER.portfolio_id, time_ns=1)
NO_ORDER = CommandRefused(subject=ORDER.client_order_id, time_ns=1, reason="it is no open order")
CLOSE = ClosePositions(portfolio_id=ORDER.portfolio_id, time_ns=1)
EXIT = OrderApproved(**EVENT, order=ENTRY, verdicts=())
HALT, FLATTEN = HaltTrading(1, "a drill"), HaltTrading(1, "a drill", flatten=True)
CONNECTED = VenueConnected(venue_id=ORDER.venue_id, time_ns=1)
REPORT = AccountReported(
    venue_id=ORDER.venue_id,
    portfolio_id=ORDER.portfolio_id,
    time_ns=2,
    venue_time_ns=2,
    cash=Decimal(1),
    positions=(),
    open_orders=(),
)
BLOCKED = OrderDenied(
    **EVENT, order=ENTRY, verdicts=(ControlVerdict("entries", False, "blocked", "allowed"),), reason="halted"
)


class Desk:
    """Who hears inputs, and what they lead to, and what is said of them."""

    def __init__(self, *, held: int = 0, uncertain: str = "") -> None:
        self.said: list[str] = []
        self.conduct = Conduct(draw_swarm(0), lambda rule, _: None)
        self._obedience = ObedienceConduct(
            lambda rule, _: self.said.append(rule), {KEY: Decimal(held)}, {uncertain}
        )
        self.hear(CONNECTED)
        self.hear(REPORT, EXIT)

    def hear(self, message: AnyMessage, *led_to: AnyMessage, seconds: int = 100) -> None:
        """An input, handled so many seconds after the beginning."""
        self.conduct.see_input(message, seconds * SECOND_NS)
        self._obedience.see_input(message, seconds * SECOND_NS, conduct=self.conduct)
        for each in led_to:
            self.conduct.see_effect(each)
            self._obedience.see_effect(each, conduct=self.conduct)

    def says(self) -> list[str]:
        """What is said once the next input comes."""
        self.hear(QUOTE, seconds=1000)
        return self.said


@pytest.mark.parametrize("led_to", [JUDGED, DENIED])
def test_what_a_person_orders_is_judged(led_to: AnyMessage) -> None:
    heeded, ignored = Desk(), Desk()

    heeded.hear(REQUEST, led_to)
    ignored.hear(REQUEST)

    assert (heeded.says(), ignored.says()) == ([], ["C37"])


@pytest.mark.parametrize(
    ("terms", "is_seen"),
    [({"quantity": Decimal(1)}, True), ({"strategy_id": StrategyId("other")}, True), ({}, False)],
)
def test_another_order_is_not_what_was_asked_for(terms: dict[str, Any], is_seen: bool) -> None:
    desk = Desk()

    desk.hear(REQUEST, msgspec.structs.replace(JUDGED, order=msgspec.structs.replace(THEIRS, **terms)))

    assert desk.says() == (["C37"] if is_seen else [])


@pytest.mark.parametrize(
    ("before", "seconds", "is_seen"),
    [
        ([], 100, True),
        ([], 160, True),
        ([], 161, False),
        ([HaltTrading(NOW_NS + 1, "stop"), ReleaseTrading(NOW_NS + 2, "go")], 100, False),
        ([HaltTrading(NOW_NS - 2, "stop"), ReleaseTrading(NOW_NS - 1, "go")], 100, True),
        ([HaltTrading(NOW_NS - 2, "stop", flatten=True)], 100, False),
        ([CONNECTED], 100, False),
    ],
)
def test_it_is_refused_for_a_reason_that_holds(before: list[AnyMessage], seconds: int, is_seen: bool) -> None:
    desk = Desk()
    for each in before:
        desk.hear(each)

    desk.hear(REQUEST, NOT_NOW, seconds=seconds)

    assert desk.says() == (["C37"] if is_seen else [])


def test_what_waits_for_an_actor_that_has_failed_is_excused() -> None:
    desk = Desk(held=3)
    desk.conduct.see_interrupts([Interrupt("portfolio/main", 1, "InjectedCrash: a drill")])

    for each in (REQUEST, ASKED, CLOSE, FLATTEN):
        desk.hear(each)

    assert desk.says() == []


@pytest.mark.parametrize(
    ("so_far", "led_to", "is_seen"),
    [
        ([ENTRY], [CANCEL], False),
        ([ENTRY], [], True),
        ([ENTRY], [NO_ORDER], True),
        ([], [NO_ORDER], False),
        ([], [], True),
        ([ENTRY, CANCELED], [NO_ORDER], False),
        ([ENTRY, CANCELED], [], True),
        ([ENTRY, FILLED], [NO_ORDER], False),
        ([ENTRY, CANCEL], [], False),
        ([ENTRY, IN_DOUBT], [], False),
        ([ENTRY, FILLED, BUST], [], False),
        ([ORDER, REPLACED], [], False),
        ([ORDER, REPLACE, REPLACED], [], True),
    ],
)
def test_an_order_that_a_person_cancels_is_canceled_or_over(
    so_far: list[AnyMessage], led_to: list[AnyMessage], is_seen: bool
) -> None:
    desk = Desk()
    desk.hear(QUOTE, *so_far)

    desk.hear(ASKED, *led_to)

    assert desk.says() == (["C37"] if is_seen else [])


@pytest.mark.parametrize("command", [CLOSE, FLATTEN])
@pytest.mark.parametrize(
    ("so_far", "led_to", "is_seen"),
    [
        ([], [EXIT], False),
        ([], [], True),
        ([ORDER], [CANCEL], False),
        ([ORDER], [REPLACE], False),
        ([ORDER], [], True),
        ([ORDER, CANCEL], [], False),
        ([ORDER, IN_DOUBT], [], False),
        ([ORDER, CANCEL, CANCELED], [], True),
        ([ORDER, FILLED], [], True),
        ([ORDER, LAST_PART], [], False),
        ([ORDER, RAISE, FILLED], [], False),
        ([ADJUSTED], [], False),
    ],
)
def test_what_is_to_be_closed_is_ordered_or_what_is_in_its_way_canceled(
    command: AnyMessage, so_far: list[AnyMessage], led_to: list[AnyMessage], is_seen: bool
) -> None:
    desk, flat, unclear = Desk(held=5), Desk(), Desk(held=5, uncertain=ORDER.symbol)

    for each in (desk, flat, unclear):
        each.hear(QUOTE, *so_far)
        each.hear(command, *led_to)

    assert (desk.says(), flat.says(), unclear.says()) == (["C53"] if is_seen else [], [], [])


@pytest.mark.parametrize(
    ("wanted", "is_seen"),
    [
        ({"symbol": ORDER.symbol}, True),
        ({"symbol": Symbol("XYZ")}, False),
        ({"strategy_id": ORDER.strategy_id}, True),
        ({"strategy_id": StrategyId("other")}, False),
    ],
)
def test_only_what_was_meant_is_to_be_closed(wanted: dict[str, Any], is_seen: bool) -> None:
    desk = Desk(held=5)

    desk.hear(msgspec.structs.replace(CLOSE, **wanted))

    assert desk.says() == (["C53"] if is_seen else [])


@pytest.mark.parametrize("command", [HALT, FLATTEN, CLOSE])
@pytest.mark.parametrize(
    ("so_far", "led_to", "is_seen"),
    [
        ([ENTRY], [], True),
        ([ENTRY], [CANCEL], False),
        ([ENTRY, CANCEL], [], False),
        ([ENTRY, CANCELED], [], False),
        ([ENTRY, IN_DOUBT], [], False),
        ([ENTRY, msgspec.structs.replace(FILLED, quantity=Decimal(1), cumulative_quantity=Decimal(1))], [], True),
        ([], [ENTRY], False),
        ([ORDER], [], False),
    ],
)
def test_an_entry_is_canceled_when_trading_is_halted_or_its_position_closed(
    command: AnyMessage, so_far: list[AnyMessage], led_to: list[AnyMessage], is_seen: bool
) -> None:
    desk = Desk()
    desk.hear(QUOTE, *so_far)

    desk.hear(command, *led_to)

    assert desk.says() == (["C53"] if is_seen else [])


@pytest.mark.parametrize(
    ("before", "is_seen"),
    [
        ([], True),
        ([HALT], False),
        ([HALT, ReleaseTrading(2, "go")], True),
    ],
)
def test_nothing_is_denied_for_a_halt_that_is_over(before: list[AnyMessage], is_seen: bool) -> None:
    desk = Desk()
    for each in before:
        desk.hear(each)

    desk.hear(QUOTE, BLOCKED)

    assert desk.said == (["C54"] if is_seen else [])


def test_a_symbol_is_halted_until_trading_is_released() -> None:
    desk = Desk()
    halted = TradingHalted(portfolio_id=ORDER.portfolio_id, time_ns=1, reason="it differs", symbol=ORDER.symbol)

    desk.hear(QUOTE, halted, BLOCKED)
    assert desk.said == []

    desk.hear(ReleaseTrading(2, "go"))
    desk.hear(QUOTE, BLOCKED)
    assert desk.said == ["C54"]
