"""Mutants of what an event does to an order, and of what is booked for it."""

from __future__ import annotations

from tests.simulation.mutants.mutant import Mutant

EXECUTIONS = "rules/_executions.py"
LEDGER = "rules/ledger.py"
ORDERS = "rules/orders.py"
STATE = "rules/_order_state.py"
PORTFOLIO = "actors/portfolio.py"

_COUNTING = ' Part of one that overlaps with those counted before is booked in part."""\n'

MUTANTS = (
    Mutant(
        "execution-ids-are-not-compared",
        "An execution is counted once, by its id.",
        EXECUTIONS,
        "    counted = state.executions.get(event.execution_id) if event.execution_id else None\n",
        "    counted = None\n",
    ),
    Mutant(
        "cumulative-quantities-are-not-compared",
        "A stretch of the cumulative quantity is counted once.",
        "rules/_coverage.py",
        "        if overlap > 0:\n",
        "        if overlap < 0:\n",
    ),
    Mutant(
        "every-fill-counts",
        "A fill that was counted is not counted again.",
        EXECUTIONS,
        _COUNTING,
        _COUNTING + "    state.executions.pop(event.execution_id, None)\n"
        "    event = msgspec.structs.replace(event, cumulative_quantity=state.filled_quantity + event.quantity)\n",
    ),
    Mutant(
        "fill-after-cancel-is-lost",
        "A canceled order may have executed before.",
        EXECUTIONS,
        "    start, end, problems = _stretch(state, event)\n",
        "    if state.status is OrderStatus.CANCELED:\n        return _duplicate(state)\n"
        "    start, end, problems = _stretch(state, event)\n",
    ),
    Mutant(
        "fill-of-rejected-order-is-lost",
        "An order that counts as rejected may execute all the same.",
        EXECUTIONS,
        "    start, end, problems = _stretch(state, event)\n",
        "    if state.status in TERMINAL:\n        return _duplicate(state)\n"
        "    start, end, problems = _stretch(state, event)\n",
    ),
    Mutant(
        "bust-is-ignored",
        "An execution that is taken back is taken out.",
        EXECUTIONS,
        "    undone = _take_out(state, event)\n",
        "    undone = None\n",
    ),
    Mutant(
        "bust-counts-twice",
        "A bust that is told twice is taken out once.",
        EXECUTIONS,
        """\
    if counted is not None and not counted:
        return _duplicate(state)
    undone = _take_out(state, event)
""",
        """\
    undone = _take_out(state, event) or (event if counted is not None else None)
""",
    ),
    Mutant(
        "busted-execution-counts-again",
        "An execution that was taken back stays out.",
        EXECUTIONS,
        "    state.executions[bust.execution_id] = ZERO\n",
        "    state.executions.pop(bust.execution_id, None)\n",
    ),
    Mutant(
        "correction-adds",
        "A correction takes the place of what it corrects.",
        EXECUTIONS,
        "    if state.executions.get(event.earlier_execution_id) != 0:\n        undone",
        "    if not state.executions.get(event.earlier_execution_id) != 0:\n        undone",
    ),
    Mutant(
        "what-is-missing-is-forgotten",
        "What is missing of an order still is when another execution is taken back.",
        EXECUTIONS,
        "    if missing > 0:\n",
        "    if missing < 0:\n",
        behind="each question about an order is answered with all of its executions",
    ),
    Mutant(
        "new-execution-behind-a-bust-counts-in-part",
        "An execution that overlaps in part behind one that was taken back is new.",
        EXECUTIONS,
        " or is_shifted):\n",
        "):\n",
    ),
    Mutant(
        "rest-of-what-was-counted-in-part-is-a-duplicate",
        "The rest of an execution that was counted in part counts when it is told again, behind a bust.",
        EXECUTIONS,
        "not (is_in_part and (state.is_counted_by_id or state.has_undone)):",
        "not (is_in_part and state.is_counted_by_id):",
        behind="of an order from which executions were taken back, only an answer ends the question",
    ),
    Mutant(
        "sum-that-nobody-asked-for-settles",
        "What is missing is settled by an answer, which tells all executions, and not by other news.",
        ORDERS,
        "    if event.asked_ns or state.missing_quantity <= 0:",
        "    if event.asked_ns or state.missing_quantity:",
        behind="each question about an order is answered with all of its executions",
    ),
    Mutant(
        "report-of-before-a-bust-counts",
        "A report that tells an execution, and not that it was taken back, is of before that.",
        ORDERS,
        "    if is_of_before_a_bust:\n",
        "    if not filled.is_finite():\n",
    ),
    Mutant(
        "correction-moves-what-is-filled",
        "A correction of the price leaves each execution in its place.",
        EXECUTIONS,
        "    elif undone.quantity == event.quantity:\n        state.covered = covered\n",
        "",
        behind="each question about an order is answered with all of its executions",
    ),
    Mutant(
        "filled-order-is-opened-by-what-it-had",
        "Only a larger quantity than it had opens a filled order again.",
        ORDERS,
        "quantity > max(state.quantity, state.filled_quantity)",
        "quantity > state.filled_quantity",
        behind="a report of the account that does not have the order is asked about",
    ),
    Mutant(
        "bust-buys-what-was-bought",
        "A bust is the same trade the other way round.",
        LEDGER,
        "            side=undone.side.opposite,\n",
        "            side=undone.side,\n",
    ),
    Mutant(
        "bust-keeps-the-commission",
        "The commission of a bust comes back.",
        LEDGER,
        "            commission=-undone.commission,\n",
        "            commission=0 * undone.commission,\n",
    ),
    Mutant(
        "strategy-does-not-get-its-fill",
        "Account and strategies hold the same in sum.",
        LEDGER,
        "    for each in (books.account, ledger):\n        realized",
        "    for each in (books.account,):\n        realized",
    ),
    Mutant(
        "undone-is-not-booked",
        "What is taken out of an order is taken out of the books.",
        PORTFOLIO,
        "            self._book_undone(undone, order)\n",
        "            pass\n",
    ),
    Mutant(
        "held-order-that-is-not-found-is-over",
        "A venue that does not know an order which it held is not believed.",
        ORDERS,
        "    if state.is_accepted:\n        text",
        "    if state.is_accepted and state.filled_quantity:\n        text",
    ),
    Mutant(
        "request-to-unknown-order-stays-pending",
        "Nobody knows whether a request to an UNKNOWN order has arrived: it is made again.",
        ORDERS,
        "    if was_unknown:\n        _forget_requests(state)\n",
        "    if was_unknown:\n        pass\n",
    ),
    Mutant(
        "earlier-answer-settles-the-last-replace",
        "Only the answer to the replace that was asked for last settles it.",
        ORDERS,
        "    elif is_answered:\n",
        "    else:\n",
        theme="stops grow part by part, and their changes are told again, or not at all",
    ),
    Mutant(
        "replace-of-unknown-order-stays-pending",
        "The answer to any replace leads out of UNKNOWN, once the last can no longer be on its way.",
        ORDERS,
        "    if state.status is OrderStatus.UNKNOWN:\n        _forget_requests(state)\n    elif is_answered:",
        "    if is_answered:",
    ),
    Mutant(
        "replaced-quantity-is-not-taken",
        "A replaced order has the quantity that the venue says.",
        ORDERS,
        "    state.quantity, state.limit_price, state.stop_price = _changed_terms(state, event)\n",
        "    _, state.limit_price, state.stop_price = _changed_terms(state, event)\n",
    ),
    Mutant(
        "old-answer-reopens-an-order",
        "An answer may be older than the end of the order.",
        ORDERS,
        "    if not (state.is_open or state.was_not_found or works_on):\n"
        "        return Effect(state.status, is_ignored=not is_settled)\n",
        "",
    ),
    Mutant(
        "what-was-counted-twice-stays-filled",
        "An order that counts as filled, by what was taken back since, works on if the venue says so.",
        ORDERS,
        "    return is_short and event.status not in ENDINGS\n",
        "    return False\n",
    ),
    Mutant(
        "missing-fills-are-not-asked-for",
        "An order is asked for while executions are missing.",
        ORDERS,
        "        needs_query=effect.needs_query or missing > 0,\n",
        "        needs_query=effect.needs_query,\n",
    ),
    Mutant(
        "unknown-order-leaves-nothing",
        "An UNKNOWN order may still execute, and counts in every limit.",
        STATE,
        "        if self.status in TERMINAL:\n            return ZERO\n",
        "        if self.status in TERMINAL or self.status is OrderStatus.UNKNOWN:\n            return ZERO\n",
        theme="people order by themselves, and close everything",
    ),
    Mutant(
        "pending-replace-counts-at-its-own",
        "A replacement in flight counts at the larger of both quantities.",
        STATE,
        "    return max(state.quantity, pending.quantity)\n",
        "    return pending.quantity\n",
    ),
    Mutant(
        "portfolio-forgets-closed-orders",
        "A fill that comes late is booked.",
        PORTFOLIO,
        "CLOSED_KEPT = 200\n",
        "CLOSED_KEPT = 0\n",
    ),
    Mutant(
        "reopened-order-is-not-taken-up",
        "An order that works after all is one of the open ones.",
        PORTFOLIO,
        "        plot.open_orders.append(order_id)\n        self.state.closed.remove(order_id)\n",
        "        self.state.closed.remove(order_id)\n",
    ),
    Mutant(
        "replace-on-its-way-is-forgotten",
        "A replace that a report does not show may be on its way.",
        ORDERS,
        "    if _is_being_changed_perhaps(state, event) or _is_on_its_way_perhaps(state, event):\n",
        "    if _is_being_changed_perhaps(state, event):\n",
    ),
    Mutant(
        "another-answer-ends-doubt",
        "The answer to an earlier replace does not tell what became of the last one.",
        ORDERS,
        "not is_answered and _is_on_its_way_perhaps(state, event):",
        "event.time_ns < 0:",
        theme="stops grow part by part, and their changes are told again, or not at all",
    ),
    Mutant(
        "change-under-way-at-the-venue-is-forgotten",
        "A replace that the venue is carrying out is not over, however long that takes.",
        ORDERS,
        "        return asked is not None and event.status is",
        "        return asked is None and event.status is",
        theme="a change takes long, and a cancel hides it",
    ),
    Mutant(
        "cancel-hides-a-change",
        "A venue that says that it cancels an order may change it first.",
        ORDERS,
        "HIDDEN_MAX_NS = 60_000_000_000\n",
        "HIDDEN_MAX_NS = 0\n",
        theme="a change takes long, and a cancel hides it",
    ),
    Mutant(
        "late-answer-takes-a-change-back",
        "A report that is older than what is known changes nothing.",
        ORDERS,
        "    return _as_of_ns(event) < state.replaced_ns + REQUEST_MAX_NS\n",
        "    return _as_of_ns(event) < state.replaced_ns\n",
        theme="a change takes long, and copies hide it",
    ),
    Mutant(
        "filled-in-doubt-stays-in-doubt",
        "An order that is filled, and whose change is refused, is over.",
        ORDERS,
        " and status is not OrderStatus.FILLED\n",
        "\n",
        behind="the venue answers that the order is filled",
    ),
    Mutant(
        "held-in-doubt-is-no-news",
        "That the venue holds an order is told on, whatever else is in doubt.",
        ORDERS,
        "        return Effect(status, is_ignored=was_known)  # it does",
        "        return Effect(status, is_ignored=True)  # it does",
    ),
    Mutant(
        "change-told-again-counts",
        "An earlier change that is told again takes no later one back.",
        ORDERS,
        "    return not was_asked and _is_older_perhaps(state, event) and",
        "    return not was_asked and state.replaced_ns < 0 and",
    ),
    Mutant(
        "other-terms-are-passed-over",
        "A report that shows other terms than the last change is not passed over while it may be the newer.",
        ORDERS,
        "    return _is_older_perhaps(state, event) and _terms(event) != _terms(state)\n",
        "    return False\n",
        theme="stops grow part by part, and their changes are told again, or not at all",
    ),
    Mutant(
        "lost-guard-is-not-told",
        "That the venue has ended a protective stop is told to a person.",
        "rules/targets.py",
        " and (position or after.quantity):",
        " and False:",
        theme="a person cancels all orders in the broker's own window",
    ),
    Mutant(
        "refusal-ends-what-has-executed",
        "What has executed was taken: the refusal of another copy of its request ends nothing.",
        "rules/orders.py",
        "    if isinstance(event, OrderRejected) and (state.filled_quantity or is_held):\n",
        "    if False:\n",
    ),
    Mutant(
        "stop-forgets-what-it-has-executed",
        "A stop that has executed in part guards all that is left.",
        "rules/planning.py",
        "    whole = state.filled_quantity + quantity\n",
        "    whole = quantity\n",
    ),
)
