"""The `understudy` command: which commands there are, and how an error is told.

A command's module is imported when the command is called, so `understudy --help` imports none of them.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

import click
from click.shell_completion import CompletionItem

from cli.error_line import PROGRAM, tell, tell_error
from cli.standard_streams import ReaderGone, prepare_streams

COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("cli.init:init", "Write a configuration to begin with."),
    "demo": ("cli.demo:demo", "See it trade at once: no key, no network, no configuration."),
    "run": ("cli.run:run", "Trade on recorded or simulated market data."),
    "stop": ("cli.steering:stop", "End the engine in order, and wait for its end."),
    "status": ("cli.status:status", "Show how the engine is."),
    "ps": ("cli.ps:ps", "Show the tree of actors: state, mailbox, crashes, restarts."),
    "top": ("cli.top:top", "Watch the engine live, in the terminal."),
    "inspect": ("cli.inspect:inspect", "Show one actor's state and last messages."),
    "tail": ("cli.tail:tail", "Show what the engine does, as it does it."),
    "digest": ("cli.books:digest", "Tell what a finished run did in one number."),
    "orders": ("cli.books:orders", "List the orders of a data directory."),
    "fills": ("cli.books:fills", "List the executions of a data directory."),
    "positions": ("cli.books:positions", "List what each strategy holds."),
    "portfolio": ("cli.books:portfolio", "Show each portfolio's cash, equity and profit."),
    "signal": ("cli.trading:signal", "Say an opinion in the name of a strategy."),
    "order": ("cli.trading:order", "Place an order of your own, through every risk control."),
    "cancel": ("cli.trading:cancel", "Cancel what is left of an order."),
    "close": ("cli.trading:close", "Close what is held of a symbol, or of all."),
    "accept": ("cli.trading:accept", "Take the broker's word where books and account differ."),
    "halt": ("cli.steering:halt", "Open no new position anywhere until released."),
    "release": ("cli.steering:release", "Let trading go on after a halt."),
    "deploy": ("cli.strategies:deploy", "Put a strategy into the game."),
    "undeploy": ("cli.strategies:undeploy", "Take a strategy out of the game."),
    "pause": ("cli.strategies:pause", "Ignore a strategy's signals for a while."),
    "resume": ("cli.strategies:resume", "Listen to a paused strategy again."),
    "reload": ("cli.strategies:reload", "Give a running strategy new code, or read the configuration again."),
    "kill": ("cli.actors:kill", "A drill: make an actor crash, hang or choke."),
    "restart": ("cli.actors:restart", "Let a quarantined actor run again."),
    "dead-letters": ("cli.dead_letters:dead_letters", "List, show, retry and drop what was set aside."),
    "checkpoint": ("cli.steering:checkpoint", "Store a checkpoint now."),
    "why": ("cli.why:why", "Show the chain behind one order, from market data to fill."),
    "replay": ("cli.replay:replay", "Run a recorded run again, by the same code or by other."),
    "journal": ("cli.journal:journal", "List, show, verify and export the journal."),
    "logs": ("cli.logs:logs", "Show the log of the engine and its guardian."),
    "doctor": ("cli.doctor:doctor", "Examine whether this machine is fit for an engine."),
    "drill": ("cli.drill:drill", "Let everything go wrong, and look whether an order is lost or doubled."),
    "bench": ("cli.bench:bench", "Measure what the engine costs on this machine."),
    "completion": ("cli.completion:completion", "Print what completes commands in bash, zsh or fish."),
}
"""By name: where the command is, and the line that `--help` shows for it."""


class LazyGroup(click.Group):
    """The commands above, imported one by one as they are needed; errors become one line on standard error."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """All commands, in the order in which a newcomer needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of that name, its module imported now."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name][0].split(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the arguments begin with. Raises UsageError, with the nearest name if there is one."""
        name = args[0]
        near = get_close_matches(name, COMMANDS, n=1)
        if near and name not in COMMANDS and not ctx.resilient_parsing:  # the shell completes: say nothing
            ctx.fail(f"No such command '{name}'. Did you mean '{near[0]}'?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The list that `--help` shows, from the table and not from the commands."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands and options that begin so, from the table: a person waits for the answer while typing."""
        names = [
            CompletionItem(name, help=text) for name, (_, text) in COMMANDS.items() if name.startswith(incomplete)
        ]
        return names + click.Command.shell_complete(self, ctx, incomplete)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command and end the process: 0 fine, 1 failed, 2 misused."""
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, False, **extra)
        prepare_streams()
        sys.exit(self._exit_code(args, prog_name or PROGRAM, extra))

    def _exit_code(self, args: Sequence[str] | None, program: str, extra: dict[str, Any]) -> int:
        try:
            returned = super().main(args, program, None, False, **extra)
            sys.stdout.flush()
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            return error.exit_code
        except click.Abort:
            tell("interrupted")
            return 1
        except ReaderGone:
            return 0
        except Exception as error:  # noqa: BLE001  # the one place where every error becomes words
            return tell_error(error)
        return returned if isinstance(returned, int) else 0


@click.group(
    cls=LazyGroup,
    name=PROGRAM,
    epilog="Each command has --help with an example, and --json for output that programs read. "
    "Exit codes: 0 fine, 1 failed, 2 misused.",
)
@click.version_option(package_name=PROGRAM, prog_name=PROGRAM)
def main() -> None:
    """An automated trading engine made of actors: when one falls, its understudy steps in from a checkpoint, and no
    order is lost or sent twice.
    """
