"""A reader that knows the broker by its news alone, and finds fault with news that cannot be."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

FINAL = ("filled", "canceled", "expired", "rejected")


class Mirror:
    """Orders, positions and filled quantities, folded from updates in their order."""

    def __init__(self) -> None:
        self.orders: dict[str, dict[str, Any]] = {}
        self.positions: dict[str, Decimal] = {}
        self.filled: dict[str, Decimal] = {}
        self.counting: dict[str, dict[str, Any]] = {}
        self.events: dict[str, int] = {}
        self.time_ns = 0

    def take(self, updates: list[dict[str, Any]]) -> None:
        """Believe the news. Raises AssertionError for what may never be told."""
        for update in updates:
            assert update["time_ns"] >= self.time_ns, f"{update} is older than the news before it"
            self.time_ns = update["time_ns"]
            self.events[update["event"]] = self.events.get(update["event"], 0) + 1
            before = self.orders.get(update["order"]["client_order_id"])
            if before is not None and before["status"] in FINAL:
                assert update["order"]["status"] == before["status"], f"{update} wakes a closed order"
            if "execution" in update:
                self._execute(update["execution"], before)
            self.orders[update["order"]["client_order_id"]] = update["order"]

    def _execute(self, record: dict[str, Any], before: dict[str, Any] | None) -> None:
        if record["kind"] == "fill":
            assert before is not None, f"{record} is of an order never told"
            assert before["status"] not in FINAL, f"{record} executes a closed order"
        else:
            self._move(self.counting.pop(record["previous_execution_id"]), -1)
        if record["kind"] != "bust":
            assert record["execution_id"] not in self.counting, f"{record} is told twice"
            self.counting[record["execution_id"]] = record
            self._move(record, 1)
        assert Decimal(record["cum_qty"]) == self.filled[record["client_order_id"]]

    def _move(self, record: dict[str, Any], direction: int) -> None:
        qty = direction * Decimal(record["qty"])
        units = qty if record["side"] == "buy" else -qty
        symbol, client_order_id = record["symbol"], record["client_order_id"]
        self.positions[symbol] = self.positions.get(symbol, Decimal()) + units
        self.filled[client_order_id] = self.filled.get(client_order_id, Decimal()) + qty
