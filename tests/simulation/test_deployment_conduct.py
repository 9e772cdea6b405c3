"""What the judge sees of a strategy that has gone: an oracle that cannot fail proves nothing."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from messages import (
    AnyMessage,
    CancelOrder,
    CommandRefused,
    OrderAccepted,
    OrderExpired,
    OrderUnknown,
    PauseStrategy,
    ResumeStrategy,
    StrategyQuarantined,
    VenueOrderId,
)
from ops.drill.judge.deployment_conduct import DeploymentConduct
from tests.messages._samples import EVENT, FILL, ORDER, QUOTE

ENTRY = msgspec.structs.replace(ORDER, protective=False)
ACCEPTED = OrderAccepted(**EVENT, venue_order_id=VenueOrderId("v1"))
CANCEL = CancelOrder(client_order_id=ORDER.client_order_id, venue_id=ORDER.venue_id, symbol=ORDER.symbol, time_ns=1)
EXPIRED = OrderExpired(**EVENT, reason="the day is over")
IN_DOUBT = OrderUnknown(**EVENT, reason="no answer")
REFUSED = CommandRefused(subject=ORDER.strategy_id, time_ns=1, reason="it does not play")
OTHERS = ["another"]


def _said(*deployed: list[str], protective: bool = False, is_reducing: bool = False) -> list[str]:
    said: list[str] = []
    conduct = DeploymentConduct(lambda rule, _: said.append(rule), {})
    for names in deployed:
        conduct.see_deployed(names)
    order = msgspec.structs.replace(ENTRY, protective=protective)
    conduct.see_approved(order, is_reducing=is_reducing, is_excused=False)
    return said


def test_an_entry_of_a_strategy_that_has_gone_is_seen_until_it_comes_again() -> None:
    mine = [ENTRY.strategy_id, *OTHERS]

    assert _said(mine, OTHERS) == ["C28"]
    assert _said(mine, OTHERS, mine) == []
    assert _said(OTHERS) == []  # a person's


def _after_a_pause(
    *meanwhile: AnyMessage, held: int = 0, is_excused: bool = False, executed: AnyMessage = ACCEPTED
) -> list[str]:
    """What is said once an entry works, its strategy is paused, and that has led to this."""
    said: list[str] = []
    key: tuple[str, str] = (ENTRY.strategy_id, ENTRY.symbol)
    holds = {key: Decimal(held) * ENTRY.side.sign}
    conduct = DeploymentConduct(lambda rule, _: said.append(rule), holds)
    conduct.see_input(QUOTE, is_excused=False, uncertain=())
    conduct.see_effect(ENTRY)
    conduct.see_effect(ACCEPTED)
    conduct.see_effect(executed)
    conduct.see_input(PauseStrategy(strategy_id=ENTRY.strategy_id, time_ns=1), is_excused=False, uncertain=())
    for each in meanwhile:
        conduct.see_effect(each)
    conduct.see_input(QUOTE, is_excused=is_excused, uncertain=())
    return said


@pytest.mark.parametrize("meanwhile", [CANCEL, EXPIRED, IN_DOUBT, REFUSED])
def test_what_works_for_a_strategy_that_is_paused_is_canceled(meanwhile: AnyMessage) -> None:
    assert _after_a_pause() == ["C28"]
    assert _after_a_pause(meanwhile) == []
    assert _after_a_pause(is_excused=True) == []
    assert _after_a_pause(held=-5) == []  # an exit


def test_so_is_what_has_executed_in_part() -> None:
    part = msgspec.structs.replace(FILL, quantity=Decimal(1), cumulative_quantity=Decimal(1))
    whole = msgspec.structs.replace(part, cumulative_quantity=ENTRY.quantity)

    assert _after_a_pause(executed=part) == ["C28"]
    assert _after_a_pause(CANCEL, executed=part) == []
    assert _after_a_pause(executed=whole) == []


def test_and_what_works_for_one_that_is_put_in_quarantine() -> None:
    said: list[str] = []
    conduct = DeploymentConduct(lambda rule, _: said.append(rule), {})
    quarantined = StrategyQuarantined(strategy_id=ENTRY.strategy_id, time_ns=1, reason="it fails")
    conduct.see_effect(ENTRY)
    conduct.see_input(QUOTE, is_excused=False, uncertain=())
    conduct.see_effect(quarantined)

    conduct.see_input(QUOTE, is_excused=False, uncertain=())

    assert said == ["C28"]


def test_an_entry_of_a_strategy_that_is_paused_is_seen_until_it_is_resumed() -> None:
    said: list[str] = []
    conduct = DeploymentConduct(lambda rule, _: said.append(rule), {})
    for word in (PauseStrategy, ResumeStrategy):
        conduct.see_input(word(strategy_id=ENTRY.strategy_id, time_ns=1), is_excused=False, uncertain=())
        conduct.see_approved(ENTRY, is_reducing=False, is_excused=False)

    assert said == ["C28"]


@pytest.mark.parametrize("how", ["protective", "is_reducing"])
def test_stops_and_exits_of_a_strategy_that_has_gone_may_pass(how: str) -> None:
    assert _said([ENTRY.strategy_id], OTHERS, **{how: True}) == []
