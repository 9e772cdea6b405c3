"""Mutants of the venue actor: what is sent, asked again and told on."""

from __future__ import annotations

from tests.simulation.mutants.mutant import Mutant

VENUE = "actors/venue.py"

MUTANTS = (
    Mutant(
        "resent-under-a-new-id",
        "An order is sent again under the same id.",
        VENUE,
        "        self._let_go(state.order)\n",
        "        self._send(msgspec.structs.replace(state.order, client_order_id=ClientOrderId(f'{order_id}9')))\n",
    ),
    Mutant(
        "resent-with-new-terms",
        "An order is sent again with the same terms.",
        VENUE,
        "        self._let_go(state.order)\n",
        "        self._send(msgspec.structs.replace(state.order, time_ns=self.now_ns))\n",
    ),
    Mutant(
        "over-when-not-found-once",
        "One answer that knows nothing of an order is no proof.",
        VENUE,
        "NOT_FOUND_BEFORE_RESEND = 3\n",
        "NOT_FOUND_BEFORE_RESEND = 1\n",
    ),
    Mutant(
        "not-found-is-not-counted-in-a-row",
        "Only answers in a row that know nothing of an order prove anything.",
        VENUE,
        "        self.state.not_found.pop(order_id, None)\n        told",
        "        told",
    ),
    Mutant(
        "silence-is-not-asked-about",
        "An order that became UNKNOWN is asked for.",
        VENUE,
        '            self._become_unknown(state, f"no answer {waited}")\n        self._query(state)\n',
        '            self._become_unknown(state, f"no answer {waited}")\n',
    ),
    Mutant(
        "asked-once-only",
        "An order is asked for again until the venue answers.",
        VENUE,
        "        self.set_timer(order.client_order_id, self.now_ns + delay_ns)\n",
        "        self.cancel_timer(order.client_order_id) if delay_ns else None\n",
    ),
    Mutant(
        "submission-never-times-out",
        "Silence about a submission makes its order UNKNOWN.",
        VENUE,
        "        self._send(order)\n        self._await_answer(order.client_order_id)\n",
        "        self._send(order)\n",
    ),
    Mutant(
        "change-never-times-out",
        "Silence about a cancel or a replace makes the order UNKNOWN.",
        VENUE,
        "            self._await_answer(command.client_order_id)\n",
        "            pass\n",
    ),
    Mutant(
        "connection-asks-for-nothing",
        "What happened while nobody listened is asked for.",
        VENUE,
        "        for order_id in list(self.state.orders):\n",
        "        for order_id in list(self.state.orders)[:0]:\n",
    ),
    Mutant(
        "account-is-not-compared",
        "Orders that venue and engine see differently are asked for.",
        VENUE,
        "            if state.is_open != (order_id in working):\n",
        "            if state.is_open is None:\n",
    ),
    Mutant(
        "closed-orders-are-forgotten-at-once",
        "A fill that comes late is counted.",
        VENUE,
        "CLOSED_KEPT = 200\n",
        "CLOSED_KEPT = 0\n",
    ),
    Mutant(
        "duplicates-are-told-on",
        "What is no news is not told on.",
        VENUE,
        "        if not evolution.is_ignored:\n",
        "        if evolution.before is not None:\n",
    ),
    Mutant(
        "timeout-counts-as-rejected",
        "Silence never ends an order.",
        VENUE,
        "        evolve(state, self._say(OrderUnknown, state.order, reason))\n",
        "        evolve(state, self._say(OrderUnknown, state.order, reason))\n"
        "        state.status = OrderStatus.REJECTED\n",
    ),
    Mutant(
        "halt-obeyed-before-counts-for-the-next",
        "A portfolio has heard of a halt once it says so of that halt.",
        VENUE,
        "            case TradingHalted(portfolio_id=portfolio_id, time_ns=halted_ns):\n"
        "                if halted_ns == self.state.halted_ns and portfolio_id",
        "            case TradingHalted(portfolio_id=portfolio_id):\n                if portfolio_id",
        theme="actors fail while people halt",
    ),
    Mutant(
        "not-found-is-told-again-as-canceled",
        "An order that was not found may turn up, whoever hears of that late.",
        VENUE,
        "        if not state.was_not_found:\n            self.tell(",
        "        if True:\n            self.tell(",
        theme="people order by themselves, it is not found, and a portfolio fails at that",
    ),
    Mutant(
        "standing-is-not-told",
        "A portfolio that could not handle that an order works is told so when it asks.",
        VENUE,
        "            self._tell_standing(state, asked_ns=question.time_ns)\n",
        "            pass\n",
        theme="a portfolio fails at what it is told of orders, and nobody tells it again",
    ),
    Mutant(
        "standing-is-told-as-of-now",
        "What differs between books and account has differed since the venue's actor heard of it last.",
        VENUE,
        "            time_ns=state.last_time_ns,\n",
        "            time_ns=self.now_ns,\n",
        behind="the difference is told once the order is over",
    ),
    Mutant(
        "refused-order-that-works-is-not-looked-at",
        "An order that was refused, and that the venue says to hold after all, is asked for at once.",
        VENUE,
        "        elif isinstance(event, OrderAccepted) and state.status is OrderStatus.REJECTED:\n",
        "        elif isinstance(event, OrderAccepted) and state.status is None:\n",
        theme="refused, and taken when it comes again",
    ),
    Mutant(
        "parked-command-is-nothing-here",
        "A cancel or change that cannot be handled is in doubt here, as it is in its portfolio.",
        VENUE,
        "            evolve(known, message)  # as its portfolio has done\n",
        "",
        theme="actors fail all the time",
    ),
    Mutant(
        "cancel-of-what-is-over-is-not-answered",
        "A cancel of an order that is over is answered with its end.",
        VENUE,
        "        if isinstance(command, CancelOrder):\n            self._tell_end_again(state)\n",
        "        if isinstance(command, CancelOrder):\n",
        behind="the portfolio asks for what has not worked for a minute",
    ),
    Mutant(
        "reopened-order-stays-closed",
        "An order that the venue holds after all is kept for as long as it is open.",
        VENUE,
        "            self.state.closed.remove(order_id)\n",
        "            self._close(order_id)\n",
    ),
    Mutant(
        "poisoned-event-halts-nothing",
        "A message about money that cannot be handled stops new positions in its symbol.",
        VENUE,
        "        if not isinstance(whose, CancelOrder | ReplaceOrder):\n            self.tell",
        "        if whose is None:\n            self.tell",
    ),
    Mutant(
        "exits-do-not-leave-in-a-halt",
        "A halt holds no exit back.",
        VENUE,
        "order.portfolio_id not in self.state.stopped\n        return",
        "order.portfolio_id not in self.state.stopped[:0]\n        return",
    ),
    Mutant(
        "orders-of-before-the-halt-leave",
        "What was approved before a halt does not leave after it.",
        VENUE,
        "        return is_of_before and",
        "        return is_of_before is None and",
        theme="actors fail while people halt",
    ),
    Mutant(
        "not-found-is-believed-behind-a-set-clock",
        "The clock may be set between two starts: time counts from the last connection.",
        VENUE,
        "        believed_ns = max(sent_ns, self.state.connected_ns) + REQUEST_MAX_NS\n",
        "        believed_ns = sent_ns + REQUEST_MAX_NS\n",
    ),
    Mutant(
        "what-was-sent-again-has-arrived",
        "An order that is sent again is on its way again.",
        VENUE,
        "        sent_ns = self.state.sent_ns.get(order_id, order.time_ns)\n",
        "        sent_ns = order.time_ns\n",
    ),
    Mutant(
        "not-found-is-believed-at-once",
        "An order that is not found may be on its way until its time is up.",
        VENUE,
        "        if (event.asked_ns or self.now_ns) < believed_ns:",
        "        if self.now_ns < 0:",
    ),
    Mutant(
        "not-found-ends-every-question",
        "What the venue has held is asked for until it tells, though it may not find it for a while.",
        VENUE,
        "(QUESTIONS_BEFORE_BELIEVED if state.is_accepted else NOT_FOUND_BEFORE_RESEND)",
        "NOT_FOUND_BEFORE_RESEND",
        behind="a report of the account that does not have the order is asked about",
    ),
    Mutant(
        "late-answer-is-taken-for-one-of-now",
        "An answer that comes late is as old as its question.",
        VENUE,
        "        if (event.asked_ns or self.now_ns) < believed_ns:",
        "        if self.now_ns < believed_ns:",
    ),
    Mutant(
        "what-works-and-is-over-here-is-never-canceled",
        "An order that is over here and works at the venue is canceled.",
        "actors/venue.py",
        "REPORTS_BEFORE_CANCEL = 2\n",
        "REPORTS_BEFORE_CANCEL = 1_000\n",
    ),
    Mutant(
        "stop-is-not-sent-again-in-a-halt",
        "A protective stop that is not found is sent again in a halt, too.",
        VENUE,
        "        is_halted = self.state.is_halted and not state.order.protective\n",
        "        is_halted = self.state.is_halted\n",
        theme="people order by themselves, and it is not found",
    ),
    Mutant(
        "a-question-is-never-over",
        "An order that was asked for is asked for anew when there is something else to ask.",
        VENUE,
        """\
        self.state.queries.pop(order_id, None)
        self.state.retold.pop(order_id, None)
        self.cancel""",
        "        self.state.retold.pop(order_id, None)\n        self.cancel",
    ),
    Mutant(
        "asked-about-in-the-account-until-an-answer-is-no-news",
        "A resting order that the account does not have is asked for, whatever was answered before.",
        VENUE,
        "            if state.is_awaited or order_id in self.state.queries:\n",
        "            if state.is_awaited or order_id in self.state.queries or state.ignored:\n",
        theme="requests come late, and copies do not know",
    ),
    Mutant(
        "what-is-missing-is-asked-for-once",
        "Executions that are missing are asked for, also of an order that was asked for before.",
        VENUE,
        """\
            if order_id not in self.state.queries:
                self._query(state)
        elif not""",
        """\
            asked = ClientOrderId(f"{order_id} was asked for")
            is_first = self.state.sent_ns.setdefault(asked, self.now_ns) == self.now_ns
            if order_id not in self.state.queries and is_first:
                self._query(state)
        elif not""",
    ),
    Mutant(
        "a-cancel-is-waited-for-for-ever",
        "Silence about a cancel makes its order UNKNOWN.",
        VENUE,
        "        if command.client_order_id not in self.state.queries:  # a question that is out goes first\n",
        "        if command.client_order_id not in self.state.queries and isinstance(command, ReplaceOrder):\n",
    ),
    Mutant(
        "a-part-ends-the-wait-for-a-cancel",
        "A cancel is waited for still when its order executes in part.",
        VENUE,
        "        elif not state.is_awaited and tells_enough(state, event, is_news=not evolution.is_ignored):\n",
        "        elif tells_enough(state, event, is_news=not evolution.is_ignored):\n",
    ),
    Mutant(
        "each-refusal-moves-the-pause",
        "A cancel that was refused is tried again 10 s later, whatever else is refused.",
        "actors/_cancels.py",
        """\
        if not refused_ns:
            portfolio.set_timer(CANCEL_TIMER, portfolio.now_ns + REFUSED_PAUSE_NS)
        refused_ns[order_id]""",
        """\
        portfolio.set_timer(CANCEL_TIMER, portfolio.now_ns + REFUSED_PAUSE_NS)
        refused_ns[order_id]""",
    ),
    Mutant(
        "resent-order-keeps-its-first-time",
        "An order that was sent again is waited for once more.",
        "actors/venue.py",
        "        self.state.sent_ns[order.client_order_id] = self.now_ns\n",
        "        self.state.sent_ns.setdefault(order.client_order_id, self.now_ns)\n",
    ),
    Mutant(
        "resent-order-whose-change-is-not-refused",
        "A change of an order that is sent again on its first terms is over.",
        "actors/venue.py",
        "        if pending is not None:  # it is sent again on its first terms\n",
        "        if pending is not None and state.is_accepted:  # it is sent again on its first terms\n",
    ),
)
