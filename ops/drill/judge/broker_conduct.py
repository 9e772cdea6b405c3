"""What the broker's side shows while a simulation runs: what it has taken, and what works and is held there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from messages import SECOND_NS, Side, SubmitOrder
from ops.control.strategy_commands import MANUAL
from ops.drill.broker import BrokerModel
from ops.drill.intents import unlike_intent
from ops.drill.judge.conduct import Conduct
from ops.drill.judge.holdings import Holdings
from ops.drill.judge.judged import Excuse, Rule
from ops.drill.judge.limit_conduct import CASH_SLACK, LimitConduct
from ops.drill.simulation.faults import Fault
from ops.drill.simulation.swarm import Swarm

SILENCE_MAX_NS = 35 * SECOND_NS
"""How long after the loss of its connection an engine may let entries work, and some more for slow disks."""

_ZERO = Decimal(0)


@dataclass(slots=True)
class KnownOrders:
    """What is known of the engine's orders in one simulation, by their ids."""

    intents: dict[str, SubmitOrder] = field(default_factory=dict)
    """Those that are durable."""
    reducing: set[str] = field(default_factory=set)
    """Those that closed no more than their strategy held."""
    rejected: set[str] = field(default_factory=set)
    """Those that count as rejected here."""
    refused: set[str] = field(default_factory=set)
    """Those that the broker has refused, one copy of them at least."""
    touched: set[str] = field(default_factory=set)
    """Symbols in which somebody else traded, or the broker changed the past, or executed what it had refused, or
    answered what is long over: limits do not hold for those."""


