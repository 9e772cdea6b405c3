"""Cash, positions and every execution ever: a record moves both sides, or takes back what an earlier one moved."""

from __future__ import annotations

from bisect import bisect_left
from decimal import Decimal
from typing import NamedTuple

from ops.drill.broker.replies import Document
from ops.drill.broker.rules import ZERO
from ops.drill.broker.terms import text


class Execution(NamedTuple):
    """One execution record. A bust repeats what it undoes; a correction holds what counts instead."""

    kind: str
    """fill, bust or correct."""
    execution_id: str
    previous_execution_id: str | None
    client_order_id: str
    symbol: str
    side: str
    qty: Decimal
    price: Decimal
    commission: Decimal
    cum_qty: Decimal
    """The order's filled quantity after this record."""
    time_ns: int

    @property
    def units(self) -> Decimal:
        """Units that the execution adds to the position, signed."""
        return self.qty if self.side == "buy" else -self.qty

    @property
    def money(self) -> Decimal:
        """Account currency that the execution adds to the cash, signed, commission included."""
        return -self.units * self.price - self.commission

    def document(self) -> Document:
        """The record as the wire shows it."""
        return {
            "kind": self.kind,
            "execution_id": self.execution_id,
            "previous_execution_id": self.previous_execution_id,
            "client_order_id": self.client_order_id,
            "symbol": self.symbol,
            "side": self.side,
            "qty": text(self.qty),
            "price": text(self.price),
            "commission": text(self.commission),
            "cum_qty": text(self.cum_qty),
            "time_ns": self.time_ns,
        }


class CashAdjustment(NamedTuple):
    """Money that came or went without a trade: a fee, a dividend, a transfer. Signed, account currency."""

    time_ns: int
    amount: Decimal
    reason: str


class Account:
    """The broker's books. Positions are signed units by symbol, without zeros."""

    def __init__(self, cash: Decimal) -> None:
        self.first_cash = cash
        self.cash = cash
        self.positions: dict[str, Decimal] = {}
        self.executions: list[Execution] = []
        self.by_order: dict[str, list[Execution]] = {}
        """The records of each order, by client order id, oldest first."""
        self.counting: dict[str, Execution] = {}
        """By execution id: those that are neither busted nor replaced by a correction."""
        self.adjustments: list[CashAdjustment] = []
        self.is_blocked = False

    def record(self, execution: Execution) -> None:
        """Add one record and move cash and position. What it undoes must count still."""
        if execution.previous_execution_id is not None:
            undone = self.counting.pop(execution.previous_execution_id)
            self._move(undone.symbol, -undone.units, -undone.money)
        if execution.kind != "bust":
            self.counting[execution.execution_id] = execution
            self._move(execution.symbol, execution.units, execution.money)
        self.executions.append(execution)
        self.by_order.setdefault(execution.client_order_id, []).append(execution)

    def still_counting(self, execution_id: str) -> Execution:
        """The execution of that id. Raises ValueError if it is unknown, busted or corrected."""
        if execution_id not in self.counting:
            raise ValueError(f"execution {execution_id} is unknown, busted or corrected already")
        return self.counting[execution_id]

    def adjust(self, adjustment: CashAdjustment) -> None:
        """Move cash without a trade."""
        self.adjustments.append(adjustment)
        self.cash += adjustment.amount

    def since(self, time_ns: int) -> list[Execution]:
        """The records of that time or later, oldest first."""
        return self.executions[bisect_left(self.executions, time_ns, key=_time_of) :]

    def _move(self, symbol: str, units: Decimal, money: Decimal) -> None:
        position = self.positions.pop(symbol, ZERO) + units
        if position:
            self.positions[symbol] = position
        self.cash += money


def _time_of(execution: Execution) -> int:
    return execution.time_ns
