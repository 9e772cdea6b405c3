"""The venue's books: what an account may spend, what an order reserves, and what a fill changes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from gateways.simulated._charges import commission_to_date
from gateways.simulated._grid import down_to_lot
from gateways.simulated._settings import SimulatedVenueSettings
from gateways.simulated._state import ZERO, SimulatedAccount, SimulatedVenueState, VenueEvent, VenueOrder
from messages import (
    ExecutionId,
    Instrument,
    OrderFilled,
    OrderStatus,
    Side,
    SubmitOrder,
    Symbol,
    VenueId,
)

NO_FUNDS = "insufficient buying power"
NO_POSITION = "insufficient position"


class Ledger:
    """Orders, accounts and counters of one venue; decides about money only, never about prices.

    Every position is paid in full: notional is quantity x price x multiplier, taken from cash by a buy and
    added by a sell, and a short's proceeds count as cash. There is no margin model and no conversion of
    currencies. `held_cash` of an account is, at any time, the sum of what its working buys reserve.
    """

    def __init__(
        self,
        *,
        venue_id: VenueId,
        settings: SimulatedVenueSettings,
        instruments: Mapping[Symbol, Instrument],
        state: SimulatedVenueState,
    ) -> None:
        self._venue_id = venue_id
        self._settings = settings
        self._instruments = instruments
        self._state = state

    def next_id(self) -> str:
        """`<venue_id>-<n>`, counted for orders and executions alike."""
        self._state.last_id += 1
        return f"{self._venue_id}-{self._state.last_id}"

    def refusal(self, order: SubmitOrder, quantity: Decimal, price: Decimal, *, own: VenueOrder | None) -> str:
        """Why the account cannot carry `quantity` more units at `price`; empty if it can.

        `own` is the order itself where its terms are being replaced: what it reserves now is free to use.
        """
        account = self._state.accounts[order.portfolio_id]
        if order.side is Side.BUY:
            if self._settings.allow_margin:
                return ""
            needed = self._cost(order, own, quantity, price)
            free = account.cash - account.held_cash + (own.held_cash if own else ZERO)
            return f"{NO_FUNDS}: the order needs {needed}, {free} is free" if needed > free else ""
        if self._settings.allow_short:
            return ""
        free = account.positions.get(order.symbol, ZERO) - self._held_quantity(order, own)
        return f"{NO_POSITION}: the order sells {quantity}, {free} is free" if quantity > free else ""

    def hold(self, record: VenueOrder) -> None:
        """Make what a buy reserves match what it may still cost; nothing once it is closed."""
        account = self._state.accounts[record.order.portfolio_id]
        held = ZERO
        if record.order.side is Side.BUY and record.is_working:
            held = self._cost(record.order, record, record.remaining, record.hold_price)
        account.held_cash += held - record.held_cash
        record.held_cash = held

    def fundable_quantity(self, record: VenueOrder, quantity: Decimal, price: Decimal) -> Decimal:
        """How much of a fill the account can carry: all of it, or fewer whole lots, or 0."""
        account = self._state.accounts[record.order.portfolio_id]
        if record.order.side is Side.SELL:
            if self._settings.allow_short:
                return quantity
            return max(ZERO, min(quantity, account.positions.get(record.order.symbol, ZERO)))
        free = account.cash - account.held_cash + record.held_cash
        if self._settings.allow_margin or self._cost(record.order, record, quantity, price) <= free:
            return quantity
        instrument = self._instruments[record.order.symbol]
        unit = price * instrument.multiplier
        most = down_to_lot(max(ZERO, free) / unit, instrument.lot_size)
        if most == 0:
            return ZERO
        commission = self._cost(record.order, record, most, price) - most * unit
        return down_to_lot(max(ZERO, free - commission) / unit, instrument.lot_size)

    def fill(self, record: VenueOrder, *, quantity: Decimal, price: Decimal, now_ns: int) -> OrderFilled:
        """Book one execution: order, cash, position and reservation."""
        order = record.order
        assert ZERO < quantity <= record.remaining, f"fill of {quantity} for {record.remaining} left"
        notional = quantity * price * self._instruments[order.symbol].multiplier
        commission = self._commission(record, quantity, notional)
        record.filled_quantity += quantity
        record.filled_notional += notional
        record.fill_count += 1
        record.commission += commission
        account = self._state.accounts[order.portfolio_id]
        _settle(account, order, quantity=quantity, notional=notional, commission=commission)
        event = OrderFilled(
            client_order_id=order.client_order_id,
            portfolio_id=order.portfolio_id,
            strategy_id=order.strategy_id,
            symbol=order.symbol,
            time_ns=now_ns,
            execution_id=ExecutionId(self.next_id()),
            venue_order_id=record.venue_order_id,
            side=order.side,
            quantity=quantity,
            price=price,
            cumulative_quantity=record.filled_quantity,
            commission=commission,
            currency=account.currency,
        )
        if record.remaining == 0:
            self.close(record, event, OrderStatus.FILLED)
        else:
            record.status = OrderStatus.PARTIALLY_FILLED
            record.history.append(event)
            self.hold(record)
        return event

    def close(self, record: VenueOrder, event: VenueEvent, status: OrderStatus) -> None:
        """End an order with this event; the oldest closed order beyond the limit is forgotten."""
        order_id = record.order.client_order_id
        record.status = status
        record.history.append(event)
        if order_id in self._state.orders and record.order.symbol in self._state.books:
            working = self._state.books[record.order.symbol].working
            if order_id in working:
                working.remove(order_id)
        if record.order.portfolio_id in self._state.accounts:
            self.hold(record)
        self._state.closed.append(order_id)
        if len(self._state.closed) > self._settings.closed_orders_kept:
            del self._state.orders[self._state.closed.pop(0)]

    def _cost(self, order: SubmitOrder, record: VenueOrder | None, quantity: Decimal, price: Decimal) -> Decimal:
        notional = quantity * price * self._instruments[order.symbol].multiplier
        return notional + self._commission(record, quantity, notional)

    def _commission(self, record: VenueOrder | None, quantity: Decimal, notional: Decimal) -> Decimal:
        """What a further fill would be charged, on top of what the order paid already."""
        owed = commission_to_date(
            self._settings.commission,
            quantity=quantity + (record.filled_quantity if record else ZERO),
            notional=notional + (record.filled_notional if record else ZERO),
            fill_count=1 + (record.fill_count if record else 0),
        )
        return owed - (record.commission if record else ZERO)

    def _held_quantity(self, order: SubmitOrder, own: VenueOrder | None) -> Decimal:
        if not self._settings.hold_quantity_for_sells:
            return ZERO
        working = (self._state.orders[order_id] for order_id in self._state.books[order.symbol].working)
        return sum(
            (
                record.remaining
                for record in working
                if record is not own
                and record.order.side is Side.SELL
                and record.order.portfolio_id == order.portfolio_id
            ),
            ZERO,
        )


def _settle(
    account: SimulatedAccount, order: SubmitOrder, *, quantity: Decimal, notional: Decimal, commission: Decimal
) -> None:
    account.cash -= order.side.sign * notional + commission
    position = account.positions.get(order.symbol, ZERO) + order.side.sign * quantity
    if position == 0:
        account.positions.pop(order.symbol, None)
    else:
        account.positions[order.symbol] = position
