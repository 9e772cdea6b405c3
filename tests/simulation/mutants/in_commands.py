"""Mutants of how an engine obeys people."""

from __future__ import annotations

from tests.simulation.mutants.mutant import Mutant

COMMANDS = "actors/_portfolio_commands.py"

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
)
