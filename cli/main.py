"""The `understudy` command: which commands there are, and how an error is told.

A command's module is imported when the command is called, so `understudy --help` imports none of them.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

import click

from ops.errors import EXIT_FAILED, exit_code

PROGRAM = "understudy"

COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("cli.run:run", "Trade on recorded or simulated market data."),
    "stop": ("cli.steering:stop", "End the engine in order, and wait for its end."),
    "status": ("cli.status:status", "Show how the engine is."),
    "ps": ("cli.ps:ps", "Show the tree of actors: state, mailbox, crashes, restarts."),
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
    "bench": ("cli.bench:bench", "Measure what the engine costs on this machine."),
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
        if near and name not in COMMANDS:
            ctx.fail(f"No such command '{name}'. Did you mean '{near[0]}'?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The list that `--help` shows, from the table and not from the commands."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

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
        sys.exit(self._exit_code(args, prog_name or PROGRAM, extra))

    def _exit_code(self, args: Sequence[str] | None, program: str, extra: dict[str, Any]) -> int:
        try:
            returned = super().main(args, program, None, False, **extra)
            sys.stdout.flush()
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            return error.exit_code
        except click.ClickException as error:
            _tell(error.format_message(), hint=_help_hint(error))
            return error.exit_code
        except click.Abort:
            _tell("interrupted")
            return 1
        except BrokenPipeError:
            _forget_output()
            return 0
        except Exception as error:  # noqa: BLE001  # the one place where every error becomes words
            return _tell_error(error)
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


def _tell(text: str, *, hint: str = "") -> None:
    click.echo(f"{PROGRAM}: {' '.join(text.split())}{hint}", err=True)


def _tell_error(error: Exception) -> int:
    code = exit_code(error)
    if code is not None:
        _tell(str(error))
        return code
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace is not None else "an unknown place"
    _tell(f"{type(error).__name__}: {error} (at {where}). This is a mistake in {PROGRAM}; please report it.")
    return EXIT_FAILED


def _help_hint(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    return f" See `{context.command_path} --help`." if isinstance(error, click.UsageError) and context else ""


def _forget_output() -> None:
    """The reader of our output has gone; without this the interpreter complains of it once more at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