class BrokerConduct:
    """The broker's orders and positions, held against what is durable. `fail` as in `Conduct`.

    It adds to the symbols that are touched. Of some a message `is_missed`.
    """

    def __init__(
        self,
        swarm: Swarm,
        broker: BrokerModel,
        fail: Callable[[str, str], None],
        *,
        conduct: Conduct,
        limits: LimitConduct,
        holdings: Holdings,
        known: KnownOrders,
        is_missed: Callable[[str], bool],
    ) -> None:
        self._swarm = swarm
        self._broker = broker
        self._fail = fail
        self._conduct = conduct
        self._limits = limits
        self._holdings = holdings
        self._intents = known.intents
        self._reducing = known.reducing
        self._rejected = known.rejected
        self._refused = known.refused
        self._touched = known.touched
        self._is_missed = is_missed
        self._accepted_seen = 0
        self._executions_seen = 0
        self._quantities: dict[str, Decimal] = {}

    def has_taken(self, order_id: str) -> bool:
        """Whether the broker has an order that works, or did."""
        theirs = self._broker.orders.get(order_id)
        return theirs is not None and theirs.closed != "rejected"

    def see_rejected(self, order_id: str) -> None:
        """A refusal in the journal must be one of the broker's, if it has the order."""
        if self.has_taken(order_id) and order_id not in self._refused:
            self._fail("I4", f"{order_id} counts as rejected here, and the broker has taken it")

    def see_all(self) -> None:
        """The broker may have accepted or executed something."""
        broker = self._broker
        self._see_silence()
        executions = broker.executions[self._executions_seen :]
        for execution in executions:
            order_id = execution.client_order_id
            if execution.kind != "fill" or order_id.startswith("manual-") or order_id in self._refused:
                self._touched.add(execution.symbol)
        for sent in broker.accepted[self._accepted_seen :]:
            if not sent.client_order_id.startswith("manual-"):
                self._see_accepted(sent.client_order_id, sent.body)
        self._accepted_seen = len(broker.accepted)
        self._see_replaced()
        if executions:
            self._executions_seen = len(broker.executions)
            self._see_positions()
        if broker.reused_ids:
            self._fail("I3", f"{broker.reused_ids[0].client_order_id} was sent again with other terms")

    def _see_silence(self) -> None:
        """Long after the connection went nothing works that nobody has tried to cancel."""
        conduct, broker = self._conduct, self._broker
        if conduct.silent_since_ns is None or Fault.CLOCK_STEP in self._swarm.faults:
            return
        silent_ns = broker.now_ns - self._swarm.skew_ns - conduct.silent_since_ns
        if silent_ns < SILENCE_MAX_NS or conduct.is_excused("portfolio", "venue", "router"):
            return
        for order in broker.open_orders():
            intent = self._intents.get(order.client_order_id)
            if (
                intent is not None
                and not intent.protective
                and order.client_order_id not in conduct.orders.canceled
                and order.client_order_id not in self._refused
            ):
                self._fail(
                    "C13", f"{order.client_order_id} works on {silent_ns / 1e9:g} s after the connection went"
                )

    def _see_replaced(self) -> None:
        """What is on offer is held, too, once an order was replaced by a larger one."""
        for order in self._broker.open_orders():
            order_id, quantity = order.client_order_id, order.terms.qty
            before = self._quantities.get(order_id, quantity)
            self._quantities[order_id] = quantity
            if quantity > before and order_id in self._intents and order.terms.symbol not in self._touched:
                self._see_sales(self._intents[order_id])

    def _see_accepted(self, order_id: str, body: Mapping[str, Any]) -> None:
        intent = self._intents.get(order_id)
        if order_id in self._rejected:
            self.see_rejected(order_id)
        if intent is None:
            self._fail("I2", f"the broker accepted {order_id}, of which no intent is durable")
            return
        if difference := unlike_intent(intent, body):
            self._fail("I2", f"{order_id} was accepted otherwise than it is durable: {difference}")
        is_entry = not intent.protective and order_id not in self._reducing  # most limits let pass what reduces
        judged = self._limits.judged
        if intent.side is Side.SELL and judged.holds(Rule.SALES, {Excuse.TOUCHED: intent.symbol in self._touched}):
            self._see_sales(intent)
        if is_entry and judged.holds(Rule.SIZE, {Excuse.TOUCHED: intent.symbol in self._touched}):
            self._limits.see_accepted(intent)
        if is_entry and judged.holds(Rule.EXPOSURE, {Excuse.TOUCHED: bool(self._touched)}):
            self._limits.see_exposure(intent)

    def _see_sales(self, order: SubmitOrder) -> None:
        """What is on offer is held: by the account unless it may sell short, by the strategy if it holds any.

        A person may sell what strategies hold, too.
        """
        if order.side.value != "sell":
            return
        if order.strategy_id == MANUAL and self._is_missed(order.symbol):  # by books that lack an execution
            self._touched.add(order.symbol)
            return
        offered, held = self._limits.leaves(order), self._broker.position(order.symbol)
        if offered > held and not self._swarm.limits.allow_short:
            self._fail("I6", f"{offered} {order.symbol} are on offer with {order.client_order_id}, and {held} held")
        mine = self._holdings.of(order)
        offered = self._offered_by(order.strategy_id, order.symbol)
        if order.strategy_id != MANUAL and 0 < mine < offered and not self._is_missed(order.symbol):
            self._fail("I6", f"{offered} {order.symbol} of {order.strategy_id} are on offer, and {mine} held")

    def _offered_by(self, strategy_id: str, symbol: str) -> Decimal:
        """What a strategy has on offer of a symbol."""
        return sum(
            (
                each.remaining
                for each in self._broker.open_orders()
                if (each.terms.symbol, each.terms.side) == (symbol, "sell")
                and each.client_order_id not in self._refused
                and each.client_order_id in self._intents
                and self._intents[each.client_order_id].strategy_id == strategy_id
            ),
            _ZERO,
        )

    def _see_positions(self) -> None:
        broker = self._broker
        if not self._swarm.limits.allow_short:
            for symbol in self._swarm.symbols:
                if symbol not in self._touched and broker.position(symbol) < 0:
                    self._fail("I6", f"{broker.position(symbol)} {symbol} is held, and shorting is not allowed")
        if not self._touched and not self._swarm.limits.allow_short and broker.cash < -CASH_SLACK:
            self._fail("I6", f"cash at the broker is {broker.cash}")
