"""What is being closed and stays: somebody is told, and what guarded it guards it again.

the exit of a flatten comes to nothing     -> a person is told, unless one has canceled it
the exit of a close, or flatten, does, too -> the stop that worked when that was commanded is wanted again
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from messages import (
    Alert,
    AnyMessage,
    CancelOrder,
    ClosePositions,
    HaltTrading,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderFilled,
    OrderNotFound,
    OrderRejected,
    OrderReported,
    OrderUnknown,
    RequestCancel,
    Side,
    SubmitOrder,
    UndeployStrategy,
)
from ops.drill.judge.exit_conduct import NOT_CLOSED
from rules.targets import Target

_ZERO = Decimal(0)

_Key = tuple[str, str]


class ClosingConduct:
    """What one simulation closes. `fail` as in `Conduct`; `held` is what each strategy holds of each symbol."""

    def __init__(self, fail: Callable[[str, str], None], held: Mapping[_Key, Decimal]) -> None:
        self._fail = fail
        self._held = held
        self._orders: dict[str, SubmitOrder] = {}
        self._stops: dict[str, SubmitOrder] = {}
        self._unclear: set[str] = set()
        self._told: set[_Key] = set()
        self._guarded: dict[_Key, Side] = {}

    def see_input(self, message: AnyMessage) -> None:
        """The next input."""
        match message:
            case HaltTrading(flatten=True):
                self._told -= set(self._held_keys())
                self._see_guards(None, None)
            case ClosePositions(symbol=symbol, strategy_id=strategy_id):
                self._see_guards(strategy_id, symbol)
            case UndeployStrategy(strategy_id=strategy_id, close=True):
                self._see_guards(strategy_id, None)
            case RequestCancel(client_order_id=order_id) if order_id in self._orders:
                order = self._orders[order_id]
                self._told.add((order.strategy_id, order.symbol))

    def see_effect(self, message: AnyMessage) -> None:
        """What the input led to."""
        match message:
            case SubmitOrder(client_order_id=order_id):
                self._orders[order_id] = message
            case OrderAccepted(client_order_id=order_id) if order_id not in self._unclear:
                if (order := self._orders.get(order_id)) is not None and order.protective:
                    self._stops[order_id] = order
            case CancelOrder() | OrderFilled() | OrderUnknown() | OrderReported() | OrderNotFound():
                self._see_no_guard(message.client_order_id)
            case OrderCanceled() | OrderExpired() | OrderRejected():
                self._see_no_guard(message.client_order_id)
            case Alert(text=text) if NOT_CLOSED in text:
                _, of, _, by = text.partition(NOT_CLOSED)[0].split()
                self._told.add((by, of))

    def see_target(self, strategy_id: str, symbol: str, target: Target) -> None:
        """What is wanted of what a strategy holds, when all that has led to it is known."""
        held = self._held.get((strategy_id, symbol), _ZERO)
        if not held or not target.is_denied or not (target.is_flatten or target.is_close):
            return
        what = f"{held} {symbol} of {strategy_id} are not closed"
        if target.is_flatten and (strategy_id, symbol) not in self._told:
            self._fail("C44", f"{what}, and nobody was told")
        guard = self._guarded.get((strategy_id, symbol))
        if guard is not None and guard.sign * held < 0 and target.guard_price(held) is None:
            self._fail("C45", f"{what}, and their stop is not wanted back")

    def _held_keys(self) -> Iterator[_Key]:
        return (key for key, held in self._held.items() if held)

    def _see_guards(self, strategy_id: str | None, symbol: str | None) -> None:
        """Positions are to be closed: note which of them have a stop that works, and was never to be canceled."""
        for key in self._held_keys():
            if strategy_id not in (None, key[0]) or symbol not in (None, key[1]):
                continue
            self._guarded.pop(key, None)
            for stop in self._stops.values():
                if (stop.strategy_id, stop.symbol) == key and stop.side.sign * self._held[key] < 0:
                    self._guarded[key] = stop.side

    def _see_no_guard(self, order_id: str) -> None:
        """It is over, or executes, or is to be canceled, or nobody knows: it is counted no more."""
        self._unclear.add(order_id)
        self._stops.pop(order_id, None)
