"""One order from intent to its last fill: its state, its legal transitions, and how each event changes it.

    INITIALIZED --> SUBMITTED --> ACCEPTED --> PARTIALLY_FILLED --> FILLED
         |              |            |               |
       DENIED        REJECTED     PENDING_CANCEL / PENDING_REPLACE, and back
                                     |
                     CANCELED, EXPIRED; UNKNOWN from any open status, left only by the venue's word

`evolve` takes whatever a venue can say, in any order and any number of times, and does not raise. A fill is
never lost and never counted twice: it is known by its execution id and by the stretch of the cumulative
quantity that it fills (`rules._coverage`). What cannot be true is applied as far as it is safe, and told as
`Evolution.problem`.
"""

from __future__ import annotations

from decimal import Decimal

from messages import (
    CancelOrder,
    OrderAccepted,
    OrderApproved,
    OrderCanceled,
    OrderCancelRejected,
    OrderDenied,
    OrderEvent,
    OrderExpired,
    OrderFillBusted,
    OrderFillCorrected,
    OrderFilled,
    OrderNotFound,
    OrderRejected,
    OrderReplaced,
    OrderReplaceRejected,
    OrderReported,
    OrderStatus,
    OrderUnknown,
    ReplaceOrder,
    SubmitOrder,
)
from rules._executions import apply_bust, apply_correction, apply_fill
from rules._order_state import (
    ENDINGS,
    LARGEST,
    TERMINAL,
    TRANSITIONS,
    ZERO,
    Effect,
    Evolution,
    OrderState,
    initial_state,
    known_status,
)

REQUEST_MAX_NS = 10_000_000_000
"""How long a request may be on its way to the venue, and be carried out there."""

HIDDEN_MAX_NS = 60_000_000_000
"""How long a change may be carried out at the venue while another word, of a cancel under way, say, hides it."""

_Terms = tuple[Decimal, Decimal | None, Decimal | None]
"""Quantity, limit price and stop price."""

__all__ = ["REQUEST_MAX_NS", "TERMINAL", "TRANSITIONS", "Evolution", "OrderState", "evolve", "initial_state"]


def evolve(state: OrderState, event: OrderEvent | SubmitOrder | CancelOrder | ReplaceOrder) -> Evolution:
    """Apply an event of the order, or a command about it that is being sent, to `state`.

    Does not raise on anything that a venue can say. An event of another order is our own mistake: AssertionError.
    """
    assert event.client_order_id == state.order.client_order_id, "the event belongs to another order"
    before = state.status
    effect = _apply(state, event)
    after = effect.status
    assert after is before or after in TRANSITIONS[before], f"{before} -> {after} is no legal transition"
    state.status = after
    state.last_time_ns = max(state.last_time_ns, event.time_ns)
    if effect.fill is not None or effect.undone is not None:
        state.counted_ns = max(state.counted_ns, event.time_ns)
    state.ignored += effect.is_ignored
    if after in TERMINAL:
        state.is_cancel_pending = False
        if after is not OrderStatus.FILLED:  # such an order may work on, and be changed
            state.pending_replace = None
    missing = state.missing_quantity
    return Evolution(
        before=before,
        after=after,
        fill=effect.fill,
        undone=effect.undone,
        is_ignored=effect.is_ignored,
        needs_query=effect.needs_query or missing > 0,
        missing_quantity=missing,
        overfilled_quantity=state.overfilled_quantity,
        problem=effect.problem,
    )


def _apply(state: OrderState, event: OrderEvent | SubmitOrder | CancelOrder | ReplaceOrder) -> Effect:
    match event:
        case OrderFilled():
            return apply_fill(state, event)
        case OrderAccepted():
            return _accepted(state, event)
        case SubmitOrder():
            return _submitted(state)
        case CancelOrder() | ReplaceOrder():
            return _asked(state, event)
        case OrderCanceled() | OrderExpired() | OrderRejected():
            return _ended(state, event)
        case OrderReplaced():
            return _replaced(state, event)
        case OrderCancelRejected() | OrderReplaceRejected():
            return _kept(state, event)
        case OrderUnknown():
            return _lost_sight(state, event)
        case OrderNotFound():
            return _not_found(state)
        case OrderReported():
            return _reported(state, event)
        case OrderFillBusted():
            return apply_bust(state, event)
        case OrderFillCorrected():
            return apply_correction(state, event)
        case OrderDenied():
            return _denied(state, event)
        case OrderApproved():
            return Effect(state.status, is_ignored=state.status is not OrderStatus.INITIALIZED)
    return _ignore(state, f"{type(event).__name__} is no event that an order knows")


