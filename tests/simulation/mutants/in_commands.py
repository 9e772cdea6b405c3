"""Mutants of how an engine obeys people."""

from __future__ import annotations

from tests.simulation.mutants.mutant import Mutant

COMMANDS = "actors/_portfolio_commands.py"
TRADERS = "people order by themselves, and close everything"

MUTANTS = (
    Mutant(
        "who-closes-one-symbol-closes-all",
        "Who closes one symbol closes that, and no other.",
        COMMANDS,
        "if symbol in (None, traded) and strategy_id in (None, owner):",
        "if strategy_id in (None, owner):",
        theme="people order by themselves, and close everything",
    ),
    Mutant(
        "a-persons-order-of-before-leaves",
        "A person's order of before a halt, or of a minute ago, does not leave.",
        COMMANDS,
        "        if is_old or request.time_ns < portfolio.state.halted_ns:\n",
        "        if request.time_ns < 0:\n",
        theme="people order by themselves, and actors fail",
    ),
    Mutant(
        "halt-that-a-portfolio-failed-at-cancels-nothing",
        "A halt that could not be carried out cancels what works all the same.",
        COMMANDS,
        'state.halted_ns = reason or "halted", time_ns\n'
        "                portfolio.set_timer(HALT_TIMER, portfolio.now_ns)\n",
        'state.halted_ns = reason or "halted", time_ns\n',
        theme="actors fail while people halt",
        behind="The next signal, or the next word of an order, has canceled what opens there, within 0.3 s.",
    ),
    Mutant(
        "disconnected-holds-nothing",
        "Nothing leaves without a connection.",
        "actors/_account_link.py",
        '            self._state.hold = f"the venue is not connected: {message.reason}"\n',
        "",
    ),
    Mutant(
        "refused-cancel-stays-refused",
        "A cancel that was refused is asked for again.",
        "rules/orders.py",
        "    state.was_cancel_rejected = False\n    if was_unknown:",
        "    if was_unknown:",
        theme="people halt and cancel, and cancels are refused",
    ),
    Mutant(
        "pause-leaves-entries-working",
        "What works for a strategy that is paused is canceled.",
        "actors/_portfolio_commands.py",
        "            self._portfolio.cancels.give_up_entries(plot, reason)\n",
        "",
    ),
    Mutant(
        "close-counts-orders-of-before",
        "The end of an order of before a close is none of the close.",
        "actors/_portfolio_commands.py",
        "                    plot.since = self._portfolio.state.order_counts.get(owner, 0)\n",
        "",
    ),
    Mutant(
        "a-persons-order-leaves-while-held",
        "A person's order leaves once books and account agree.",
        "actors/_portfolio_commands.py",
        "        if self._portfolio.link.hold:\n",
        "        if not self._portfolio.link.hold and self._portfolio.link.hold:\n",
    ),
    Mutant(
        "a-persons-order-is-canceled-by-an-earlier-close",
        "A close is over once a person orders again.",
        "actors/_portfolio_commands.py",
        "        plot.target = None\n",
        "",
        theme="people order by themselves, and close everything",
    ),
    Mutant(
        "paused-strategy-plays-on",
        "A strategy that is paused orders nothing.",
        "actors/_portfolio_state.py",
        " or strategy_id in self.paused or strategy_id in self.retired\n",
        " or strategy_id in self.retired\n",
    ),
    Mutant(
        "report-is-as-new-as-its-arrival",
        "A report is of the venue's time, whenever it comes.",
        "gateways/broker/answers.py",
        '            venue_time_ns=whole(body["time_ns"]),\n',
        "            venue_time_ns=now_ns,\n",
    ),
    Mutant(
        "close-takes-the-guard-away",
        "What guarded a position guards it again if it cannot be closed.",
        COMMANDS,
        "                        exit_stop_price=guard,\n",
        "",
        theme="strategies are paused while positions are closed",
    ),
    Mutant(
        "a-persons-order-comes-to-nothing",
        "A person's order is judged.",
        COMMANDS,
        "                self._on_request(message)\n",
        "                pass\n",
        theme=TRADERS,
    ),
    Mutant(
        "a-persons-order-is-always-refused",
        "A person's order is refused only for a reason that holds.",
        COMMANDS,
        "        is_old = portfolio.now_ns - request.time_ns > REQUEST_MAX_AGE_NS\n",
        "        is_old = True\n",
        theme=TRADERS,
    ),
    Mutant(
        "a-persons-order-leaves-twice-after-a-halt",
        "A person's order leaves once, whatever was closed before.",
        COMMANDS,
        "        self._portfolio.submit(request.strategy_id, request.symbol, step)\n",
        "        for _ in range(2 if portfolio.state.halted_ns and step.limit_price is step.stop_price else 1):\n"
        "            self._portfolio.submit(request.strategy_id, request.symbol, step)\n",
        theme=TRADERS,
    ),
    Mutant(
        "a-persons-cancel-comes-to-nothing",
        "What a person cancels is canceled.",
        COMMANDS,
        "                self._on_cancel_request(message)\n",
        "                pass\n",
        theme=TRADERS,
    ),
    Mutant(
        "a-persons-cancel-is-refused-while-it-works",
        "The cancel of an order is refused once the order is over, and not before.",
        COMMANDS,
        "        if order is None or not order.is_open:\n            reason",
        "        if order is None or order.is_open:\n            reason",
        theme=TRADERS,
    ),
    Mutant(
        "close-comes-to-nothing",
        "What a person closes is closed.",
        COMMANDS,
        "                self._close_positions(symbol, one)\n            case AcceptDifference",
        "                pass\n            case AcceptDifference",
        theme=TRADERS,
    ),
    Mutant(
        "close-leaves-what-has-no-order",
        "What is held is closed, whether an order works beside it or not.",
        COMMANDS,
        "        return [*dict.fromkeys((*held, *ordered, *lost))]\n",
        "        return [*dict.fromkeys((*ordered, *lost))]\n",
        theme=TRADERS,
    ),
    Mutant(
        "flatten-comes-to-nothing",
        "A halt that says so closes what is held.",
        COMMANDS,
        "                if flatten:\n                    self._close_positions(None, None, is_flatten=True)\n",
        "",
    ),
    Mutant(
        "release-leaves-symbols-halted",
        "A release lets positions be opened again in symbols that were halted.",
        COMMANDS,
        "                state.halted_symbols.clear()\n",
        "",
    ),
    Mutant(
        "pause-leaves-what-executes-working",
        "What works for a strategy that is paused is canceled, whether it executes or not.",
        COMMANDS,
        "            self._portfolio.cancels.give_up_entries(plot, reason)\n",
        "            orders = self._portfolio.state.orders\n"
        "            untouched = [each for each in plot.open_orders if not orders[each].filled_quantity]\n"
        "            quiet = msgspec.structs.replace(plot, open_orders=untouched)\n"
        "            self._portfolio.cancels.give_up_entries(quiet, reason)\n",
        theme="strategies are paused while positions are closed",
    ),
    Mutant(
        "quarantine-leaves-entries-working",
        "What works for a strategy that is put in quarantine is canceled.",
        COMMANDS,
        '                self._sideline(strategy_id, f"{strategy_id} was quarantined")\n',
        "",
    ),
    Mutant(
        "refused-cancel-of-what-executes-is-forgotten",
        "A cancel that was refused is asked for again, also if the order executes in part.",
        "actors/_cancels.py",
        "            if order is not None and order.is_open:\n",
        "            if order is not None and order.is_open and not order.filled_quantity:\n",
        theme="people halt and cancel, and cancels are refused",
    ),
    Mutant(
        "a-stop-that-is-gone-is-told-to-nobody",
        "That a position has lost its stop is told, whatever a person has canceled before.",
        "rules/targets.py",
        '        return "are not guarded any more, nor what follows: the stop"\n',
        '        return ""\n',
        theme=TRADERS,
    ),
    Mutant(
        "end-of-the-order-before-concerns-the-new-wish",
        "The end of an order of before is none of the new wish.",
        "actors/_portfolio_state.py",
        "order_number(order.client_order_id) > self.since\n",
        "order_number(order.client_order_id) >= self.since\n",
    ),
    Mutant(
        "valued-after-pursuing",
        "What strategies are worth is known before they order.",
        "actors/portfolio.py",
        """\
        self.standing.revalue(event.symbol)
        self.pursue(event.strategy_id, event.symbol)
        self._watch(event.symbol)
""",
        """\
        self.pursue(event.strategy_id, event.symbol)
        self.standing.revalue(event.symbol)
        self._watch(event.symbol)
""",
    ),
)
