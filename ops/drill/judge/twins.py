"""The strategies of a simulation, played once more beside the engine: what each of them tells, and when.

The journal has no signals, but for those that were judged. It has the quotes that they answer, and the strategies
of a drill follow from nothing else. Where an actor has failed, or data may be lost on their way, nobody knows what
a strategy has seen, and its twin is given up.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from messages import (
    Alert,
    AnyMessage,
    CrashActor,
    DeployStrategy,
    Interrupt,
    Quote,
    RestartActor,
    Signal,
    StrategyId,
    Symbol,
    Told,
    UndeployStrategy,
)
from ops.drill.simulation.configuration import strategy_of
from ops.drill.simulation.faults import Fault
from ops.drill.simulation.restless import Restless
from ops.drill.simulation.swarm import Swarm

_UNCERTAIN = frozenset({Fault.CONFLATION, Fault.CLOCK_STEP})
"""Faults that lose quotes on their way, or make them be refused."""

_REFUSED = " quote refused, "
"""How the engine tells of a quote that is too far from the one before: no strategy hears of it."""


class Twins:
    """The twins of one simulation's first strategies. Those that come later, or come again, have none."""

    def __init__(self, swarm: Swarm) -> None:
        self.now_ns = 0
        self._told: list[Signal] = []
        names = () if _UNCERTAIN & swarm.faults.keys() else range(1, swarm.strategies + 1)
        self._twins = {StrategyId(f"s{number}"): self._twin(swarm, number) for number in names}

    def __contains__(self, strategy_id: object) -> bool:
        return strategy_id in self._twins

    def see_interrupts(self, interrupts: Sequence[Interrupt]) -> None:
        """Actors have failed: a strategy may not have seen what it was told, or not be heard."""
        for each in interrupts:
            self._give_up(each.actor)

    def see_alert(self, alert: Alert) -> None:
        """The engine tells something. Of the quotes that a symbol refuses it tells the first, and no later one."""
        if _REFUSED in alert.text:
            self._twins.clear()

    def told_at(self, message: AnyMessage, time_ns: int) -> list[Signal]:
        """What the strategies tell in answer to an input that is handled now (ns, the engine's clock)."""
        self.now_ns, self._told = time_ns, []
        match message:
            case Quote():
                for twin in self._twins.values():
                    twin.on_quote(message)
            case DeployStrategy(deployment=deployment):
                self._twins.pop(deployment.strategy_id, None)
            case UndeployStrategy(strategy_id=strategy_id):
                self._twins.pop(strategy_id, None)
            case CrashActor() | RestartActor() | Told():
                self._give_up(message.actor)
        return self._told

    def emit(self, signal: Signal) -> None:
        """A twin tells an opinion."""
        self._told.append(signal)

    def position(self, symbol: Symbol) -> float:  # noqa: ARG002  # it is asked for by that name
        """Nothing: the strategies of a drill do not look."""
        return 0.0

    def set_timer(self, name: str, due_ns: int) -> None:
        """They set none, either."""

    def _give_up(self, actor: str) -> None:
        kind, _, name = actor.partition("/")
        if kind == "strategy":
            self._twins.pop(StrategyId(name), None)
        else:
            self._twins.clear()

    def _twin(self, swarm: Swarm, number: int) -> Restless:
        parameters = msgspec.convert(strategy_of(swarm, number).parameters, Restless.Parameters)
        symbols = tuple(map(Symbol, swarm.symbols))
        return Restless(StrategyId(f"s{number}"), parameters, symbols, self)
