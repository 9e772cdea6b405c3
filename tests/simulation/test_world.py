"""What counts as struck: a table of coverage that counts orders in nobody's way tells too much."""

from __future__ import annotations

import dataclasses

import pytest

from messages import SECOND_NS, OrderStatus
from ops.drill.simulation.faults import Fault
from ops.drill.simulation.simulate import Simulation
from ops.drill.simulation.swarm import draw_swarm
from ops.drill.simulation.world import RECENT_NS, World, statuses_amid
from rules.orders import OrderState, initial_state
from tests.messages._samples import ORDER
from tests.simulation.test_conduct import CALM

NOW_NS = 1_000 * SECOND_NS
KILLED = dataclasses.replace(CALM, faults={Fault.KILL: 1.0})


def order(status: OrderStatus, *, heard_ns: int) -> OrderState:
    state = initial_state(ORDER)
    state.status, state.last_time_ns = status, heard_ns
    return state


@pytest.mark.parametrize(("ago_ns", "is_met"), [(0, True), (RECENT_NS, True), (RECENT_NS + 1, False)])
def test_an_order_that_is_over_is_met_for_ten_seconds_after_the_last_word_of_it(ago_ns: int, is_met: bool) -> None:
    over = order(OrderStatus.FILLED, heard_ns=NOW_NS - ago_ns)

    assert statuses_amid([over], NOW_NS) == (["filled"] if is_met else [])


def test_an_open_order_is_met_however_long_nothing_was_heard_of_it() -> None:
    waiting = [order(OrderStatus.ACCEPTED, heard_ns=0), order(OrderStatus.UNKNOWN, heard_ns=0)]

    assert statuses_amid(waiting, NOW_NS) == ["accepted", "unknown"]


def test_a_fault_that_concerns_no_single_order_counts_once_for_each_state_it_meets() -> None:
    world = World(KILLED)

    assert world.strikes_amid(Fault.KILL, lambda: ["accepted", "filled", "accepted"])
    assert world.strikes_amid(Fault.KILL, list)

    assert world.hits == {(Fault.KILL, "accepted"): 1, (Fault.KILL, "filled"): 1, (Fault.KILL, ""): 1}


def test_faults_of_an_engine_at_rest_meet_no_order_that_is_over() -> None:
    simulation = Simulation(draw_swarm(3, only=frozenset()))

    simulation.run()

    process = simulation.process
    assert process.statuses() == []
    assert {each.is_open for each in process.venue.state.orders.values()} == {False}
