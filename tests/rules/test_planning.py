"""What to do next, situation by situation; `test_planning_market.py` plays whole games."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from messages import (
    CancelOrder,
    ClientOrderId,
    OrderCanceled,
    OrderCancelRejected,
    OrderReplaceRejected,
    OrderType,
    OrderUnknown,
    ReplaceOrder,
    Side,
    TimeInForce,
)
from rules.orders import OrderState, evolve, initial_state
from rules.planning import Cancel, Replace, Step, Submit, Target, plan
from tests.rules._orders import ADDRESS as AT_VENUE
from tests.rules._orders import IDENTITY, filled, order

D = Decimal
NOT_LEADING = "it does not lead to the target"
NOTHING_TO_GUARD = "there is nothing for it to guard"


def target(quantity: str, **terms: Any) -> Target:
    return Target(quantity=D(quantity), **terms)


def guarded(quantity: str, at: str = "90", **terms: Any) -> Target:
    return target(quantity, protective_stop_price=D(at), exit_stop_price=D(at), **terms)


def market(signed: str, **terms: Any) -> Submit:
    quantity = D(signed)
    side = Side.BUY if quantity > 0 else Side.SELL
    fields = {"order_type": OrderType.MARKET, "time_in_force": TimeInForce.GTC, **terms}
    return Submit(side=side, quantity=abs(quantity), **fields)


def stop(signed: str, at: str = "90") -> Submit:
    return market(signed, order_type=OrderType.STOP, stop_price=D(at), protective=True)


def working(step: Submit, *events: Any, number: int = 1) -> OrderState:
    """An order that was sent for the step, and what became of it since."""
    terms = {name: getattr(step, name) for name in step.__struct_fields__ if name not in ("side", "quantity")}
    submit = order(str(step.quantity), step.side, client_order_id=ClientOrderId(f"b1-sma-{number}"), **terms)
    state = initial_state(submit)
    evolve(state, submit)
    for event in events:
        evolve(state, msgspec.structs.replace(event, client_order_id=submit.client_order_id))
    return state


def steps(wanted: Target | None, position: str, *states: OrderState) -> list[Step]:
    return plan(wanted, position=D(position), working=states)


def canceling(state: OrderState) -> OrderState:
    evolve(state, CancelOrder(**{**AT_VENUE, "client_order_id": state.order.client_order_id}))
    return state


def cancel(state: OrderState, reason: str = NOT_LEADING) -> Cancel:
    return Cancel(state.order.client_order_id, reason)


UNKNOWN = OrderUnknown(**IDENTITY, reason="timeout")
CANCELED = OrderCanceled(**IDENTITY)


def test_the_missing_difference_is_submitted_with_the_terms_of_the_target() -> None:
    limited = target("100", order_type=OrderType.LIMIT, limit_price=D(99), time_in_force=TimeInForce.DAY)

    assert steps(limited, "30") == [
        market("70", order_type=OrderType.LIMIT, limit_price=D(99), time_in_force=TimeInForce.DAY)
    ]


def test_what_leads_back_to_a_target_has_the_prices_of_its_own_side() -> None:
    terms = {"order_type": OrderType.LIMIT, "side": Side.BUY, "limit_price": D("9.99")}
    wanted = target("100", **terms, other_limit_price=D(10))
    back = market("-20", order_type=OrderType.LIMIT, limit_price=D(10))

    assert plan(wanted, position=D(120), working=[]) == [back]
    assert plan(wanted, position=D(120), working=[working(back)]) == []


def test_at_the_target_nothing_is_to_do() -> None:
    assert steps(target("100"), "100") == []
    assert steps(None, "100") == []


def test_what_is_working_is_not_submitted_again() -> None:
    assert steps(target("100"), "0", working(market("100"))) == []
    assert steps(target("150"), "0", working(market("100"))) == [market("50")]


def test_a_closed_order_does_not_matter() -> None:
    assert steps(target("100"), "0", working(market("100"), CANCELED)) == [market("100")]


def test_an_order_of_other_terms_is_canceled_and_waited_for() -> None:
    old = working(market("100", order_type=OrderType.LIMIT, limit_price=D(98)))
    new = target("100", order_type=OrderType.LIMIT, limit_price=D(99))

    assert steps(new, "0", old) == [cancel(old)]
    assert steps(new, "0", canceling(old)) == []


def test_the_opposite_waits_for_the_confirmation_of_the_cancel() -> None:
    buying = working(market("100"))

    assert steps(target("0"), "50", buying) == [cancel(buying)]
    assert steps(target("0"), "50", canceling(buying)) == []
    evolve(buying, CANCELED)
    assert steps(target("0"), "50", buying) == [market("-50")]


def test_an_order_that_is_being_canceled_is_waited_for_even_if_it_is_wanted_again() -> None:
    assert steps(target("150"), "0", canceling(working(market("100")))) == []


def test_from_flat_nothing_is_opened_while_a_stop_of_the_old_position_may_still_execute() -> None:
    assert steps(target("-50"), "0", canceling(working(stop("-100")))) == []


def test_more_than_is_wanted_is_canceled_the_newest_first() -> None:
    first, second = working(market("60"), number=1), working(market("40"), number=2)

    assert steps(target("80"), "0", first, second) == [cancel(second)]


def test_a_flip_closes_first_and_opens_from_flat() -> None:
    assert steps(target("-50"), "100") == [market("-100")]
    assert steps(target("-50"), "0") == [market("-50")]
    assert steps(target("50"), "-100") == [market("100")]


def test_an_unknown_order_blocks_until_it_is_known() -> None:
    unknown = working(market("30"), UNKNOWN)

    assert steps(guarded("100"), "50", unknown) == []
    assert steps(guarded("0"), "50", unknown) == []


def test_beside_an_unknown_order_others_may_still_be_canceled() -> None:
    unknown, known = working(market("30"), UNKNOWN), working(market("20"), number=2)

    assert steps(target("0"), "0", unknown, known) == [cancel(known)]


def test_while_executions_do_not_add_up_what_is_held_is_guarded_and_nothing_else_submitted() -> None:
    entry = working(market("30"), filled("10", cumulative="20"))
    assert entry.missing_quantity == 10

    assert steps(target("100"), "10", entry) == []
    assert steps(guarded("100"), "10", entry) == [stop("-10")]


def test_a_stop_whose_executions_do_not_add_up_makes_way_for_no_exit() -> None:
    guarding = working(stop("-20"), filled("10", cumulative="15"))

    assert steps(guarded("0"), "10", guarding) == []


def test_a_denied_target_is_not_tried_again_and_keeps_what_works_for_it() -> None:
    denied = target("150", is_denied=True)

    assert steps(denied, "0") == []
    assert steps(denied, "0", working(market("100"))) == []
    assert steps(target("50", is_denied=True), "0", buying := working(market("100"))) == [cancel(buying)]


def test_a_cancel_that_was_refused_is_not_repeated_until_the_venue_tells_more() -> None:
    refused = canceling(working(market("100")))
    evolve(refused, OrderCancelRejected(**IDENTITY, reason="too late"))

    assert steps(target("0"), "0", refused) == []


def test_a_position_is_guarded_by_a_stop_of_its_size() -> None:
    assert steps(guarded("100"), "100") == [stop("-100")]
    assert steps(guarded("-100", at="110"), "-100") == [stop("100", at="110")]
    assert steps(guarded("100"), "100", working(stop("-100"))) == []


def test_a_stop_follows_the_position_and_the_price() -> None:
    guard = working(stop("-60"))
    name = guard.order.client_order_id

    assert steps(guarded("100"), "100", guard) == [Replace(client_order_id=name, quantity=D(100), stop_price=D(90))]
    assert steps(guarded("60", at="95"), "60", guard) == [
        Replace(client_order_id=name, quantity=D(60), stop_price=D(95))
    ]


def test_a_growing_position_is_guarded_as_it_fills() -> None:
    entry = working(market("100"))
    evolve(entry, _fill(entry, "40", "40"))

    assert steps(guarded("100"), "40", entry) == [stop("-40")]


def test_an_exit_first_takes_its_units_from_the_stop() -> None:
    guard = working(stop("-100"))
    name = guard.order.client_order_id

    assert steps(guarded("0"), "100", guard) == [cancel(guard, NOTHING_TO_GUARD)]
    assert steps(guarded("70"), "100", guard) == [Replace(client_order_id=name, quantity=D(70), stop_price=D(90))]
    assert steps(guarded("0"), "100", canceling(guard)) == []
    evolve(guard, CANCELED)
    assert steps(guarded("0"), "100", guard) == [market("-100")]


def test_an_exit_that_is_denied_gives_the_position_its_guard_back() -> None:
    assert steps(guarded("0", is_denied=True), "100") == [stop("-100")]


def test_a_position_on_the_way_to_the_other_side_is_not_guarded_by_the_new_sides_stop() -> None:
    flip = target("-50", protective_stop_price=D(110), exit_stop_price=D(90), is_denied=True)

    assert steps(flip, "100") == [stop("-100", at="90")]
    assert steps(flip, "-50") == [stop("50", at="110")]


def test_of_two_stops_one_is_canceled() -> None:
    first, second = working(stop("-60"), number=1), working(stop("-40"), number=2)

    found = steps(guarded("100"), "100", first, second)

    assert found == [cancel(second, "another stop guards the position")]


def test_a_stop_without_a_position_or_without_a_wish_for_it_is_canceled() -> None:
    guard = working(stop("-100"))

    assert steps(guarded("100", is_denied=True), "0", guard) == [cancel(guard, NOTHING_TO_GUARD)]
    assert steps(target("100"), "100", guard) == [cancel(guard, NOTHING_TO_GUARD)]


def test_a_stop_of_the_wrong_side_is_canceled_before_another_is_sent() -> None:
    wrong = working(stop("100"))

    assert steps(guarded("100"), "100", wrong) == [cancel(wrong, "another stop guards the position")]
    assert steps(guarded("100"), "100", canceling(wrong)) == []


def test_a_stop_that_cannot_be_changed_is_canceled() -> None:
    guard = working(stop("-60"))
    change = Replace(client_order_id=guard.order.client_order_id, quantity=D(100), stop_price=D(90))
    _send(guard, change)

    assert steps(guarded("100"), "100", guard) == []
    evolve(guard, OrderReplaceRejected(**IDENTITY, reason="not now"))
    assert steps(guarded("100"), "100", guard) == [cancel(guard, "it cannot be changed to guard what is held")]


def test_a_stop_that_was_refused_is_not_tried_again() -> None:
    assert steps(guarded("100", is_protection_denied=True), "100") == []


def test_for_a_strategy_that_plays_no_more_nothing_is_bought_back_and_what_it_bought_too_much_is_sold() -> None:
    left = guarded("10", is_left_alone=True)

    assert steps(left, "8") == [stop("-8")]
    assert steps(left, "12", working(stop("-10"))) == [market("-2")]
    assert steps(guarded("10"), "8") == [stop("-8"), market("2")]


def test_after_a_stop_was_hit_nothing_is_bought_back_and_the_rest_stays_guarded() -> None:
    hit = guarded("100", is_stopped_out=True)
    entry = working(market("40"), number=2)
    guard = working(stop("-60"))
    evolve(guard, _fill(guard, "50", "50"))

    assert steps(hit, "10", guard, entry) == [cancel(entry)]
    assert steps(hit, "10", guard) == []
    assert steps(hit, "0") == []


def test_without_a_target_entries_are_canceled_and_the_guard_stays() -> None:
    entry, guard = working(market("40"), number=2), working(stop("-60"))

    assert steps(None, "60", entry, guard) == [cancel(entry)]
    assert steps(None, "50", guard) == [
        Replace(client_order_id=guard.order.client_order_id, quantity=D(50), stop_price=D(90))
    ]
    assert steps(None, "60") == []


def test_a_target_that_could_not_be_sized_orders_nothing_and_keeps_the_guard() -> None:
    unsized = Target(quantity=None, protective_stop_price=D(90), reason="no price")
    entry, guard = working(market("40"), number=2), working(stop("-60"))

    assert steps(unsized, "60", entry, guard) == [cancel(entry)]
    assert steps(unsized, "60") == [stop("-60")]


def _fill(state: OrderState, quantity: str, cumulative: str) -> Any:
    return filled(quantity, cumulative, side=state.order.side, client_order_id=state.order.client_order_id)


def _send(state: OrderState, change: Replace) -> None:
    terms = {**AT_VENUE, "client_order_id": change.client_order_id}
    evolve(state, ReplaceOrder(**terms, quantity=change.quantity, stop_price=change.stop_price))
