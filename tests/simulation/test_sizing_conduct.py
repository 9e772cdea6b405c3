"""What the judge sees of the sizes of orders, and of the equity that they are judged by."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from messages import (
    SECOND_NS,
    AnyMessage,
    ControlVerdict,
    DeployStrategy,
    OrderApproved,
    OrderDenied,
    OrderType,
    Quote,
    Side,
    SignalPriced,
    Symbol,
)
from ops.drill.judge.sizing_conduct import SizingConduct
from ops.drill.simulation.configuration import strategy_of
from ops.drill.simulation.swarm import CASH
from tests.messages._samples import ABC, DEPLOYMENT, EVENT, FILL, ORDER, SIGNAL
from tests.simulation.test_conduct import CALM

CAPITAL = CASH * strategy_of(CALM, 1).capital
ENTRY = msgspec.structs.replace(ORDER, protective=False)
OTHER = Symbol("XYZ")
BUY = msgspec.structs.replace(FILL, side=Side.BUY, quantity=Decimal(10), price=Decimal(20), commission=Decimal(3))


class Desk:
    """A strategy with its capital, a market, and what is said of its sizes."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self._conduct = SizingConduct(CALM, lambda rule, _: self.said.append(rule))
        self._seconds = 0

    def quote(self, bid: float, ask: float, *, symbol: Symbol = ABC, seconds: int = 10) -> None:
        """The market has moved, so long after the quote before."""
        self._seconds += seconds
        time_ns = self._seconds * SECOND_NS
        self._conduct.see_input(Quote(symbol, time_ns, bid, ask, 1.0, 1.0), time_ns)

    def told(self, message: AnyMessage, *effects: AnyMessage) -> None:
        self._seconds += 1
        self._conduct.see_input(message, self._seconds * SECOND_NS)
        for each in effects:
            self._conduct.see_effect(each)

    def signal(self, weight: float, *, ask: float, bid: float, limit_price: float = 0.0) -> SignalPriced:
        """What the strategy wants now."""
        wants = msgspec.structs.replace(
            SIGNAL,
            value=weight,
            time_ns=self._seconds * SECOND_NS,
            order_type=OrderType.LIMIT if limit_price else OrderType.MARKET,
            limit_price=limit_price,
        )
        return SignalPriced(signal=wants, bid=bid, ask=ask, last=0.0, price_time_ns=0)

    def enter(self, signal: SignalPriced, leads_to: Decimal) -> list[str]:
        self._conduct.see_entry(ENTRY, signal, leads_to)
        return self.said

    def deny(self, signal: SignalPriced) -> list[str]:
        self._conduct.see_verdicts(
            OrderDenied(**EVENT, order=None, verdicts=(), reason="less than a lot", signal=signal)
        )
        return self.said

    def judge(self, equity: Decimal | str) -> list[str]:
        """An order is judged by such an equity of the account."""
        fraction = CALM.limits.max_gross_exposure_fraction
        most = equity if isinstance(equity, str) else str(equity * fraction)
        verdict = ControlVerdict("gross_exposure", True, "1", most)
        self._conduct.see_verdicts(OrderApproved(**EVENT, order=ENTRY, verdicts=(verdict,)))
        return self.said


@pytest.mark.parametrize(("more", "is_seen"), [(0, False), (1, True), (-1, True)])
@pytest.mark.parametrize(
    ("weight", "limit_price", "price"), [(0.5, 0.0, "41"), (-0.5, 0.0, "39"), (0.5, 38.0, "38")]
)
def test_an_order_leads_to_its_share_of_what_its_strategy_is_worth_in_whole_lots(
    weight: float, limit_price: float, price: str, more: int, is_seen: bool
) -> None:
    desk = Desk()
    desk.quote(39.0, 41.0)
    signal = desk.signal(weight, bid=39.0, ask=41.0, limit_price=limit_price)
    units = CAPITAL * Decimal(str(weight)) / Decimal(price) // 1

    assert desk.enter(signal, units + more) == (["C34"] if is_seen else [])


@pytest.mark.parametrize(("mark", "is_seen"), [("60", False), ("20", True)])
def test_what_a_strategy_holds_counts_at_the_last_mark(mark: str, is_seen: bool) -> None:
    desk = Desk()
    desk.quote(19.0, 21.0, symbol=OTHER)
    desk.told(BUY, msgspec.structs.replace(BUY, symbol=OTHER))
    desk.quote(59.0, 61.0, symbol=OTHER)
    desk.quote(0.9, 1.0)
    worth = CAPITAL - 10 * 20 - 3 + 10 * Decimal(mark)

    assert desk.enter(desk.signal(1.0, bid=0.9, ask=1.0), worth) == (["C34"] if is_seen else [])


def test_a_mark_may_be_a_second_old_and_not_more() -> None:
    def said(seconds: int, mark: int) -> list[str]:
        desk = Desk()
        desk.told(BUY, msgspec.structs.replace(BUY, symbol=OTHER))
        desk.quote(20.0, 20.0, symbol=OTHER)
        desk.quote(30.0, 30.0, symbol=OTHER, seconds=seconds)
        desk.quote(1.0, 1.0)
        return desk.enter(desk.signal(1.0, bid=1.0, ask=1.0), CAPITAL - 10 * 20 - 3 + 10 * Decimal(mark))

    assert said(0, 20) == said(0, 30) == said(1, 30) == []
    assert said(0, 19) == said(0, 31) == said(1, 20) == ["C34"]


def test_a_strategy_that_comes_is_sized_by_the_capital_that_it_is_given() -> None:
    desk = Desk()
    desk.told(DeployStrategy(deployment=DEPLOYMENT, time_ns=1))
    desk.quote(1.0, 1.0)
    given = CASH * DEPLOYMENT.capital

    assert desk.enter(desk.signal(1.0, bid=1.0, ask=1.0), given) == []
    assert desk.enter(desk.signal(1.0, bid=1.0, ask=1.0), given / 2) == ["C34"]


def test_a_signal_that_comes_to_a_lot_is_not_refused_unjudged() -> None:
    desk = Desk()
    desk.quote(39.0, 41.0)

    assert desk.deny(desk.signal(0.001, bid=39.0, ask=41.0)) == []
    assert desk.deny(desk.signal(0.1, bid=39.0, ask=41.0)) == ["C34"]


def test_an_order_is_judged_by_what_the_account_is_worth_at_the_last_marks() -> None:
    desk = Desk()
    desk.quote(20.0, 20.0)
    desk.told(BUY, BUY)
    desk.quote(30.0, 30.0)
    worth = CASH - 10 * 20 - 3 + 10 * 30

    assert desk.judge("unknown") == desk.judge("known") == desk.judge(worth) == []
    assert desk.judge(worth - 100) == ["C34"]
    assert desk.judge(worth + 1) == ["C34", "C34"]
