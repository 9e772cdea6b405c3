"""What a practice broker can swear to: everything that it was ever sent, what came of it, and how it stands now.

Orders and executions are as its protocol tells them; money, prices and quantities are decimals.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from ops.drill.broker import BrokerModel


class AcceptedOrder(msgspec.Struct, frozen=True):
    """A submission that became an order: the body as it came over the wire, and when (ns UTC)."""

    time_ns: int
    client_order_id: str
    body: dict[str, str]


class BrokerExecution(msgspec.Struct, frozen=True):
    """One execution record."""

    kind: str
    execution_id: str
    previous_execution_id: str | None
    client_order_id: str
    symbol: str
    side: str
    qty: Decimal
    price: Decimal
    commission: Decimal
    cum_qty: Decimal
    time_ns: int


class Evidence(msgspec.Struct, frozen=True):
    """`reused_ids` were submitted again with other terms."""

    accepted: list[AcceptedOrder]
    executions: list[BrokerExecution]
    positions: dict[str, Decimal]
    cash: Decimal
    open_orders: list[str]
    reused_ids: list[str]
    requests_seen: dict[str, int]


class Standing(msgspec.Struct, frozen=True):
    """How many orders were ever taken, and how many are open: cheap to tell, however many there were."""

    accepted: int
    open_orders: int


def standing_of(model: BrokerModel) -> Standing:
    """How a broker stands."""
    return Standing(accepted=len(model.accepted), open_orders=len(model.open_orders()))


def evidence_of(model: BrokerModel) -> Evidence:
    """Everything a broker knows. Raises AssertionError if its books do not follow from its records."""
    model.check()
    symbols = dict.fromkeys(each.symbol for each in model.executions)
    positions = {symbol: model.position(symbol) for symbol in symbols}
    return Evidence(
        accepted=[
            AcceptedOrder(each.time_ns, each.client_order_id, {name: str(v) for name, v in each.body.items()})
            for each in model.accepted
        ],
        executions=[BrokerExecution(*each) for each in model.executions],
        positions={symbol: units for symbol, units in positions.items() if units},
        cash=model.cash,
        open_orders=[order.client_order_id for order in model.open_orders()],
        reused_ids=[each.client_order_id for each in model.reused_ids],
        requests_seen=dict(model.requests_seen),
    )
