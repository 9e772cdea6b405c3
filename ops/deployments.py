"""Strategies at work: how they are made from a deployment, and how they come, go and change while the engine runs.

A deployment holds the text of its code. So a recorded run is run again by the code that it was recorded with,
whatever has become of the file; what the file holds now is taken only by `understudy reload`.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from actors import Context, PortfolioActor, StrategyActor, StrategySupervisor, SymbolActor
from actors.kernel import ActorStatus, Kernel, save_state
from actors.names import ROUTER, STRATEGIES, portfolio_actor, strategy_actor, symbol_actor
from actors.strategies import take_on
from messages import (
    ActorRecord,
    Checkpoint,
    Deployment,
    DeployStrategy,
    Instrument,
    PortfolioId,
    ReloadStrategy,
    Signal,
    SignalPriced,
    StrategyId,
    Subscribe,
    Symbol,
    UndeployStrategy,
)
from ops.config import Config, StrategySettings
from ops.errors import ConfigError
from strategies import Strategy, StrategyError, build_parameters, load_strategy, read_strategy

_state_decoder = msgspec.msgpack.Decoder(StrategySupervisor.State)
_record_decoder = msgspec.msgpack.Decoder(ActorRecord)


def deployments_of(config: Config, instruments: Mapping[Symbol, Instrument]) -> tuple[Deployment, ...]:
    """What a configuration deploys, in the order of the strategies' names. Raises ConfigError."""
    return tuple(
        deployment_of(name, config.strategies[name], instruments, number=number)
        for number, name in enumerate(sorted(config.strategies), start=1)
    )


def deployment_of(
    name: str, settings: StrategySettings, instruments: Mapping[Symbol, Instrument], *, number: int
) -> Deployment:
    """One strategy of a configuration, its code read from its file. Raises ConfigError."""
    try:
        code = read_strategy(settings.use)
    except StrategyError as error:
        raise ConfigError(f"strategy.{name}: {error}") from error
    return Deployment(
        strategy_id=StrategyId(name),
        portfolio_id=PortfolioId(settings.portfolio),
        use=settings.use,
        symbols=symbols_of(settings, name, instruments),
        capital=settings.capital,
        parameters=msgspec.json.encode(settings.parameters, order="deterministic"),
        code=code,
        number=number,
    )


def symbols_of(
    strategy: StrategySettings, name: str, instruments: Mapping[Symbol, Instrument]
) -> tuple[Symbol, ...]:
    """The symbols that a strategy plays: those named, or all. Raises ConfigError for one that is not there."""
    if not strategy.symbols:
        return tuple(instruments)
    for symbol in strategy.symbols:
        if symbol not in instruments:
            known = ", ".join(sorted(instruments)) or "none"
            raise ConfigError(f"strategy.{name}.symbols names {symbol}; the source has {known}. Correct it.")
    return tuple(Symbol(symbol) for symbol in strategy.symbols)


def deployments_in(checkpoint: Checkpoint) -> tuple[Deployment, ...] | None:
    """What was deployed when a checkpoint was taken; `None` if it does not tell.

    In one of an earlier version, who came or went while the supervisor waited for its restart stands in its mail.
    """
    data = checkpoint.actors.get(STRATEGIES)
    if data is None:
        return None
    record = _record_decoder.decode(data)
    state = _state_decoder.decode(record.state)
    for message in record.mail:
        if isinstance(message, DeployStrategy | UndeployStrategy | ReloadStrategy):
            take_on(state, message)
    return tuple(state.deployments.values())


def maker(deployment: Deployment, *, default_timeframe: str) -> Callable[[Context], Strategy]:
    """What makes the strategy of a deployment for a context. Raises ConfigError here, and when it is called."""
    name = deployment.strategy_id
    try:
        kind = load_strategy(deployment.use, code=deployment.code)
        given: dict[str, Any] = msgspec.json.decode(deployment.parameters)
        if "timeframe" in kind.Parameters.__struct_fields__ and "timeframe" not in given:
            given["timeframe"] = default_timeframe
        parameters = build_parameters(kind, given)
    except StrategyError as error:
        raise ConfigError(f"strategy.{name}: {error}") from error

    def make(context: Context) -> Strategy:
        try:
            return kind(name, parameters, deployment.symbols, context)
        except Exception as error:  # the user's own code, which has not begun to play
            place = traceback.extract_tb(error.__traceback__)[-1]
            raise ConfigError(
                f"strategy.{name}: {place.filename}:{place.lineno}: {kind.__name__} cannot be made: "
                f"{type(error).__name__}: {error}. Correct it there."
            ) from error

    return make


