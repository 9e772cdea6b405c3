"""Whether orders keep the limits of their portfolio: those that were valid when each was approved.

approved            -> price age, price collar, duplicates, as the journal shows them
accepted, by broker -> values, positions, exposure, cash, as the broker's own side has them

Money is judged with some slack: the market may have moved between our judgement and the broker's.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from messages import SECOND_NS, AnyMessage, OrderType, Quote, Side, SubmitOrder
from ops.drill.broker import BrokerModel
from ops.drill.judge.judged import Excuse, Judged, Rule
from ops.drill.simulation.faults import Fault
from ops.drill.simulation.swarm import CASH, Swarm
from rules.limits import RiskLimits

PRICE_SLACK = Decimal("1.10")
"""How far a price may have moved between our judgement and the broker's, for limits that count money."""

EXPOSURE_SLACK = Decimal("1.25")
"""The same, for all positions together: they may be worth several times the equity."""

CASH_SLACK = CASH * Decimal("0.05")
"""What market orders may cost more than they were judged by."""

AGE_SLACK_SECONDS = 1.0
_REMEMBERED = 30
"""Among how many of the latest orders an engine looks for the same one at least."""

_QUOTES_KEPT_NS = 60 * SECOND_NS
_ZERO = Decimal(0)


class _Quoted(NamedTuple):
    time_ns: int
    bid: Decimal
    ask: Decimal


