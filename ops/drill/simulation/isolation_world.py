"""Several portfolios in one engine, each with a venue and strategies of its own, and what each actor did there.

A seed draws who shares which symbol, and the market. It is played undisturbed, or with one actor failing at one
of its messages. Nothing here is on disk: what is asked is who is told what, and that is settled before the commit.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from actors.kernel import ActorStatus, CoreThread, HandlerBroken, Kernel, begin
from actors.kernel.actor import Actor
from actors.kernel.errors import InjectedCrash
from actors.kernel.failure import ATTEMPTS
from actors.names import ROUTER
from messages import (
    SECOND_NS,
    AssetClass,
    CrashActor,
    EngineStarted,
    Instrument,
    Quote,
    Recorded,
    Symbol,
)
from ops.config import Config, PortfolioSettings, SourceSettings, StrategySettings, VenueSettings
from ops.tree import build_tree
from rules.limits import RiskLimits

RESTLESS = Path(__file__).with_name("restless.py")
START_NS = 1_700_000_000 * SECOND_NS
QUOTES = 40
SICK_ATTEMPTS = ATTEMPTS * 4


class Failure(Enum):
    """How one actor fails."""

    CRASH = "crashes after its work"
    STUTTER = "crashes twice after its work"
    HANG = "is broken off"
    POISON = "fails until its message is set aside"
    SICKNESS = "fails until it is quarantined"


ATTEMPTS_OF = {
    Failure.CRASH: 1,
    Failure.STUTTER: 2,
    Failure.HANG: 1,
    Failure.POISON: ATTEMPTS,
    Failure.SICKNESS: SICK_ATTEMPTS,
}
"""How many attempts to handle a message fail, the first at the drawn one."""


@dataclass(frozen=True, slots=True)
class Wiring:
    """Who has to do with whom: the symbols of each portfolio, and its strategies with the symbols of each.

    In a `calm` market nothing else happens for a second behind each quote.
    """

    symbols: dict[str, tuple[str, ...]]
    strategies: dict[str, dict[str, tuple[str, ...]]]
    calm: bool

    @property
    def all_symbols(self) -> list[str]:
        """Every symbol, each once."""
        return sorted({symbol for symbols in self.symbols.values() for symbol in symbols})

    def owner_of(self, actor: str) -> str | None:
        """The portfolio to which an actor belongs; none if several use it."""
        kind, _, name = actor.partition("/")
        if kind == "strategy":
            return next(portfolio for portfolio, ours in self.strategies.items() if name in ours)
        return name if kind in ("portfolio", "venue", "exchange") else None

    def downstream_of(self, actor: str) -> set[str]:
        """The portfolios that may feel it if this actor loses time or a message."""
        kind, _, name = actor.partition("/")
        if actor == ROUTER:
            return set(self.symbols)
        if kind == "symbol":
            return {portfolio for portfolio, symbols in self.symbols.items() if name in symbols}
        owner = self.owner_of(actor)
        return set() if owner is None else {owner}


@dataclass(frozen=True, slots=True)
class Handled:
    """One message that an actor handled to the end, and what it told whom meanwhile."""

    time_ns: int
    message: Any
    told: tuple[tuple[str, Any], ...]


@dataclass(slots=True)
class Trace:
    """What came of a play: by actor what it handled, its last state and status; and what left the engine."""

    handled: dict[str, list[Handled]] = field(default_factory=dict)
    states: dict[str, Any] = field(default_factory=dict)
    statuses: dict[str, ActorStatus] = field(default_factory=dict)
    effects: list[Recorded] = field(default_factory=list)
    dead_letters: int = 0
    restarts: int = 0
    fatal: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """One actor fails, from its message `at` on, counted from 0. Of a supervisor it is the quote."""

    actor: str
    failure: Failure
    at: int


def wiring_of(seed: int) -> Wiring:
    """Two or three portfolios, side by side: each has a symbol of its own, and may share one with the next."""
    draw = random.Random(f"wiring {seed}")  # noqa: S311  # a simulation, not a secret
    names = [f"p{number}" for number in range(1, 3 + draw.randrange(2))]
    symbols: dict[str, list[str]] = {name: [f"OWN{name[1:]}"] for name in names}
    for one, other in pairwise(names):
        if draw.random() < 0.8:
            for name in (one, other):
                symbols[name].append(f"BOTH{one[1:]}{other[1:]}")
    strategies = {
        name: {
            f"{name}s{number}": tuple(
                sorted(draw.sample(symbols[name], draw.randint(1, len(symbols[name]))))
                if number > 1
                else symbols[name]
            )
            for number in range(1, draw.randint(1, 2) + 1)
        }
        for name in names
    }
    return Wiring({name: tuple(each) for name, each in symbols.items()}, strategies, draw.random() < 0.5)


def config_of(seed: int, wiring: Wiring) -> Config:
    """The configuration of a seed."""
    draw = random.Random(f"config {seed}")  # noqa: S311  # a simulation, not a secret
    limits = RiskLimits(
        max_gross_exposure_fraction=Decimal(100), max_position_fraction=Decimal(100), allow_margin=True
    )
    return Config(
        source=SourceSettings(replay=("drill",), speed="max"),
        venues={
            name: VenueSettings(
                allow_margin=True,
                latency_ms_min=0.0,
                latency_ms_max=0.0 if wiring.calm else draw.choice((0.0, 400.0)),
            )
            for name in wiring.symbols
        },
        portfolios={
            name: PortfolioSettings(cash=Decimal(100_000), currency="USD", venue=name, limits=limits)
            for name in wiring.symbols
        },
        strategies={
            strategy: StrategySettings(
                use=str(RESTLESS),
                portfolio=name,
                capital=Decimal(1) / len(ours),
                symbols=symbols,
                parameters={"start": draw.randrange(1, 1 << 30), "eagerness": draw.randint(20, 70)},
            )
            for name, ours in wiring.strategies.items()
            for strategy, symbols in ours.items()
        },
    )


def quotes_of(seed: int, wiring: Wiring) -> list[Quote]:
    """The market of a seed. A symbol that several use has a quote a second at most.

    For a symbol tells marks once a second to whoever holds it, and begins to count when the first one does: with
    more quotes the marks of one holder come at other moments if another one came earlier.
    """
    draw = random.Random(f"market {seed}")  # noqa: S311  # a simulation, not a secret
    prices = dict.fromkeys(wiring.all_symbols, 100.0)
    quotes, now_ns = [], START_NS
    free_ns: dict[str, int] = {}
    for _ in range(QUOTES):
        now_ns += draw.randint(1_000, 3_000) * 1_000_000 if wiring.calm else draw.randint(0, 600) * 1_000_000
        symbol = draw.choice([each for each in sorted(prices) if free_ns.get(each, 0) <= now_ns])
        if symbol.startswith("BOTH"):
            free_ns[symbol] = now_ns + SECOND_NS
        prices[symbol] = round(prices[symbol] * (1 + draw.uniform(-0.004, 0.004)), 2)
        quotes.append(Quote(Symbol(symbol), now_ns, prices[symbol], round(prices[symbol] + 0.02, 2)))
    return quotes


def play(seed: int, wiring: Wiring, plan: Plan | None = None) -> Trace:
    """Play a seed, with one actor failing as planned."""
    kernel = Kernel()
    instruments = [
        Instrument(
            symbol=Symbol(symbol),
            asset_class=AssetClass.EQUITY,
            quote_currency="USD",
            tick_size=Decimal("0.01"),
            lot_size=Decimal(1),
        )
        for symbol in wiring.all_symbols
    ]
    build_tree(kernel, config_of(seed, wiring), instruments=instruments, book="b00k", default_timeframe="1m")
    trace = Trace()
    for actor in kernel.actors.values():
        _Tap(actor, trace, plan if plan is not None and plan.actor == actor.actor_urn else None)
    begin(kernel, EngineStarted(time_ns=START_NS, config=b"{}", code_version="drill"))
    with CoreThread(kernel):
        for number, quote in enumerate(quotes_of(seed, wiring)):
            kernel._fire_timers(quote.time_ns)  # as a turn does
            if plan is not None and plan.actor.startswith("supervisor/") and number == plan.at:
                for _ in range(ATTEMPTS_OF[plan.failure]):
                    kernel.input(CrashActor(plan.actor), quote.time_ns)
            kernel.input(quote, quote.time_ns)
        kernel._fire_timers(quote.time_ns + 5 * SECOND_NS)
    trace.effects = kernel.drop_turn()
    trace.states = {name: actor.state for name, actor in kernel.actors.items()}
    trace.statuses = {name: actor.status for name, actor in kernel.actors.items()}
    trace.dead_letters, trace.restarts, trace.fatal = len(kernel.dead_letters), kernel.restarts, kernel.fatal
    return trace


class _Tap:
    """Stands before one actor's handler: notes what it does, and lets it fail. A rebuild goes past it."""

    def __init__(self, actor: Actor, trace: Trace, plan: Plan | None) -> None:
        self._actor = actor
        self._handler = type(actor).on_receive.__get__(actor)
        self._handled = trace.handled.setdefault(actor.actor_urn, [])
        self._plan = plan
        self._left = 0 if plan is None else ATTEMPTS_OF[plan.failure]
        actor.__dict__["on_receive"] = self

    def __call__(self, message: Any) -> Any:
        kernel, plan = self._actor.kernel, self._plan
        fails = plan is not None and self._left > 0 and len(self._handled) >= plan.at
        if fails:
            assert plan is not None
            self._left -= 1
            if plan.failure is Failure.HANG:
                raise HandlerBroken(f"{self._actor.actor_urn} was still handling one message after 1 s")
            if plan.failure in (Failure.POISON, Failure.SICKNESS):
                raise InjectedCrash("a poisoned message, as a drill")
        reply = self._handler(message)
        if fails:
            raise InjectedCrash("a drill")
        told = tuple((_target(kernel, target), sent) for target, sent in kernel.outbox)
        self._handled.append(Handled(kernel.now_ns, message, told))
        return reply


def _target(kernel: Kernel, target: Any) -> str:
    if target is kernel.effect_sink:
        return "effect"
    return "timer" if target is kernel.timer_sink else str(target.actor_urn)


def kinds_of(name: str) -> str:
    """What kind of actor has this name."""
    return name.partition("/")[0]


def encoded(state: Any) -> bytes:
    """A state, to be compared byte by byte."""
    return msgspec.msgpack.encode(state, order="sorted")
