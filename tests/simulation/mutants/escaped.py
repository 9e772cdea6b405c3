"""Wrong engines that no seed has found so far: what the judge does not see yet, or nothing plays.

One that is found goes to the others of its part.
"""

from __future__ import annotations

from tests.simulation.mutants.mutant import Mutant

ESCAPED = (
    Mutant(
        "filled-never-turns-up",
        "An order that filled by what was taken back may work on.",
        "rules/_order_state.py",
        "        return self.was_not_found or self.status is OrderStatus.FILLED\n",
        "        return self.was_not_found\n",
    ),
    Mutant(
        "stop-limit-sized-by-its-stop",
        "An entry is sized by its limit price if it has one.",
        "rules/sizing.py",
        """\
        case OrderType.LIMIT | OrderType.STOP_LIMIT:
            price = signal.limit_price
        case OrderType.STOP:
            price = signal.stop_price
""",
        """\
        case OrderType.LIMIT:
            price = signal.limit_price
        case OrderType.STOP | OrderType.STOP_LIMIT:
            price = signal.stop_price
""",
    ),
    Mutant(
        "refusal-in-doubt-ends-the-wish",
        "A refusal ends a wish once its order is over.",
        "rules/targets.py",
        """\
        case OrderRejected() | OrderExpired() | OrderCanceled() if not (was_canceling or state.is_open):
""",
        "        case OrderRejected() | OrderExpired() | OrderCanceled() if not was_canceling:\n",
    ),
    Mutant(
        "room-for-the-missing-part-only",
        "An exit leaves once the stop has made way for all of it.",
        "rules/planning.py",
        "        return _sum_leaves(stops, trade.side) + trade.quantity <= abs(position)\n",
        "        return _sum_leaves(stops, trade.side) + trade.missing <= abs(position)\n",
    ),
    Mutant(
        "missing-executions-wait-for-nothing",
        "Nothing opens or closes a position while executions of its orders do not add up.",
        "rules/planning.py",
        "    adds_up = all(state.missing_quantity <= 0 for state in orders)\n",
        "    adds_up = True\n",
    ),
    Mutant(
        "second-stop-not-deducted",
        "Two stops guard no more together than is held.",
        "rules/planning.py",
        "    quantity -= _sum_leaves(others, side)\n",
        "",
    ),
    Mutant(
        "changes-leave-while-held",
        "Nothing is changed before books and account were compared.",
        "actors/portfolio.py",
        "                case Submit() | Replace() if held_back:\n",
        "                case Submit() if held_back:\n",
    ),
    Mutant(
        "partly-filled-is-no-duplicate",
        "What executed in part makes its repetition a duplicate.",
        "actors/portfolio.py",
        "            if was_canceling and not order.filled_quantity:  # the same once more is no duplicate\n",
        "            if was_canceling:  # the same once more is no duplicate\n",
    ),
    Mutant(
        "only-fills-shut-a-symbol",
        "A bust or correction that cannot be booked shuts its symbol.",
        "actors/portfolio.py",
        "                if isinstance(message, OrderFilled | OrderFillBusted | OrderFillCorrected):\n",
        "                if isinstance(message, OrderFilled):\n",
    ),
    Mutant(
        "halt-time-noted-behind-the-halt",
        "A halt is told with its own time.",
        "actors/_portfolio_commands.py",
        """\
                state.halted_ns = time_ns
                self._portfolio.block_entries(reason or "halted")
""",
        """\
                self._portfolio.block_entries(reason or "halted")
                state.halted_ns = time_ns
""",
    ),
    Mutant(
        "come-back-but-not-heard",
        "A strategy that comes back under its name is heard.",
        "actors/_portfolio_commands.py",
        "                state.retired.pop(deployment.strategy_id, None)\n",
        "",
    ),
    Mutant(
        "failed-halt-has-no-time",
        "A halt that could not be carried out holds from its time on.",
        "actors/_portfolio_commands.py",
        '                state.entries_blocked, state.halted_ns = reason or "halted", time_ns\n',
        '                state.entries_blocked = reason or "halted"\n',
    ),
    Mutant(
        "closing-forgets-what-was-not-found",
        "A flatten closes what an order that was not found leads to.",
        "actors/_portfolio_commands.py",
        "        return [*dict.fromkeys((*held, *ordered, *lost))]\n",
        "        return [*dict.fromkeys((*held, *ordered))]\n",
    ),
    Mutant(
        "adopts-whatever-differs-now",
        "What a person accepted is adopted, and nothing else.",
        "actors/_account_link.py",
        "if accepted.get(name) == each}\n",
        "if name in accepted}\n",
    ),
    Mutant(
        "pending-cancel-is-not-given-up",
        "An entry whose cancel is under way is given up in a halt, too.",
        "actors/_cancels.py",
        """\
            self._portfolio.state.given_up[order_id] = reason
            if not order.is_cancel_pending:
                self.ask(order_id, reason)
""",
        """\
            if not order.is_cancel_pending:
                self._portfolio.state.given_up[order_id] = reason
                self.ask(order_id, reason)
""",
    ),
    Mutant(
        "news-ends-the-question-after-a-bust",
        "Behind an execution that was taken back only an answer ends the asking.",
        "actors/_retold.py",
        "    return is_news and not state.has_undone\n",
        "    return is_news\n",
    ),
    Mutant(
        "exit-larger-than-held-opens-nothing",
        "An exit that is larger than what is held opens a position.",
        "actors/_standing.py",
        "        is_exit = held * order.order.side.sign < 0 and order.leaves_quantity <= abs(held)\n",
        "        is_exit = held * order.order.side.sign < 0\n",
    ),
    Mutant(
        "stopped-portfolios-of-the-halt-before",
        "Each halt stops the orders that wait.",
        "actors/venue.py",
        "        self.state.stopped = []\n",
        "",
    ),
    Mutant(
        "execution-in-quarantine-not-saved",
        "What executes in quarantine is in the strategy's checkpoint.",
        "actors/strategy.py",
        """\
        self._count(message)
        return isinstance(message, _MOVES)
""",
        """\
        self._count(message)
        return False
""",
    ),
    Mutant(
        "clock-set-back-far-is-followed",
        "Time never goes back.",
        "actors/kernel/clock.py",
        "        time_ns += ahead_ns if ahead_ns > STEP_TAKEN_NS else max(-most_ns, min(ahead_ns, most_ns))\n",
        """\
        time_ns += ahead_ns if abs(ahead_ns) > STEP_TAKEN_NS else max(-most_ns, min(ahead_ns, most_ns))
""",
    ),
    Mutant(
        "strange-word-hides-no-change",
        "A strange word leaves a change in doubt.",
        "gateways/broker/answers.py",
        '_STATUSES.get(word(order["status"]), OrderStatus.UNKNOWN)',
        '_STATUSES.get(word(order["status"]), OrderStatus.ACCEPTED)',
    ),
    Mutant(
        "refused-quote-refreshes-the-price",
        "A quote that is refused makes no price fresh.",
        "actors/symbol.py",
        """\
            if fault is not None:
                self._refuse(fault, message)
                return
            state.quote = message
            time_ns = state.last_time_ns = message.time_ns
""",
        """\
            time_ns = state.last_time_ns = message.time_ns
            if fault is not None:
                self._refuse(fault, message)
                return
            state.quote = message
""",
    ),
    Mutant(
        "supervisor-forgets-a-deployment",
        "A strategy that was deployed is known after a start.",
        "ops/deployments.py",
        "        supervisor.redo.append((self._kernel.now_ns, message))\n",
        "",
    ),
    Mutant(
        "checkpoint-lacks-new-mail-of-who-waits",
        "A checkpoint holds all mail of an actor that waits.",
        "actors/kernel/kernel.py",
        """\
            if mark != actor.checkpointed_at or isinstance(actor.mailbox, HeldMailbox):  # mail came, or may have
""",
        "            if mark != actor.checkpointed_at:\n",
    ),
    Mutant(
        "clock-behind-the-journal-stands-still",
        "Time goes on when the clock was set back.",
        "actors/kernel/clock.py",
        "            self._last = (core_ns, self._last[1])\n",
        "",
    ),
    Mutant(
        "cancel-overtakes-its-order",
        "A cancel leaves behind its order.",
        "gateways/broker/waiting.py",
        """\
        else:
            lane.append(command)
        return True
""",
        """\
        elif isinstance(command, CancelOrder):
            lane.appendleft(command)
        else:
            lane.append(command)
        return True
""",
    ),
    Mutant(
        "loosened-limits-with-the-tightened",
        "Limits that loosen wait for a person.",
        "ops/live_config.py",
        "        engine.command(limits_change(name, limits, engine.kernel.now_ns))\n",
        "        engine.command(limits_change(name, asked.portfolios[name].limits, engine.kernel.now_ns))\n",
    ),
    Mutant(
        "unchanged-state-from-the-oldest-checkpoint",
        "A state that has not changed is read from the checkpoint that has it.",
        "storage/_checkpoints.py",
        "        base = next(iter(kept.values()), None)\n",
        "        base = next(reversed(kept.values()), None)\n",
    ),
    Mutant(
        "clock-set-back-begins-an-old-day",
        "A day that is over does not begin again.",
        "storage/journal.py",
        "        if today <= self._day.day:  # a clock set back stays in the day it has reached\n",
        "        if today == self._day.day:\n",
    ),
)
