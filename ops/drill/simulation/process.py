"""The engine process of a simulation: the shipped engine, begun, driven, killed and begun again.

Turns run whenever there is something to do; what they did is committed a moment later, and several turns at once
if the disk is slow. The process can be killed before, between and behind everything that leaves it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from actors import PortfolioActor, VenueActor
from actors.kernel import (
    ActorStatus,
    CoreThread,
    EngineHalted,
    HandlerBroken,
    Ingress,
    Kernel,
    RealClock,
    crash_plan,
    lose_plan,
    poison_plan,
)
from actors.kernel.actor import Actor
from actors.kernel.committer import CommitWriter, Submitted, SubmittedCheckpoint, SubmittedTurn
from actors.kernel.errors import StateLost
from actors.kernel.recovery import take_checkpoint
from actors.kernel.supervisor import Supervisor
from actors.kernel.timers import NEVER_NS
from actors.names import ROUTER, portfolio_actor, strategy_actor, venue_actor
from messages import (
    SECOND_NS,
    AnyMessage,
    Checkpoint,
    CrashActor,
    DeadLetter,
    OrderEvent,
    Recorded,
    RestartActor,
    StrategyId,
    SubmitOrder,
)
from ops.drill.judge.judge import Judge
from ops.drill.simulation.configuration import Configuration
from ops.drill.simulation.connection import PORTFOLIO, VENUE, Connection
from ops.drill.simulation.disk import Killed, SimulatedDirectory, SimulatedJournal, SimulatedStateStore
from ops.drill.simulation.faults import Fault
from ops.drill.simulation.mailboxes import Mailboxes
from ops.drill.simulation.wire import Wire
from ops.drill.simulation.world import World, statuses_amid
from ops.engine import Engine, Machinery
from ops.running import take_changes
from ops.sources import OpenedSource
from storage import StorageError

RESTART_NS = SECOND_NS // 2
"""How long the guardian takes to start another process."""

_DOWN = "no process"

SICK_MESSAGES = 4
"""At how many messages a sick strategy fails: more than put it out of the game."""

_SHARE_LOST = 0.3
"""Of the strategies that fall sick, those that lose their state."""


class SteppedCommitter:
    """Keeps what is submitted until the simulation lets it be written. Used as `actors.kernel.Committer` is."""

    def __init__(self, writer: CommitWriter, on_submit: Callable[[], None]) -> None:
        self._writer = writer
        self._on_submit = on_submit
        self._waiting: list[Submitted] = []

    @property
    def durable_seq(self) -> int:
        """The last input that is on disk."""
        return self._writer.durable_seq

    @property
    def checkpoint_seq(self) -> int:
        """The input behind which the last checkpoint stands."""
        return self._writer.checkpoint_seq

    def submit_turn(self, frame: bytes, effects: list[Recorded], last_seq: int) -> None:
        """One turn."""
        self._waiting.append(SubmittedTurn(frame, effects, last_seq))
        self._on_submit()

    def submit_checkpoint(self, checkpoint: Checkpoint, dead_letters: Sequence[DeadLetter] = ()) -> None:
        """A checkpoint."""
        self._waiting.append(SubmittedCheckpoint(checkpoint, dead_letters))
        self._on_submit()

    def flush(self) -> None:
        """Write what waits. Raises what the disk raises."""
        items, self._waiting = self._waiting, []
        self._writer.write(items)

    def close(self) -> None:
        """Nothing to do."""


class Process:
    """At most one engine at a time, and the disk that outlives it."""

    def __init__(
        self,
        world: World,
        *,
        wire: Callable[[], Wire],
        source: Callable[[], OpenedSource],
        begins_ns: int,
        judge: Judge,
    ) -> None:
        """`source` opens the market from its beginning, before which no time passes for an engine.

        `judge` sees every frame that has become durable.
        """
        self.engine: Engine | None = None
        self.journal: SimulatedJournal | None = None
        self.state = SimulatedStateStore(world, judge=judge.stored.see_stored, statuses=self.statuses)
        self._configuration = Configuration(world.swarm)
        self.starts = 0
        self.recoveries_ns: list[int] = []
        """From each start but the first until orders could leave again, if the process lived so long."""
        self._recovering_since_ns: int | None = None
        self._last_statuses: list[str] = []
        self._lost: dict[str, object] | None = None
        self._world = world
        self._losing = random.Random(f"losing {world.swarm.seed}")  # noqa: S311  # a simulation, not a secret
        self._wire = wire
        self._source = source
        self._judge = judge
        self._mailboxes = Mailboxes(judge.fail, are_narrow=self._is_narrow)
        self._connection: Connection | None = None
        self._begins_ns = begins_ns
        self._clock_is_off_ns = 0
        self._clock = self._make_clock()
        self._is_commit_due = False
        self._alarm = 0
        self._is_running_turns = False

    # ---- life

    def start(self) -> None:
        """Begin, or recover. A fault of the disk on the way is followed by another start."""
        world = self._world
        self.starts += 1
        self._recovering_since_ns = world.now_ns if self.starts > 1 else None
        self._judge.conduct.see_no_connection()
        self._is_commit_due = False
        self._clock = self._make_clock()
        self.state.age()
        self.journal = SimulatedJournal(world, self.journal, judge=self._judge.see_frames, statuses=self.statuses)
        connection = Connection(
            world,
            self._wire(),
            put=self.receive,
            clock_ns=self._clock.horizon_ns,
            boundary=self._boundary,
            conduct=self._judge.conduct,
        )
        changes = self.starts > 1 and world.strikes_amid(Fault.CONFIG_CHANGED, self.statuses)
        if changes:
            self._configuration.change()
        if self.journal.last_seq == 0:
            self._configuration.begin_anew()
        self._judge.limits.see_configured(self._configuration.valid)
        self._mailboxes.bound()
        with self._guarded():
            engine = Engine(
                SimulatedDirectory(self.journal, self.state),  # type: ignore[arg-type]  # it is used alike
                self._configuration.asked,
                self._source(),
                gateways={VENUE: connection},
                at_first=take_changes if self.starts > 1 else None,
                machinery=self._machinery(),
            )
            self._compare_with_lost(engine)
            self._judge.stored.see_recovered([*self.state.dead_letters(), *engine.kernel.dead_letters])
            self.engine, self._connection = engine, connection
            world.note(f"start {self.starts} replayed {engine.replayed_inputs} at {engine.kernel.seq}")
            engine.take_up()
            engine.open()
            self._configuration.note_applied()
            self._judge.deployments.see_deployed(self._configuration.asked.strategies)
            world.after(
                world.latency_ns(), lambda: self._wire().connect(connection) if connection.is_open else None
            )
            self._run_turns(engine)

    def kill(self) -> None:
        """The process is gone, and with it all that was not on disk. Another one is started soon."""
        if self.engine is not None:
            self._world.note(f"end of process {self.starts}")
            self._last_statuses = self.statuses()
        self._judge.conduct.see_no_connection()
        self.engine = None
        if self._connection is not None:
            self._wire().drop(self._connection)
            self._connection = None
        self._world.after(RESTART_NS + self._world.draw.randrange(2 * SECOND_NS), self._start_if_down)

    def receive(self, message: AnyMessage) -> None:
        """A message of the broker's is at the ingress."""
        if self.engine is not None:
            self.engine.kernel.ingress.put_execution(message)
            self.poke()

    def command(self, message: AnyMessage) -> None:
        """A person's command is at the ingress."""
        if self.engine is not None:
            self._mailboxes.see_command(message)
            self.engine.kernel.ingress.put_control(message)
            self.poke()

    def quote(self, message: AnyMessage) -> None:
        """Live market data; it is lost on an engine that does not run."""
        if self.engine is not None:
            self.engine.kernel.ingress.put_market(message)

    def poke(self) -> None:
        """Let the engine do what there is to do now."""
        engine = self.engine
        if engine is not None and not self._is_running_turns:
            with self._guarded():
                self._run_turns(engine)

    # ---- what is known of it

    def status_of(self, order_id: str) -> str:
        """How the venue actor of the running engine takes an order to stand."""
        if self.engine is None:
            return _DOWN
        state = self.venue.state.orders.get(order_id)
        return "" if state is None else str(state.status.value)

    def statuses(self) -> list[str]:
        """How orders stand for the venue actor, or stood at the end of the last process: see `statuses_amid`."""
        if self.engine is None:
            return self._last_statuses
        return statuses_amid(self.venue.state.orders.values(), self.engine.kernel.now_ns)

    @property
    def now_ns(self) -> int:
        """The time of the engine that runs."""
        return self._clock.horizon_ns()

    @property
    def do_orders_wait(self) -> bool:
        """Whether the venue's actor has failed, and orders that were approved wait for it."""
        if self.engine is None or self.venue.status is not ActorStatus.BACKING_OFF:
            return False
        return any(isinstance(each, SubmitOrder) for each in self.venue.mailbox)

    @property
    def does_the_portfolio_wait(self) -> bool:
        """Whether the portfolio has failed, and waits for its restart."""
        return self.engine is not None and self.portfolio.status is ActorStatus.BACKING_OFF

    @property
    def is_the_way_blocked(self) -> bool:
        """Whether an actor on the way of orders has failed, and waits for its restart."""
        if self.engine is None:
            return False
        on_the_way = (self.venue, self.portfolio, self.engine.kernel.actors[ROUTER])
        return any(actor.status is ActorStatus.BACKING_OFF for actor in on_the_way)

    @property
    def is_all_durable(self) -> bool:
        """Whether all that the running engine has done is on disk: the judge is told of nothing else."""
        return self.engine is not None and self.engine.committer.durable_seq == self.engine.kernel.seq

    @property
    def venue(self) -> VenueActor:
        """The venue actor of the running engine."""
        assert self.engine is not None, "no process runs"
        actor = self.engine.kernel.actors[venue_actor(VENUE)]
        assert isinstance(actor, VenueActor), "the tree has made it"
        return actor

    @property
    def portfolio(self) -> PortfolioActor:
        """The portfolio actor of the running engine."""
        assert self.engine is not None, "no process runs"
        actor = self.engine.kernel.actors[portfolio_actor(PORTFOLIO)]
        assert isinstance(actor, PortfolioActor), "the tree has made it"
        return actor

    def plays(self, strategy_id: StrategyId) -> bool:
        """Whether the actor of a strategy runs."""
        actor = None if self.engine is None else self.engine.kernel.actors.get(strategy_actor(strategy_id))
        return actor is not None and actor.status is ActorStatus.RUNNING

    # ---- faults of its own

    def hurt_an_actor(self) -> None:
        """Let one actor fail soon, if the seed has it so."""
        world, engine = self._world, self.engine
        if engine is None:
            return
        for fault in (Fault.CRASH, Fault.HANG, Fault.POISON):
            if self.engine is not engine or not world.strikes_amid(fault, self.statuses):
                continue
            actor = engine.kernel.actors[world.draw.choice(sorted(engine.kernel.actors))]
            is_about_orders = fault is Fault.POISON and world.swarm.poisons_what_is_told_of_orders
            if is_about_orders:
                actor = self.portfolio
            world.note(f"{fault.name} of {actor.actor_urn}")
            if isinstance(actor, Supervisor):  # it is told of a failure at once, by no message
                self.command(CrashActor(actor.actor_urn))
            if "on_receive" in actor.__dict__ or isinstance(actor, Supervisor):
                continue
            if fault is Fault.CRASH:
                crash_plan(actor, actor.deliveries + world.draw.randrange(10))
            elif fault is Fault.HANG:
                _break_plan(actor)
            else:
                poison_plan(actor, kind=OrderEvent if is_about_orders else object)
        if self.engine is engine:
            self._sicken_a_strategy(engine)

    def _sicken_a_strategy(self, engine: Engine) -> None:
        world, strategies = self._world, self._strategies(engine)
        if world.strikes_amid(Fault.SICKNESS, self.statuses) and strategies:  # there may be none left
            name = strategy_actor(world.draw.choice(strategies))
            world.note(f"{Fault.SICKNESS.name} of {name}")
            actor = engine.kernel.actors[name]
            if world.swarm.loses_states and self._losing.random() < _SHARE_LOST:
                lose_plan(actor)
            else:
                poison_plan(actor, messages=SICK_MESSAGES)

    def heal(self) -> None:
        """Strategies that are sick fail no more, nor does a portfolio at what it is told of orders."""
        if self.engine is not None:
            if self._world.swarm.poisons_what_is_told_of_orders:
                self.portfolio.__dict__.pop("on_receive", None)
            for strategy_id in self._strategies(self.engine):
                self.engine.kernel.actors[strategy_actor(strategy_id)].__dict__.pop("on_receive", None)

    def restart_who_is_in_quarantine(self) -> None:
        """A person takes back into the game who was put out of it."""
        actors = {} if self.engine is None else self.engine.kernel.actors
        for name in [name for name, each in actors.items() if each.status is ActorStatus.QUARANTINED]:
            self.command(RestartActor(name))

    def _strategies(self, engine: Engine) -> list[StrategyId]:
        """Those that play: who was to come may have been left out."""
        names = map(StrategyId, sorted(self._configuration.asked.strategies))
        return [each for each in names if strategy_actor(each) in engine.kernel.actors]

    def step_clock(self) -> None:
        """Somebody sets the clock, to within a minute of the right time."""
        if self._world.strikes_amid(Fault.CLOCK_STEP, self.statuses):
            self._clock_is_off_ns = self._world.draw.randrange(-60, 61) * SECOND_NS
            self.poke()

    def mend_clock(self) -> None:
        """The clock is right again."""
        self._clock_is_off_ns = 0
        self.poke()

    # ---- turns and commits

    @property
    def _is_narrow(self) -> bool:
        return Fault.CONFLATION in self._world.swarm.faults

    def _machinery(self) -> Machinery:
        return Machinery(
            committer=self._make_committer,  # type: ignore[arg-type]  # it is used alike
            clock=self._clock,
            ingress=lambda: Ingress(market_limit=1) if self._is_narrow else Ingress(),
            settle_memory=lambda: None,
        )

    def _make_clock(self) -> RealClock:
        world, begins_ns = self._world, self._begins_ns
        return RealClock(
            wall_ns=lambda: max(world.now_ns, begins_ns) + self._clock_is_off_ns,
            steady_ns=lambda: max(world.now_ns, begins_ns),
        )

    def _make_committer(
        self, journal: SimulatedJournal, *parts: object, on_durable: Callable[[int], None], **named: object
    ) -> SteppedCommitter:
        def told(seq: int) -> None:
            if journal.last_seq < seq:
                self._judge.fail("I2", f"input {seq} counts as durable, and the journal ends at {journal.last_seq}")
            on_durable(seq)

        writer = CommitWriter(journal, *parts, on_durable=told, **named)  # type: ignore[arg-type,misc]
        return SteppedCommitter(writer, self._commit_soon)

    def _commit_soon(self) -> None:
        if not self._is_commit_due:
            self._is_commit_due = True
            engine = self.engine
            self._world.after(self._world.swarm.commit_ns, lambda: self._commit(engine))

    def _commit(self, engine: Engine | None) -> None:
        if engine is None or engine is not self.engine:
            return
        self._is_commit_due = False
        with self._guarded():
            self._boundary("before a commit")
            engine.committer.flush()
            self._boundary("after a commit")

    def _run_turns(self, engine: Engine) -> None:
        kernel = engine.kernel
        self._mailboxes.bound()
        self._is_running_turns = True
        try:
            with CoreThread(kernel):
                while kernel.turn() and kernel.fatal is None:
                    self._mailboxes.look(kernel.actors.values())
                    engine.between_turns(exit_at_end=False)
        finally:
            self._is_running_turns = False
        if kernel.fatal is not None or kernel.stopping is not None:
            raise EngineHalted(kernel.fatal or kernel.stopping or "")
        if self._recovering_since_ns is not None and not self.portfolio.link.hold:
            self.recoveries_ns.append(self._world.now_ns - self._recovering_since_ns)
            self._recovering_since_ns = None
        due_ns = kernel.timers.next_due_ns
        if due_ns < NEVER_NS:  # as long as it is from now on: the clock may run faster since it was set
            self._alarm += 1
            alarm = self._alarm
            self._world.after(due_ns - self._clock.horizon_ns(), lambda: self._on_alarm(alarm))

    def _on_alarm(self, alarm: int) -> None:
        """A timer is due, unless another one is waited for since."""
        if alarm == self._alarm:
            self.poke()

    def _boundary(self, where: str) -> None:
        if self._world.strikes_amid(Fault.KILL, self.statuses):
            self._world.boundaries[where] += 1
            raise Killed

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """What ends the process within it becomes its end, and no error of the simulation."""
        try:
            yield
        except (Killed, StorageError, EngineHalted) as error:
            self._world.note(f"ends by {type(error).__name__}")
            if isinstance(error, Killed) and self.engine is not None:
                self._lost = _whole_state(self.engine.kernel)
            self.kill()

    def _compare_with_lost(self, engine: Engine) -> None:
        """What was recovered must be what was lost, wherever all that was done had become durable."""
        lost, self._lost = self._lost, None
        if lost is None or lost["seq"] != engine.kernel.seq:
            return
        found = _whole_state(engine.kernel)
        if found is not None and found != lost:
            unlike = ", ".join(name for name, value in lost.items() if found.get(name) != value)
            self._judge.fail(
                "I11", f"what was recovered at input {engine.kernel.seq} is not what was lost: {unlike}"
            )

    def _start_if_down(self) -> None:
        if self.engine is None:
            self.start()


def _whole_state(kernel: Kernel) -> dict[str, object] | None:
    """All that a kernel knows, by name; `None` if the state of an actor cannot be saved just now."""
    try:
        checkpoint = take_checkpoint(kernel, code_version="", everything=True)
    except StateLost:
        return None
    parts: dict[str, object] = dict(checkpoint.actors)
    parts |= {"seq": checkpoint.seq, "chain": checkpoint.chain, "counters": checkpoint.counters}
    timers = [(timer.due_ns, timer.actor, timer.name) for timer in checkpoint.timers]
    return parts | {"timers": timers, "positions": checkpoint.positions, "digest": checkpoint.digest}


def _break_plan(actor: Actor) -> None:
    """Let the actor be broken off, as the watchdog does, at its next message."""

    def hanging(_: object) -> None:
        del actor.__dict__["on_receive"]
        raise HandlerBroken(f"{actor.actor_urn} was still handling one message after 1 s")

    actor.__dict__["on_receive"] = hanging
