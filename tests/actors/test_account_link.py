"""A portfolio whose account is at a broker: nothing leaves before the two agree, and what differs is told."""

from __future__ import annotations

from decimal import Decimal

from messages import (
    AcceptDifference,
    AccountDiffers,
    AccountReported,
    CancelOrder,
    HeldPosition,
    QueryAccount,
    SubmitOrder,
    TradingHalted,
    VenueConnected,
    VenueDisconnected,
)
from tests.actors._trading import ABC, PAPER, PORTFOLIO, Trading, only


def connected() -> Trading:
    """A portfolio at a broker that has just been connected, with a market."""
    trading = Trading(simulated=False, at_broker=True)
    trading.quote(99.99, 100.01)
    trading.input(VenueConnected(venue_id=PAPER, time_ns=trading.now_ns))
    return trading


def report(
    trading: Trading,
    *,
    cash: str = "100000",
    quantity: str = "0",
    blocked: bool = False,
    venue_time_ns: int | None = None,
) -> list[object]:
    """The broker tells how the account stands; what that causes."""
    trading.second += 1
    held = (HeldPosition(ABC, Decimal(quantity)),) if Decimal(quantity) else ()
    return trading.input(
        AccountReported(
            venue_id=PAPER,
            portfolio_id=PORTFOLIO,
            time_ns=trading.now_ns,
            venue_time_ns=trading.now_ns if venue_time_ns is None else venue_time_ns,
            cash=Decimal(cash),
            positions=held,
            open_orders=(),
            is_blocked=blocked,
        )
    )


def test_no_order_leaves_before_the_venue_is_connected_and_agrees() -> None:
    trading = Trading(simulated=False, at_broker=True)
    trading.quote(99.99, 100.01)

    before = trading.want(10)
    asked = trading.input(VenueConnected(venue_id=PAPER, time_ns=trading.now_ns))
    after = report(trading)

    assert only(before, SubmitOrder) == []
    assert len(only(asked, QueryAccount)) == 1
    assert [order.quantity for order in only(after, SubmitOrder)] == [10]


def test_a_lost_connection_holds_orders_back_and_in_time_cancels_what_would_open_positions() -> None:
    trading = connected()
    report(trading)
    trading.want(10)

    trading.input(VenueDisconnected(venue_id=PAPER, time_ns=trading.now_ns, reason="a test"))
    wanted = trading.want(20)
    later = trading.wait(31)

    assert only(wanted, SubmitOrder) == []
    assert len(only(later, CancelOrder)) == 1


def test_a_difference_that_lasts_is_told_halts_its_symbol_and_can_be_accepted() -> None:
    trading = connected()
    effects = [effect for _ in range(3) for effect in report(trading, cash="99900", quantity="1")]

    assert {each.symbol for each in only(effects, AccountDiffers)} == {ABC, None}
    assert len(only(effects, TradingHalted)) == 1

    trading.input(AcceptDifference(portfolio_id=PORTFOLIO, time_ns=trading.now_ns, reason="a person bought it"))

    assert trading.held() == 1
    assert trading.portfolio.state.books.account.cash == Decimal(99_900)
    assert only(report(trading, cash="99900", quantity="1"), AccountDiffers) == []


def test_a_report_told_again_is_no_further_evidence_of_a_difference() -> None:
    trading = connected()
    as_of_ns = trading.now_ns

    effects = [effect for _ in range(5) for effect in report(trading, quantity="1", venue_time_ns=as_of_ns)]

    assert only(effects, AccountDiffers) == []


def test_a_blocked_account_holds_everything_back_until_it_is_free() -> None:
    trading = connected()
    report(trading, blocked=True)

    blocked = trading.want(10)
    free = report(trading)

    assert only(blocked, SubmitOrder) == []
    assert len(only(free, SubmitOrder)) == 1


def test_the_account_is_asked_for_again_when_nobody_answers() -> None:
    trading = connected()

    assert len(only(trading.wait(6), QueryAccount)) == 1
