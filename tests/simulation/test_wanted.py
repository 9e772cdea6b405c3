"""What the judge sees of a stop that does not guard what is held, and of entries that lead past what is wanted."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from messages import OrderAccepted
from ops.drill.broker import Order, Terms
from ops.drill.judge.wanted import unlike_held, unlike_target
from rules.orders import OrderState, evolve, initial_state
from rules.targets import Target
from tests.messages._samples import EVENT, FILL, ORDER

STOP = msgspec.structs.replace(ORDER, quantity=Decimal(10))
PART = msgspec.structs.replace(FILL, quantity=Decimal(3), cumulative_quantity=Decimal(3))


def _ours() -> OrderState:
    """A stop for 10 that is to be sold, of which 3 have executed."""
    state = initial_state(STOP)
    for each in (STOP, OrderAccepted(**EVENT, venue_order_id=FILL.venue_order_id), PART):
        evolve(state, each)
    return state


def _theirs(quantity: int = 10, filled: int = 3) -> Order:
    terms = Terms(STOP.symbol, "sell", "stop_limit", "gtc", Decimal(quantity))
    return Order("b-1", STOP.client_order_id, terms, 1, filled_qty=Decimal(filled))


def _guarding(price: Decimal | None) -> Target:
    return Target(quantity=Decimal(7), protective_stop_price=price)


def test_a_stop_that_leaves_what_is_held_at_the_price_that_was_asked_for_is_right() -> None:
    assert unlike_held(_ours(), _theirs(), Decimal(7), None) == ""
    assert unlike_held(_ours(), _theirs(), Decimal(7), _guarding(STOP.stop_price)) == ""


@pytest.mark.parametrize("held", [4, 10])
def test_one_that_leaves_more_or_less_is_seen(held: int) -> None:
    assert "guards 7 ABC" in unlike_held(_ours(), _theirs(), Decimal(held), None)


def test_so_is_one_at_another_price() -> None:
    assert "lies at" in unlike_held(_ours(), _theirs(), Decimal(7), _guarding(Decimal(1)))


@pytest.mark.parametrize("theirs", [_theirs(filled=4), _theirs(quantity=12)])
def test_one_of_which_not_all_was_heard_is_not_looked_at(theirs: Order) -> None:
    assert unlike_held(_ours(), theirs, Decimal(4), None) == ""


def test_nor_is_what_guards_no_position_of_that_side() -> None:
    assert unlike_held(_ours(), _theirs(), Decimal(-4), None) == ""


@pytest.mark.parametrize(("wanted", "is_seen"), [(-5, False), (-10, False), (-4, True), (3, True)])
def test_entries_lead_to_the_target_and_no_further(wanted: int, is_seen: bool) -> None:
    entry = initial_state(msgspec.structs.replace(STOP, protective=False, quantity=Decimal(5)))

    told = unlike_target([entry, _ours()], Target(quantity=Decimal(wanted)), Decimal(0))

    assert bool(told) is is_seen
