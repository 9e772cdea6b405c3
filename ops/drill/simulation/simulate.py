"""One seed: a whole engine from its first start to rest, with everything that goes wrong on the way.

draw the swarm -> market, broker, wire, engine -> faults while the market is lively -> faults stop
-> people mend -> trading is halted for good, one more quote of each symbol -> what must hold at rest
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from actors.kernel import passing_actors
from messages import SECOND_NS, Quote
from ops.drill.broker import BrokerModel
from ops.drill.judge.judge import Judge
from ops.drill.judge.judged import Excuse, Rule
from ops.drill.judge.settled import check_lists
from ops.drill.judge.verdict import pronounce
from ops.drill.judge.wanted import check_wanted
from ops.drill.simulation.faults import Fault
from ops.drill.simulation.generations import GENERATION
from ops.drill.simulation.market import TICK, QuoteSource, draw_quotes, instruments
from ops.drill.simulation.people import People
from ops.drill.simulation.process import Process
from ops.drill.simulation.swarm import CASH, Swarm, draw_swarm
from ops.drill.simulation.theme import Theme
from ops.drill.simulation.wire import Wire
from ops.drill.simulation.world import START_NS, World
from ops.sources import OpenedSource

REST_NS = 150 * SECOND_NS
"""From the last quote to the verdict: the longest chain of time-outs and questions, and some more."""


@dataclass(slots=True)
class Outcome:
    """What became of a seed. `hits` counts faults by kind and by how the order struck stood for the engine.

    `judged` counts orders by rule, and by why they were passed over (`None` for those that were judged).
    """

    seed: int
    violations: list[str]
    trace: str
    simulated_ns: int
    starts: int
    orders: int
    executions: int
    inputs: int
    recoveries_ns: list[int] = field(default_factory=list)
    hits: Counter[tuple[Fault, str]] = field(default_factory=Counter)
    boundaries: Counter[str] = field(default_factory=Counter)
    judged: Counter[tuple[Rule, Excuse | None]] = field(default_factory=Counter)
    has_excused: bool = False
    failures: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Of actors, by their kind and by how they failed."""
    log: list[str] = field(default_factory=list)


def simulate(
    seed: int,
    *,
    only: frozenset[Fault] | None = None,
    theme: Theme | None = None,
    generation: int = GENERATION,
    keep_log: bool = False,
) -> Outcome:
    """Play one seed to its end; with `only`, with no other fault than these, with `theme` as that has it.

    What the engine raises has what was found before as its notes.
    """
    return Simulation(draw_swarm(seed, only=only, theme=theme, generation=generation), keep_log=keep_log).run()


class Simulation:
    """The parts of one simulation, put together."""

    def __init__(self, swarm: Swarm, *, keep_log: bool = False) -> None:
        self.world = World(swarm)
        if keep_log:
            self.world.log = []
        known = instruments(swarm)
        self._quotes = draw_quotes(swarm)
        self.broker = BrokerModel(
            cash=str(CASH), rules=swarm.rules, symbols={symbol: str(TICK) for symbol in swarm.symbols}
        )
        self.judge = Judge(swarm, self.broker)
        fed = () if swarm.is_fed_live else self._quotes
        self.process = Process(
            self.world,
            wire=lambda: self.wire,
            source=lambda: OpenedSource(QuoteSource(fed, known), known, "1m", lambda: 0),
            begins_ns=START_NS if swarm.is_fed_live else self._quotes[0].time_ns,
            judge=self.judge,
        )
        self.wire = Wire(
            self.world,
            self.broker,
            status_of=self.process.status_of,
            on_refusal=self.judge.see_refused,
            on_account=self.judge.conduct.account.see_answer,
            on_uncertain=self.judge.touched.add,
        )
        self.people = People(self.world, broker=self.broker, wire=self.wire, process=self.process, judge=self.judge)

    def run(self) -> Outcome:
        """From the first start to the verdict."""
        try:
            with passing_actors():
                return self._run()
        except BaseException as error:
            for text in self.judge.violations:
                error.add_note(text)
            raise

    def _run(self) -> Outcome:
        world, swarm = self.world, self.world.swarm
        for quote in self._quotes:
            world.at(quote.time_ns, lambda quote=quote: self._on_quote(quote))  # type: ignore[misc]
        lively = self._quotes[: swarm.quotes * len(swarm.symbols)]
        end_ns = self._quotes[-1].time_ns
        self._begin_day(swarm.days)
        world.at(lively[-1].time_ns, self.people.end_faults)
        world.at(START_NS, self.process.start)
        world.at(START_NS + 1, self.people.disturb)
        halt_ns = self._quotes[-len(swarm.symbols)].time_ns - 1
        world.at(halt_ns - SECOND_NS, self.people.order_last)
        world.at(halt_ns, self.people.look_closely)
        world.at(halt_ns, self.people.halt_for_good)
        world.run(end_ns + REST_NS)
        pronounce(self.judge, swarm=swarm, process=self.process, broker=self.broker)
        world.note(f"end {self.process.journal.chain.hex() if self.process.journal else ''} {self.broker.cash}")
        return Outcome(
            seed=swarm.seed,
            violations=self.judge.violations,
            trace=world.trace(),
            simulated_ns=world.now_ns - START_NS,
            starts=self.process.starts,
            recoveries_ns=self.process.recoveries_ns,
            orders=len(self.broker.accepted),
            executions=len(self.broker.executions),
            inputs=self.process.journal.last_seq if self.process.journal else 0,
            hits=world.hits,
            boundaries=world.boundaries,
            judged=self.judge.limits.judged.counts,
            has_excused=self.judge.has_excused,
            failures=self.judge.conduct.failures,
            log=world.log or [],
        )

    def _begin_day(self, days: int) -> None:
        """One of so many days that are left."""
        world, swarm = self.world, self.world.swarm
        self.wire.advance()
        end_ns = world.now_ns + swarm.day_ns
        self.broker.set_day_end(end_ns + swarm.skew_ns)
        world.at(end_ns, (lambda: self._begin_day(days - 1)) if days > 1 else self.wire.advance)

    def _on_quote(self, quote: Quote) -> None:
        world = self.world
        broker_ns = world.now_ns + world.swarm.skew_ns
        self.broker.quote(
            quote.symbol,
            f"{quote.bid:.2f}",
            f"{quote.ask:.2f}",
            f"{quote.bid_size:.0f}",
            f"{quote.ask_size:.0f}",
            now_ns=broker_ns,
        )
        self.judge.see_quote(quote.symbol, quote.ask)
        self.wire.carry_updates()
        if world.swarm.is_fed_live:
            self.process.quote(quote)
        is_busy = world.swarm.is_fed_live and world.strikes_amid(Fault.CONFLATION, self.process.statuses)
        if not is_busy:
            self.process.poke()
        self.people.seize_the_moment()
        if self.process.engine is not None:
            check_lists(self.judge, self.process)
            check_wanted(self.judge, self.process, self.broker)
        self.judge.broker.see_all()
