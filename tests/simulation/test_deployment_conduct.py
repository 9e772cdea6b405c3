"""What the judge sees of a strategy that has gone: an oracle that cannot fail proves nothing."""

from __future__ import annotations

import msgspec
import pytest

from messages import PauseStrategy, ResumeStrategy
from ops.drill.simulation.deployment_conduct import DeploymentConduct
from tests.messages._samples import ORDER

ENTRY = msgspec.structs.replace(ORDER, protective=False)
OTHERS = ["another"]


def _said(*deployed: list[str], protective: bool = False, is_reducing: bool = False) -> list[str]:
    said: list[str] = []
    conduct = DeploymentConduct(lambda rule, _: said.append(rule))
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


def test_an_entry_of_a_strategy_that_is_paused_is_seen_until_it_is_resumed() -> None:
    said: list[str] = []
    conduct = DeploymentConduct(lambda rule, _: said.append(rule))
    conduct.see_input(PauseStrategy(strategy_id=ENTRY.strategy_id, time_ns=1))
    conduct.see_approved(ENTRY, is_reducing=False, is_excused=False)
    conduct.see_input(ResumeStrategy(strategy_id=ENTRY.strategy_id, time_ns=2))
    conduct.see_approved(ENTRY, is_reducing=False, is_excused=False)

    assert said == ["C28"]


@pytest.mark.parametrize("how", ["protective", "is_reducing"])
def test_stops_and_exits_of_a_strategy_that_has_gone_may_pass(how: str) -> None:
    assert _said([ENTRY.strategy_id], OTHERS, **{how: True}) == []
