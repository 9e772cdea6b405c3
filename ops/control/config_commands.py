"""The command that reads the configuration again."""

from __future__ import annotations

from ops.control import commands
from ops.control.answers import CommandDone
from ops.control.core_access import CoreAccess
from ops.control.strategy_commands import StrategyCommands


class ConfigCommands:
    """Carries it out on an engine."""

    def __init__(self, access: CoreAccess, strategies: StrategyCommands) -> None:
        self._access = access
        self._strategies = strategies

    async def reload(self, command: commands.ReloadConfig) -> CommandDone:
        """Apply what can change live."""
        raise NotImplementedError
