"""A stop that fills while its change is under way: the change is answered, and what is held stays guarded."""

from __future__ import annotations

from messages import OrderReplaceRejected, OrderStatus, OrderType, SubmitOrder
from tests.actors._trading import ABC, STRATEGY, Trading, only


def test_a_stop_that_fills_while_it_is_being_enlarged_is_over_and_not_pending_for_ever() -> None:
    trading = Trading()
    trading.quote(99.9, 100.1, size=3)
    trading.want(50, order_type=OrderType.LIMIT, limit_price=100.1, protective_stop_price=99.5)

    effects = trading.quote(99.0, 99.4, size=3)  # fills three more of the entry, and the stop of the first three

    assert only(effects, OrderReplaceRejected)
    state = trading.portfolio.state
    stops = [order for order in state.orders.values() if order.order.protective]
    assert {stop.status for stop in stops} == {OrderStatus.FILLED}
    assert not [each for each in state.plots[ABC][STRATEGY].open_orders if state.orders[each].pending_replace]


def test_what_is_held_after_the_race_is_guarded_by_a_stop_again() -> None:
    trading = Trading()
    trading.quote(99.9, 100.1, size=3)
    trading.want(50, order_type=OrderType.LIMIT, limit_price=100.1, protective_stop_price=99.5)
    effects = trading.quote(99.0, 99.4, size=3)
    later = trading.quote(99.9, 100.3, size=3)

    stops = [order for order in only([*effects, *later], SubmitOrder) if order.protective]
    assert trading.held() == 0 or stops
