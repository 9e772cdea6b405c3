"""What the judge sees of orders that are lost on their way to the broker, and of news lost on its way back."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec
import pytest

from messages import (
    SECOND_NS,
    AnyMessage,
    CancelOrder,
    HaltTrading,
    Interrupt,
    OrderAccepted,
    OrderCanceled,
    OrderNotFound,
    OrderUnknown,
    ReleaseTrading,
    VenueId,
    VenueOrderId,
)
from ops.drill.judge.conduct import Conduct
from ops.drill.simulation.swarm import draw_swarm
from tests.messages._samples import EVENT, ORDER, QUOTE

ENTRY = msgspec.structs.replace(ORDER, protective=False, time_ns=0)
STOP = msgspec.structs.replace(ENTRY, protective=True, stop_price=Decimal(9))
NOT_FOUND = OrderNotFound(**EVENT)
CANCEL = CancelOrder(
    client_order_id=ORDER.client_order_id, venue_id=VenueId("broker"), symbol=ORDER.symbol, time_ns=1
)
HALT, RELEASE = HaltTrading(1, "so"), ReleaseTrading(2, "so")
ACCEPTED = OrderAccepted(**EVENT, venue_order_id=VenueOrderId("v"))
NO_ANSWER = OrderUnknown(**EVENT, reason="no answer")
SOON_NS, LATE_NS = 30 * SECOND_NS, 61 * SECOND_NS


def _conduct() -> tuple[Conduct, list[str]]:
    said: list[str] = []
    return Conduct(draw_swarm(1), lambda rule, _: said.append(rule)), said


def _lost(
    *inputs: AnyMessage,
    order: AnyMessage = ENTRY,
    effects: Sequence[AnyMessage] = (),
    outcome: AnyMessage = NOT_FOUND,
    now_ns: int = SOON_NS,
    failed: str = "",
) -> list[str]:
    """What is said once the third answer does not know an order, and that leads to an outcome."""
    conduct, said = _conduct()
    if failed:
        conduct.see_interrupts([Interrupt(failed, 1, "InjectedCrash: a drill")])
    conduct.see_input(QUOTE, 0)
    for effect in (order, *effects):
        conduct.see_effect(effect)
    for message in (*inputs, NO_ANSWER, NOT_FOUND, NOT_FOUND, NOT_FOUND):
        conduct.see_input(message, now_ns)
    conduct.see_effect(outcome)
    return [rule for rule in said if rule == "C43"]


def test_an_order_that_is_not_found_is_sent_again() -> None:
    assert _lost(outcome=ENTRY) == []
    assert _lost() == ["C43"]


def test_one_that_is_wanted_no_more_is_over() -> None:
    assert _lost(effects=[CANCEL]) == []
    assert _lost(now_ns=LATE_NS) == []
    assert _lost(HALT) == []
    assert _lost(HALT, RELEASE) == ["C43"]


def test_a_stop_is_sent_again_in_a_halt_too() -> None:
    assert _lost(HALT, order=STOP, outcome=STOP) == []
    assert _lost(HALT, order=STOP) == ["C43"]


def test_of_one_that_the_broker_has_spoken_of_it_is_another_question() -> None:
    assert _lost(ACCEPTED) == []


@pytest.mark.parametrize(("failed", "rules"), [("venue/broker", []), ("router", []), ("portfolio/main", ["C43"])])
def test_where_an_actor_on_the_way_has_failed_it_may_be_of_before(failed: str, rules: list[str]) -> None:
    assert _lost(failed=failed) == rules


def _told(event: str, *told: AnyMessage, is_ours: bool = True) -> list[str]:
    """What is said of an update of the broker's stream, of which this is told to the engine."""
    conduct, said = _conduct()
    if is_ours:
        conduct.see_effect(ENTRY)
    conduct.see_update({"event": event, "order": {"client_order_id": ENTRY.client_order_id}}, told)
    return said


@pytest.mark.parametrize("event", ["expired", "canceled", "fill", "replaced", "order_cancel_rejected"])
def test_news_of_an_order_are_passed_on_if_only_as_a_doubt(event: str) -> None:
    assert _told(event, OrderCanceled(**EVENT, reason="")) == []
    assert _told(event, NO_ANSWER) == []
    assert _told(event) == ["C46"]
    assert _told(event, QUOTE) == ["C46"]


def test_a_word_that_changes_nothing_and_an_order_of_somebody_else_are_passed_over() -> None:
    assert _told("pending_cancel") == []
    assert _told("expired", is_ours=False) == []
