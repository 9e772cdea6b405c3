"""Wrong engines in which the failure of one actor reaches others, for `test_isolation`."""

from __future__ import annotations

from tests.simulation.mutants.mutant import Mutant

FAILURE = "actors/kernel/failure.py"
KERNEL = "actors/kernel/kernel.py"

_AT_ONCE = (
    "                self._record_restart(actor, error)\n                kernel.make_ready(actor, first=True)\n"
)
_HOLDS = (
    "                self.hold(actor, ActorStatus.BACKING_OFF)\n"
    "                kernel.timers.set(actor.actor_urn, self.RESUME_TIMER, kernel.now_ns + delay_ns)\n"
)
_ALL_HELD = """\
                for name in supervisor.children:
                    self.hold(kernel.actors[name], ActorStatus.BACKING_OFF)
                    kernel.timers.set(name, self.RESUME_TIMER, kernel.now_ns + delay_ns)
"""

MUTANTS = (
    Mutant(
        "a-restart-clears-the-mail-of-siblings",
        "The mail of an actor outlives the restart of another one.",
        FAILURE,
        _HOLDS,
        "                for name in supervisor.children:\n"
        "                    if name != actor.actor_urn:\n"
        "                        kernel.actors[name].mailbox.clear()\n"
        "                        if kernel.actors[name] in kernel._ready:\n"
        "                            kernel._ready.remove(kernel.actors[name])\n" + _HOLDS,
    ),
    Mutant(
        "all-children-wait-for-one",
        "Only the actor that failed waits for its restart.",
        FAILURE,
        _HOLDS,
        _ALL_HELD,
    ),
    Mutant(
        "a-restart-begins-siblings-anew",
        "A restart rebuilds the actor that failed, and nobody else.",
        FAILURE,
        _AT_ONCE,
        "                for name in supervisor.children if supervisor else ():\n"
        "                    _forget(kernel.actors[name])\n" + _AT_ONCE,
    ),
    Mutant(
        "told-before-it-counted",
        "What an attempt that failed has told does not leave.",
        KERNEL,
        "                outbox.clear()\n                self.failures.handle(actor, message, error)\n",
        "                self.flush_outbox()\n                self.failures.handle(actor, message, error)\n",
    ),
    Mutant(
        "a-rebuild-tells-again",
        "What is handled again for a rebuild is told to nobody.",
        FAILURE,
        "                kernel.outbox.clear()\n        finally:\n",
        "                outbox += kernel.outbox\n                kernel.outbox.clear()\n        finally:\n",
    ),
    Mutant(
        "quarantined-with-its-siblings",
        "Quarantine keeps out one strategy, and no other.",
        FAILURE,
        "        self.hold(actor, ActorStatus.QUARANTINED)\n",
        "        for name in actor.supervisor.children:\n"
        "            self.hold(self._kernel.actors[name], ActorStatus.QUARANTINED)\n",
    ),
)
