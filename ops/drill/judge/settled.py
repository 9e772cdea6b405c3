"""Whether engine and broker see each order alike, once there was time enough to hear of everything."""

from __future__ import annotations

from decimal import Decimal

from actors.kernel import ActorStatus
from messages import SECOND_NS, ClientOrderId, OrderStatus
from ops.drill.broker import BrokerModel, Order
from ops.drill.judge.endings import REMEMBERED
from ops.drill.judge.judge import Judge
from ops.drill.simulation.process import Process
from ops.drill.simulation.swarm import Swarm
from rules.orders import OrderState

SETTLED_NS = 50 * SECOND_NS
"""How long after the last news of an order both must see it alike: reports come every 30 s."""

SETTLED_UNDER_A_WORD_NS = 100 * SECOND_NS
"""The same, where the broker shows a word that may hide a change: an engine waits for a minute then."""

HEARD_NS = 100 * SECOND_NS
"""How long after the last failure a portfolio has heard of what it could not handle of an order: it asks a minute
later, at the next report of the account, for one order at each."""

REPORT_NS = 30 * SECOND_NS
"""From one report of the account to the next."""

_EXACT = Decimal("0.000002")
"""How far average prices may be apart: they are quotients, and the broker rounds its own."""

_ZERO = Decimal(0)

_S = OrderStatus
_AWAITED = (_S.SUBMITTED, _S.UNKNOWN, _S.PENDING_CANCEL, _S.PENDING_REPLACE)
"""How an order can stand that something was sent of. Its portfolio is not told when it is sent again: for it, the
order is unknown as before."""


def check_settled(judge: Judge, process: Process, broker: BrokerModel, *, swarm: Swarm) -> None:
    """Before the end, while trading goes on: every order that nothing has happened to for long is seen alike."""
    if process.engine is None:
        judge.fail("I12", "no engine runs though nothing goes wrong any more")
        return
    conduct, now_ns = judge.conduct, process.now_ns
    if process.is_all_durable and not conduct.is_excused("portfolio", "router"):
        _check_released(judge, process)
    if swarm.latency_ns > SECOND_NS:
        return  # one question in six is not answered in time
    if process.is_the_way_blocked:
        return  # nothing of it was heard since
    if conduct.failed_ns > now_ns - SETTLED_NS:
        return  # nor was there time enough to make up for it
    if conduct.failed_ns < now_ns - HEARD_NS - (len(judge.set_aside) - 1) * REPORT_NS:
        _check_heard(judge, process)
    for order_id, theirs in broker.orders.items():
        last_ns = max(theirs.updated_ns - broker.now_ns + now_ns, conduct.orders.commanded_ns.get(order_id, 0))
        settled_ns = SETTLED_NS if theirs.odd_word is None else SETTLED_UNDER_A_WORD_NS
        if not theirs.is_manual and order_id not in judge.set_aside and last_ns < now_ns - settled_ns:
            check_order(judge, process, theirs)
    for order_id, ours in process.venue.state.orders.items():
        is_old = conduct.orders.commanded_ns.get(order_id, now_ns) < now_ns - SETTLED_NS
        if ours.is_open and is_old and order_id not in broker.orders and order_id not in judge.set_aside:
            judge.fail("I12", f"{order_id} is {ours.status.value}, and the broker has never heard of it")


def _check_released(judge: Judge, process: Process) -> None:
    """What people have released, or resumed, goes on."""
    portfolio = process.portfolio.state
    if portfolio.entries_blocked and not judge.conduct.block:
        judge.fail("C14", f"trading was released, and is still blocked: {portfolio.entries_blocked}")
    targets = [plot.target for plots in portfolio.plots.values() for plot in plots.values()]
    if not portfolio.entries_blocked and any(each is not None and each.is_flatten for each in targets):
        judge.fail("C14", "trading was released, and a halt still closes what is held")
    for name in portfolio.paused:
        if name not in judge.deployments.paused:
            judge.fail("C14", f"{name} was resumed, and is still paused")
    for name in portfolio.quarantined:
        if process.plays(name):
            judge.fail("C14", f"{name} was restarted, and still counts as in quarantine")


def check_lists(judge: Judge, process: Process) -> None:
    """What is open stands among the open orders, and not among the closed ones."""
    plots = [plot for plots in process.portfolio.state.plots.values() for plot in plots.values()]
    listed = {order_id for plot in plots for order_id in plot.open_orders}
    for order_id, ours in process.portfolio.state.orders.items():
        if ours.is_open != (order_id in listed):
            judge.fail("I10", f"{order_id} is {ours.status.value}, and stands in the wrong list of its portfolio")
    for place in (process.venue, process.portfolio):
        for order_id in place.state.closed:
            if place.state.orders[order_id].is_open:
                judge.fail("I10", f"{order_id} is open, and counts among the closed orders of {place.actor_urn}")


