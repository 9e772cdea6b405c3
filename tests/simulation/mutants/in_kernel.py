"""Mutants of what makes things durable, and of what brings actors and engines back."""

from __future__ import annotations

from tests.simulation.mutants.mutant import Mutant

CLOCK = "actors/kernel/clock.py"
COMMITTER = "actors/kernel/committer.py"
FAILURE = "actors/kernel/failure.py"
KERNEL = "actors/kernel/kernel.py"
PAST_THE_ROUTER = "actors/past_the_router.py"
RECOVERY = "actors/kernel/recovery.py"
ENGINE = "ops/engine.py"

MUTANTS = (
    Mutant(
        "released-before-durable",
        "An effect leaves once it is on disk.",
        COMMITTER,
        """\
        self._journal.append([turn.frame for turn in group])
        self.durable_seq = group[-1].last_seq
        effects = [effect for turn in group for effect in turn.effects]
        if effects:
            self._release(effects)
""",
        """\
        effects = [effect for turn in group for effect in turn.effects]
        if effects:
            self._release(effects)
        self._journal.append([turn.frame for turn in group])
        self.durable_seq = group[-1].last_seq
""",
    ),
    Mutant(
        "checkpoint-before-its-turns",
        "A checkpoint is written behind the turns that led to it.",
        COMMITTER,
        "            self._write_group(group)\n            group = []\n",
        "",
    ),
    Mutant(
        "failed-handler-tells",
        "What a handler told before it failed never leaves.",
        KERNEL,
        "                outbox.clear()\n                self.failures.handle(actor, message, error)\n",
        "                self.failures.handle(actor, message, error)\n",
    ),
    Mutant(
        "failed-handler-keeps-its-state",
        "State is rebuilt after a failure.",
        FAILURE,
        "            try:\n                self.rebuild(actor)\n            except BaseException as again:",
        "            try:\n                pass\n            except BaseException as again:",
    ),
    Mutant(
        "rebuilt-without-the-last-message",
        "All messages since the saved state are handled again.",
        FAILURE,
        "            for kernel.now_ns, message in actor.redo:\n",
        "            for kernel.now_ns, message in actor.redo[:-1]:\n",
    ),
    Mutant(
        "rebuilding-tells-again",
        "An actor that is rebuilt tells nobody.",
        FAILURE,
        """\
                    type(actor).on_receive(actor, message)
                kernel.outbox.clear()
        finally:
            kernel.now_ns, kernel.outbox = now_ns, outbox
""",
        """\
                    type(actor).on_receive(actor, message)
            outbox.extend(kernel.outbox)
        finally:
            kernel.now_ns, kernel.outbox = now_ns, outbox
""",
    ),
    Mutant(
        "parked-message-is-dropped",
        "A message that cannot be handled is kept as a dead letter.",
        FAILURE,
        "        self._dead_letter(actor.actor_urn, message, describe(error), trace)\n        self._poison",
        "        self._poison",
    ),
    Mutant(
        "saved-state-keeps-its-redo",
        "Saving a state forgets the messages that led to it.",
        FAILURE,
        "    actor.handled_before_redo += len(actor.redo)\n    actor.redo = []\n    actor.redo_limit",
        "    actor.redo_limit",
    ),
    Mutant(
        "held-mail-is-lost",
        "Mail waits for an actor that backs off.",
        FAILURE,
        "            actor.mailbox = HeldMailbox(actor.mailbox)\n",
        "            actor.mailbox = HeldMailbox()\n",
    ),
    Mutant(
        "interrupts-are-not-recorded",
        "A failure is journaled, so that a replay fails alike.",
        FAILURE,
        "        self._kernel.note_interrupt(Interrupt(actor.actor_urn, actor.deliveries, describe(error)))\n",
        "        return\n",
    ),
    Mutant(
        "checkpoint-without-held-mail",
        "A checkpoint holds the mail of actors that may not run.",
        RECOVERY,
        "list(actor.mailbox) if isinstance(actor.mailbox, HeldMailbox) else []",
        "[]",
    ),
    Mutant(
        "checkpoint-without-state",
        "A checkpoint gives actors their state back.",
        RECOVERY,
        "    load_state(actor, record.state)\n",
        "    load_state(actor, None)\n",
    ),
    Mutant(
        "checkpoint-without-timers",
        "A checkpoint holds the timers.",
        RECOVERY,
        "    kernel.timers.restore(checkpoint.timers)\n",
        "",
    ),
    Mutant(
        "held-actor-runs-after-restart",
        "An actor that was held is held after a restart.",
        RECOVERY,
        "    if status is not ActorStatus.RUNNING:\n        kernel.failures.hold(actor, status)\n",
        "    if status is ActorStatus.QUARANTINED:\n        kernel.failures.hold(actor, status)\n",
    ),
    Mutant(
        "trouble-is-forgotten-at-restart",
        "What an actor failed at is counted over restarts.",
        RECOVERY,
        "    actor.trouble = record.trouble\n",
        "",
    ),
    Mutant(
        "recovery-skips-the-last-turn",
        "Recovery replays the journal to its end.",
        RECOVERY,
        "        for turn in turns:\n",
        "        for turn in list(turns)[:-1]:\n",
    ),
    Mutant(
        "recovery-reads-the-market-anew",
        "Recovery goes on where the source was.",
        RECOVERY,
        "        feed.restore(state, positions.get(feed.name, 0))\n",
        "        feed.restore(state, 0)\n",
    ),
    Mutant(
        "nothing-is-proven-at-recovery",
        "Effects of a replay equal those recorded, and their state with them.",
        RECOVERY,
        "            check(turn, kernel.replay(turn.taken.times_ns, turn.taken.inputs))\n",
        "            check(turn, kernel.replay(turn.taken.times_ns, turn.taken.inputs[:-1]))\n",
    ),
    Mutant(
        "replayed-effects-are-released",
        "Recovery lets nothing out: it has left already.",
        ENGINE,
        "        self._index.note(effects)\n        self._note_trading(effects)\n\n",
        "        self._index.note(effects)\n        self._release(effects)\n\n",
    ),
    Mutant(
        "start-believes-the-old-connection",
        "A process that has just started has no connection yet.",
        ENGINE,
        "            self._part_from_venues()\n            self._keep_time()\n",
        "            self._keep_time()\n",
    ),
    Mutant(
        "clock-is-set-at-once",
        "Who sets the system clock does not make time-outs come early.",
        CLOCK,
        "        time_ns += ahead_ns if ahead_ns > STEP_TAKEN_NS else max(-most_ns, min(ahead_ns, most_ns))\n",
        "        time_ns = max(last_ns, time_ns + ahead_ns)\n",
        theme="the clock is set while orders leave",
    ),
    Mutant(
        "release-of-long-ago-is-told-again",
        "A release that was set aside is not given to anybody once more.",
        PAST_THE_ROUTER,
        "        if isinstance(message, URGENT):\n",
        "        if message is URGENT:\n",
        theme="actors fail while people halt",
    ),
    Mutant(
        "undelivered-is-not-saved",
        "What could not be delivered is counted over restarts.",
        FAILURE,
        "        actor.checkpointed_at = None\n",
        "",
    ),
    Mutant(
        "full-mailbox-drops-what-comes",
        "A full mailbox takes orders and executions all the same.",
        KERNEL,
        "            box.append(message)\n\n    def changed_actors",
        "            pass\n\n    def changed_actors",
    ),
    Mutant(
        "what-was-set-aside-is-not-stored",
        "What was set aside is known after a start.",
        ENGINE,
        "        self.committer.submit_checkpoint(checkpoint, letters)\n",
        "        self.committer.submit_checkpoint(checkpoint)\n",
    ),
    Mutant(
        "replay-is-not-indexed",
        "The orders that go with a checkpoint are those that the journal shows, whoever wrote it.",
        ENGINE,
        "        self.page.beat()\n        self._index.note(effects)\n",
        "        self.page.beat()\n",
    ),
    Mutant(
        "resumed-actor-is-not-made-ready",
        "An actor that goes on handles what has waited.",
        "actors/kernel/failure.py",
        "        actor.held_since_ns = None\n        self._kernel.make_ready(actor)\n",
        "        actor.held_since_ns = None\n",
    ),
    Mutant(
        "next-message-has-no-attempts",
        "Each message has three attempts.",
        "actors/kernel/failure.py",
        "        trouble.attempts = 0\n        actor.mailbox.popleft()\n",
        "        actor.mailbox.popleft()\n",
        theme="actors fail all the time",
    ),
    Mutant(
        "mail-of-held-actors-is-saved-once",
        "A checkpoint holds the mail of actors that back off.",
        "actors/kernel/kernel.py",
        " or isinstance(actor.mailbox, HeldMailbox):  # mail came, or may have\n",
        ":\n",
        theme="actors fail all the time",
    ),
    Mutant(
        "count-of-handled-is-lost-at-a-start",
        "A failure that is replayed strikes the same message.",
        "actors/kernel/recovery.py",
        "    actor.handled_before_redo = record.handled\n",
        "",
    ),
    Mutant(
        "time-goes-back",
        "Time never goes back.",
        "actors/kernel/kernel.py",
        "        self.now_ns = max(now_ns, self.now_ns)\n"
        "        self.seq += 1\n"
        "        self._inputs.append(message)",
        "        self.now_ns = now_ns\n        self.seq += 1\n        self._inputs.append(message)",
    ),
    Mutant(
        "what-a-portfolio-fails-at-halts-nothing",
        "A message about an order that its portfolio fails at halts its symbol.",
        "actors/portfolio.py",
        '                self.halt_symbol(message.symbol, f"{type(message)',
        '                str(f"{type(message)',
        theme="a portfolio fails at what it is told of orders, and nobody tells it again",
    ),
    Mutant(
        "market-data-piles-up",
        "Market data in a full mailbox gives way to newer data.",
        "actors/kernel/mailbox.py",
        "            del mailbox[index]\n            mailbox.append(message)\n            return True\n",
        "            return False\n",
    ),
    Mutant(
        "orders-give-way-in-a-full-mailbox",
        "What is told of orders waits, however full a mailbox is.",
        "actors/kernel/mailbox.py",
        "    if not isinstance(message, CONFLATED_TYPES):\n",
        '    if not hasattr(message, "symbol"):\n',
    ),
    Mutant(
        "timer-numbers-begin-anew",
        "Timers keep their numbers over a start.",
        "actors/kernel/timers.py",
        "        self._count = max((entry.order for entry in entries), default=0)\n",
        "        self._count = len(entries)\n",
    ),
    Mutant(
        "redo-at-the-time-of-now",
        "What is replayed happens at its own time.",
        "actors/kernel/failure.py",
        "            for kernel.now_ns, message in actor.redo:\n",
        "            for _, message in actor.redo:\n",
    ),
    Mutant(
        "checkpoint-overtakes-its-turns",
        "A checkpoint is stored behind the turns that it holds.",
        "actors/kernel/committer.py",
        """\
            self._write_group(group)
            group = []
            if self._store is not None:
                self._store.save_checkpoint(
                    item.checkpoint, orders=self._changed_orders(), dead_letters=item.dead_letters
                )
                self.checkpoint_seq = item.checkpoint.seq
""",
        """\
            if self._store is not None:
                self._store.save_checkpoint(
                    item.checkpoint, orders=self._changed_orders(), dead_letters=item.dead_letters
                )
                self.checkpoint_seq = item.checkpoint.seq
""",
    ),
)
