"""The supervisor of strategies: one that fails too often is put out of the game, and the rest play on.

It also remembers which strategies there are and what they are made of, so that a checkpoint tells how to make them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from actors.kernel.supervisor import Supervisor, SupervisorState
from actors.names import ROUTER, STRATEGIES
from messages import (
    Deployment,
    DeployStrategy,
    ReloadStrategy,
    StrategyId,
    StrategyQuarantined,
    StrategyReleased,
    UndeployStrategy,
)

if TYPE_CHECKING:
    from actors.kernel.kernel import Kernel

_PREFIX = "strategy/"


class StrategySupervisorState(SupervisorState):
    """What the strategies at work are made of, by id, and the number of the last deployment."""

    deployments: dict[StrategyId, Deployment] = msgspec.field(default_factory=dict)
    last_number: int = 0


def take_on(state: StrategySupervisorState, message: DeployStrategy | UndeployStrategy | ReloadStrategy) -> None:
    """Remember who came, who went, who has other code."""
    deployments = state.deployments
    match message:
        case DeployStrategy(deployment=deployment):
            deployments[deployment.strategy_id] = deployment
            state.last_number = deployment.number
        case UndeployStrategy(strategy_id=strategy_id):
            deployments.pop(strategy_id, None)
            state.histories.pop(f"{_PREFIX}{strategy_id}", None)
        case ReloadStrategy(strategy_id=strategy_id) if strategy_id in deployments:
            old = deployments[strategy_id]
            deployments[strategy_id] = msgspec.structs.replace(
                old, use=message.use, code=message.code, reloads=old.reloads + 1
            )


class StrategySupervisor(Supervisor):
    """Quarantines instead of escalating, and tells the portfolio, which takes over what the strategy held."""

    State = StrategySupervisorState
    state: StrategySupervisorState

    def __init__(self, kernel: Kernel, *, deployments: Sequence[Deployment]) -> None:
        self._at_first = tuple(deployments)
        super().__init__(kernel, STRATEGIES, quarantine=True)

    def new_state(self) -> StrategySupervisorState:
        """The deployments that the engine began with."""
        return StrategySupervisorState(
            deployments={each.strategy_id: each for each in self._at_first},
            last_number=max((each.number for each in self._at_first), default=0),
        )

    def on_receive(self, message: Any) -> None:
        """Who came, who went, who has other code; the rest as every supervisor."""
        if isinstance(message, DeployStrategy | UndeployStrategy | ReloadStrategy):
            take_on(self.state, message)
        else:
            super().on_receive(message)

    def on_quarantine(self, child: str, reason: str) -> None:
        """Tell the portfolio through the router, and keep it on record."""
        message = StrategyQuarantined(
            strategy_id=StrategyId(child.removeprefix(_PREFIX)), time_ns=self.now_ns, reason=reason
        )
        self.emit(message)
        self.tell(ROUTER, message)

    def on_release(self, child: str) -> None:
        """Tell the portfolio through the router, and keep it on record."""
        message = StrategyReleased(strategy_id=StrategyId(child.removeprefix(_PREFIX)), time_ns=self.now_ns)
        self.emit(message)
        self.tell(ROUTER, message)