def _submitted(state: OrderState) -> Effect:
    if state.status is OrderStatus.INITIALIZED or state.was_not_found:
        state.was_not_found = False
        return Effect(OrderStatus.SUBMITTED)
    return _ignore(state)  # sent again under the same id: the venue counts it once, and so do we


def _asked(state: OrderState, command: CancelOrder | ReplaceOrder) -> Effect:
    if not state.is_open:
        return _ignore(state)
    if isinstance(command, CancelOrder):
        state.is_cancel_pending = True
        state.was_cancel_rejected = False
    else:
        state.pending_replace = command
        state.was_replace_rejected = False
    return Effect(_standing(state))


def _accepted(state: OrderState, event: OrderAccepted) -> Effect:
    state.venue_order_id = event.venue_order_id or state.venue_order_id
    status = state.status
    if status in TERMINAL and not state.was_not_found:
        return _ignore(state, "the venue accepted an order that never left" if status is OrderStatus.DENIED else "")
    problem = "the venue holds an order that it did not know before" if state.was_not_found else ""
    if status is OrderStatus.UNKNOWN and state.pending_replace is not None:
        was_known = state.is_accepted
        state.is_accepted, state.was_not_found = True, False
        return Effect(status, is_ignored=was_known)  # it does not tell what became of the request
    was_news = _confirm(state)
    return Effect(known_status(state), is_ignored=not was_news, problem=problem)


def _ended(state: OrderState, event: OrderCanceled | OrderExpired | OrderRejected) -> Effect:
    if not state.is_open:
        return _ignore(state)
    is_held = state.is_accepted and not state.was_refused
    if isinstance(event, OrderRejected) and (state.filled_quantity or is_held):
        # of a request that came twice one may have been refused: what the venue says next decides
        state.was_refused = True
        return Effect(OrderStatus.UNKNOWN, needs_query=True)
    state.reason = event.reason
    if isinstance(event, OrderExpired):
        return Effect(OrderStatus.EXPIRED)
    return Effect(OrderStatus.REJECTED if isinstance(event, OrderRejected) else OrderStatus.CANCELED)


def _replaced(state: OrderState, event: OrderReplaced) -> Effect:
    quantity = event.quantity
    if not quantity.is_finite() or not 0 < quantity <= LARGEST:
        return _ignore(state, f"the venue changed the order's quantity to {quantity}")
    reopens = state.status is OrderStatus.FILLED and quantity > max(state.quantity, state.filled_quantity)
    if not (state.is_open or reopens or state.was_not_found):
        return _ignore(state)
    if state.is_open and _is_told_again(state, event):
        return Effect(state.status if state.pending_replace else OrderStatus.UNKNOWN, needs_query=True)
    if not state.is_open:
        state.pending_replace = None
    state.quantity, state.limit_price, state.stop_price = _changed_terms(state, event)
    state.was_cancel_rejected = state.was_replace_rejected = state.was_not_found = False
    state.is_accepted = True
    state.replaced_ns = max(state.replaced_ns, event.time_ns)
    is_answered = _is_answered(state, event)
    if state.status is OrderStatus.UNKNOWN and not is_answered and _is_on_its_way_perhaps(state, event):
        return Effect(OrderStatus.UNKNOWN, needs_query=True)
    if state.status is OrderStatus.UNKNOWN:
        _forget_requests(state)
    elif is_answered:
        state.pending_replace = None
    return Effect(known_status(state))


def _is_told_again(state: OrderState, event: OrderReplaced) -> bool:
    """Whether a change of which nobody asked may be an earlier one than the last: only the venue can tell."""
    was_asked = state.pending_replace is not None and _is_answered(state, event)
    return not was_asked and _is_older_perhaps(state, event) and _changed_terms(state, event) != _terms(state)


