"""What the judge sees of stops that are not those that a strategy has asked for last."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from messages import (
    AnyMessage,
    CancelOrder,
    HaltTrading,
    OrderAccepted,
    OrderCanceled,
    OrderDenied,
    OrderRejected,
    OrderReplaceRejected,
    ReplaceOrder,
    RequestCancel,
    Side,
    VenueOrderId,
)
from ops.drill.judge.standing_orders import StandingOrders
from ops.drill.judge.stop_conduct import StopConduct
from tests.messages._samples import COMMAND, EVENT, FILL, ORDER, PRICED, SIGNAL

NAME, SYMBOL = SIGNAL.strategy_id, SIGNAL.symbol
KEY: tuple[str, str] = (NAME, SYMBOL)
STOP = msgspec.structs.replace(ORDER, stop_price=Decimal("98.50"))
CANCEL = CancelOrder(**COMMAND)
PERSONS_CANCEL = RequestCancel(
    client_order_id=ORDER.client_order_id, portfolio_id=ORDER.portfolio_id, time_ns=ORDER.time_ns
)
CANCELED = OrderCanceled(**EVENT)
ACCEPTED = OrderAccepted(**EVENT, venue_order_id=VenueOrderId("v1"))
CHANGE_REFUSED = OrderReplaceRejected(**EVENT, reason="no")


class Desk:
    """A strategy, what it holds, and what is said of its stops."""

    def __init__(self, held: int = 0) -> None:
        self.said: list[str] = []
        self.held: dict[tuple[str, str], Decimal] = {KEY: Decimal(held)}
        self.orders = StandingOrders()
        self.uncertain: set[str] = set()
        self.stops = StopConduct(
            lambda rule, _: self.said.append(rule), held=self.held, orders=self.orders, uncertain=self.uncertain
        )

    def wants(self, value: float, stop: float = 0.0) -> None:
        self.stops.see_signal(msgspec.structs.replace(SIGNAL, value=value, protective_stop_price=stop))

    def see(self, *effects: AnyMessage) -> list[str]:
        for each in effects:
            self.stops.see_effect(each)
            self.orders.see_effect(each)
        return self.said

    def unlike(self, *prices: str, leaves: int = 10) -> str:
        return self.stops.unlike(KEY, stops=list(map(Decimal, prices)), leaves=Decimal(leaves))


def _holding(held: int = 10, stop: float = 98.5) -> Desk:
    """A desk whose strategy has asked for a stop, and holds so much by now."""
    desk = Desk()
    desk.wants(0.5 if held > 0 else -0.5, stop)
    desk.held[KEY] = Decimal(held)
    return desk


def test_a_stop_is_sent_at_the_price_that_was_asked_for() -> None:
    assert _holding().see(STOP) == []
    assert _holding(stop=98.6).see(STOP) == ["C52"]
    assert _holding(stop=0.0).see(STOP) == ["C52"]


@pytest.mark.parametrize(("held", "side"), [(10, Side.SELL), (-10, Side.BUY)])
def test_the_price_goes_to_the_tick_that_is_touched_later(held: int, side: Side) -> None:
    price = Decimal("98.50") if side is Side.SELL else Decimal("98.51")

    assert _holding(held, 98.504).see(msgspec.structs.replace(STOP, side=side, stop_price=price)) == []


@pytest.mark.parametrize(("price", "said"), [("97.20", []), ("98.50", ["C52"])])
def test_it_is_changed_to_the_price_that_was_asked_for_last(price: str, said: list[str]) -> None:
    desk = _holding()
    desk.see(STOP, ACCEPTED)
    desk.wants(0.9, 97.2)

    assert desk.see(ReplaceOrder(**COMMAND, quantity=Decimal(5), stop_price=Decimal(price))) == said


def test_one_that_is_sent_again_is_sent_as_it_was() -> None:
    desk = _holding()
    desk.see(STOP)
    desk.wants(0.9, 97.2)

    assert desk.see(STOP) == []


def test_what_is_held_must_be_guarded_or_be_about_to_leave() -> None:
    desk = _holding()

    assert desk.unlike("98.50") == ""
    assert desk.unlike() == ""
    assert "should be guarded at 98.5, and 4 leave" in desk.unlike(leaves=4)
    assert "are guarded at 99" in desk.unlike("99")


def test_nothing_is_owed_to_who_asked_for_no_stop_or_holds_nothing() -> None:
    assert _holding(stop=0.0).unlike(leaves=0) == ""
    assert _holding(held=0).unlike(leaves=0) == ""


def test_who_wants_to_be_flat_or_the_other_side_keeps_the_stop_until_it_is_closed() -> None:
    for value in (0.0, -0.5):
        desk = _holding()
        desk.wants(value, 0.0)
        assert desk.unlike("98.50") == ""
        assert "should be guarded" in desk.unlike(leaves=0)


def test_a_signal_that_comes_to_nothing_leaves_both_stops_open() -> None:
    desk = _holding()
    desk.wants(0.001, 97.2)
    desk.see(OrderDenied(**EVENT, order=None, verdicts=(), reason="less than one lot", signal=PRICED))

    assert (desk.unlike("98.50"), desk.unlike("97.20")) == ("", "")
    assert "should be guarded" in desk.unlike(leaves=0)


@pytest.mark.parametrize(
    "effects",
    [
        [STOP, FILL],
        [STOP, OrderRejected(**EVENT, reason="no")],
        [STOP, ACCEPTED, CANCELED],
        [STOP, ACCEPTED, CHANGE_REFUSED, CANCEL, CANCELED],
        [OrderDenied(**EVENT, order=STOP, verdicts=(), reason="no", signal=PRICED)],
    ],
    ids=["hit", "refused", "ended", "ended in doubt", "denied"],
)
def test_a_stop_that_was_hit_or_has_ended_is_owed_again_with_the_next_signal(effects: list[AnyMessage]) -> None:
    desk = _holding()
    desk.see(*effects)
    assert desk.unlike(leaves=0) == ""

    desk.wants(0.9, 97.2)
    assert "should be guarded at 97.2" in desk.unlike(leaves=0)


def test_one_that_the_engine_has_canceled_is_owed_as_before() -> None:
    desk = _holding()
    desk.see(STOP, ACCEPTED, CANCEL, CANCELED)

    assert "should be guarded" in desk.unlike(leaves=0)


def test_one_that_a_person_has_canceled_is_not() -> None:
    desk = _holding()
    desk.see(STOP, ACCEPTED)
    desk.stops.see_input(PERSONS_CANCEL)
    desk.see(CANCEL, CANCELED)

    assert desk.unlike(leaves=0) == ""


@pytest.mark.parametrize(("held", "is_owed"), [(10, True), (0, False)])
def test_a_flatten_leaves_the_stop_of_what_is_held_then(held: int, is_owed: bool) -> None:
    desk = _holding(held)
    desk.stops.see_input(HaltTrading(1, "stop", flatten=True))
    desk.held[KEY] = Decimal(10)  # by an entry that executed while it was canceled

    assert bool(desk.unlike(leaves=0)) is is_owed


def test_nobody_knows_what_is_owed_where_the_past_has_changed_or_a_strategy_may_have_missed_something() -> None:
    desk = _holding()
    desk.uncertain.add(SYMBOL)
    assert desk.unlike(leaves=0) == ""

    desk = _holding()
    desk.stops.forget({"another"})
    assert desk.unlike(leaves=0) == ""
    assert desk.see(msgspec.structs.replace(STOP, stop_price=Decimal(1))) == []
