"""How an execution changes an order: counted once, whatever the order and number of times in which it is told.

An execution under a new name that fills a stretch counted before is the same one told by another channel; or the
venue took an earlier one back, which we have not heard, and counts on from less. The latter shows when executions
were taken back and the venue's sum is larger than ours: then their names alone decide, as all are told again. One
that overlaps in part, behind one that was taken back, is new: what is filled twice has the same stretch both times.
If that was heard too late, and it was counted in part, the rest counts when it is told again: who takes executions
back is taken to tell each under one name.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from messages import ExecutionId, OrderFillBusted, OrderFillCorrected, OrderFilled, OrderStatus, VenueOrderId
from rules._coverage import cover, uncovered_quantity
from rules._order_state import LARGEST, TERMINAL, ZERO, Effect, OrderState, greatest_quantity, known_status


def apply_fill(state: OrderState, event: OrderFilled) -> Effect:
    """Count what is new of an execution. Part of one that overlaps with those counted before is booked in part."""
    if event.quantity > LARGEST or abs(event.price) > LARGEST:
        text = f"the venue reports {event.quantity} at {event.price}, more than can be booked"
        return Effect(state.status, is_ignored=True, needs_query=True, problem=text)
    counted = state.executions.get(event.execution_id) if event.execution_id else None
    if counted == ZERO and event.execution_id not in state.revived:
        state.revived.append(event.execution_id)
    is_in_part = counted is not None and 0 < counted < event.quantity
    if counted is not None and not (is_in_part and (state.is_counted_by_id or state.has_undone)):
        return _duplicate(state)
    start, end, problems = _stretch(state, event)
    quantity = uncovered_quantity(state.covered, start, end)
    is_shifted = state.has_undone and (is_in_part or 0 < quantity < event.quantity)
    if event.execution_id and (state.is_counted_by_id or is_shifted):
        quantity = event.quantity - (counted or ZERO)
    if quantity <= 0:
        return _duplicate(state)
    fill, problem = _countable(event, quantity)
    problems += problem
    _count(state, fill, start=start, end=end)
    if event.side is not state.order.side:
        problems.append(f"the venue filled a {event.side.name} on a {state.order.side.name} order")
    if state.overfilled_quantity > 0:
        problems.append(f"filled {state.filled_quantity} of an order for {state.quantity}")
    status = _status_after_fill(state, problems)
    return Effect(status, fill=fill, needs_query=bool(problems), problem="; ".join(problems))


def apply_bust(state: OrderState, event: OrderFillBusted) -> Effect:
    """Take an execution out again. One that was not heard of yet will not be counted when it is."""
    _lay_to_rest(state, event.execution_id)
    counted = state.executions.get(event.execution_id)
    if counted is not None and not counted:
        return _duplicate(state)
    undone = _take_out(state, event)
    return Effect(_status_after_undoing(state), undone=undone, needs_query=True)


def apply_correction(state: OrderState, event: OrderFillCorrected) -> Effect:
    """Put one execution in the place of another, whichever of the two, or both, had been heard of."""
    _lay_to_rest(state, event.earlier_execution_id)
    counted = state.executions.get(event.execution_id)
    if counted == 0 and state.executions.get(event.earlier_execution_id) != 0:  # it was undone in its turn before
        undone = _take_out(state, _bust_of_earlier(event))
        return Effect(_status_after_undoing(state), undone=undone, needs_query=True)
    if counted is not None:
        return _duplicate(state)
    if not _can_be_booked(event):
        text = f"the venue corrects {event.earlier_execution_id} to {event.quantity} at {event.price}"
        return Effect(state.status, is_ignored=True, needs_query=True, problem=text)
    undone, covered, missing = None, state.covered, state.missing_quantity
    if state.executions.get(event.earlier_execution_id) != 0:
        undone = _take_out(state, _bust_of_earlier(event))
    fill = OrderFilled(
        client_order_id=event.client_order_id,
        portfolio_id=event.portfolio_id,
        strategy_id=event.strategy_id,
        symbol=event.symbol,
        time_ns=event.time_ns,
        execution_id=event.execution_id,
        venue_order_id=state.venue_order_id or VenueOrderId(""),
        side=event.side,
        quantity=event.quantity,
        price=event.price,
        cumulative_quantity=state.filled_quantity + event.quantity,
        commission=event.commission,
        currency="",
    )
    _count(state, fill, start=ZERO, end=state.filled_quantity + event.quantity)
    if undone is None:  # it may be what was missing
        _close_up(state, missing=missing - event.quantity)
    elif undone.quantity == event.quantity:
        state.covered = covered
    else:
        _close_up(state, missing=missing)
    status = _status_after_fill(state, []) if undone is None else _status_after_undoing(state)
    return Effect(status, fill=fill, undone=undone)


def _lay_to_rest(state: OrderState, execution_id: ExecutionId) -> None:
    """Whoever tells of the execution knows that it was taken back."""
    if execution_id in state.revived:
        state.revived.remove(execution_id)


def _can_be_booked(event: OrderFillCorrected) -> bool:
    numbers = (event.quantity, event.price, event.commission)
    return all(each.is_finite() and abs(each) <= LARGEST for each in numbers) and event.quantity > 0


def _bust_of_earlier(event: OrderFillCorrected) -> OrderFillBusted:
    return OrderFillBusted(
        client_order_id=event.client_order_id,
        portfolio_id=event.portfolio_id,
        strategy_id=event.strategy_id,
        symbol=event.symbol,
        time_ns=event.time_ns,
        execution_id=event.earlier_execution_id,
        side=event.side,
        quantity=event.earlier_quantity,
        price=event.earlier_price,
        commission=event.earlier_commission,
    )


def _take_out(state: OrderState, bust: OrderFillBusted) -> OrderFillBusted | None:
    """What was counted of the execution, taken out; `None` if nothing. The venue counts on from what is left."""
    quantity, missing = state.executions.get(bust.execution_id, ZERO), state.missing_quantity
    state.executions[bust.execution_id] = ZERO
    if not quantity:
        return None
    price, commission = state.booked.pop(bust.execution_id, (bust.price, bust.commission))
    state.filled_quantity -= quantity
    state.filled_notional -= quantity * price
    state.commission -= commission
    _close_up(state, missing=missing)
    return msgspec.structs.replace(bust, quantity=quantity, price=price, commission=commission)


def _close_up(state: OrderState, *, missing: Decimal) -> None:
    """Let what is filled lie without a gap. What is `missing` of the venue's sum still is, wherever it belongs."""
    filled = state.filled_quantity
    state.covered = [(ZERO, filled)] if filled else []
    if missing > 0:
        state.covered.append((filled + missing, filled + missing))


