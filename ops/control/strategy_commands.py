"""The commands about strategies: deploy, undeploy, pause, resume, new code."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec

from actors.names import strategy_actor
from messages import (
    AnyMessage,
    Deployment,
    DeployStrategy,
    PauseStrategy,
    ReloadStrategy,
    ResumeStrategy,
    StrategyId,
    UndeployStrategy,
)
from ops._config_checks import PERSONS_ID, deployment_problems
from ops._config_errors import nearest
from ops.config import StrategySettings
from ops.control import commands
from ops.control.answers import CommandDone
from ops.control.core_access import CoreAccess
from ops.deployments import deployment_of
from ops.engine import Engine
from ops.errors import ConfigError, UsageError
from ops.vetting import Case, vet
from strategies import READY_MADE, StrategyError, read_strategy

MANUAL = StrategyId(PERSONS_ID)
"""The ledger of what a person orders; no strategy may have its name."""


class StrategyCommands:
    """Carries them out on an engine."""

    def __init__(self, access: CoreAccess) -> None:
        self._access = access
        self._engine = access.engine

    async def deploy(self, command: commands.Deploy) -> CommandDone:
        """Vet the code in another process, then put it into the game. Raises UsageError, CommandFailed."""
        settings = StrategySettings(
            use=command.use,
            portfolio=command.portfolio,
            symbols=command.symbols,
            capital=command.capital,
            parameters=command.parameters,
        )
        _check_reference(settings.use)
        return await self.deploy_settings(command.strategy, settings)

    async def deploy_settings(self, name: str, settings: StrategySettings) -> CommandDone:
        """The same, from a table of the configuration."""
        engine = self._engine
        for problem in deployment_problems(name, settings):
            raise UsageError(problem)
        instruments = {each.symbol: each for each in engine.opened.instruments}
        try:
            asked = deployment_of(name, settings, instruments, number=0)
        except ConfigError as error:
            raise UsageError(str(error)) from error
        await asyncio.to_thread(vet, Case(asked, engine.default_timeframe))

        def make(now_ns: int) -> AnyMessage:
            deployment = msgspec.structs.replace(asked, number=engine.deployer.next_number)
            if (problem := engine.deployer.objection(deployment)) is not None:
                raise UsageError(f"{problem}.")
            return DeployStrategy(deployment=deployment, time_ns=now_ns)

        symbols = "every symbol" if not settings.symbols else ", ".join(settings.symbols)
        done = f"strategy {name} ({settings.use}) plays {symbols} for portfolio {settings.portfolio}"
        return await self._access.command(make, done=done)

    async def undeploy(self, command: commands.Undeploy) -> CommandDone:
        """Take a strategy out. Raises UsageError if it is not there, or is not flat and nothing is said of that."""
        engine = self._engine

        def make(now_ns: int) -> AnyMessage:
            deployment = find_deployment(engine, command.strategy)
            owner = engine.portfolio(deployment.portfolio_id)
            if command.positions == "refuse" and owner.is_busy(deployment.strategy_id):
                raise UsageError(
                    f"strategy {command.strategy} holds positions or has open orders. Say what becomes of them: "
                    "--close or --keep."
                )
            close = command.positions == "close"
            return UndeployStrategy(strategy_id=deployment.strategy_id, time_ns=now_ns, close=close)

        return await self._access.command(make, done=f"strategy {command.strategy} is out of the game")

    async def pause(self, command: commands.Pause) -> CommandDone:
        """Listen to it no more. Raises UsageError."""

        def make(now_ns: int) -> AnyMessage:
            deployment = find_deployment(self._engine, command.strategy)
            return PauseStrategy(strategy_id=deployment.strategy_id, time_ns=now_ns, reason=command.reason)

        return await self._access.command(make, done=f"strategy {command.strategy} is paused")

    async def resume(self, command: commands.Resume) -> CommandDone:
        """Listen to it again. Raises UsageError if it is not paused."""
        engine = self._engine

        def make(now_ns: int) -> AnyMessage:
            deployment = find_deployment(engine, command.strategy)
            if deployment.strategy_id not in engine.portfolio(deployment.portfolio_id).state.paused:
                raise UsageError(
                    f"strategy {command.strategy} is not paused. One in quarantine goes on with "
                    f"`understudy restart {strategy_actor(command.strategy)}`."
                )
            return ResumeStrategy(strategy_id=deployment.strategy_id, time_ns=now_ns)

        return await self._access.command(make, done=f"strategy {command.strategy} is listened to again")

    async def reload(self, command: commands.ReloadStrategy) -> CommandDone:
        """Vet the new code with the state that it is to carry over, then give it to the running strategy."""
        engine = self._engine

        def find() -> tuple[Deployment, bytes]:
            deployment = find_deployment(engine, command.strategy)
            state = engine.kernel.actors[strategy_actor(deployment.strategy_id)].state
            return deployment, msgspec.msgpack.encode(state)

        deployment, state = await self._access.look(find)
        use = command.use or deployment.use
        _check_reference(use)
        if use in READY_MADE and use == deployment.use:
            raise UsageError(f"strategy {command.strategy} is the ready-made {use}; name a file, as --from FILE.")
        try:
            code = read_strategy(use)
        except StrategyError as error:
            raise UsageError(f"strategy.{command.strategy}: {error}") from error
        if (use, code) == (deployment.use, deployment.code):
            return CommandDone(seq=0, text=f"strategy {command.strategy} plays what {use} holds already")
        changed = msgspec.structs.replace(deployment, use=use, code=code)
        await asyncio.to_thread(vet, Case(changed, engine.default_timeframe, state))

        def make(now_ns: int) -> AnyMessage:
            find_deployment(engine, command.strategy)
            return ReloadStrategy(strategy_id=deployment.strategy_id, time_ns=now_ns, use=use, code=code)

        done = f"strategy {command.strategy} goes on with what {use} holds now, its state carried over"
        return await self._access.command(make, done=done)


def find_deployment(engine: Engine, name: str) -> Deployment:
    """The strategy of that name. For the core thread. Raises UsageError, naming the nearest."""
    found = engine.deployer.deployments.get(StrategyId(name))
    if found is None:
        known = [str(each) for each in engine.deployer.deployments]
        raise UsageError(unknown("strategy", name, known))
    return found


def unknown(what: str, name: str, known: list[str]) -> str:
    """What is said of a name that nothing has. The last part of a name, as of strategy/cross, may be meant."""
    by_last_part = {each.rpartition("/")[2]: each for each in known}
    meant = nearest(name, known) or by_last_part.get(nearest(name, by_last_part) or "")
    cure = f"Did you mean {meant}?" if meant else f"There is {', '.join(known) or 'none'}."
    return f"there is no {what} {name}. {cure}"


def _check_reference(use: str) -> None:
    """Code never travels to the engine: it is ready-made, or in a file that the engine reads itself."""
    if use not in READY_MADE and not Path(use).is_absolute():
        raise UsageError(
            f"strategy {use} is neither one of {', '.join(READY_MADE)} nor an absolute path. Correct it."
        )
