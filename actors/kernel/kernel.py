"""The core: one thread that runs all actors, turn by turn.

    ingress, recorded data, timers -> a turn: number each input, deliver it, run the mailboxes until all are empty
                                   -> {inputs, effects} to the committer -> durable -> effects released

Per input to quiescence, first in first out: what an engine does is a function of its inputs alone, wherever the
turns were cut. A handler is a transaction: what it tells leaves when it returns, or never.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Collection, MutableSequence, Sequence
from itertools import repeat
from threading import get_ident
from typing import Any

import pykka

from actors.kernel.actor import REDO_LIMIT, Actor, ActorStatus
from actors.kernel.clock import Clock, TurnPace, VirtualClock, monotonic_ns
from actors.kernel.committer import Committer
from actors.kernel.errors import CoreThreadMisuse, EngineHalted
from actors.kernel.failure import START, FailureHandler, save_state
from actors.kernel.feed import SourceFeed
from actors.kernel.future import enter_core_thread, leave_core_thread
from actors.kernel.ingress import Ingress
from actors.kernel.mailbox import MAILBOX_LIMIT, HeldMailbox, Sink, conflate
from actors.kernel.outside import CoreCall, OutsideCalls
from actors.kernel.steering import Steering
from actors.kernel.timers import NEVER_NS, TimerQueue
from messages import (
    GENESIS_CHAIN,
    AnyMessage,
    Bar,
    DeadLetter,
    Interrupt,
    Quote,
    Recorded,
    SourceEnded,
    TimerFired,
    Trade,
    TurnInputs,
    encode_turn,
)

TURN_LIMIT = 1000
"""Inputs in one turn, at most."""

TIMERS_LIMIT = 10_000
"""Inputs after which a turn ends even between the timers that are due before one record."""

CASCADE_LIMIT = 1_000_000
"""Messages that one input may cause. More is two actors telling each other for ever."""

MARKET_DATA: frozenset[type] = frozenset((Quote, Trade, Bar))

IDLE_SECONDS = 0.1
"""The core looks at least this often whether it was asked to stop."""


class Kernel:
    """The scheduler. Everything in here happens on the one core thread, except `stop` and what
    `outside` offers, which any thread may call.

    `digest_of` says what of an effect belongs into the digest of the run (`None`: nothing). `conflated` counts
    market data that was replaced in a full mailbox, by actor. `beacon[0]` is the number of the strategy whose code
    runs now, 0 for none: who watches from outside reads it when the core has stopped answering. `gone` tells that
    actors were dismissed since the journal began. `on_adopt` is for replay: what to do with actors once made.
    `outlives_feed` lets timers go on where recorded data ends, for a venue outside still has something to say.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        entry: str = "router",
        epoch: int = 0,
        digest_of: Callable[[AnyMessage], bytes | None] | None = None,
        ingress: Ingress | None = None,
    ) -> None:
        self.clock: Clock = clock or VirtualClock()
        self.ingress = ingress or Ingress()
        self.actors: dict[str, Actor] = {}
        self.timers = TimerQueue()
        self.thread_id = get_ident()
        self.current: Actor | None = None
        self.now_ns = 0
        self.seq = 0
        self.chain = GENESIS_CHAIN
        self.digest = bytes(32)
        self.epoch = epoch
        self.feed: SourceFeed | None = None
        self.outlives_feed = False
        self.committer: Committer | None = None
        self.stopping: str | None = None
        self.fatal: str | None = None
        self.restarts = 0
        self.dead_letters: list[DeadLetter] = []
        self.conflated: dict[str, int] = {}
        self.turns = 0
        self.turn_began_ns = 0
        self.beacon: MutableSequence[int] | memoryview = [0]
        self.gone = False
        self.on_adopt: dict[str, Callable[[Actor], None]] = {}
        self.outbox: list[tuple[Any, Any]] = []
        self.effect_sink = Sink(self._record_effect)
        self.timer_sink = Sink(self._apply_timer)
        self.failures = FailureHandler(self)
        self.outside = OutsideCalls(self)
        self.steering = Steering(self)
        self.stop_sink = Sink(self.outside.stop)
        self._digest_of = digest_of
        self._entry_name = entry
        self._ready: deque[Actor] = deque()
        self._inputs: list[AnyMessage] = []
        self._times_ns: list[int] = []
        self._effects: list[Recorded] = []
        self._interrupts: list[Interrupt] = []

    # ---- actors

    def adopt(self, actor: Actor) -> None:
        """Take in an actor that pykka's `start` has made. Its `on_start` runs with the journal's first input.

        If another thread has made it, while the core runs: between two inputs, `on_start` too.
        """
        if actor.actor_urn in self.actors:
            raise CoreThreadMisuse(f"there is an actor named {actor.actor_urn} already")
        if get_ident() != self.thread_id:
            self.outside.adopt(actor)
            return
        self.actors[actor.actor_urn] = actor
        if (arm := self.on_adopt.pop(actor.actor_urn, None)) is not None:
            arm(actor)
        if self.seq:
            self.start(actor)

    def ref(self, name: str) -> pykka.ActorRef[Any]:
        """The reference of the actor of that name. Raises KeyError if there is none."""
        return self.actors[name].actor_ref

    def stop(self, reason: str) -> None:
        """Ask the core to end after the turn at hand. Safe in a signal handler."""
        self.stopping = reason

    # ---- running

    def run(self, between_turns: Callable[[], None] | None = None) -> None:
        """Turn after turn until stopped. Raises EngineHalted if the core or the storage gave up."""
        pace = TurnPace(TURN_LIMIT)
        with CoreThread(self):
            while self.stopping is None and self.fatal is None:
                self.turn_began_ns = monotonic_ns()
                was_busy = self.turn(pace.limit)
                pace.note(monotonic_ns() - self.turn_began_ns)
                if between_turns is not None:
                    between_turns()
                if not was_busy and self.stopping is None:
                    self._wait()
        if self.fatal is not None:
            raise EngineHalted(self.fatal)

    def turn(self, limit: int = TURN_LIMIT) -> bool:
        """One turn: whether there was anything to do."""
        self.turns += 1
        urgent, market = self.ingress.take(limit)
        for item in urgent:
            self._take_urgent(item)
        for message in market:
            self.input(message, self.clock.now_ns(self.now_ns))
        if self.feed is not None:
            self._take_recorded(limit)
        self._fire_timers(min(self.clock.horizon_ns(), self._data_horizon_ns()))
        return self.end_turn() or bool(urgent)

    def end_turn(self) -> bool:
        """Hand what happened since the last turn to the committer: whether there was anything."""
        if not self._inputs and not self._interrupts:
            return False
        positions = {} if self.feed is None else {self.feed.name: self.feed.position}
        taken = TurnInputs(self._times_ns, self._inputs, positions, self._interrupts)
        effects = self._effects
        if self.committer is not None:
            frame = encode_turn(
                epoch=self.epoch,
                first_seq=self.seq - len(self._inputs) + 1,
                taken=taken,
                effects=effects,
                chain_before=self.chain,
            )
            self.chain = frame[-32:]
            self.committer.submit_turn(frame, effects, self.seq)
        self.drop_turn()
        return True

    def drop_turn(self) -> list[Recorded]:
        """Forget the turn at hand, as replay does: the journal holds it already. Returns its effects."""
        effects = self._effects
        self._inputs, self._times_ns, self._effects, self._interrupts = [], [], [], []
        return effects

    def input(self, message: AnyMessage, now_ns: int) -> None:
        """Number one input, deliver it, and run until every mailbox is empty."""
        self.now_ns = max(now_ns, self.now_ns)
        self.seq += 1
        self._inputs.append(message)
        self._times_ns.append(self.now_ns)
        self._deliver(message)
        self.quiesce()

    def command(self, message: AnyMessage) -> list[Recorded]:
        """One input in a turn of its own, and its effects. For the core thread, between two inputs."""
        self.end_turn()
        self.input(message, self.clock.now_ns(self.now_ns))
        effects = list(self._effects)
        self.end_turn()
        return effects

    def replay(self, times_ns: Sequence[int], inputs: Sequence[AnyMessage]) -> list[Recorded]:
        """Handle the inputs of a recorded turn again, keeping none of them. Returns what effects they have now."""
        entry, ready, quiesce = self.actors[self._entry_name], self._ready, self.quiesce
        for time_ns, message in zip(times_ns, inputs, strict=True):
            self.now_ns = time_ns
            self.seq += 1
            if message.__class__ in MARKET_DATA:  # `_deliver` written out: recovery is mostly this
                box = entry.mailbox
                if not box:
                    ready.append(entry)
                box.append(message)
            else:
                self._deliver(message)
            quiesce()
        self.stopping = self.fatal = None
        return self.drop_turn()

    def quiesce(self) -> None:
        """Run ready actors, one message each in turn, until there is no more mail.

        Every line in here is paid for by every message. The watchdog finds this frame by its code.
        """
        ready, outbox, now_ns = self._ready, self.outbox, self.now_ns
        last_message: Any = None
        done: tuple[int, Any] = (0, None)
        for _ in repeat(None, CASCADE_LIMIT):
            if not ready:
                return
            actor = ready.popleft()
            mailbox = actor.mailbox
            message = mailbox[0]
            self.current = actor
            try:
                actor.on_receive(message)
            except BaseException as error:  # noqa: BLE001  # SystemExit from a strategy must not end the engine
                outbox.clear()
                self.failures.handle(actor, message, error)
                continue
            if message is not last_message:  # most messages are passed on as they are: share the pair
                last_message = message
                done = (now_ns, message)
            redo = actor.redo
            redo.append(done)
            mailbox.popleft()
            if mailbox:
                ready.append(actor)
            if outbox:
                for target, told in outbox:
                    box = target.mailbox
                    if not box:
                        ready.append(target)
                        box.append(told)
                    elif len(box) < MAILBOX_LIMIT:
                        box.append(told)
                    else:
                        self._overflow(target, told)
                outbox.clear()
            if len(redo) >= REDO_LIMIT and len(redo) >= actor.redo_limit:
                save_state(actor)
        raise EngineHalted(
            f"input {self.seq} caused more than {CASCADE_LIMIT:,} messages; the last was handled by "
            f"{actor.actor_urn}. Two actors are telling each other for ever."
        )

    def flush_outbox(self) -> None:
        """Let out what a handler that the kernel itself called has told."""
        outbox = self.outbox
        for target, told in outbox:
            box = target.mailbox
            if not box:
                self._ready.append(target)
            box.append(told)
        outbox.clear()

    def make_ready(self, actor: Actor, *, first: bool = False) -> None:
        """Let an actor with mail run: at once (`first`), or behind those that are ready already."""
        if actor.status is ActorStatus.RUNNING and len(actor.mailbox) and actor not in self._ready:
            (self._ready.appendleft if first else self._ready.append)(actor)

    def deliver(self, name: str, message: Any) -> None:
        """Put a message into the mailbox of the actor of that name; a dead letter if there is none."""
        actor = self.actors.get(name)
        if actor is None:
            self.failures.park_unaddressed(name, message)
            return
        box = actor.mailbox
        if not box:
            self._ready.append(actor)
        box.append(message)

    def deliver_first(self, name: str, message: Any, *, behind: Collection[type]) -> None:
        """The same, ahead of the mail that waits for an actor which may not run now, but for these kinds."""
        actor = self.actors.get(name)
        if actor is None or not isinstance(actor.mailbox, HeldMailbox):
            self.deliver(name, message)
            return
        place = 0
        for waiting in actor.mailbox:
            if type(waiting) not in behind:
                break
            place += 1
        actor.mailbox.insert(place, message)

    def start(self, actor: Actor) -> None:
        """Run an actor's `on_start` as its first handler. Raises what that raises."""
        self.current = actor
        try:
            actor.on_restore()
            actor.on_start()
        finally:
            self.current = None
        actor.redo.append((self.now_ns, START))
        self.flush_outbox()

    def note_interrupt(self, interrupt: Interrupt) -> None:
        """Journal that a handler was broken off, or failed."""
        self._interrupts.append(interrupt)

    # ---- inputs

    def _deliver(self, message: AnyMessage) -> None:
        steer = self.steering.handlers.get(message.__class__)
        if steer is None:
            self.deliver(self._entry_name, message)
        else:
            steer(message)

    def _take_urgent(self, item: Any) -> None:
        if isinstance(item, CoreCall):
            item.run()
        elif isinstance(item, tuple):
            self.outside.serve(*item)
        else:
            self.input(item, self.clock.now_ns(self.now_ns))

    def _take_recorded(self, limit: int) -> None:
        """Handle recorded data as far as the clock allows, with the timers that are due in between.

        The body is `input` written out: this loop is what limits how fast a recorded day is traded.
        """
        feed = self.feed
        assert feed is not None
        entry, ready, inputs, times_ns = self.actors[self._entry_name], self._ready, self._inputs, self._times_ns
        timers, quiesce = self.timers, self.quiesce
        for message in feed.due(limit - len(inputs), self.clock):
            time_ns = message.time_ns
            if timers.next_due_ns <= time_ns:
                self._fire_timers(time_ns)
                inputs, times_ns = self._inputs, self._times_ns
            if time_ns > self.now_ns:  # noqa: PLR1730  # max() costs three times as much
                self.now_ns = time_ns
            self.seq += 1
            inputs.append(message)
            times_ns.append(self.now_ns)
            box = entry.mailbox
            if not box:
                ready.append(entry)
            box.append(message)
            quiesce()
            feed.position += 1
        if feed.ended and not feed.end_told:
            feed.end_told = True
            self.input(SourceEnded(feed.name, self.now_ns), self.now_ns)
            self._end_waits()

    def _end_waits(self) -> None:
        """Where recorded data ends, time stands still: who backs off goes on now, for later never comes."""
        while waiting := [each for each in self.timers.entries() if each.name == FailureHandler.RESUME_TIMER]:
            for timer in waiting:
                self.input(TimerFired(timer.actor, timer.name, timer.due_ns), self.now_ns)

    def _fire_timers(self, until_ns: int) -> None:
        while self.timers.next_due_ns <= until_ns:
            timer = self.timers.pop_due(until_ns)
            assert timer is not None, "next_due_ns told of a timer that is not there"
            self.input(TimerFired(timer.actor, timer.name, timer.due_ns), timer.due_ns)
            if len(self._inputs) >= TIMERS_LIMIT:  # a long silence with many timers: bounded memory all the same
                self.end_turn()

    def _data_horizon_ns(self) -> int:
        """Timers may not run ahead of recorded data that has not been handled yet."""
        if self.feed is None or (self.feed.ended and self.outlives_feed):
            return NEVER_NS - 1
        return self.now_ns if self.feed.ended else self.feed.next_time_ns(self.now_ns)

    def _wait(self) -> None:
        due_ns = self.timers.next_due_ns
        if self.feed is not None and not self.feed.ended:
            due_ns = min(due_ns, self.feed.next_time_ns(self.now_ns))
        seconds = IDLE_SECONDS if due_ns == NEVER_NS else min(IDLE_SECONDS, self.clock.seconds_until(due_ns))
        self.ingress.wait(max(seconds, 0.0005))

    # ---- outputs

    def _record_effect(self, message: AnyMessage) -> None:
        self._effects.append(Recorded(self.seq, message))
        if self._digest_of is not None and (counted := self._digest_of(message)) is not None:
            self.digest = hashlib.sha256(self.digest + counted).digest()

    def _apply_timer(self, change: tuple[str, str, int | None]) -> None:
        actor, name, due_ns = change
        if due_ns is None:
            self.timers.cancel(actor, name)
        else:
            self.timers.set(actor, name, due_ns)

    def _overflow(self, target: Actor, message: Any) -> None:
        box = target.mailbox
        if conflate(box, message):
            self.conflated[target.actor_urn] = self.conflated.get(target.actor_urn, 0) + 1
        else:
            box.append(message)

    def changed_actors(self) -> list[Actor]:
        """Actors that are not as they were when this was last asked: what a checkpoint has to hold."""
        changed = []
        for actor in self.actors.values():
            mark = (actor.deliveries, actor.status)
            if mark != actor.checkpointed_at or isinstance(actor.mailbox, HeldMailbox):  # mail came, or may have
                actor.checkpointed_at = mark
                changed.append(actor)
        return changed


class CoreThread:
    """Makes the calling thread the kernel's core thread for the length of a `with`."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    def __enter__(self) -> None:
        enter_core_thread()
        self._kernel.thread_id = get_ident()

    def __exit__(self, *_: object) -> None:
        leave_core_thread()
