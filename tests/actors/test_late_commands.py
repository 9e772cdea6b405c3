"""Commands that wait, or fail, on their way: what is late is not done, and what only tightens holds."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from actors._portfolio_commands import REQUEST_MAX_AGE_NS
from messages import (
    SECOND_NS,
    AcceptDifference,
    CancelOrder,
    ChangeLimits,
    ClosePositions,
    CommandRefused,
    HaltTrading,
    OrderAccepted,
    OrderCanceled,
    PauseStrategy,
    ReleaseTrading,
    SignalPriced,
    StrategyId,
    StrategyQuarantined,
    SubmitOrder,
    Told,
    UndeployStrategy,
    VenueOrderId,
    encode,
)
from rules.limits import RiskLimits
from tests.actors._trading import PORTFOLIO, STRATEGY, only, signal
from tests.actors.test_account_link import report
from tests.actors.test_halts_at_a_broker import about, fill, persons_limit_order, trading_at_a_broker
from tests.actors.test_nothing_is_forgotten import failing, held, with_a_limit


@pytest.mark.parametrize("waits", [True, False])
def test_a_difference_that_the_books_have_made_up_for_meanwhile_is_not_accepted(waits: bool) -> None:
    trading = trading_at_a_broker()
    entry = with_a_limit(trading)
    for _ in range(4):
        report(trading, quantity="10", cash="99000")
    accept = AcceptDifference(portfolio_id=PORTFOLIO, time_ns=trading.now_ns, reason="mine")

    if waits:
        with held(trading, trading.portfolio):
            fill(trading, entry, 10)
            trading.input(accept)
    else:
        fill(trading, entry, 10)
        trading.input(accept)
    report(trading, quantity="10", cash="99000")

    assert trading.held() == 10


def test_a_difference_that_lasts_while_orders_execute_is_accepted_with_the_next_report() -> None:
    trading = trading_at_a_broker()
    entry = with_a_limit(trading)
    for _ in range(4):
        report(trading, quantity="-3", cash="100300")
    fill(trading, entry, 10)

    trading.input(AcceptDifference(portfolio_id=PORTFOLIO, time_ns=trading.now_ns, reason="mine"))
    before = trading.held()
    report(trading, quantity="7", cash="99000")

    assert before == 10
    assert trading.held() == 7


@pytest.mark.parametrize("overtaken", [True, False])
def test_a_persons_order_that_a_halt_overtakes_does_not_leave_after_the_release(overtaken: bool) -> None:
    trading = trading_at_a_broker()
    wish = persons_limit_order(trading)
    trading.second += 1
    if overtaken:
        trading.input(HaltTrading(trading.now_ns, "stop"))
        trading.input(ReleaseTrading(trading.now_ns, "go"))

    effects = trading.input(wish)

    assert len(only(effects, SubmitOrder)) == (not overtaken)
    assert len(only(effects, CommandRefused)) == overtaken


def test_a_persons_order_that_has_waited_for_long_does_not_leave() -> None:
    trading = trading_at_a_broker()
    wish = persons_limit_order(trading)
    trading.second += REQUEST_MAX_AGE_NS // SECOND_NS + 1

    (refused,) = only(trading.input(wish), CommandRefused)

    assert "it has waited too long" in refused.reason


def test_a_strategy_that_has_gone_moves_nothing_any_more() -> None:
    trading = trading_at_a_broker()
    trading.input(UndeployStrategy(strategy_id=STRATEGY, time_ns=trading.now_ns))

    priced = SignalPriced(
        signal=signal(7, trading.now_ns), bid=99.99, ask=100.01, last=100.0, price_time_ns=trading.now_ns
    )
    effects = trading.input(Told("portfolio/main", encode(priced)))

    assert only(effects, SubmitOrder) == []


@pytest.mark.parametrize("word", [PauseStrategy, StrategyQuarantined])
@pytest.mark.parametrize("fails", ["portfolio", "router"])
def test_what_puts_a_strategy_out_of_the_game_holds_whoever_fails_at_it(word: Any, fails: str) -> None:
    trading = trading_at_a_broker()
    entry = with_a_limit(trading)
    trading.broker(OrderAccepted(**about(entry, trading.now_ns), venue_order_id=VenueOrderId("v")))
    actor = trading.portfolio if fails == "portfolio" else trading.kernel.actors["router"]

    with failing(actor, word):
        trading.input(word(strategy_id=STRATEGY, time_ns=trading.now_ns, reason="so"))
        trading.wait(30)
    trading.wait(30)

    canceled = only([each.message for each in trading.effects], CancelOrder)
    assert [each.client_order_id for each in canceled] == [entry.client_order_id]


def test_a_strategy_that_goes_is_gone_though_its_portfolio_fails_at_it() -> None:
    trading = trading_at_a_broker()
    entry = with_a_limit(trading)

    with failing(trading.portfolio, UndeployStrategy):
        trading.input(UndeployStrategy(strategy_id=STRATEGY, time_ns=trading.now_ns))
        trading.wait(30)
    trading.wait(30)
    trading.broker(OrderCanceled(**about(entry, trading.now_ns), reason=""))

    canceled = only([each.message for each in trading.effects], CancelOrder)
    assert [each.client_order_id for each in canceled] == [entry.client_order_id]
    assert trading.portfolio.state.books.strategies[STRATEGY].cash == 0


def test_a_strategy_that_has_gone_is_not_paused_for_the_next_of_its_name_though_its_portfolio_fails_at_it() -> None:
    trading = trading_at_a_broker()
    trading.input(PauseStrategy(strategy_id=STRATEGY, time_ns=trading.now_ns, reason="so"))

    with failing(trading.portfolio, UndeployStrategy):
        trading.input(UndeployStrategy(strategy_id=STRATEGY, time_ns=trading.now_ns))
        trading.wait(30)

    state = trading.portfolio.state
    assert (state.retired, state.paused) == ({STRATEGY: True}, {})


def test_a_strategy_that_goes_is_gone_though_the_router_fails_at_it() -> None:
    trading = trading_at_a_broker()

    with failing(trading.kernel.actors["router"], UndeployStrategy):
        trading.input(UndeployStrategy(strategy_id=STRATEGY, time_ns=trading.now_ns))
        trading.wait(30)

    assert STRATEGY in trading.portfolio.state.retired


def test_a_pause_that_fails_undoes_nothing_of_another_strategy() -> None:
    trading = trading_at_a_broker()
    (entry,) = only(trading.want(10), SubmitOrder)
    fill(trading, entry, 10)
    trading.input(PauseStrategy(strategy_id=STRATEGY, time_ns=trading.now_ns))
    trading.second += 5
    (leaving,) = only(trading.input(ClosePositions(portfolio_id=PORTFOLIO, time_ns=trading.now_ns)), SubmitOrder)

    with failing(trading.portfolio, PauseStrategy):
        trading.input(PauseStrategy(strategy_id=StrategyId("manual"), time_ns=trading.now_ns))
        trading.wait(5)
    trading.wait(5)

    assert only([each.message for each in trading.effects], CancelOrder) == []
    assert trading.portfolio.state.orders[leaving.client_order_id].is_open


@pytest.mark.parametrize("fails", ["portfolio", "router"])
def test_limits_that_change_hold_whoever_fails_at_it(fails: str) -> None:
    trading = trading_at_a_broker()
    tight = RiskLimits(max_order_value=Decimal(1))
    actor = trading.portfolio if fails == "portfolio" else trading.kernel.actors["router"]

    with failing(actor, ChangeLimits):
        trading.input(
            ChangeLimits(portfolio_id=PORTFOLIO, time_ns=trading.now_ns, limits=msgspec.json.encode(tight))
        )
        trading.wait(30)

    assert trading.portfolio.limits == tight