def check_alike(judge: Judge, process: Process) -> None:
    """What the actor of a venue knows of its orders, their portfolio knows, too."""
    _check_turning_up(judge, process)
    if process.is_the_way_blocked or not process.is_all_durable:  # then the judge may not know of it
        return
    _check_still_shut(judge, process)
    if judge.conduct.is_excused("venue", "portfolio"):  # what the router fails at reaches the portfolio
        return
    for text in _unlike_in_portfolio(process).values():
        judge.fail("I10", text)


def _check_still_shut(judge: Judge, process: Process) -> None:
    portfolio = process.portfolio
    if portfolio.status is ActorStatus.RUNNING:
        state = portfolio.state
        for text in judge.conduct.shut.wrongly_left(halted=state.halted_symbols, shut=state.shut_symbols):
            judge.fail("C14", text)


def _check_turning_up(judge: Judge, process: Process) -> None:
    """An order that was not found may turn up yet: whoever failed at hearing that is told no other ending."""
    known = process.portfolio.state.orders
    for order_id, at_venue in process.venue.state.orders.items():
        told = known.get(order_id)
        if told is not None and at_venue.was_not_found and not (told.is_open or told.was_not_found):
            judge.fail("I10", f"{order_id} is over for good in its portfolio, and was only not found")


def _check_heard(judge: Judge, process: Process) -> None:
    """What a portfolio could not handle it has asked for. Who fails at the answer, too, asks much later."""
    known = process.portfolio.state.orders
    for order_id, text in _unlike_in_portfolio(process).items():
        told, at_venue = known[order_id], process.venue.state.orders[order_id]
        is_over = not told.is_open and not at_venue.is_open and told.was_not_found == at_venue.was_not_found
        if order_id in judge.set_aside and not judge.set_aside.is_hard_to_tell(order_id) and not is_over:
            judge.fail("C26", text)


def _unlike_in_portfolio(process: Process) -> dict[ClientOrderId, str]:
    """The orders that portfolio and venue actor see differently, and how."""
    known = process.portfolio.state.orders
    return {
        order_id: f"{order_id} is {_seen(told)} in its portfolio, and {_seen(at_venue)} where it was sent"
        for order_id, at_venue in process.venue.state.orders.items()
        if (told := known.get(order_id)) is not None and _seen(told) != _seen(at_venue)
    }


def _seen(order: OrderState) -> str:
    how = "awaited" if order.status in _AWAITED else order.status.value
    held = ", held there" * order.is_accepted + ", not found" * order.was_not_found
    return f"{how}, {order.filled_quantity} filled{held}"


def check_order(judge: Judge, process: Process, theirs: Order) -> None:
    """The actors of venue and portfolio see an order as the broker does."""
    order_id = ClientOrderId(theirs.client_order_id)
    for place in (process.venue, process.portfolio):
        ours = place.state.orders.get(order_id)
        if ours is None and len(place.state.closed) >= REMEMBERED and not theirs.is_open:
            continue
        if ours is None:
            judge.fail("I4", f"{order_id} is at the broker and {place.actor_urn} knows nothing of it")
        elif unlike := _unlike(ours, theirs):
            judge.fail("I4", f"{order_id} of {place.actor_urn}: {unlike}")


def _unlike(ours: OrderState, theirs: Order) -> str:
    """The first thing that differs, in words; empty if nothing does."""
    if ours.filled_quantity != theirs.filled_qty:
        return f"{theirs.filled_qty} filled at the broker, {ours.filled_quantity} here"
    if abs((ours.average_price or _ZERO) - (theirs.average_price or _ZERO)) > _EXACT:
        return f"executed at {theirs.average_price} at the broker, at {ours.average_price} here"
    if ours.is_open != theirs.is_open:
        return f"{theirs.status} at the broker, {ours.status.value} here"
    if not theirs.is_open:
        return ""
    if ours.status is OrderStatus.UNKNOWN:
        return "still unknown"
    terms = theirs.terms
    if (ours.quantity, ours.limit_price, ours.stop_price) != (terms.qty, terms.limit_price, terms.stop_price):
        return f"{terms} at the broker; {ours.quantity} at {ours.limit_price}, {ours.stop_price} here"
    if ours.is_cancel_pending and not theirs.is_cancel_pending:
        return "a cancel is waited for, of which the broker knows nothing"
    if ours.pending_replace is not None and theirs.replacement is None:
        return "a replace is waited for, of which the broker knows nothing"
    return ""
