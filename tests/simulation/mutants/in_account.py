"""Mutants of the link between a portfolio and its account: holding, comparing, adjusting; and of its state."""

from __future__ import annotations

from tests.simulation.mutants.mutant import Mutant

ADJUSTING = "rules/adjusting.py"
COMMANDS = "actors/_portfolio_commands.py"
LINK = "actors/_account_link.py"
PORTFOLIO = "actors/portfolio.py"
RECONCILIATION = "rules/reconciliation.py"

_RESTORED = '        """Value everything anew."""\n'

MUTANTS = (
    Mutant(
        "hold-is-ignored",
        "No order leaves before books and venue agree.",
        PORTFOLIO,
        "        held_back, target = bool(self.link.hold), plot.target\n",
        "        held_back, target = False, plot.target\n",
    ),
    Mutant(
        "hold-is-never-released",
        "Once books and venue agree orders leave again.",
        LINK,
        '            state.hold = ""\n            self._portfolio.pursue_all()\n',
        "            self._portfolio.pursue_all()\n",
    ),
    Mutant(
        "hold-is-not-taken-on-connecting",
        "A new connection holds orders back until books and venue have been compared.",
        LINK,
        '            self._state.hold = "books and venue are being compared"\n',
        '            self._state.hold = ""\n',
    ),
    Mutant(
        "difference-never-breaks",
        "A difference that lasts is one for people.",
        RECONCILIATION,
        "        return self.times >= DIFFERENCES_BEFORE_BREAK\n",
        "        return self.times < 0\n",
    ),
    Mutant(
        "difference-breaks-at-once",
        "A difference of timing passes by itself.",
        RECONCILIATION,
        "DIFFERENCES_BEFORE_BREAK = 3\n",
        "DIFFERENCES_BEFORE_BREAK = 1\n",
    ),
    Mutant(
        "difference-need-not-stay-the-same",
        "Only a difference that stays the same counts on.",
        RECONCILIATION,
        "last is not None and (last.ours, last.theirs) == (ours, theirs)",
        "last is not None",
    ),
    Mutant(
        "positions-are-not-compared",
        "Positions are compared.",
        RECONCILIATION,
        "        if symbol not in open_questions:\n",
        "        if symbol in ():\n",
    ),
    Mutant(
        "cash-is-not-compared",
        "Cash is compared.",
        RECONCILIATION,
        "    if not open_questions:\n",
        "    if report.cash.is_nan():\n",
    ),
    Mutant(
        "unsettled-symbols-are-compared",
        "A symbol with an UNKNOWN order is no evidence.",
        LINK,
        "unsettled=self._symbols_with_unknown_orders()",
        "unsettled=()",
    ),
    Mutant(
        "accepted-position-is-not-booked",
        "Accepting a difference books the venue's position.",
        LINK,
        "                self._adjust_position(Symbol(name), difference.theirs - difference.ours, reason)\n",
        "                continue\n",
    ),
    Mutant(
        "accepted-cash-is-not-booked",
        "Accepting a difference books the venue's cash.",
        LINK,
        "                self._adjust_cash(difference.theirs - difference.ours, reason)\n",
        "                continue\n",
    ),
    Mutant(
        "same-report-is-counted-again",
        "A report that is told again is no further evidence.",
        LINK,
        "report.venue_time_ns <= state.report.venue_time_ns:",
        "report.venue_time_ns < state.report.venue_time_ns:",
    ),
    Mutant(
        "accepted-difference-is-kept",
        "A difference that was accepted is one no more.",
        LINK,
        "            del self._state.differences[name]\n",
        "",
    ),
    Mutant(
        "what-may-be-on-its-way-is-accepted",
        "Only what was told again and again is accepted.",
        LINK,
        "for name, each in self._state.differences.items() if each.is_break}",
        "for name, each in self._state.differences.items()}",
    ),
    Mutant(
        "what-was-not-heard-is-not-asked-for",
        "A portfolio asks for what it has not heard of an order for long.",
        LINK,
        "                self._ask_for(each)\n",
        "",
        theme="actors fail all the time",
    ),
    Mutant(
        "what-is-waited-for-in-vain-is-not-forgotten",
        "A portfolio that could not handle the answer to a cancel asks for the cancel again.",
        LINK,
        "            evolve(order, lost)\n",
        "            pass\n",
        theme="actors fail all the time",
    ),
    Mutant(
        "unbooked-execution-shuts-nothing",
        "While an execution is not in the books nobody knows what is held.",
        PORTFOLIO,
        "                    self.state.shut_symbols[message.symbol] = True\n",
        "                    pass\n",
        theme="actors fail all the time",
    ),
    Mutant(
        "report-of-before-the-connection-counts",
        "A report that came before the connection lets nothing go.",
        LINK,
        "        if (report.asked_ns or report.time_ns) < state.connected_ns:\n",
        "        if report.time_ns < 0:\n",
    ),
    Mutant(
        "signal-takes-a-flatten-back",
        "No signal changes that a halt closes what is held.",
        PORTFOLIO,
        "plot.target is not None and is_being_closed(plot.target):",
        "plot.target is not None and plot.target.is_stopped_out:",
    ),
    Mutant(
        "exit-of-nothing-works-in-a-halt",
        "An exit is canceled in a halt once what it was to close is gone.",
        PORTFOLIO,
        "        if self.state.entries_blocked:\n"
        "            self.cancels.give_up_what_opens(plot, self.state.entries_blocked)\n",
        "",
        behind="what does not lead to the target is canceled",
    ),
    Mutant(
        "order-that-turns-up-in-a-halt-works",
        "An order that turns up in a halt is canceled.",
        PORTFOLIO,
        "            self.state.given_up[order_id] = self.state.entries_blocked\n",
        "            pass\n",
        theme="people order by themselves, and it is not found",
    ),
    Mutant(
        "adjustment-is-taken-from-all",
        "What is gone is taken from the strategies once.",
        ADJUSTING,
        "            left -= part\n",
        "",
    ),
    Mutant(
        "account-is-asked-for-once",
        "The account is asked for again if no answer comes.",
        LINK,
        "        portfolio.set_timer(ACCOUNT_TIMER, portfolio.now_ns + ANSWER_TIMEOUT_NS)\n",
        "",
    ),
    Mutant(
        "account-is-not-watched",
        "The account is asked for again and again while all is well.",
        LINK,
        "        portfolio.set_timer(ACCOUNT_TIMER, portfolio.now_ns + delay_ns)\n",
        "        if not is_quiet:\n            portfolio.set_timer(ACCOUNT_TIMER, portfolio.now_ns + delay_ns)\n"
        "        else:\n            portfolio.cancel_timer(ACCOUNT_TIMER)\n",
    ),
    Mutant(
        "overtaken-report-counts",
        "A report that was overtaken says nothing.",
        LINK,
        "report.venue_time_ns <= state.report.venue_time_ns:",
        "report.venue_time_ns < 0:",
    ),
    Mutant(
        "entries-outlive-the-silence",
        "Entries are canceled when nothing is heard of the venue for too long.",
        LINK,
        '            self._portfolio.cancel_all_entries("nothing was heard of the venue for too long")\n',
        "            pass\n",
    ),
    Mutant(
        "positions-are-forgotten-at-restart",
        "Books outlive the process.",
        PORTFOLIO,
        _RESTORED,
        _RESTORED + "        self.state.books = self.new_state().books\n",
    ),
    Mutant(
        "halt-is-forgotten-at-restart",
        "A halt outlives the process, and every rebuild.",
        PORTFOLIO,
        _RESTORED,
        _RESTORED + '        self.state.entries_blocked = ""\n',
    ),
    Mutant(
        "limits-are-forgotten-at-restart",
        "Limits that were changed outlive the process.",
        PORTFOLIO,
        _RESTORED,
        _RESTORED + "        self.state.limits = None\n",
    ),
    Mutant(
        "ids-are-reused-after-restart",
        "The number of an order is never used again.",
        PORTFOLIO,
        _RESTORED,
        _RESTORED + "        self.state.order_counts.clear()\n",
    ),
    Mutant(
        "targets-are-forgotten-at-restart",
        "What a strategy wants outlives the process.",
        PORTFOLIO,
        _RESTORED,
        _RESTORED
        + "        for plot in (each for plots in self.state.plots.values() for each in plots.values()):\n"
        + "            plot.target = None\n",
    ),
    Mutant(
        "halted-symbols-are-forgotten-at-restart",
        "A halt of a symbol outlives the process.",
        PORTFOLIO,
        _RESTORED,
        _RESTORED + "        self.state.halted_symbols.clear()\n",
    ),
    Mutant(
        "halt-cancels-nothing",
        "A halt cancels the entries that work.",
        PORTFOLIO,
        "            )\n        self.cancel_all_entries(reason)\n",
        "            )\n",
    ),
    Mutant(
        "halt-blocks-nothing",
        "No position is opened while trading is halted.",
        PORTFOLIO,
        "        self.state.entries_blocked = reason\n        if self._terms",
        "        if self._terms",
    ),
    Mutant(
        "flatten-overlooks-working-entries",
        "A flatten closes what an entry executes while it is being canceled.",
        COMMANDS,
        "        return [*dict.fromkeys((*held, *ordered, *lost))]\n",
        "        return [*dict.fromkeys((*held, *lost))]\n",
        theme="people order by themselves, and close everything",
    ),
    Mutant(
        "flatten-overlooks-a-persons-first-order",
        "A flatten closes what a person's first order executes while it is being canceled.",
        COMMANDS,
        "        return [*dict.fromkeys((*state.books.strategies, *ordering))]\n",
        "        return [*state.books.strategies]\n",
        theme="people order by themselves, and close everything",
    ),
    Mutant(
        "flatten-is-ignored",
        "A halt that says so closes the positions.",
        COMMANDS,
        "                if flatten:\n",
        "                if flatten is None:\n",
    ),
    Mutant(
        "release-is-ignored",
        "A release lets positions be opened again.",
        COMMANDS,
        '                state.entries_blocked = ""\n                state.halted_symbols.clear()\n',
        '                state.entries_blocked = state.entries_blocked or ""\n',
    ),
)
