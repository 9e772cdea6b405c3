"""What the judge sees at the end of a run: of an engine that has come to rest, and of one that is then changed."""

from __future__ import annotations

from decimal import Decimal

from messages import StrategyId
from ops.drill.judge.at_rest import check_freed
from ops.drill.simulation.simulate import Simulation
from ops.drill.simulation.swarm import draw_swarm
from ops.drill.simulation.themes import theme_called
from rules.ledger import allocate

COMING_AND_GOING = theme_called("strategies come and go, and limits change, between two starts")
SEED_IN_WHICH_ONE_GOES_AND_HOLDS_NOTHING = 2611000004


def test_the_cash_of_a_strategy_that_has_gone_is_there_for_others() -> None:
    swarm = draw_swarm(SEED_IN_WHICH_ONE_GOES_AND_HOLDS_NOTHING, theme=COMING_AND_GOING)
    played = Simulation(swarm)
    played.run()
    gone = [
        each
        for each in sorted(played.judge.deployments.gone)
        if not played.process.portfolio.is_busy(StrategyId(each))
    ]
    check_freed(played.judge, played.process)
    assert played.judge.violations == []
    assert gone

    allocate(played.process.portfolio.state.books, StrategyId(gone[0]), Decimal("100.00"))
    check_freed(played.judge, played.process)
    assert played.judge.violations == [
        f"C36: 100.00 of cash are still those of {gone[0]}, which has gone and holds nothing"
    ]
