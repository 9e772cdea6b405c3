"""Who holds what, as the journal tells it, execution by execution."""

from __future__ import annotations

from collections.abc import Callable, Set
from decimal import Decimal

from messages import AnyMessage, BooksAdjusted, OrderFillBusted, OrderFillCorrected, OrderFilled, SubmitOrder

_ZERO = Decimal(0)


class Holdings:
    """What each strategy `held` of each symbol in one simulation; under no name, what nobody did.

    `fail` as in `Conduct`. In symbols that were `touched` an execution may count in two parts.
    """

    def __init__(self, fail: Callable[[str, str], None], touched: Set[str]) -> None:
        self.held: dict[tuple[str, str], Decimal] = {}
        self._fail = fail
        self.touched = touched
        self._counted: dict[str, tuple[str, str, Decimal]] = {}
        self._undone: set[str] = set()

    def of(self, order: SubmitOrder) -> Decimal:
        """What the strategy of an order holds of its symbol."""
        return self.held.get((order.strategy_id, order.symbol), _ZERO)

    def is_reducing(self, order: SubmitOrder, *, quantity: Decimal | None = None) -> bool:
        """Whether an order, or this `quantity` of it, closes no more than its strategy holds."""
        held = self.of(order)
        return held * order.side.sign < 0 and (order.quantity if quantity is None else quantity) <= abs(held)

    def was_counted(self, execution_id: str) -> bool:
        """Whether an execution was told before."""
        return execution_id in self._counted

    def see_effect(self, message: AnyMessage) -> None:
        """What an input has led to."""
        match message:
            case OrderFilled():
                self._count(message)
            case OrderFillBusted(execution_id=execution_id):
                self._uncount(execution_id)
            case OrderFillCorrected(earlier_execution_id=earlier):
                self._uncount(earlier)
                self._count(message)
            case BooksAdjusted(symbol=symbol, amount=amount) if symbol is not None:
                self._adjust(symbol, amount)

    def _count(self, event: OrderFilled | OrderFillCorrected) -> None:
        execution_id, units = event.execution_id, event.side.sign * event.quantity
        if execution_id in self._counted:
            if event.symbol not in self.touched:  # beside one that was taken back, it may count in two parts
                self._fail("I4", f"execution {execution_id} is told twice")
            return
        self._counted[execution_id] = (event.strategy_id, event.symbol, units)
        if execution_id not in self._undone:  # it may have been taken back before it was told
            self._move(event.strategy_id, event.symbol, units)

    def _uncount(self, execution_id: str) -> None:
        if execution_id in self._undone:
            return
        self._undone.add(execution_id)
        strategy_id, symbol, units = self._counted.get(execution_id, ("", "", _ZERO))
        self._move(strategy_id, symbol, -units)

    def _move(self, strategy_id: str, symbol: str, units: Decimal) -> None:
        self.held[strategy_id, symbol] = self.held.get((strategy_id, symbol), _ZERO) + units

    def _adjust(self, symbol: str, amount: Decimal) -> None:
        for strategy_id in sorted({name for name, _ in self.held if name}):
            held = self.held.get((strategy_id, symbol), _ZERO)
            if held * amount < 0:
                part = -held if abs(held) < abs(amount) else amount
                self._move(strategy_id, symbol, part)
                amount -= part
        self._move("", symbol, amount)
