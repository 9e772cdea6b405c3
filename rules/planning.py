"""What to do now, so that a position becomes what its strategy wants.

`plan` looks at the target, the position and the open orders, and knows nothing of how they came about. Called
again after every event, with its steps noted in the orders' states, it converges and then asks for nothing:

- Orders that do not lead to the target are canceled, and nothing is submitted until their end is confirmed.
- Only the missing difference is submitted. Through zero it goes in two orders: close first, then open.
- What sells a long position (or buys back a short one), the protective stop included, never sums to more than
  is held: to exit, the stop is first reduced or canceled.
- A held position is guarded by exactly one stop order of what no exit order is about to close.
- An order whose outcome is UNKNOWN counts as working, and nothing is submitted or changed until it is known.
- While the executions of one are known not to add up, what is held is guarded as far as it is known, and nothing
  else is submitted.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from messages import ClientOrderId, OrderStatus, OrderType, Side, TimeInForce
from rules.orders import OrderState
from rules.targets import Target, target_of

__all__ = ["Cancel", "Replace", "Step", "Submit", "Target", "plan", "target_of"]

_ZERO = Decimal(0)


class Submit(msgspec.Struct, frozen=True, kw_only=True):
    """Send a new order."""

    side: Side
    quantity: Decimal
    order_type: OrderType
    time_in_force: TimeInForce
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    protective: bool = False


class Cancel(msgspec.Struct, frozen=True):
    """Cancel what is left of an order."""

    client_order_id: ClientOrderId
    reason: str


class Replace(msgspec.Struct, frozen=True, kw_only=True):
    """Change a protective stop; `quantity` is that of the whole order, what is filled of it included."""

    client_order_id: ClientOrderId
    quantity: Decimal
    stop_price: Decimal
    limit_price: Decimal | None = None


Step = Submit | Cancel | Replace


class _Trade(msgspec.Struct):
    """`quantity` to trade on `side`, `kept` of which is working; `is_settled` if no other order must end first."""

    side: Side
    quantity: Decimal
    is_exit: bool
    kept: Decimal = _ZERO
    is_settled: bool = True

    @property
    def missing(self) -> Decimal:
        return self.quantity - self.kept


def plan(target: Target | None, *, position: Decimal, working: Sequence[OrderState]) -> list[Step]:
    """The steps towards `target` from `position`, given the strategy's orders in this symbol.

    Closed orders among `working` do not matter. Without a target, or with one that could not be sized, open
    entries are canceled and what guards the position stays.
    """
    entries = [state for state in working if state.is_open and not state.order.protective]
    stops = [state for state in working if state.is_open and state.order.protective]
    orders = (*entries, *stops)
    is_known = all(state.status is not OrderStatus.UNKNOWN for state in orders)
    trade = _wanted(target, position)
    steps = _sort_entries(trade, target, entries)
    is_over = target is None or target.is_denied or (target.is_left_alone and not trade.is_exit)
    adds_up = all(state.missing_quantity <= 0 for state in orders)
    missing = trade.missing if adds_up and not is_over else _ZERO
    exiting = trade.kept + missing if trade.is_exit else _ZERO
    free = abs(position) - _sum_leaves(entries, _exit_side(position))
    guarded = min(abs(position) - exiting, free)
    steps += _guard(target, position, stops=stops, quantity=guarded, is_known=is_known)
    may_submit = is_known and trade.is_settled and _has_room(trade, position, stops=stops)
    if target is not None and missing > 0 and may_submit:
        steps.append(_entry(target, side=trade.side, quantity=missing))
    return steps


def _wanted(target: Target | None, position: Decimal) -> _Trade:
    """The trade that leads from the position to the target, or to flat if that lies between."""
    if target is None or target.quantity is None:
        return _Trade(side=Side.BUY, quantity=_ZERO, is_exit=False)
    wanted = target.quantity
    if target.is_stopped_out and not target.closes(position):
        return _Trade(side=Side.BUY, quantity=_ZERO, is_exit=False)
    if wanted * position < 0:
        wanted = _ZERO
    side = Side.BUY if wanted > position else Side.SELL
    return _Trade(side=side, quantity=abs(wanted - position), is_exit=abs(wanted) < abs(position))


def _sort_entries(trade: _Trade, target: Target | None, entries: Sequence[OrderState]) -> list[Step]:
    """Keep the entries that fit into the trade, oldest first, and cancel the others."""
    steps: list[Step] = []
    for state in entries:
        fits = target is not None and _has_terms(state, target, side=trade.side)
        if fits and state.leaves_quantity <= trade.missing:
            trade.kept += state.leaves_quantity
            continue
        trade.is_settled = False
        steps += _cancel(state, "it does not lead to the target")
    return steps


def leads_to(target: Target, state: OrderState, position: Decimal) -> bool:
    """Whether an order, whoever it was for, is one of those that lead from this position to the target."""
    trade = _wanted(target, position)
    return trade.quantity > 0 and _is_of_its_terms(state, target, side=trade.side)


def _has_terms(state: OrderState, target: Target, *, side: Side) -> bool:
    return _is_of_its_terms(state, target, side=side) and not state.is_cancel_pending


def _is_of_its_terms(state: OrderState, target: Target, *, side: Side) -> bool:
    order = state.order
    return (
        order.side is side
        and order.order_type is target.order_type
        and order.time_in_force is target.time_in_force
        and (state.limit_price, state.stop_price) == target.prices(side)
    )


def _guard(
    target: Target | None, position: Decimal, *, stops: Sequence[OrderState], quantity: Decimal, is_known: bool
) -> list[Step]:
    """Have exactly one stop guard `quantity` of the position, at the target's price."""
    side = _exit_side(position)
    found = next((state for state in stops if state.order.side is side and not state.is_cancel_pending), None)
    guard_price = target.guard_price(position) if target is not None else None
    stop_price = found.stop_price if target is None and found is not None else guard_price
    if quantity <= 0 or stop_price is None:
        return [step for state in stops for step in _cancel(state, "there is nothing for it to guard")]
    others = [state for state in stops if state is not found]
    steps = [step for state in others for step in _cancel(state, "another stop guards the position")]
    if not is_known:
        return steps
    if found is None:
        is_refused = target is None or target.is_protection_denied
        return steps if others or is_refused else [_stop(side=side, quantity=quantity, stop_price=stop_price)]
    quantity -= _sum_leaves(others, side)
    return steps + _fit_stop(found, quantity=quantity, stop_price=stop_price)