def _changed_terms(state: OrderState, event: OrderReplaced) -> _Terms:
    """The terms of the order after the change: what it does not tell stays."""
    limit_price = event.limit_price if event.limit_price is not None else state.limit_price
    stop_price = event.stop_price if event.stop_price is not None else state.stop_price
    return event.quantity, limit_price, stop_price


def _is_answered(state: OrderState, event: OrderReplaced) -> bool:
    """Whether the change is the one that was asked for last: an earlier one may have been slower."""
    asked = state.pending_replace
    if asked is None:
        return True
    wanted = (asked.quantity, asked.limit_price, asked.stop_price)
    told = (event.quantity, event.limit_price, event.stop_price)
    return all(want is None or want == got for want, got in zip(wanted, told, strict=True))


def _kept(state: OrderState, event: OrderCancelRejected | OrderReplaceRejected) -> Effect:
    """Our request was refused, usually because of something that we have not heard of yet, so ask."""
    is_cancel = isinstance(event, OrderCancelRejected)
    if not (state.is_cancel_pending if is_cancel else state.pending_replace):
        return _ignore(state)
    if not state.is_open:
        state.pending_replace = None
        return _ignore(state)
    state.reason = event.reason
    if is_cancel:
        state.is_cancel_pending = False
        state.was_cancel_rejected = True
    else:
        state.pending_replace = None
        state.was_replace_rejected = True
    return Effect(_standing(state), needs_query=True)


def _lost_sight(state: OrderState, event: OrderUnknown) -> Effect:
    if not state.is_open:
        return _ignore(state)
    state.reason = event.reason
    return Effect(OrderStatus.UNKNOWN, needs_query=True)


def _not_found(state: OrderState) -> Effect:
    if not state.is_open:
        return _ignore(state)
    if state.is_accepted:
        text = "the venue does not know an order that it held before"
        return Effect(state.status, is_ignored=True, needs_query=True, problem=text)
    state.reason = "the venue does not know the order"
    state.was_not_found = True
    return Effect(OrderStatus.CANCELED)


def _reported(state: OrderState, event: OrderReported) -> Effect:
    """How the order stands, behind all its executions. It may be older than what the venue has told since."""
    filled, is_of_before_a_bust = event.filled_quantity, bool(state.revived)
    state.revived.clear()
    if is_of_before_a_bust:
        return Effect(state.status, is_ignored=True, needs_query=True)
    if not filled.is_finite() or filled > state.filled_quantity:
        was_counted_by_id = state.is_counted_by_id
        state.is_counted_by_id |= state.has_undone
        return Effect(state.status, is_ignored=state.is_counted_by_id == was_counted_by_id, needs_query=True)
    if filled < state.filled_quantity:  # it is older than an execution that we know of
        return Effect(state.status, is_ignored=True, needs_query=True)
    before = state.covered
    if event.asked_ns or state.missing_quantity <= 0:  # only an answer has told all executions that it counts
        state.covered = [(ZERO, filled)] if filled else []
    is_settled = state.covered != before  # what is counted next depends on it, for whoever else keeps the order
    works_on = _works_on_perhaps(state, event)
    if works_on and event.asked_ns <= state.counted_ns:  # it may be of before it was filled
        return Effect(state.status, is_ignored=not is_settled, needs_query=True)
    if not (state.is_open or state.was_not_found or works_on):
        return Effect(state.status, is_ignored=not is_settled)
    state.venue_order_id = event.venue_order_id or state.venue_order_id
    if event.status in ENDINGS:
        state.reason, state.was_not_found = event.reason, False
        is_rejected_in_part = event.status is OrderStatus.REJECTED and state.filled_quantity > 0
        is_over = not state.is_open and event.status is not OrderStatus.FILLED  # it had not been found
        return Effect(OrderStatus.CANCELED if is_rejected_in_part or is_over else event.status)
    if (works_on or state.status is OrderStatus.UNKNOWN) and _tells_no_terms(state, event):
        return Effect(OrderStatus.UNKNOWN, is_ignored=not (is_settled or works_on), needs_query=True)
    if works_on:
        _forget_requests(state)
    was_news = _confirm(state) or is_settled or works_on
    if state.pending_replace is None and not _is_older_perhaps(state, event):
        was_news |= _take_terms(state, event)
    return Effect(known_status(state), is_ignored=not was_news)


