"""The command that reads the configuration again."""

from __future__ import annotations

import asyncio
import functools

from messages import AnyMessage, StrategyId
from ops.config import Config, StrategySettings
from ops.control import commands
from ops.control.answers import CommandDone
from ops.control.core_access import CoreAccess
from ops.control.strategy_commands import StrategyCommands
from ops.errors import CommandFailed, UnderstudyError
from ops.live_config import (
    keep_applied,
    limits_change,
    notes_of,
    with_limits,
    with_live_settings,
    with_strategies,
)
from ops.reload_plan import plan_reload
from rules.limits import RiskLimits


class ConfigCommands:
    """Carries it out on an engine."""

    def __init__(self, access: CoreAccess, strategies: StrategyCommands) -> None:
        self._access = access
        self._engine = access.engine
        self._strategies = strategies

    async def reload(self, command: commands.ReloadConfig) -> CommandDone:
        """Apply what can change live, and say what cannot. Raises ConfigError if the file is wrong."""
        engine, reread = self._engine, self._engine.reread
        if reread is None:
            raise CommandFailed("this engine was begun without a configuration that could be read again.")
        asked = await asyncio.to_thread(reread)
        plan = plan_reload(engine.config, asked)
        notes = list(notes_of(plan, confirmed=command.confirm))
        limits = dict(plan.limits_tightened) | (plan.limits_confirmed if command.confirm else {})
        said = [await self._change_limits(name, each, notes) for name, each in limits.items()]
        gone = await self._undeploy(plan.undeployed, said, notes)
        come = await self._deploy(plan.deployed, said, notes)
        said += [str(change) for change in plan.live]
        config = with_strategies(with_limits(engine.config, limits), come=come, gone=gone)
        await self._adopt(with_live_settings(config, asked))
        return CommandDone(seq=0, text="; ".join(said) or "nothing is to be changed live", notes=tuple(notes))

    async def _change_limits(self, name: str, limits: RiskLimits, notes: list[str]) -> str:
        def make(now_ns: int) -> AnyMessage:
            return limits_change(name, limits, now_ns)

        done = await self._access.command(make, done="")
        notes += done.notes
        return f"portfolio {name} is judged by its new limits"

    async def _undeploy(self, names: tuple[str, ...], said: list[str], notes: list[str]) -> tuple[str, ...]:
        for name in names:
            try:
                done = await self._strategies.undeploy(commands.Undeploy(strategy=name, positions="keep"))
            except UnderstudyError as error:
                notes.append(str(error))
            else:
                said.append(f"{done.text}, what it held stays under its stops")
                notes += done.notes
        return tuple(name for name in names if not self._plays(name))

    async def _deploy(
        self, wanted: dict[str, StrategySettings], said: list[str], notes: list[str]
    ) -> dict[str, StrategySettings]:
        come = {}
        for name, settings in wanted.items():
            played_before = self._plays(name)  # then with other settings than these
            try:
                done = await self._strategies.deploy_settings(name, settings)
            except UnderstudyError as error:
                notes.append(str(error))
            else:
                said.append(done.text)
            if self._plays(name) and not played_before:
                come[name] = settings
        return come

    def _plays(self, name: str) -> bool:
        """Whether a strategy is in the game, whatever was said of the command that should have changed that."""
        return StrategyId(name) in self._engine.deployer.deployments

    async def _adopt(self, config: Config) -> None:
        self._engine.config = config
        await asyncio.to_thread(functools.partial(keep_applied, self._engine.directory, config))