def _fit_stop(state: OrderState, *, quantity: Decimal, stop_price: Decimal) -> list[Step]:
    whole = state.filled_quantity + quantity
    if state.pending_replace is not None or (state.quantity == whole and state.stop_price == stop_price):
        return []
    if quantity <= 0 or state.was_replace_rejected:
        return _cancel(state, "it cannot be changed to guard what is held")
    return [Replace(client_order_id=state.order.client_order_id, quantity=whole, stop_price=stop_price)]


def _has_room(trade: _Trade, position: Decimal, *, stops: Sequence[OrderState]) -> bool:
    """Whether the trade, with the stops that are open, cannot execute to more than is held or wanted."""
    if trade.is_exit:
        return _sum_leaves(stops, trade.side) + trade.quantity <= abs(position)
    return position != 0 or not stops


def _entry(target: Target, *, side: Side, quantity: Decimal) -> Submit:
    limit_price, stop_price = target.prices(side)
    return Submit(
        side=side,
        quantity=quantity,
        order_type=target.order_type,
        time_in_force=target.time_in_force,
        limit_price=limit_price,
        stop_price=stop_price,
    )


def _stop(*, side: Side, quantity: Decimal, stop_price: Decimal) -> Submit:
    return Submit(
        side=side,
        quantity=quantity,
        order_type=OrderType.STOP,
        time_in_force=TimeInForce.GTC,
        stop_price=stop_price,
        protective=True,
    )


def _cancel(state: OrderState, reason: str) -> list[Step]:
    """Nothing if that was asked for already, was refused, or if nobody knows how the order stands."""
    if state.is_cancel_pending or state.was_cancel_rejected or state.status is OrderStatus.UNKNOWN:
        return []
    return [Cancel(state.order.client_order_id, reason)]


def _exit_side(position: Decimal) -> Side:
    return Side.SELL if position > 0 else Side.BUY


def _sum_leaves(states: Sequence[OrderState], side: Side) -> Decimal:
    return sum((state.leaves_quantity for state in states if state.order.side is side), _ZERO)
