"""What the judge sees of an engine that orders, or says nothing, although books and account differ."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from messages import (
    SECOND_NS,
    AccountDiffers,
    AccountReported,
    Alert,
    AlertLevel,
    AnyMessage,
    BooksAdjusted,
    HeldPosition,
    OrderApproved,
    OrderCanceled,
    OrderFillBusted,
    OrderRejected,
    OrderReported,
    OrderStatus,
    OrderUnknown,
    PortfolioOpened,
    Side,
    Symbol,
    VenueConnected,
)
from ops.drill.judge.difference_conduct import DifferenceConduct
from tests.messages._samples import ACCOUNT, EVENT, FILL, ORDER, QUOTE

CONNECTED = VenueConnected(venue_id=ORDER.venue_id, time_ns=0)
OPENED = PortfolioOpened(portfolio_id=ORDER.portfolio_id, currency="USD", cash=Decimal(100), time_ns=0)
APPROVED = OrderApproved(**EVENT, order=ORDER, verdicts=())
ADJUSTED = BooksAdjusted(
    portfolio_id=ORDER.portfolio_id, time_ns=0, amount=Decimal(4), price=Decimal(9), symbol=ORDER.symbol
)
BOUGHT = msgspec.structs.replace(
    FILL,
    **EVENT,
    side=Side.BUY,
    quantity=Decimal(4),
    cumulative_quantity=Decimal(4),
    price=Decimal(5),
    commission=Decimal(1),
)
BUST = OrderFillBusted(
    **EVENT,
    execution_id=FILL.execution_id,
    side=Side.BUY,
    quantity=Decimal(4),
    price=Decimal(5),
    commission=Decimal(1),
)
LOST = OrderUnknown(**EVENT, reason="no answer")
REFUSED = OrderRejected(**EVENT, reason="the account is blocked")
CANCELED = OrderCanceled(**EVENT, reason="on request")
STANDS = OrderReported(
    **EVENT,
    venue_order_id=FILL.venue_order_id,
    status=OrderStatus.ACCEPTED,
    quantity=ORDER.quantity,
    filled_quantity=BOUGHT.quantity,
)
IN_PART = Alert(level=AlertLevel.WARNING, subject="s", text="2 of 4 had been counted before", time_ns=0)


def _told(ours: int = 0, theirs: int = 4, symbol: Symbol | None = ORDER.symbol) -> AccountDiffers:
    return AccountDiffers(
        portfolio_id=ORDER.portfolio_id, time_ns=0, ours=Decimal(ours), theirs=Decimal(theirs), symbol=symbol
    )


class _Engine:
    """What is said of an engine that hears of its account each second."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.conduct = DifferenceConduct(lambda rule, _: self.said.append(rule))
        self._seconds = 0
        self.put(QUOTE, OPENED)
        self.put(CONNECTED)

    def put(self, message: AnyMessage, *effects: AnyMessage) -> None:
        self._seconds += 1
        self.conduct.see_input(message, self._seconds * SECOND_NS)
        for each in effects:
            self.conduct.see_effect(each)

    def report(
        self, *effects: AnyMessage, cash: int = 100, held: int = 4, is_blocked: bool = False, age: int = 0
    ) -> None:
        now_ns = (self._seconds + 1) * SECOND_NS
        self.put(_report(now_ns - age * SECOND_NS, cash=cash, held=held, is_blocked=is_blocked), *effects)

    def wait(self, seconds: int) -> None:
        self._seconds += seconds


def _report(asked_ns: int, *, cash: int, held: int, is_blocked: bool) -> AccountReported:
    positions = (HeldPosition(ORDER.symbol, Decimal(held)),) if held else ()
    return msgspec.structs.replace(
        ACCOUNT,
        venue_time_ns=asked_ns,
        asked_ns=asked_ns,
        cash=Decimal(cash),
        positions=positions,
        is_blocked=is_blocked,
    )


