"""The portfolio: from a signal to orders, fills and books, and what keeps it from ordering."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from gateways.simulated import NoSlippage, NotionalCommission, SimulatedVenueSettings
from messages import (
    Alert,
    AlertLevel,
    CancelOrder,
    ClientOrderId,
    ClosePositions,
    HaltTrading,
    OrderAccepted,
    OrderApproved,
    OrderCanceled,
    OrderDenied,
    OrderFilled,
    OrderReported,
    OrderStatus,
    OrderType,
    OrderUnknown,
    QueryOrder,
    ReleaseTrading,
    ReplaceOrder,
    Side,
    SignalKind,
    SubmitOrder,
    Symbol,
    SymbolHalted,
    Told,
    TradingHalted,
    VenueOrderId,
    decode,
    encode,
)
from rules.ledger import check_conservation
from rules.limits import RiskLimits
from tests.actors._trading import ABC, PORTFOLIO, STRATEGY, Trading, Wants, only
from tests.messages._samples import REQUEST


def test_a_signal_becomes_an_order_and_its_fill_is_booked_and_told() -> None:
    trading = Trading()
    trading.quote(99.99, 100.01)

    effects = trading.want(50)

    assert [type(effect) for effect in effects] == [OrderApproved, SubmitOrder, OrderAccepted, OrderFilled]
    assert trading.held() == 50
    assert trading.portfolio.report().cash == Decimal("100000") - 50 * Decimal("100.01")
    assert trading.strategy.state.own.fills == ["buy 50 at 100.01, holds 50"]


def test_ids_are_counted_for_each_strategy_and_begin_with_the_book() -> None:
    trading = Trading()
    trading.quote(99.99, 100.01)
    trading.want(50)

    trading.quote(99.99, 100.01, after=5)
    effects = trading.want(20)

    assert only(effects, SubmitOrder)[0].client_order_id == "b00k-plan-2"


def test_a_weight_is_sized_by_the_equity_of_the_strategys_own_ledger() -> None:
    trading = Trading()
    trading.quote(99.99, 100.00)

    effects = trading.want(0.25, kind=SignalKind.TARGET_WEIGHT)

    assert only(effects, SubmitOrder)[0].quantity == 250


def test_an_order_beyond_a_limit_is_denied_and_not_tried_again_until_the_next_signal() -> None:
    trading = Trading(limits=RiskLimits(max_order_value=Decimal(1000)))
    trading.quote(99.99, 100.01)

    effects = trading.want(50)
    later = trading.quote(99.99, 100.01)

    assert [type(effect) for effect in effects] == [OrderDenied]
    assert "1000" in effects[0].reason
    assert only(later, OrderDenied) == []
    assert trading.portfolio.state.denied == 1


def test_a_signal_that_is_no_number_is_denied_as_an_order_would_be() -> None:
    trading = Trading()
    trading.quote(99.99, 100.01)

    effects = trading.want(float("nan"))

    assert [type(effect) for effect in effects] == [OrderDenied]
    assert "nan" in effects[0].reason


def test_no_price_means_no_order() -> None:
    trading = Trading()

    effects = trading.want(10)

    assert [type(effect) for effect in effects] == [OrderDenied]
    assert "price" in effects[0].reason


def test_a_price_that_is_too_old_means_no_order() -> None:
    trading = Trading()
    trading.quote(99.99, 100.01)
    trading.wait(61)

    effects = trading.want(10)

    assert [type(effect) for effect in effects] == [OrderDenied]
    assert "age" in " ".join(v.control for v in effects[0].verdicts if not v.passed)


def test_selling_more_than_is_held_goes_to_flat_only_when_shorting_is_off() -> None:
    trading = Trading()
    trading.quote(99.99, 100.01)
    trading.want(30)
    trading.quote(99.99, 100.01, after=5)

    trading.want(-30)

    assert trading.held() == 0
    assert trading.portfolio.state.denied == 1


def test_a_partial_fill_is_followed_by_the_rest_and_books_stay_balanced() -> None:
    trading = Trading()
    trading.quote(99.99, 100.01, size=20)
    trading.want(50)
    first = trading.held()

    trading.quote(100.00, 100.02, size=40)

    assert [first, trading.held()] == [20, 50]
    assert check_conservation(trading.portfolio.state.books) is None
    assert trading.portfolio.report().cash == 100_000 - 20 * Decimal("100.01") - 30 * Decimal("100.02")


def test_commission_is_in_the_books_to_the_last_digit() -> None:
    settings = SimulatedVenueSettings(slippage=NoSlippage(), commission=NotionalCommission(bps=Decimal(10)))
    trading = Trading(venue_settings=settings)
    trading.quote(99.99, 100.00)
    trading.want(10)

    trading.quote(101.00, 101.01, after=5)
    trading.want(0)

    report = trading.portfolio.report()
    assert report.commission == Decimal("1.00") + Decimal("1.01")
    assert report.realized_pnl == 10
    assert report.cash == 100_000 + 10 - report.commission
    assert report.equity == report.cash


def test_a_protective_stop_rests_at_the_venue_follows_the_signal_and_sells_when_hit() -> None:
    trading = Trading()
    trading.quote(99.99, 100.01)
    entry = trading.want(50, protective_stop_price=98.0)

    moved = trading.want(50, protective_stop_price=98.5)
    hit = trading.quote(98.40, 98.42)

    stop = next(order for order in only(entry, SubmitOrder) if order.protective)
    assert (stop.side, stop.quantity, stop.stop_price) == (Side.SELL, 50, Decimal("98.00"))
    assert only(moved, ReplaceOrder)[0].stop_price == Decimal("98.50")
    assert only(hit, OrderFilled)[0].quantity == 50
    assert trading.held() == 0


def test_a_position_whose_stop_the_venue_ends_is_told_to_a_person_once() -> None:
    trading = Trading()
    trading.quote(99.99, 100.01)
    effects = trading.want(50, protective_stop_price=98.0)
    stop = next(order for order in only(effects, SubmitOrder) if order.protective)
    ended = OrderCanceled(
        client_order_id=stop.client_order_id,
        portfolio_id=PORTFOLIO,
        strategy_id=STRATEGY,
        symbol=ABC,
        time_ns=trading.now_ns,
        reason="canceled by hand",
    )

    told = only(trading.broker(ended), Alert)
    later = only(trading.quote(98.99, 99.01), Alert)

    assert [(alert.level, alert.text) for alert in told] == [
        (
            AlertLevel.CRITICAL,
            "50 ABC of plan are not guarded any more, nor what follows: the stop was canceled: canceled by hand",
        )
    ]
    assert later == []


def test_a_stop_that_makes_way_for_an_exit_is_no_news_to_anybody() -> None:
    trading = Trading()
    trading.quote(99.99, 100.01)
    trading.want(50, protective_stop_price=98.0)

    effects = trading.want(0) + trading.quote(99.00, 99.02)

    assert only(effects, CancelOrder)
    assert only(effects, Alert) == []


def test_leaving_a_protected_position_cancels_the_stop_and_never_oversells() -> None:
    trading = Trading()
    trading.quote(99.99, 100.01)
    trading.want(50, protective_stop_price=98.0)

    effects = trading.want(0)
    trading.quote(99.00, 99.02)

    assert only(effects, CancelOrder)
    assert trading.held() == 0
    assert all(not state.is_open for state in trading.portfolio.state.orders.values())


def test_marks_are_told_only_while_there_is_something_to_value() -> None:
    trading = Trading()
    trading.quote(99.99, 100.01)
    before = dict(trading.portfolio.state.watched)
    trading.want(50)
    trading.quote(100.99, 101.01)
    equity = trading.portfolio.report().equity

    trading.want(0)

    assert before == {}
    assert equity == 100_000 - 50 * Decimal("100.01") + 50 * 101
    assert trading.portfolio.state.watched == {}


def test_marks_are_told_of_what_a_strategy_holds_though_a_person_has_sold_as_much() -> None:
    trading = Trading(limits=RiskLimits(allow_short=True))
    trading.quote(99.99, 100.01)
    trading.want(50)
    request = msgspec.structs.replace(
        REQUEST,
        symbol=ABC,
        time_ns=trading.now_ns,
        quantity=Decimal(50),
        order_type=OrderType.MARKET,
        limit_price=None,
        stop_price=None,
    )
    trading.input(request)
    trading.quote(100.99, 101.01)

    assert trading.held() == 0
    assert trading.portfolio.standing.held(STRATEGY, ABC) == 50
    assert trading.portfolio.state.marks[ABC] == 101


def test_a_halt_cancels_entries_and_blocks_new_ones_but_lets_positions_be_closed() -> None:
    trading = Trading()
    trading.quote(99.99, 100.01)
    trading.want(50)
    trading.want(80, order_type=OrderType.LIMIT, limit_price=99.0)

    halted = trading.input(HaltTrading(trading.now_ns, "a person said so"))
    trading.quote(99.99, 100.01)
    denied = trading.want(90)
    trading.want(0)

    assert only(halted, CancelOrder)
    assert [type(effect) for effect in denied] == [OrderDenied]
    assert trading.held() == 0
    assert trading.portfolio.report().halted


def test_a_release_lets_trading_go_on() -> None:
    trading = Trading()
    trading.quote(99.99, 100.01)
    trading.input(HaltTrading(trading.now_ns, "stop"))
    trading.input(ReleaseTrading(trading.now_ns, "go on"))

    trading.want(10)

    assert trading.held() == 10


def test_a_quarantined_strategy_orders_no_more_and_its_entries_are_canceled() -> None:
    trading = Trading(fails=True, wants=Wants(ticks=True))
    trading.symbol.state.tick_subscribers.clear()
    trading.symbol.on_restore()
    trading.quote(99.99, 100.01)
    trading.want(50, order_type=OrderType.LIMIT, limit_price=99.0)
    trading.symbol.state.tick_subscribers.append(trading.strategy.actor_urn)
    trading.symbol.on_restore()

    for _ in range(20):
        trading.quote(99.99, 100.01)

    assert trading.strategy.status.value == "quarantined"
    assert STRATEGY in trading.portfolio.state.quarantined
    assert only([recorded.message for recorded in trading.effects], CancelOrder)
    assert trading.want(50) == []


def test_a_money_message_that_cannot_be_handled_halts_its_symbol_and_is_kept() -> None:
    trading = Trading(simulated=False)
    trading.quote(99.99, 100.01)
    order = only(trading.want(10), SubmitOrder)[0]
    of_nothing = msgspec.structs.replace(fill(order, "10", "100.01"), symbol=Symbol("NOTHING"))

    effects = trading.input(Told("portfolio/main", encode(of_nothing)))

    halted = only(effects, TradingHalted)[0]
    assert halted.reason == "OrderFilled of b00k-plan-1 could not be handled"
    assert trading.portfolio.state.halted_symbols == {Symbol("NOTHING"): halted.reason}
    assert decode(trading.kernel.dead_letters[0].message) == of_nothing


def test_what_was_halted_at_a_signal_can_be_closed_once_trading_goes_on() -> None:
    trading = Trading()
    trading.quote(99.99, 100.01)
    trading.want(10)
    trading.input(SymbolHalted(ABC, trading.now_ns, halted=True))
    trading.want(20)
    trading.input(SymbolHalted(ABC, trading.now_ns, halted=False))
    trading.quote(99.99, 100.01)

    trading.input(ClosePositions(portfolio_id=PORTFOLIO, time_ns=trading.now_ns))

    assert trading.held() == 0


def test_a_symbol_that_is_halted_takes_no_new_position() -> None:
    trading = Trading()
    trading.quote(99.99, 100.01)
    halted = TradingHalted(portfolio_id=PORTFOLIO, time_ns=trading.now_ns, reason="look at it", symbol=ABC)

    trading.input(halted)

    assert [type(effect) for effect in trading.want(20)] == [OrderDenied]


def fill(
    order: SubmitOrder, quantity: str, price: str, *, cumulative: str | None = None, n: int = 1
) -> OrderFilled:
    """An execution of an order as a broker reports it."""
    return OrderFilled(
        client_order_id=order.client_order_id,
        portfolio_id=PORTFOLIO,
        strategy_id=STRATEGY,
        symbol=ABC,
        time_ns=order.time_ns,
        execution_id=f"x{n}",  # type: ignore[arg-type]  # an id by any name
        venue_order_id=VenueOrderId("v1"),
        side=order.side,
        quantity=Decimal(quantity),
        price=Decimal(price),
        cumulative_quantity=Decimal(cumulative or quantity),
        commission=Decimal(0),
        currency="USD",
    )


def test_silence_of_a_broker_makes_an_order_unknown_and_it_is_asked_for_until_it_tells() -> None:
    trading = Trading(simulated=False)
    trading.quote(99.99, 100.01)
    order = only(trading.want(10), SubmitOrder)[0]

    silent = trading.wait(11)
    blocked = trading.want(20)
    trading.broker(fill(order, "10", "100.01"))

    assert [type(effect) for effect in silent[:2]] == [OrderUnknown, QueryOrder]
    assert only(silent, QueryOrder)
    assert only(blocked, SubmitOrder) == []
    assert trading.held() == 10
    assert trading.portfolio.state.orders[order.client_order_id].status is OrderStatus.FILLED


def test_an_execution_that_is_reported_twice_counts_once() -> None:
    trading = Trading(simulated=False)
    trading.quote(99.99, 100.01)
    order = only(trading.want(10), SubmitOrder)[0]

    trading.broker(fill(order, "4", "100.01"))
    trading.broker(fill(order, "4", "100.01"))
    trading.broker(fill(order, "6", "100.02", cumulative="10", n=2))

    assert trading.held() == 10
    assert trading.portfolio.state.fills == 2


def test_an_event_of_an_order_that_is_not_ours_is_told_to_a_person() -> None:
    trading = Trading(simulated=False)
    trading.quote(99.99, 100.01)
    order = only(trading.want(10), SubmitOrder)[0]
    stray = fill(order, "1", "1.00")

    effects = trading.input(msgspec.structs.replace(stray, client_order_id=ClientOrderId("b00k-plan-99")))

    assert "no order of this portfolio" in only(effects, Alert)[0].text
    assert trading.held() == 0


def test_an_order_that_a_halt_gave_up_is_canceled_again_if_it_is_found_working() -> None:
    trading = Trading(simulated=False)
    trading.quote(99.99, 100.01)
    order = only(trading.want(10, order_type=OrderType.LIMIT, limit_price=99.0), SubmitOrder)[0]
    terms = {name: getattr(order, name) for name in ("client_order_id", "portfolio_id", "strategy_id", "symbol")}
    trading.broker(OrderAccepted(**terms, time_ns=trading.now_ns, venue_order_id=VenueOrderId("v")))

    first = only(trading.input(HaltTrading(trading.now_ns, "stop")), CancelOrder)
    trading.wait(11)  # nobody answers
    again = only(
        trading.broker(
            OrderReported(
                **terms,
                time_ns=trading.now_ns,
                venue_order_id=VenueOrderId("v"),
                status=OrderStatus.ACCEPTED,
                quantity=order.quantity,
                filled_quantity=Decimal(0),
                limit_price=order.limit_price,
            )
        ),
        CancelOrder,
    )

    assert [len(first), len(again)] == [1, 1]