def _works_on_perhaps(state: OrderState, event: OrderReported) -> bool:
    """Whether an order is told to work that counts as filled, by what was taken back since.

    A correction whose predecessor was not heard of counts beside what that had corrected, for a while.
    """
    is_short = state.status is OrderStatus.FILLED and state.filled_quantity < state.quantity
    return is_short and event.status not in ENDINGS


def _tells_no_terms(state: OrderState, event: OrderReported) -> bool:
    """Whether a report of an order in doubt does not tell its terms: a replace was not carried out yet and may
    still be, or the report shows other terms than the last change did, and may be older."""
    if _is_being_changed_perhaps(state, event) or _is_on_its_way_perhaps(state, event):
        return True
    return _is_older_perhaps(state, event) and _terms(event) != _terms(state)


def _is_being_changed_perhaps(state: OrderState, event: OrderReported) -> bool:
    """Whether the venue carries out a change, or its word for how the order stands may hide that it does."""
    asked = state.pending_replace
    if asked is None or event.status is not OrderStatus.UNKNOWN:
        return event.status is OrderStatus.PENDING_REPLACE
    return _as_of_ns(event) < asked.time_ns + HIDDEN_MAX_NS


def _is_on_its_way_perhaps(state: OrderState, event: OrderReported | OrderReplaced) -> bool:
    """Whether a change may have been asked for that the venue had not received when it told this."""
    asked = state.pending_replace
    return asked is not None and _as_of_ns(event) < asked.time_ns + REQUEST_MAX_NS


def _is_older_perhaps(state: OrderState, event: OrderReported | OrderReplaced) -> bool:
    """Whether what is told may be of before the last change that was told."""
    return _as_of_ns(event) < state.replaced_ns + REQUEST_MAX_NS


def _as_of_ns(event: OrderReported | OrderReplaced) -> int:
    """The earliest time of which it may be: an answer may be late, and is as old as its question at most."""
    return event.asked_ns or event.time_ns if isinstance(event, OrderReported) else event.time_ns


def _confirm(state: OrderState) -> bool:
    """Note that the venue holds the order; whether that is news."""
    was_unknown = state.status is OrderStatus.UNKNOWN
    was_news = not state.is_accepted or was_unknown or state.was_not_found
    was_news = was_news or state.was_cancel_rejected or state.was_replace_rejected
    state.is_accepted, state.was_not_found, state.was_refused = True, False, False
    state.was_cancel_rejected = False
    if was_unknown:
        _forget_requests(state)
    else:  # a refusal that came while nobody knew how the order stands was not acted on yet
        state.was_replace_rejected = False
    return was_news


def _forget_requests(state: OrderState) -> None:
    """Nobody knows whether what was asked of an UNKNOWN order has arrived: it must be asked again."""
    state.is_cancel_pending = False
    state.pending_replace = None


def _take_terms(state: OrderState, event: OrderReported) -> bool:
    """Whether the venue's terms are news."""
    if _terms(event) == _terms(state):
        return False
    if not event.quantity.is_finite() or not 0 < event.quantity <= LARGEST:
        return False
    state.quantity, state.limit_price, state.stop_price = _terms(event)
    return True


def _terms(source: OrderState | OrderReported) -> _Terms:
    return source.quantity, source.limit_price, source.stop_price


def _denied(state: OrderState, event: OrderDenied) -> Effect:
    if state.status is not OrderStatus.INITIALIZED:
        return _ignore(state, "" if not state.is_open else "denied an order that had been sent")
    state.reason = event.reason
    return Effect(OrderStatus.DENIED)


def _ignore(state: OrderState, problem: str = "") -> Effect:
    return Effect(state.status, is_ignored=True, problem=problem)


def _standing(state: OrderState) -> OrderStatus:
    """UNKNOWN stays so, unless all is filled: our requests, and their refusal, do not tell how the order stands."""
    status = known_status(state)
    is_unknown = state.status is OrderStatus.UNKNOWN and status is not OrderStatus.FILLED
    return OrderStatus.UNKNOWN if is_unknown else status
