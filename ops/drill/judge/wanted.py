"""Whether what works for a strategy is what it wants, wherever nothing is under way that would change that.

A protective stop that works alone guards all that is held, at the price that was asked for last. Entries lead to
the target, and no further.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from messages import OrderStatus, Side
from ops.drill.broker import BrokerModel, Order
from ops.drill.judge.judge import Judge
from ops.drill.simulation.process import Process
from rules.orders import OrderState
from rules.targets import Target

_RESTS = (OrderStatus.ACCEPTED, OrderStatus.PARTIALLY_FILLED)


def check_wanted(judge: Judge, process: Process, broker: BrokerModel) -> None:
    """Where all is heard of, what works is what is wanted.

    A stop may leave less while an exit for the rest is about to be ordered. That waits for an answer, for a report
    of the account, or for a person, and for nothing else.
    """
    if process.engine is None or judge.conduct.has_failed:
        return
    check_closing(judge, process)
    if process.portfolio.link.hold:
        return
    state, standing = process.portfolio.state, process.portfolio.standing
    for symbol, plots in state.plots.items():
        if symbol in judge.touched or symbol in state.shut_symbols or symbol in judge.adjusted:
            continue
        for strategy_id, plot in plots.items():
            works = [state.orders[order_id] for order_id in plot.open_orders]
            held = standing.held(strategy_id, symbol)
            is_left_alone = any(order_id in state.cancel_refused_ns for order_id in plot.open_orders)
            if is_left_alone or not all(map(_is_at_rest, works)):
                continue  # one that was to make way for an exit, and was not canceled, is left alone for a while
            if plot.target is not None and (unlike := unlike_target(works, plot.target, held)):
                judge.fail("C40", unlike)
            theirs = broker.orders.get(works[0].order.client_order_id) if len(works) == 1 else None
            if theirs is not None and (unlike := unlike_held(works[0], theirs, held, plot.target)):
                judge.fail("C40", unlike)
            if process.is_all_durable:
                _check_asked(judge, works, held, (strategy_id, symbol))


def _check_asked(judge: Judge, works: Sequence[OrderState], held: Decimal, key: tuple[str, str]) -> None:
    """What is held, guarded and ordered is what the strategy has asked for, as the journal tells it."""
    closing = [each for each in works if each.order.side.sign * held < 0]
    stops = [each.stop_price for each in closing if each.order.protective]
    leaves = sum((each.leaves_quantity for each in closing), Decimal(0))
    if unlike := judge.wishes.stops.unlike(key, stops=stops, leaves=leaves):
        judge.fail("C52", unlike)
    entries = [each.order.side.sign * each.leaves_quantity for each in works if not each.order.protective]
    if unlike := judge.wishes.positions.unlike(key, works=sum(entries, Decimal(0)), has_entries=bool(entries)):
        judge.fail("C51", unlike)


def check_closing(judge: Judge, process: Process) -> None:
    """What was to be closed, and is held on to, is as safe as can be, wherever all is certain."""
    if judge.conduct.has_failed or judge.set_aside or not process.is_all_durable:
        return
    for symbol, plots in process.portfolio.state.plots.items():
        if symbol in judge.touched or symbol in judge.adjusted:
            continue
        for strategy_id, plot in plots.items():
            if plot.target is not None:
                judge.closing.see_target(strategy_id, symbol, plot.target)


def unlike_held(stop: OrderState, theirs: Order, held: Decimal, target: Target | None) -> str:
    """How what the only order of a strategy guards differs from what is held, in words; empty if it does not.

    An order that is no stop, or is not heard of yet, is not looked at.
    """
    is_guard = stop.order.protective and stop.order.side.sign * held < 0
    told, known = (theirs.filled_qty, theirs.terms.qty), (stop.filled_quantity, stop.quantity)
    if not is_guard or not theirs.is_open or told != known:
        return ""
    if theirs.remaining != abs(held):
        return f"{stop.order.client_order_id} guards {theirs.remaining} {stop.order.symbol}, and {held} are held"
    wanted = None if target is None else target.guard_price(held)
    if wanted is not None and stop.stop_price != wanted:
        return f"{stop.order.client_order_id} lies at {stop.stop_price}, and was asked for at {wanted}"
    return ""


def unlike_target(works: Sequence[OrderState], target: Target, held: Decimal) -> str:
    """How the entries of a strategy lead past its target, in words; empty if they do not."""
    entries = [each for each in works if not each.order.protective]
    if target.quantity is None or not entries:
        return ""
    side = Side.BUY if target.quantity > held else Side.SELL
    leaves = sum((each.leaves_quantity for each in entries), Decimal(0))
    if leaves <= abs(target.quantity - held) and all(each.order.side is side for each in entries):
        return ""
    ids = ", ".join(each.order.client_order_id for each in entries)
    return f"{ids} leave {leaves} {entries[0].order.symbol}, with {held} held and {target.quantity} wanted"


def _is_at_rest(order: OrderState) -> bool:
    """Whether nothing is asked of it, or was refused, and it lacks no execution."""
    is_asked = order.pending_replace is not None or order.is_cancel_pending or order.missing_quantity > 0
    return order.status in _RESTS and not (is_asked or order.was_replace_rejected or order.was_cancel_rejected)