@pytest.mark.parametrize(("held", "cash"), [(4, 100), (0, 90)], ids=["a position", "cash"])
def test_nothing_is_ordered_after_a_connection_while_they_differ_and_it_is_not_told(held: int, cash: int) -> None:
    told = _told() if held else _told(100, 90, symbol=None)
    engine = _Engine()
    engine.report(held=held, cash=cash)
    engine.report(APPROVED, held=held, cash=cash)
    assert engine.said == ["C49"]

    engine.report(told, APPROVED, held=held, cash=cash)
    engine.put(QUOTE, APPROVED)

    assert engine.said == ["C49"]


def test_once_they_have_agreed_or_are_made_to_agree_what_differs_later_holds_nothing_back() -> None:
    engine = _Engine()
    engine.report(held=0)
    engine.report()
    engine.put(QUOTE, APPROVED)
    assert engine.said == []

    engine.put(CONNECTED)
    engine.report(ADJUSTED, APPROVED)
    engine.put(QUOTE, APPROVED)
    assert engine.said == []

    engine.put(CONNECTED)
    engine.report(held=3)
    engine.put(QUOTE, APPROVED)
    assert engine.said == ["C49"]


@pytest.mark.parametrize("is_told", [False, True])
def test_an_order_that_executes_though_it_was_refused_is_in_doubt_until_it_is_told_how_it_stands(
    *, is_told: bool
) -> None:
    engine = _Engine()
    engine.put(QUOTE, APPROVED)
    engine.put(REFUSED, REFUSED)
    engine.put(BOUGHT, BOUGHT)
    if is_told:
        engine.put(STANDS, STANDS)
    engine.report(held=9, cash=79)
    engine.put(CANCELED, CANCELED)
    engine.put(QUOTE, APPROVED)

    assert engine.said == (["C49"] if is_told else [])


def test_nor_after_a_block_and_an_account_that_was_reported_before_the_connection_says_nothing() -> None:
    engine = _Engine()
    engine.report(held=0)
    engine.report(held=0, is_blocked=True)
    engine.report()
    engine.put(QUOTE, APPROVED)
    assert engine.said == ["C49"]

    engine = _Engine()
    engine.report(age=2)
    engine.put(QUOTE, APPROVED)
    assert engine.said == []


def test_executions_count_in_the_books() -> None:
    engine = _Engine()
    engine.put(BOUGHT, BOUGHT)
    engine.report(APPROVED, held=4, cash=79)

    assert engine.said == []


def test_a_difference_that_three_reports_in_a_row_say_is_told() -> None:
    engine = _Engine()
    for _ in range(3):
        engine.report()
    engine.put(QUOTE)
    assert engine.said == ["C50"]

    engine = _Engine()
    for effects in ([], [], [_told()], [], []):
        engine.report(*effects)
    engine.report(held=0)
    engine.report()
    engine.report(held=3)
    engine.report(held=3)
    engine.put(QUOTE)
    assert engine.said == []


@pytest.mark.parametrize(("seconds", "said"), [(50, []), (61, ["C50"])])
def test_an_order_in_doubt_excuses_what_differs_for_a_minute(seconds: int, said: list[str]) -> None:
    engine = _Engine()
    engine.put(LOST, LOST)
    engine.wait(seconds)
    for _ in range(3):
        engine.report()
    engine.put(QUOTE)

    assert engine.said == said


@pytest.mark.parametrize("why", [LOST, BUST, IN_PART], ids=lambda why: type(why).__name__)
def test_what_is_uncertain_is_no_evidence(why: AnyMessage) -> None:
    engine = _Engine()
    engine.put(QUOTE, why)
    for _ in range(3):
        engine.report(APPROVED, cash=90)
    engine.put(QUOTE)
    assert engine.said == []

    if why is LOST:
        engine.put(CANCELED, CANCELED)
        for _ in range(3):
            engine.report(cash=91)
        engine.put(QUOTE)
        assert engine.said == ["C50", "C50"]


def test_who_has_failed_is_excused() -> None:
    engine = _Engine()
    engine.conduct.excuse()
    for _ in range(3):
        engine.report(APPROVED)
    engine.put(QUOTE)

    assert engine.said == []
