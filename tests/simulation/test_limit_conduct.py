"""Which limits the judge sees broken, on single orders: an oracle that cannot fail proves nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from messages import SECOND_NS, ClientOrderId, OrderType, Quote, Side, SubmitOrder, Symbol
from ops.drill.broker import BrokerModel
from ops.drill.judge.judged import Excuse, Judged, Rule
from ops.drill.judge.limit_conduct import LimitConduct
from rules.limits import RiskLimits
from tests.messages._samples import ORDER
from tests.simulation.test_conduct import CALM

SYMBOL = Symbol(CALM.symbols[0])
ENTRY = msgspec.structs.replace(
    ORDER,
    symbol=SYMBOL,
    side=Side.BUY,
    quantity=Decimal(10),
    order_type=OrderType.LIMIT,
    limit_price=Decimal(100),
    stop_price=None,
    time_ns=SECOND_NS,
    protective=False,
)
AGAIN = msgspec.structs.replace(ENTRY, client_order_id=ClientOrderId("b00k-plan-8"), time_ns=2 * SECOND_NS)
LARGE = Decimal(80)
WITH_SHORTS = replace(CALM, limits=RiskLimits(allow_short=True))


class Desk:
    """A broker at which one symbol trades at 100, with 10,000 of cash, and what is said of the limits."""

    def __init__(self, **limits: Any) -> None:
        self.broken: list[str] = []
        self._broker = BrokerModel(cash="10000", rules=replace(CALM.rules, shorting=True), symbols={SYMBOL: "0.01"})
        self._broker.quote(SYMBOL, "99.99", "100.00", "10000", "10000", now_ns=1)
        self.void: set[str] = set()
        self._conduct = LimitConduct(
            WITH_SHORTS,
            self._broker,
            lambda _, text: self.broken.append(text),
            refused=set(),
            came_to_nothing=self.void.__contains__,
        )
        self._conduct.see_configured(RiskLimits(**limits))
        self._conduct.see_market(SYMBOL, 100.0)
        self._conduct.see_input(Quote(SYMBOL, SECOND_NS, 99.99, 100.0, 1.0, 1.0))

    def hold(self, quantity: int) -> None:
        """The account comes to hold so much."""
        self._broker.manual_order(SYMBOL, "buy", str(quantity), now_ns=2)

    def approve(self, order: SubmitOrder, *, is_excused: bool = False, is_held_uncertain: bool = False) -> None:
        self._conduct.see_approved(
            order, is_reducing=False, is_held_uncertain=is_held_uncertain, is_excused=is_excused
        )

    @property
    def judged(self) -> Counter[tuple[Rule, Excuse | None]]:
        return self._conduct.judged.counts

    def accept(self, order: SubmitOrder) -> None:
        """The order is approved, and the broker takes it."""
        self.approve(order)
        body = {
            "client_order_id": order.client_order_id,
            "symbol": order.symbol,
            "side": order.side.value,
            "type": "limit",
            "time_in_force": "gtc",
            "qty": str(order.quantity),
            "limit_price": str(order.limit_price),
        }
        assert self._broker.request("POST", "/orders", body, {}, 2).status == 200
        self._conduct.see_accepted(order)
        self._conduct.see_exposure(order)


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"max_order_value": Decimal(7_000)}, "is worth 8000, more than 7000"),
        ({"max_order_value_fraction": Decimal("0.7")}, "is worth 8000, too large a part"),
        ({"max_position_fraction": Decimal("0.7")}, "may lead to 80"),
        ({"max_gross_exposure_fraction": Decimal("0.6")}, "positions may be worth 8000"),
        ({"min_cash": Decimal(4_000)}, "cost 8000, and 6000 is there"),
    ],
    ids=["its value", "its part of equity", "the position", "the exposure", "the cash"],
)
def test_an_order_beyond_a_limit_is_seen_at_the_broker(limits: dict[str, Any], said: str) -> None:
    large = msgspec.structs.replace(ENTRY, quantity=LARGE)
    within, beyond = Desk(), Desk(**limits)

    within.accept(large)
    beyond.accept(large)

    assert within.broken == []
    assert [said in each for each in beyond.broken] == [True]


@pytest.mark.parametrize("later_ns", [0, 2 * SECOND_NS])
def test_the_same_order_again_within_the_window_is_seen(later_ns: int) -> None:
    desk = Desk(duplicate_window_seconds=2.0)
    desk.approve(ENTRY)

    desk.approve(msgspec.structs.replace(AGAIN, time_ns=AGAIN.time_ns + later_ns))

    assert desk.broken == ([] if later_ns else ["b00k-plan-8 repeats b00k-plan-7 too soon"])


@pytest.mark.parametrize(("limit_price", "is_far"), [("100.4", False), ("101", True), ("99", True)])
def test_a_limit_price_far_from_the_market_is_seen(limit_price: str, is_far: bool) -> None:
    desk = Desk(max_price_deviation_fraction=Decimal("0.005"))

    desk.approve(msgspec.structs.replace(ENTRY, limit_price=Decimal(limit_price)))

    assert desk.broken == ([f"b00k-plan-7 at {limit_price} lies far from the market"] if is_far else [])


@pytest.mark.parametrize(("seconds", "is_old"), [(5, False), (7, True)])
def test_an_order_by_an_old_price_is_seen(seconds: int, is_old: bool) -> None:
    desk = Desk(price_max_age_seconds=4.5)

    desk.approve(msgspec.structs.replace(ENTRY, time_ns=seconds * SECOND_NS))

    assert desk.broken == (["b00k-plan-7 was judged by a price that was too old"] if is_old else [])


def test_an_old_price_is_passed_over_where_it_is_uncertain_whether_the_order_closes() -> None:
    desk = Desk(price_max_age_seconds=4.5)

    desk.approve(msgspec.structs.replace(ENTRY, time_ns=7 * SECOND_NS), is_held_uncertain=True)

    assert desk.broken == []
    assert desk.judged[Rule.AGE, Excuse.TOUCHED] == 1


def test_an_order_that_is_passed_over_is_counted_and_none_that_no_limit_holds_for() -> None:
    desk = Desk(price_max_age_seconds=4.5)

    desk.approve(ENTRY)
    desk.approve(msgspec.structs.replace(AGAIN, time_ns=60 * SECOND_NS), is_excused=True)
    desk.approve(msgspec.structs.replace(AGAIN, protective=True))

    assert desk.broken == []
    assert desk.judged == {(rule, why): 1 for rule in (Rule.PRICES, Rule.AGE) for why in (None, Excuse.FAILED)}


def test_of_several_excuses_the_same_one_counts_in_whichever_order_they_are_told() -> None:
    judged = Judged()

    assert not judged.holds(Rule.SIZE, {Excuse.TOUCHED: True, Excuse.FAILED: True})
    assert judged.holds(Rule.SIZE, {Excuse.TOUCHED: False})

    assert judged.counts == {(Rule.SIZE, Excuse.FAILED): 1, (Rule.SIZE, None): 1}


def test_a_short_sale_is_seen_once_shorts_are_allowed_no_more() -> None:
    short = msgspec.structs.replace(ENTRY, side=Side.SELL, limit_price=Decimal(101))
    allowed, forbidden = Desk(allow_short=True), Desk(allow_short=False)

    allowed.accept(short)
    forbidden.accept(short)

    assert allowed.broken == []
    assert forbidden.broken == ["b00k-plan-7 may lead to -10 AAA, and shorts are allowed no more"]


def test_what_is_held_beyond_a_tightened_limit_may_shrink_and_not_grow() -> None:
    shrinking, growing = Desk(max_position_fraction=Decimal("0.3")), Desk(max_position_fraction=Decimal("0.3"))
    shrinking.hold(50)
    growing.hold(50)

    shrinking.accept(msgspec.structs.replace(ENTRY, side=Side.SELL, limit_price=Decimal(101)))
    growing.accept(ENTRY)

    assert shrinking.broken == []
    assert growing.broken == ["b00k-plan-7 may lead to 60 AAA, worth more than 2999.9250"]


def test_the_like_of_an_order_that_came_to_nothing_may_be_sent_within_the_window() -> None:
    desk = Desk(duplicate_window_seconds=2.0)
    desk.approve(ENTRY)
    desk.void.add(ENTRY.client_order_id)

    desk.approve(AGAIN)

    assert desk.broken == []
