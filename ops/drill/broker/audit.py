"""The books recomputed from the records alone, in other arithmetic than that which kept them."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from ops.drill.broker.account import Account
from ops.drill.broker.orders import Order


def check_books(account: Account, orders: Mapping[str, Order], open_orders: Mapping[str, Order]) -> None:
    """Every movement is in a record, and every record has moved both sides exactly once.

    Recomputed in fractions, so that a decimal which was rounded on the way shows. Raises AssertionError.
    """
    cash = Fraction(account.first_cash) + sum(Fraction(adjustment.amount) for adjustment in account.adjustments)
    positions: dict[str, Fraction] = {}
    filled: dict[str, Fraction] = {}
    counting: dict[str, tuple[str, Fraction, Fraction, str]] = {}
    for record in account.executions:
        parts: list[tuple[int, tuple[str, Fraction, Fraction, str]]] = []
        if record.previous_execution_id is not None:
            assert record.previous_execution_id in counting, f"{record} undoes what does not count"
            parts.append((-1, counting.pop(record.previous_execution_id)))
        if record.kind != "bust":
            sign = {"buy": 1, "sell": -1}[record.side]
            qty = Fraction(record.qty)
            money = -sign * qty * Fraction(record.price) - Fraction(record.commission)
            assert record.execution_id not in counting, f"{record} has the id of another"
            counting[record.execution_id] = (record.symbol, sign * qty, money, record.client_order_id)
            parts.append((1, counting[record.execution_id]))
        for direction, (symbol, units, money, client_order_id) in parts:
            cash += direction * money
            positions[symbol] = positions.get(symbol, Fraction()) + direction * units
            filled[client_order_id] = filled.get(client_order_id, Fraction()) + direction * abs(units)
        assert Fraction(record.cum_qty) == filled[record.client_order_id], f"cum_qty is wrong in {record}"
    assert Fraction(account.cash) == cash, f"cash is {account.cash}, the records make it {cash}"
    held = {symbol: qty for symbol, qty in positions.items() if qty}
    assert {s: Fraction(qty) for s, qty in account.positions.items()} == held, "positions differ from the records"
    assert list(account.counting) == list(counting), "another set of executions counts"
    for order in orders.values():
        _check_order(order, filled.get(order.client_order_id, Fraction()))
    still_open = [order.client_order_id for order in orders.values() if order.is_open]
    assert list(open_orders) == still_open, "the open orders are not those without a final status"


def _check_order(order: Order, filled: Fraction) -> None:
    assert Fraction(order.filled_qty) == filled, f"filled_qty of {order} is not the sum of its executions"
    assert filled <= order.terms.qty, f"more is executed than {order} asked for"
    assert not order.is_open or order.remaining > 0, f"{order} is open and has nothing left to do"
