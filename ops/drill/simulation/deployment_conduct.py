"""Which strategies play: one that has gone between two starts, or that a person has paused, opens no position.

What it held stays in the books, under its stops; what works for it and would open a position is canceled.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from messages import AnyMessage, PauseStrategy, ResumeStrategy, SubmitOrder


class DeploymentConduct:
    """The strategies of one simulation. `fail` is told the number of a rule, and how it was broken."""

    def __init__(self, fail: Callable[[str, str], None]) -> None:
        self.gone: set[str] = set()
        self._ever: set[str] = set()
        self.paused: set[str] = set()
        """Strategies that a person has paused and not resumed."""
        self._fail = fail

    def see_deployed(self, names: Collection[str]) -> None:
        """An engine has begun with these and no others, and that is durable."""
        self._ever.update(names)
        self.gone = self._ever.difference(names)

    def see_input(self, message: AnyMessage) -> None:
        """The next input."""
        if isinstance(message, PauseStrategy):
            self.paused.add(message.strategy_id)
        elif isinstance(message, ResumeStrategy):
            self.paused.discard(message.strategy_id)

    def see_approved(self, order: SubmitOrder, *, is_reducing: bool, is_excused: bool) -> None:
        """An order was approved; it `is_excused` if an actor on the way of signals and orders has failed."""
        if order.protective or is_reducing or is_excused:
            return
        if order.strategy_id in self.gone:
            self._fail("C28", f"{order.client_order_id} is ordered although {order.strategy_id} has gone")
        elif order.strategy_id in self.paused:
            self._fail("C28", f"{order.client_order_id} is ordered although {order.strategy_id} is paused")
