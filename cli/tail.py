"""`understudy tail`: what the engine does, as it does it."""

from __future__ import annotations

from difflib import get_close_matches
from itertools import islice
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from cli.arguments import complete_portfolio, complete_strategy, complete_symbol
from cli.event_text import event_line
from cli.output import data_dir_option, example, json_option, print_json, print_line
from messages import MESSAGE_TYPES
from ops.control.client import ControlClient
from ops.errors import EXIT_FAILED, EXIT_FINE, EngineNotRunning

_NAMES = {kind.__name__.lower(): kind.__name__ for kind in MESSAGE_TYPES}


class MessageType(click.ParamType[str]):
    """The name of a message, such as OrderFilled, in any case."""

    name = "type"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name as it is written."""
        if value.lower() not in _NAMES:
            near = get_close_matches(value.lower(), _NAMES, n=1)
            hint = f" Did you mean {_NAMES[near[0]]}?" if near else ""
            self.fail(f"there is no event {value}.{hint}", param, ctx)
        return _NAMES[value.lower()]

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002  # click's signature
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem]:
        """The names that begin so."""
        return [CompletionItem(name) for lower, name in _NAMES.items() if lower.startswith(incomplete.lower())]


@click.command(
    epilog=example(
        "understudy tail",
        "understudy tail --type OrderFilled --type OrderDenied --strategy cross",
        "understudy tail --symbol SIM.A --count 1 --json",
    )
)
@data_dir_option
@click.option(
    "--type", "types", multiple=True, type=MessageType(), help="Only such events, as OrderFilled. Repeatable."
)
@click.option("--symbol", default="", shell_complete=complete_symbol, help="Only what concerns this symbol.")
@click.option("--strategy", default="", shell_complete=complete_strategy, help="Only what concerns this strategy.")
@click.option(
    "--portfolio", default="", shell_complete=complete_portfolio, help="Only what concerns this portfolio."
)
@click.option("--count", type=click.IntRange(min=1), metavar="N", help="End after N events.")
@json_option
def tail(
    data_dir: Path,
    types: tuple[str, ...],
    symbol: str,
    strategy: str,
    portfolio: str,
    count: int | None,
    as_json: bool,
) -> int:
    """Show what the engine does from now on, one event a line, until Ctrl-C or the engine's end.

    Every event has been durable before it is shown; market data that comes in is not an event. With --json each
    line is a record as `understudy journal export` writes it, but `time_ns` is the event's own, and 0 where it has
    none. The journal also has what happened before, and is there when no engine runs. Exit code 1 if the engine
    goes away before there were N events.
    """
    shown = 0
    try:
        with ControlClient(data_dir) as client:
            records = client.events(types=types, symbol=symbol, strategy=strategy, portfolio=portfolio)
            for record in islice(records, count):
                shown += 1
                if as_json:
                    print_json(record)
                else:
                    print_line(event_line(record))
    except KeyboardInterrupt:
        return EXIT_FINE
    except EngineNotRunning as error:
        raise EngineNotRunning(
            f"{error}. What was recorded: understudy journal export --data-dir {data_dir}"
        ) from error
    if shown == count:
        return EXIT_FINE
    if count is not None:
        click.echo(f"The engine has gone after {shown} of {count} events.", err=True)
        return EXIT_FAILED
    click.echo("The engine has gone.", err=True)
    return EXIT_FINE
