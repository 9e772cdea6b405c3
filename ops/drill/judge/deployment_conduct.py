"""Which strategies play: one that has gone between two starts, was paused, or is in quarantine opens no position.

What it held stays in the books, under its stops; what works for it and would open a position is canceled.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from decimal import Decimal

from messages import (
    AnyMessage,
    CancelOrder,
    CommandRefused,
    OrderAccepted,
    OrderCancelRejected,
    OrderEvent,
    OrderFilled,
    OrderReplaced,
    OrderReplaceRejected,
    OrderReported,
    PauseStrategy,
    ResumeStrategy,
    StrategyQuarantined,
    SubmitOrder,
)
from ops.drill.judge.endings import OVER


class DeploymentConduct:
    """The strategies of one simulation. `fail` as in `Conduct`; `held` is what each holds of each symbol."""

    def __init__(self, fail: Callable[[str, str], None], held: Mapping[tuple[str, str], Decimal]) -> None:
        self.gone: set[str] = set()
        self._ever: set[str] = set()
        self.paused: set[str] = set()
        """Strategies that a person has paused and not resumed."""
        self._fail = fail
        self._held = held
        self._entries: dict[str, SubmitOrder] = {}
        self._canceled: set[str] = set()
        self._sidelined: set[str] = set()

    def see_deployed(self, names: Collection[str]) -> None:
        """An engine has begun with these and no others, and that is durable."""
        self._ever.update(names)
        self.gone = self._ever.difference(names)

    def see_input(self, message: AnyMessage, *, is_excused: bool, uncertain: Collection[str]) -> None:
        """The next input; before it an actor on the way may have failed, and who holds `uncertain` symbols is."""
        if self._sidelined and not is_excused:
            self._see_sidelined(uncertain)
        self._sidelined = set()
        if isinstance(message, PauseStrategy):
            self._sidelined.add(message.strategy_id)
            self.paused.add(message.strategy_id)
        elif isinstance(message, ResumeStrategy):
            self.paused.discard(message.strategy_id)

    def see_effect(self, message: AnyMessage) -> None:
        """What the input has led to."""
        match message:
            case SubmitOrder(client_order_id=order_id, protective=False):
                self._entries[order_id] = message
            case CancelOrder(client_order_id=order_id):
                self._canceled.add(order_id)
            case StrategyQuarantined(strategy_id=strategy_id):
                self._sidelined.add(strategy_id)
            case CommandRefused(subject=subject):
                self._sidelined.discard(subject)
            case OrderFilled() if self._leaves(message):
                pass
            case OrderAccepted() | OrderCancelRejected() | OrderReplaced() | OrderReplaceRejected():
                pass
            case OrderReported(status=status) if status not in OVER:
                pass
            case OrderEvent(client_order_id=order_id):
                self._entries.pop(order_id, None)  # whether it works, and how much, is for the broker to say

    def _leaves(self, fill: OrderFilled) -> bool:
        entry = self._entries.get(fill.client_order_id)
        return entry is not None and fill.cumulative_quantity < entry.quantity

    def _see_sidelined(self, uncertain: Collection[str]) -> None:
        """What works for a strategy that has been put out of the game, and opens a position, has been canceled."""
        for order_id, order in self._entries.items():
            held = self._held.get((order.strategy_id, order.symbol), Decimal(0))
            is_entry = order.strategy_id in self._sidelined and order.side.sign * held >= 0
            if is_entry and order_id not in self._canceled and order.symbol not in uncertain:
                self._fail("C28", f"{order_id} works on although {order.strategy_id} plays no more")

    def see_approved(self, order: SubmitOrder, *, is_reducing: bool, is_excused: bool) -> None:
        """An order was approved; it `is_excused` if an actor on the way of signals and orders has failed."""
        if order.protective or is_reducing or is_excused:
            return
        if order.strategy_id in self.gone:
            self._fail("C28", f"{order.client_order_id} is ordered although {order.strategy_id} has gone")
        elif order.strategy_id in self.paused:
            self._fail("C28", f"{order.client_order_id} is ordered although {order.strategy_id} is paused")
