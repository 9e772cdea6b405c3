"""Whether a protective stop guards all that is held, wherever nothing else is under way that would close a part."""

from __future__ import annotations

from decimal import Decimal

from messages import OrderStatus
from ops.drill.broker import BrokerModel, Order
from ops.drill.simulation.judge import Judge
from ops.drill.simulation.process import Process
from rules.orders import OrderState

_RESTS = (OrderStatus.ACCEPTED, OrderStatus.PARTIALLY_FILLED)


def check_guarded(judge: Judge, process: Process, broker: BrokerModel) -> None:
    """A stop that works alone leaves as much at the broker as is held.

    It may leave less while an exit for the rest is about to be ordered. That waits for an answer, for a report of
    the account, or for a person, and for nothing else.
    """
    if process.engine is None or judge.conduct.has_failed or process.portfolio.link.hold:
        return
    state, standing = process.portfolio.state, process.portfolio.standing
    for symbol, plots in state.plots.items():
        if symbol in judge.touched or symbol in state.shut_symbols or symbol in judge.adjusted:
            continue
        for strategy_id, plot in plots.items():
            works = [state.orders[order_id] for order_id in plot.open_orders]
            theirs = broker.orders.get(works[0].order.client_order_id) if len(works) == 1 else None
            if theirs is None or works[0].order.client_order_id in state.cancel_refused_ns:
                continue  # one that was to make way for an exit, and was not canceled, is left alone for a while
            if unlike := unlike_held(works[0], theirs, standing.held(strategy_id, symbol)):
                judge.fail("C41", unlike)


def unlike_held(stop: OrderState, theirs: Order, held: Decimal) -> str:
    """How what the only order of a strategy guards differs from what is held, in words; empty if it does not.

    An order that is no stop, or of which something is asked, or is not heard of yet, is not looked at.
    """
    is_at_rest = stop.status in _RESTS and stop.pending_replace is None and not stop.is_cancel_pending
    is_refused = stop.was_replace_rejected or stop.was_cancel_rejected
    is_guard = stop.order.protective and stop.order.side.sign * held < 0
    is_heard = theirs.is_open and (theirs.filled_qty, theirs.terms.qty) == (stop.filled_quantity, stop.quantity)
    if not (is_guard and is_at_rest and is_heard) or is_refused or theirs.remaining == abs(held):
        return ""
    return f"{stop.order.client_order_id} guards {theirs.remaining} {stop.order.symbol}, and {held} are held"
