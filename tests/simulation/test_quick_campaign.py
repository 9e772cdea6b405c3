"""The campaign that every change must pass: a fixed range of seeds, all faults on."""

from __future__ import annotations

from functools import partial

from ops.drill.campaign import run_campaign
from ops.drill.simulation.simulate import simulate


def test_the_first_seeds_break_no_promise() -> None:
    campaign = run_campaign(partial(simulate, only=None), seeds=300)

    assert campaign.failures == ()
    assert campaign.orders > 1_000
    assert campaign.recoveries > 300