class Deployer:
    """Carries out deployments in a kernel whose tree has been made. Its methods are handlers of inputs."""

    def __init__(self, kernel: Kernel, *, default_timeframe: str) -> None:
        self._kernel = kernel
        self._default_timeframe = default_timeframe
        kernel.steering.handlers |= {
            DeployStrategy: self._deploy,
            UndeployStrategy: self._undeploy,
            ReloadStrategy: self._reload,
        }

    @property
    def deployments(self) -> dict[StrategyId, Deployment]:
        """What is deployed now, by strategy."""
        return self._supervisor.state.deployments

    @property
    def next_number(self) -> int:
        """The number of the next deployment."""
        return self._supervisor.state.last_number + 1

    def start(self, deployment: Deployment) -> StrategyActor:
        """Make the actor of a deployment. Raises ConfigError, and what its `on_start` raises if the engine runs."""
        make = maker(deployment, default_timeframe=self._default_timeframe)
        reference = StrategyActor.start(
            self._kernel,
            strategy_id=deployment.strategy_id,
            symbols=deployment.symbols,
            make=make,
            number=deployment.number,
        )
        actor: StrategyActor = reference.actor  # type: ignore[attr-defined]  # our own Ref
        return actor

    def objection(self, deployment: Deployment) -> str | None:
        """Why a deployment cannot be; `None` if it can. For the core thread, between two handlers."""
        kernel, name = self._kernel, strategy_actor(deployment.strategy_id)
        portfolio = kernel.actors.get(portfolio_actor(deployment.portfolio_id))
        if name in kernel.actors:
            return f"there is a strategy {deployment.strategy_id} already; undeploy it first, or take another name"
        if not isinstance(portfolio, PortfolioActor):
            return f"there is no portfolio {deployment.portfolio_id}"
        for symbol in deployment.symbols:
            if symbol_actor(symbol) not in kernel.actors:
                return f"there is no symbol {symbol}"
        if portfolio.is_busy(deployment.strategy_id):
            return f"an earlier {deployment.strategy_id} still holds positions or orders; close them first"
        wanted, free = portfolio.capital_of(deployment), portfolio.state.books.unallocated.cash
        if wanted > free:
            return (
                f"capital {deployment.capital} of {deployment.portfolio_id} is {wanted:f}, and {free:f} is not "
                "allocated yet; give it less, or undeploy another strategy first"
            )
        return None

    def _deploy(self, message: DeployStrategy) -> None:
        kernel, deployment = self._kernel, message.deployment
        name = strategy_actor(deployment.strategy_id)
        problem = self.objection(deployment)
        if problem is None:
            self._tell_supervisor(message)
            kernel.deliver(ROUTER, message)
            kernel.quiesce()
            problem = self._begin(deployment)
            if problem is not None:
                self._dismiss(name, UndeployStrategy(strategy_id=deployment.strategy_id, time_ns=message.time_ns))
        if problem is not None:
            kernel.steering.refuse(name, problem)

    def _tell_supervisor(self, message: DeployStrategy | UndeployStrategy | ReloadStrategy) -> None:
        """At once, as the kernel does what is told: in its mail the supervisor could wait for a restart."""
        supervisor = self._supervisor
        take_on(supervisor.state, message)
        supervisor.redo.append((self._kernel.now_ns, message))

    def _begin(self, deployment: Deployment) -> str | None:
        try:
            actor = self.start(deployment)
        except ConfigError as error:
            return str(error)
        except BaseException as error:  # noqa: BLE001  # whatever user code raises in on_start
            self._kernel.outbox.clear()
            self._kernel.failures.note(self._kernel.actors[strategy_actor(deployment.strategy_id)], error)
            return f"on_start failed: {type(error).__name__}: {error}"
        self._supervisor.supervise([actor])
        return None

    def _undeploy(self, message: UndeployStrategy) -> None:
        name = strategy_actor(message.strategy_id)
        if name not in self._kernel.actors:
            self._kernel.steering.refuse(name, f"there is no strategy {message.strategy_id}")
        else:
            self._dismiss(name, message)

    def _dismiss(self, name: str, message: UndeployStrategy) -> None:
        """Take a strategy out: nobody tells it anything any more, and nothing that is redone mentions it."""
        kernel = self._kernel
        actor = kernel.actors.get(name)
        if isinstance(actor, StrategyActor):
            actor.unsubscribe()
            kernel.flush_outbox()
        self._tell_supervisor(message)
        kernel.deliver(ROUTER, message)
        kernel.quiesce()
        if isinstance(actor, StrategyActor):
            if actor.status is not ActorStatus.QUARANTINED:  # else nothing that was told to it has been kept
                actor.mailbox.clear()
            kernel.outside.dismiss(actor)
            actor.actor_stopped.set()
            self._forget(actor)
            for who_knew in (STRATEGIES, *map(symbol_actor, actor.symbols)):
                save_state(kernel.actors[who_knew])

    def _forget(self, actor: StrategyActor) -> None:
        """Its symbols may not have heard that it has gone: what it told them waits, or was set aside.

        What waits for the router or a symbol would be taken for the word of another strategy of the same name.
        """
        actors, name = self._kernel.actors, actor.actor_urn
        symbols = [each for each in actors.values() if isinstance(each, SymbolActor)]
        for who_waits in (actors[ROUTER], *symbols):
            waiting = [each for each in who_waits.mailbox if not _is_of(each, actor)]
            if len(waiting) < len(who_waits.mailbox):
                who_waits.mailbox.clear()
                who_waits.mailbox.extend(waiting)
        for known in symbols:
            if known.symbol in actor.symbols:
                known.forget(name)

    def _reload(self, message: ReloadStrategy) -> None:
        kernel, name = self._kernel, strategy_actor(message.strategy_id)
        actor = kernel.actors.get(name)
        deployment = self.deployments.get(message.strategy_id)
        if not isinstance(actor, StrategyActor) or deployment is None:
            kernel.steering.refuse(name, f"there is no strategy {message.strategy_id}")
            return
        changed = msgspec.structs.replace(deployment, use=message.use, code=message.code)
        try:
            actor.play_on(*actor.carried_over(maker(changed, default_timeframe=self._default_timeframe)))
        except Exception as error:  # noqa: BLE001  # whatever user code raises while it is made
            kernel.outbox.clear()
            kernel.steering.refuse(name, str(error) or type(error).__name__)
            return
        kernel.flush_outbox()
        self._tell_supervisor(message)

    @property
    def _supervisor(self) -> StrategySupervisor:
        supervisor = self._kernel.actors[STRATEGIES]
        assert isinstance(supervisor, StrategySupervisor), "build_tree has made it"
        return supervisor


def _is_of(message: Any, actor: StrategyActor) -> bool:
    match message:
        case Subscribe(subscriber=name):
            return bool(name == actor.actor_urn)
        case Signal(strategy_id=strategy_id) | SignalPriced(signal=Signal(strategy_id=strategy_id)):
            return strategy_actor(strategy_id) == actor.actor_urn
    return False


def replaced_code(deployments: Iterable[Deployment], replaced: Mapping[str, str]) -> tuple[Deployment, ...]:
    """The deployments, some of them with the code that a file holds now. Raises ConfigError."""
    found = []
    for each in deployments:
        use = replaced.get(each.strategy_id)
        if use is not None:
            try:
                each = msgspec.structs.replace(each, use=use, code=read_strategy(use))  # noqa: PLW2901
            except StrategyError as error:
                raise ConfigError(f"strategy.{each.strategy_id}: {error}") from error
        found.append(each)
    return tuple(found)
