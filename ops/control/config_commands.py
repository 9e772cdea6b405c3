"""The command that reads the configuration again."""

from __future__ import annotations

from ops.control import commands
from ops.control.answers import CommandDone
from ops.errors import CommandFailed


async def reload_config(_: commands.ReloadConfig) -> CommandDone:
    """Refuse: this version takes its configuration when it starts. Raises CommandFailed."""
    raise CommandFailed(
        "this version reads its configuration only when it starts. Nothing was changed. Strategies change live: "
        "`understudy deploy`, `undeploy` and `reload STRATEGY`."
    )
