"""The supervisor of strategies: one that fails too often is put out of the game, and the rest play on."""

from __future__ import annotations

from actors.kernel.supervisor import Supervisor
from actors.names import ROUTER
from messages import StrategyId, StrategyQuarantined

_PREFIX = "strategy/"


class StrategySupervisor(Supervisor):
    """Quarantines instead of escalating, and tells the portfolio, which takes over what the strategy held."""

    def on_quarantine(self, child: str, reason: str) -> None:
        """Tell the portfolio through the router, and keep it on record."""
        message = StrategyQuarantined(
            strategy_id=StrategyId(child.removeprefix(_PREFIX)), time_ns=self.now_ns, reason=reason
        )
        self.emit(message)
        self.tell(ROUTER, message)