class LimitConduct:
    """The limits of one simulation's portfolio. `fail` as in `Conduct`; `refused` are orders the broker refused.

    Of an order that `came_to_nothing` the like may be sent again. `judged` counts the orders that were judged, and
    those passed over.
    """

    def __init__(
        self,
        swarm: Swarm,
        broker: BrokerModel,
        fail: Callable[[str, str], None],
        *,
        refused: set[str],
        came_to_nothing: Callable[[str], bool],
    ) -> None:
        self._came_to_nothing = came_to_nothing
        self.judged = Judged()
        self._fail = fail
        self._swarm = swarm
        self._broker = broker
        self._refused = refused
        self._limits = swarm.limits
        self._limits_of: dict[str, RiskLimits] = {}
        self._approved: dict[tuple[object, ...], tuple[SubmitOrder, int]] = {}
        self._quoted: defaultdict[str, deque[_Quoted]] = defaultdict(deque)
        self._marks: dict[str, Decimal] = {}

    def see_market(self, symbol: str, price: float) -> None:
        """The market has moved, at the broker's."""
        self._marks[symbol] = Decimal(str(price))

    def see_configured(self, limits: RiskLimits) -> None:
        """An engine begins under these: what it approves from now on must keep them."""
        self._limits = limits

    def see_input(self, message: AnyMessage) -> None:
        """The next input."""
        if isinstance(message, Quote):
            quoted = self._quoted[message.symbol]
            quoted.append(_Quoted(message.time_ns, Decimal(str(message.bid)), Decimal(str(message.ask))))
            while quoted[0].time_ns < message.time_ns - _QUOTES_KEPT_NS:
                quoted.popleft()

    # ---- what the journal shows

    def see_approved(
        self, order: SubmitOrder, *, is_reducing: bool, is_held_uncertain: bool, is_excused: bool
    ) -> None:
        """An order was approved; it `is_excused` if an actor on the way of prices and orders has failed.

        Whether it `is_reducing` says nothing where it is uncertain what is held.
        """
        self._limits_of[order.client_order_id] = self._limits
        if order.protective:
            return
        is_clock_set = Fault.CLOCK_STEP in self._swarm.faults
        if self.judged.holds(Rule.PRICES, {Excuse.FAILED: is_excused}):
            self._see_repeated(order)
            if not (is_clock_set and is_reducing):  # quotes may be refused then, and an exit needs no new one
                self._see_collar(order)
        excuses = {Excuse.FAILED: is_excused, Excuse.TOUCHED: is_held_uncertain, Excuse.CLOCK: is_clock_set}
        if not is_reducing and self.judged.holds(Rule.AGE, excuses):
            self._see_age(order)

    def _see_repeated(self, order: SubmitOrder) -> None:
        same = (order.strategy_id, order.symbol, order.side, order.quantity, order.limit_price, order.stop_price)
        count = len(self._limits_of)
        before, number = self._approved.get(same, (order, -_REMEMBERED))
        self._approved[same] = (order, count)
        window_ns = self._limits.duplicate_window_seconds * SECOND_NS
        is_recent = order.time_ns - before.time_ns < window_ns and count - number < _REMEMBERED
        if is_recent and not self._came_to_nothing(before.client_order_id):
            self._fail("I9", f"{order.client_order_id} repeats {before.client_order_id} too soon")

    def _see_collar(self, order: SubmitOrder) -> None:
        """Its limit price lay near the market, at some time of the last minute at least."""
        limit_price, quoted = order.limit_price, self._quoted[order.symbol]
        if order.order_type not in (OrderType.LIMIT, OrderType.STOP_LIMIT) or limit_price is None or not quoted:
            return
        most = self._limits.max_price_deviation_fraction * PRICE_SLACK
        touches = (each.ask if order.side is Side.BUY else each.bid for each in quoted)
        if all(abs(limit_price - touch) > most * touch for touch in touches):
            self._fail("I9", f"{order.client_order_id} at {limit_price} lies far from the market")

    def _see_age(self, order: SubmitOrder) -> None:
        quoted = self._quoted[order.symbol]
        oldest_ns = (self._limits.price_max_age_seconds + AGE_SLACK_SECONDS) * SECOND_NS
        if not quoted or order.time_ns - quoted[-1].time_ns > oldest_ns:
            self._fail("I9", f"{order.client_order_id} was judged by a price that was too old")

    # ---- what the broker's side shows

    def see_accepted(self, order: SubmitOrder) -> None:
        """The broker has taken an order that opens a position, or adds to one."""
        limits, broker = self._limits_of[order.client_order_id], self._broker
        price, equity = self.price_of(order), self._equity()
        worth = order.quantity * price
        most = limits.max_order_value
        if most is not None and worth > most * PRICE_SLACK:
            self._fail("I9", f"{order.client_order_id} is worth {worth}, more than {most}")
        if worth > limits.max_order_value_fraction * equity * PRICE_SLACK:
            self._fail("I9", f"{order.client_order_id} is worth {worth}, too large a part of {equity}")
        before = broker.position(order.symbol)
        after = before + order.side.sign * self.leaves(order)
        most = limits.max_position_fraction * equity
        is_growing = abs(after) > abs(before)  # what was held before a limit tightened may be more, and shrink
        if is_growing and abs(after) * price > most * PRICE_SLACK:
            self._fail("I9", f"{order.client_order_id} may lead to {after} {order.symbol}, worth more than {most}")
        if order.side is Side.SELL and after < 0 and self._swarm.limits.allow_short and not limits.allow_short:
            self._fail(
                "I9", f"{order.client_order_id} may lead to {after} {order.symbol}, and shorts are allowed no more"
            )

    def see_exposure(self, order: SubmitOrder) -> None:
        """The same, where nobody else has traded in any symbol."""
        limits = self._limits_of[order.client_order_id]
        worth = sum((self._reach(symbol) for symbol in self._swarm.symbols), _ZERO)
        most = limits.max_gross_exposure_fraction * self._equity()
        if worth > most * EXPOSURE_SLACK:
            self._fail("I9", f"with {order.client_order_id} positions may be worth {worth}, more than {most}")
        cost = sum(
            (
                each.remaining * (each.terms.limit_price or each.terms.stop_price or self._marks[each.terms.symbol])
                for each in self._broker.open_orders()
                if each.terms.side == "buy" and each.client_order_id not in self._refused
            ),
            _ZERO,
        )
        left = self._broker.cash - limits.min_cash
        if order.side is Side.BUY and cost > left + CASH_SLACK:
            text = f"open purchases with {order.client_order_id} cost {cost}, and {left} is there for them"
            self._fail("I9", text)

    def leaves(self, order: SubmitOrder) -> Decimal:
        """What is open on the order's side of its symbol, itself included."""
        return self._open(order.symbol, order.side.value)

    def price_of(self, order: SubmitOrder) -> Decimal:
        """What a unit of it is worth at most."""
        return order.limit_price or order.stop_price or self._marks.get(order.symbol, _ZERO)

    def _open(self, symbol: str, side: str) -> Decimal:
        return sum(
            (
                each.remaining
                for each in self._broker.open_orders()
                if each.terms.symbol == symbol
                and each.terms.side == side
                and each.client_order_id not in self._refused
            ),
            _ZERO,
        )

    def _reach(self, symbol: str) -> Decimal:
        """What the account may come to hold of a symbol is worth so much at most."""
        held = self._broker.position(symbol)
        most = max(abs(held + self._open(symbol, "buy")), abs(held - self._open(symbol, "sell")))
        return most * self._marks.get(symbol, _ZERO)

    def _equity(self) -> Decimal:
        held = (self._broker.position(each) * self._marks.get(each, _ZERO) for each in self._swarm.symbols)
        return self._broker.cash + sum(held, _ZERO)
