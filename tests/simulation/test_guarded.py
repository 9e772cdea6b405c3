"""What the judge sees of a stop that guards more than is held, or less."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from messages import OrderAccepted, ReplaceOrder
from ops.drill.broker import Order, Terms
from ops.drill.simulation.guarded import unlike_held
from rules.orders import OrderState, evolve, initial_state
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


def test_a_stop_that_leaves_what_is_held_is_right() -> None:
    assert unlike_held(_ours(), _theirs(), Decimal(7)) == ""


@pytest.mark.parametrize("held", [4, 10])
def test_one_that_leaves_more_or_less_is_seen(held: int) -> None:
    assert "guards 7 ABC" in unlike_held(_ours(), _theirs(), Decimal(held))


@pytest.mark.parametrize("theirs", [_theirs(filled=4), _theirs(quantity=12)])
def test_one_of_which_not_all_was_heard_is_not_looked_at(theirs: Order) -> None:
    assert unlike_held(_ours(), theirs, Decimal(4)) == ""


def test_nor_is_one_that_is_to_be_changed_or_is_no_stop_of_that_side() -> None:
    changing = _ours()
    evolve(
        changing,
        ReplaceOrder(
            client_order_id=STOP.client_order_id,
            venue_id=STOP.venue_id,
            symbol=STOP.symbol,
            time_ns=1,
            quantity=Decimal(7),
        ),
    )

    assert unlike_held(changing, _theirs(), Decimal(4)) == ""
    assert unlike_held(_ours(), _theirs(), Decimal(-4)) == ""
