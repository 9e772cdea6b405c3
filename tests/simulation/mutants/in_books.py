"""Mutants of what orders and books come to: costs, prices, terms, and what people and strategies take them for."""

from __future__ import annotations

from tests.simulation.mutants.mutant import Mutant

COMMANDS = "actors/_portfolio_commands.py"
COMMITTER = "actors/kernel/committer.py"
EXECUTIONS = "rules/_executions.py"
LEDGER = "rules/ledger.py"
LINK = "actors/_account_link.py"
SIZING = "rules/sizing.py"
STANDING = "actors/_standing.py"
PORTFOLIO = "actors/portfolio.py"
ROUTER = "actors/router.py"
STRATEGY = "actors/strategy.py"
TARGETS = "rules/targets.py"

MUTANTS = (
    Mutant(
        "part-takes-the-whole-cost",
        "What is closed of a position takes its part of the cost.",
        LEDGER,
        "    share = cost * of / whole\n",
        "    share = cost\n",
    ),
    Mutant(
        "other-side-keeps-the-cost",
        "A position of the other side begins with its own cost.",
        LEDGER,
        "        position.cost = opened\n",
        "        position.cost, realized = opened + position.cost, realized + position.cost\n",
    ),
    Mutant(
        "average-price-is-that-of-the-last-execution",
        "An order's average price is that of all its executions.",
        EXECUTIONS,
        "    state.filled_notional += fill.quantity * fill.price\n",
        "    state.filled_notional = fill.quantity * fill.price\n",
    ),
    Mutant(
        "part-pays-the-whole-commission",
        "A part of an execution pays its part of the commission.",
        EXECUTIONS,
        "        commission = commission * quantity / event.quantity\n",
        "        pass\n",
    ),
    Mutant(
        "time-in-force-is-lost",
        "An entry has the terms of its signal.",
        TARGETS,
        "        time_in_force=signal.time_in_force,\n",
        "        time_in_force=TimeInForce.GTC,\n",
    ),
    Mutant(
        "denied-id-is-used-again",
        "An id is given to one order, one that is denied included.",
        PORTFOLIO,
        "        self.state.order_counts[signal.strategy_id] = count\n        self.state.denied",
        "        self.state.denied",
    ),
    Mutant(
        "duplicate-ignores-the-side",
        "An order of the other side is no duplicate.",
        "rules/controls.py",
        "            and sent.side is order.side\n",
        "",
        theme="strategies are paused while positions are closed",
    ),
    Mutant(
        "difference-of-a-position-halts-nothing",
        "Nothing opens a position in a symbol in which books and account differ.",
        LINK,
        "            portfolio.halt_symbol(symbol, reason)\n",
        "            pass\n",
    ),
    Mutant(
        "difference-of-cash-halts-nothing",
        "Nothing opens a position while books and account differ in cash.",
        LINK,
        "        if symbol is None:\n            portfolio.block_entries(reason)\n",
        "        if symbol is None:\n            pass\n",
    ),
    Mutant(
        "release-keeps-the-flatten",
        "Once trading is released a halt closes nothing any more.",
        COMMANDS,
        "                self._portfolio.standing.end_flatten()\n",
        "",
        theme="strategies are paused while positions are closed",
    ),
    Mutant(
        "resume-is-ignored",
        "A strategy that is resumed plays on.",
        COMMANDS,
        "                state.paused.pop(strategy_id, None)\n            case DeployStrategy",
        '                state.paused[strategy_id] = "paused"\n            case DeployStrategy',
    ),
    Mutant(
        "what-a-person-canceled-comes-again",
        "What a person cancels is not ordered again for the same signal.",
        COMMANDS,
        "            plot.target = refused(plot.target, order.order)\n",
        "            pass\n",
        theme="people order by themselves, and it is not found",
    ),
    Mutant(
        "positions-are-lost-with-a-state",
        "What a strategy holds outlives a state that is lost.",
        STRATEGY,
        "            self.state.positions, self.state.set_aside = counted.positions, counted.set_aside\n",
        "            self.state.set_aside = counted.set_aside\n",
    ),
    Mutant(
        "adjustment-is-not-told",
        "A strategy knows what the books were adjusted by of what it holds.",
        LINK,
        "            portfolio.tell_strategy(part.strategy_id, adjusted)\n",
        "            pass\n",
    ),
    Mutant(
        "strategy-does-not-hear-of-busts",
        "A strategy knows what it holds, also once an execution was taken back.",
        STRATEGY,
        "-message.side.sign * float(message.quantity)",
        "0.0",
    ),
    Mutant(
        "execution-that-is-given-again-counts-twice",
        "An execution that a strategy failed at counts once, though it is given once more.",
        STRATEGY,
        "        if message in self.state.set_aside:\n",
        "        if False:\n",
        theme="actors fail all the time",
    ),
    Mutant(
        "digest-is-lost-at-a-start",
        "What is recovered is what was lost, the digest of the run included.",
        "actors/kernel/recovery.py",
        "    kernel.digest = checkpoint.digest\n",
        "",
    ),
    Mutant(
        "told-to-be-durable-before-it-is",
        "An input counts as durable once it is on disk.",
        COMMITTER,
        "        self._journal.append([turn.frame for turn in group])\n        self.durable_seq",
        "        self._on_durable(group[-1].last_seq)\n"
        "        self._journal.append([turn.frame for turn in group])\n        self.durable_seq",
    ),
    Mutant(
        "sent-again-past-its-age",
        "An order that is not found is sent again within a minute, or not at all.",
        "actors/venue.py",
        "is_halted or self.now_ns - state.order.time_ns > RESEND_MAX_AGE_NS\n",
        "is_halted\n",
    ),
    Mutant(
        "sized-by-the-account",
        "An order is as large as its share of its strategy's own equity.",
        PORTFOLIO,
        "equity=self.standing.strategy_equity(signal.strategy_id)",
        "equity=self.state.books.account.equity(self.state.marks)",
    ),
    Mutant(
        "sized-by-cash-alone",
        "What a strategy holds counts in its equity.",
        PORTFOLIO,
        "equity=self.standing.strategy_equity(signal.strategy_id)",
        "equity=self.state.books.strategies[signal.strategy_id].cash",
    ),
    Mutant(
        "lots-are-rounded-up",
        "A share comes to whole lots, and no more of them than it pays for.",
        SIZING,
        "    return quantity // lot * lot + _ZERO\n",
        "    more = 0 if quantity % lot == 0 else 1 if quantity > 0 else -1\n"
        "    return (quantity // lot + more) * lot + _ZERO\n",
    ),
    Mutant(
        "sized-by-the-better-side",
        "A purchase is sized by the ask, and a sale by the bid.",
        SIZING,
        "priced.ask if side is Side.BUY else priced.bid",
        "priced.bid if side is Side.BUY else priced.ask",
    ),
    Mutant(
        "marks-are-not-heard",
        "What is held is worth its last mark.",
        PORTFOLIO,
        "        self.standing.set_view(mark.symbol, view, mark.price)\n",
        "        self.state.prices[mark.symbol] = view\n",
    ),
    Mutant(
        "marks-are-lost-beside-no-purchase",
        "A portfolio is told marks of all that it holds.",
        STANDING,
        "        if part.open_buy or part.open_sell or books.account.quantity(symbol):\n            return True\n"
        "        return any(",
        "        return bool(part.open_buy) and any(",
    ),
    Mutant(
        "equity-leaves-out-what-is-held",
        "An order is judged by what the account is worth.",
        STANDING,
        "            equity=self._valuation.equity(cash),\n",
        "            equity=cash,\n",
    ),
    Mutant(
        "limit-price-is-worse-than-asked",
        "A limit price is never worse than a signal asked for.",
        SIZING,
        "    return to_tick(price, instrument, Rounding.DOWN if side is Side.BUY else Rounding.UP)\n",
        "    return to_tick(price, instrument, Rounding.UP if side is Side.BUY else Rounding.DOWN)\n",
    ),
    Mutant(
        "stop-price-is-touched-before",
        "A stop price is never touched before the one that a signal asked for.",
        TARGETS,
        "to_stop_price(signal.stop_price, instrument, side)",
        "to_stop_price(signal.stop_price, instrument, side.opposite)",
    ),
    Mutant(
        "price-keeps-the-side-of-its-signal",
        "A price is rounded for the side of the order that leaves.",
        TARGETS,
        "        if side is self.side or self.side is None:\n",
        "        if True:\n",
    ),
    Mutant(
        "execution-that-a-strategy-failed-at-is-not-counted",
        "An execution counts, whatever a strategy's own code made of it.",
        STRATEGY,
        "        self._count(message)\n        if isinstance(message, _MOVES) and message not in",
        "        if isinstance(message, _MOVES) and message not in",
    ),
    Mutant(
        "restart-leaves-a-strategy-in-quarantine",
        "A strategy that a person restarts plays on.",
        COMMANDS,
        "            case StrategyReleased(strategy_id=strategy_id):\n"
        "                state.quarantined.pop(strategy_id, None)\n",
        "            case StrategyReleased(strategy_id=strategy_id):\n                pass\n",
    ),
    Mutant(
        "correction-keeps-the-commission-of-before",
        "A correction brings its own commission.",
        EXECUTIONS,
        '        commission=event.commission,\n        currency=""',
        '        commission=event.earlier_commission,\n        currency=""',
    ),
    Mutant(
        "refused-cancel-is-not-tried-again",
        "What is to be canceled for good is canceled again, once the venue has refused to.",
        "actors/_cancels.py",
        "                self.ask_if_given_up(order_id)\n                portfolio.pursue",
        "                portfolio.pursue",
        theme="people halt and cancel, and cancels are refused",
    ),
    Mutant(
        "adjusted-position-costs-cash",
        "A position that is accepted costs nobody cash.",
        "rules/adjusting.py",
        "    deposit(ledger, quantity * price * multiplier)\n",
        "    deposit(ledger, -quantity * price * multiplier)\n",
    ),
    Mutant(
        "adjusted-cash-is-nobodys",
        "Cash that is accepted is in the account and in one of its parts.",
        "rules/adjusting.py",
        "    deposit(books.unallocated, amount)\n",
        "",
    ),
    Mutant(
        "lines-of-fills-keep-what-was-busted",
        "The executions that are shown are those that count.",
        "ops/books.py",
        "            if (each.client_order_id, each.execution_id) != (fill.client_order_id, fill.execution_id)\n",
        "            if each is not None\n",
    ),
    Mutant(
        "books-shown-lack-accepted-cash",
        "The books that are drawn up from the journal hold what was accepted.",
        "ops/books.py",
        "            self._cash[portfolio_id] = self._cash.get(portfolio_id, ZERO) + left\n",
        "            pass\n",
    ),
    Mutant(
        "open-orders-leave-the-index",
        "An open order stays in the index.",
        "ops/orders_index.py",
        "            if not entry.state.is_open:\n                del",
        "            if entry.seq:\n                del",
    ),
    Mutant(
        "index-begins-without-events",
        "The index keeps what was told of an order before the last start.",
        "ops/orders_index.py",
        "_Entry(record.seq, state, list(record.events))",
        "_Entry(record.seq, state, [])",
    ),
    Mutant(
        "what-strategies-get-is-nobodys-and-not-missed",
        "The parts of the books sum to the account, whatever the engine's own check says.",
        "rules/ledger.py",
        '    parts = [books.unallocated, *books.strategies.values()]\n    for name, ledger in (("account"',
        """\
    return None


_allocate = allocate


def allocate(books, strategy_id, amount):
    _allocate(books, strategy_id, amount)
    deposit(books.strategies[strategy_id], Decimal(1))


def _is_not_called(books):
    parts = [books.unallocated, *books.strategies.values()]
    for name, ledger in (("account\"""",
    ),
    Mutant(
        "word-that-the-router-failed-at-is-lost",
        "What a venue said of an order reaches its portfolio, though the router fails at it.",
        ROUTER,
        "            case OrderEvent() | TradingHalted() | ChangeLimits():\n",
        "            case TradingHalted() | ChangeLimits():\n",
        theme="people order by themselves, and it is not found",
    ),
    Mutant(
        "owner-forgotten-before-it-is-told",
        "Who goes is told to its portfolio before it is forgotten.",
        "actors/router.py",
        """\
                self._tell_owner(strategy_id, message)
                self.state.owners.pop(strategy_id, None)
            case AccountReported():
""",
        """\
                self.state.owners.pop(strategy_id, None)
                self._tell_owner(strategy_id, message)
            case AccountReported():
""",
    ),
    Mutant(
        "halts-overtake-each-other",
        "Halts are carried out in their order.",
        "actors/past_the_router.py",
        "            kernel.deliver_first(name, message, behind=URGENT)\n",
        "            kernel.deliver_first(name, message, behind=())\n",
    ),
    Mutant(
        "resent-order-begins-its-record-anew",
        "What was told of an order before it was sent again stays known.",
        "ops/orders_index.py",
        """\
                if message.client_order_id not in self._entries:
                    self._entries[message.client_order_id]""",
        """\
                if message.client_order_id not in self._changed:
                    self._entries[message.client_order_id]""",
    ),
)
