"""What the strategies of a simulation ask for, and whether it is heeded: see `WishConduct` and `StopConduct`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from decimal import Decimal

from messages import AccountReported, Alert, AnyMessage, Interrupt, OrderApproved, Quote, Signal
from ops.drill.judge.conduct import Conduct
from ops.drill.judge.deployment_conduct import DeploymentConduct
from ops.drill.judge.holdings import Holdings
from ops.drill.judge.sizing_conduct import SizingConduct
from ops.drill.judge.stop_conduct import StopConduct
from ops.drill.judge.twins import Twins
from ops.drill.judge.wish_conduct import WishConduct
from ops.drill.simulation.swarm import Swarm


class Wishes:
    """The wishes of one simulation's strategies. `fail` as in `Conduct`.

    In symbols that were `touched` nobody can tell which strategy holds how much.
    """

    def __init__(
        self,
        swarm: Swarm,
        fail: Callable[[str, str], None],
        conduct: Conduct,
        deployments: DeploymentConduct,
        sizes: SizingConduct,
        *,
        holdings: Holdings,
    ) -> None:
        self._twins = Twins(swarm)
        self._conduct = conduct
        self._deployments = deployments
        self._sizes = sizes
        self._holdings = holdings
        self._may_order = False
        self.positions = WishConduct(fail, held=holdings.held, sizes=sizes.sizes)
        self.stops = StopConduct(fail, held=holdings.held, orders=self.positions.orders, uncertain=holdings.touched)

    def see_interrupts(self, interrupts: Sequence[Interrupt]) -> None:
        """Actors have failed in the turn at hand."""
        self._twins.see_interrupts(interrupts)
        self._forget()

    def see_input(self, message: AnyMessage, time_ns: int, *, is_certain: bool) -> None:
        """The next input, and when it was handled (ns, the engine's clock). All others have seen it.

        It `is_certain` what strategies are worth, and what the account has, or not.
        """
        self.positions.see_input(message)
        if self._conduct.is_held:
            self._may_order = False
        elif is_certain and isinstance(message, AccountReported) and message is self._conduct.account.last_report:
            self._may_order |= self._agrees(message)
        signals = self._twins.told_at(message, time_ns)
        self._forget()
        self.stops.see_input(message)
        heard = list(filter(self._is_heard, signals))
        for signal in heard:
            self.stops.see_signal(signal)
        if isinstance(message, Quote):
            self.positions.see_signals(heard, message, excused=self._is_excused, is_equity_certain=is_certain)

    def see_effect(self, message: AnyMessage) -> None:
        """What the input led to."""
        if isinstance(message, Alert):
            self._twins.see_alert(message)
            self._forget()
        self._may_order |= isinstance(message, OrderApproved)
        self.stops.see_effect(message)
        self.positions.see_effect(message, self._twins)

    def _forget(self) -> None:
        self.positions.forget(self._twins)
        self.stops.forget(self._twins)

    def _agrees(self, report: AccountReported) -> bool:
        """Whether books and account have nothing that differs: then the portfolio is held no more."""
        ours: defaultdict[str, Decimal] = defaultdict(Decimal)
        for (_, symbol), units in self._holdings.held.items():
            ours[symbol] += units
        theirs = {each.symbol: each.quantity for each in report.positions}
        return theirs == {each: units for each, units in ours.items() if units} and report.cash == self._sizes.cash

    def _is_excused(self, signal: Signal) -> bool:
        return not self._may_order or signal.symbol in self._holdings.touched

    def _is_heard(self, signal: Signal) -> bool:
        return signal.strategy_id not in self._deployments.gone | self._deployments.paused