def _status_after_undoing(state: OrderState) -> OrderStatus:
    """An ending stays one: the venue has done with the order. UNKNOWN stays until it tells how it stands."""
    status = state.status
    return status if status in TERMINAL or status is OrderStatus.UNKNOWN else known_status(state)


def _duplicate(state: OrderState) -> Effect:
    state.duplicates += 1
    return Effect(state.status, is_ignored=True)


def _stretch(state: OrderState, event: OrderFilled) -> tuple[Decimal, Decimal, list[str]]:
    """The part of the cumulative quantity that a fill says it is; past all others if it says nonsense."""
    end = event.cumulative_quantity
    if end.is_finite() and event.quantity <= end <= LARGEST:
        return end - event.quantity, end, []
    start = state.covered[-1][1] if state.covered else ZERO
    return start, start + event.quantity, [f"cumulative_quantity {end} cannot be after a fill of {event.quantity}"]


def _countable(event: OrderFilled, quantity: Decimal) -> tuple[OrderFilled, list[str]]:
    """The part of a fill that is to be booked, its commission in proportion."""
    problems: list[str] = []
    commission = event.commission
    if not commission.is_finite() or abs(commission) > LARGEST:
        problems.append(f"commission is {commission}; booked as 0")
        commission = ZERO
    if quantity != event.quantity:
        problems.append(f"of a fill of {event.quantity}, {event.quantity - quantity} had been counted before")
        commission = commission * quantity / event.quantity
    if not problems:
        return event, problems
    return msgspec.structs.replace(event, quantity=quantity, commission=commission), problems


def _count(state: OrderState, fill: OrderFilled, *, start: Decimal, end: Decimal) -> None:
    if fill.execution_id:
        state.executions[fill.execution_id] = state.executions.get(fill.execution_id, ZERO) + fill.quantity
        _, commission = state.booked.get(fill.execution_id, (ZERO, ZERO))
        state.booked[fill.execution_id] = (fill.price, commission + fill.commission)
    state.covered = cover(state.covered, start, end)
    state.filled_quantity += fill.quantity
    state.filled_notional += fill.quantity * fill.price
    state.commission += fill.commission
    state.venue_order_id = fill.venue_order_id or state.venue_order_id
    state.is_accepted = True


def _status_after_fill(state: OrderState, problems: list[str]) -> OrderStatus:
    status = state.status
    if state.filled_quantity >= greatest_quantity(state):
        state.was_not_found = False
        return OrderStatus.FILLED
    if status in (OrderStatus.REJECTED, OrderStatus.DENIED):
        problems.append(f"the venue filled an order that was {status.value}")
        return OrderStatus.UNKNOWN
    if status in TERMINAL and not state.was_not_found:
        return status
    if status is OrderStatus.UNKNOWN and (state.is_cancel_pending or state.pending_replace):
        return status  # the fill does not tell what became of the request
    state.was_not_found = False
    state.was_cancel_rejected = False
    return known_status(state)
