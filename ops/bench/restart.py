"""How long one actor is away when it crashes: its state rebuilt from what it kept, and running again."""

from __future__ import annotations

import time

import msgspec

from actors.kernel import Actor, ActorStatus, CoreThread, Kernel, begin
from actors.names import strategy_actor, symbol_actor
from messages import CrashActor, EngineStarted, Quote
from ops.bench.errors import BenchError
from ops.bench.figures import percentile
from ops.bench.quotes import START_NS, instruments_of, make_quotes
from ops.bench.scenario import Scenario
from ops.bench.terms import RestartTerms
from ops.config import encode_config
from ops.tree import build_tree

LAPS = 2_000
"""Quotes of each symbol until every redo list must have been at its bound."""


class Restarts:
    """Crashes each actor once, at the moment when it has most to do again. Times are in microseconds."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._done: dict[str, float] = {}
        self.redone = 0

    def times_us(self, prefix: str) -> list[float]:
        """Of all actors whose names begin so, shortest first."""
        return sorted(time_us for name, time_us in self._done.items() if name.startswith(prefix))

    def crash_if_full(self, actor: Actor) -> None:
        """Crash the actor if one more message would make it save its state. Raises BenchError if that shows."""
        if actor.actor_urn in self._done or len(actor.redo) < actor.redo_limit - 1:
            return
        state_before = msgspec.msgpack.encode(actor.state)
        self.redone += len(actor.redo)
        began = time.perf_counter_ns()
        self._kernel.input(CrashActor(actor.actor_urn), self._kernel.now_ns)
        self._done[actor.actor_urn] = (time.perf_counter_ns() - began) / 1000
        if actor.status is not ActorStatus.RUNNING or msgspec.msgpack.encode(actor.state) != state_before:
            raise BenchError(f"{actor.actor_urn} did not come back as it was: {actor!r}")


def measure_restart(terms: RestartTerms) -> dict[str, float]:
    """Microseconds from crash to running of symbol actors and strategy actors. Raises BenchError."""
    scenario = Scenario(symbols=terms.symbols, strategies=1, inputs=terms.symbols * LAPS)
    kernel = _kernel(scenario)
    restarts = Restarts(kernel)
    actors = {
        symbol: [kernel.actors[symbol_actor(symbol)], kernel.actors[strategy_actor(f"cross-{symbol}-0")]]
        for symbol in scenario.names
    }
    with CoreThread(kernel):
        for quote in make_quotes(scenario.names, scenario.inputs, wave=scenario.wave):
            _handle(kernel, quote)
            for actor in actors[quote.symbol]:
                restarts.crash_if_full(actor)
    symbols, strategies = restarts.times_us("symbol/"), restarts.times_us("strategy/")
    if not len(symbols) == len(strategies) == terms.symbols:
        raise BenchError(f"{len(symbols)} symbols and {len(strategies)} strategies of {terms.symbols} were crashed")
    return {
        "symbol_p50_us": percentile(symbols, 0.5),
        "symbol_max_us": symbols[-1],
        "strategy_p50_us": percentile(strategies, 0.5),
        "strategy_max_us": strategies[-1],
        "crashes": len(symbols) + len(strategies),
        "messages_redone_each": restarts.redone / (len(symbols) + len(strategies)),
    }


def _kernel(scenario: Scenario) -> Kernel:
    kernel, config, instruments = Kernel(), scenario.config(), instruments_of(scenario.names)
    build_tree(kernel, config, instruments=instruments, book="bench", default_timeframe="1m")
    begin(
        kernel,
        EngineStarted(time_ns=START_NS, config=encode_config(config), code_version="bench"),
        *instruments,
    )
    return kernel


def _handle(kernel: Kernel, quote: Quote) -> None:
    kernel.input(quote, quote.time_ns)
    kernel.drop_turn()
