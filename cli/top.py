"""`understudy top`: the live view of an engine, in a process of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from cli.output import data_dir_option, example, json_option, print_json


@click.command(epilog=example("understudy top", "understudy top --allow-kill --data-dir ./demo-data"))
@data_dir_option
@click.option("--allow-kill", is_flag=True, help="Let the key k kill the engine process, as a drill.")
@json_option
def top(data_dir: Path, allow_kill: bool, as_json: bool) -> None:
    """Watch a running engine: prices, strategies, portfolios, orders, fills, and the tree of actors.

    A key acts on the chosen actor, and must be pressed twice if it disturbs the engine; ? shows all keys. Closing
    the view, or losing the connection that it is seen through, leaves the engine as it is. An engine that goes away
    is waited for. --json prints one picture of it, and ends.
    """
    from ops.control.client import ControlClient  # noqa: PLC0415  # the view brings much with it
    from ops.errors import EngineNotRunning  # noqa: PLC0415
    from ops.processes import serving_process  # noqa: PLC0415

    if not as_json and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError("there is no terminal to draw on. Give --json for one picture of the engine.")
    try:
        with ControlClient(data_dir) as client:
            view = client.view()
    except EngineNotRunning:
        if as_json or serving_process(data_dir) is None:
            raise
    if as_json:
        print_json(view)
        return

    from ops.tui.app import Terms, TopApp  # noqa: PLC0415
    from ops.tui.attachment import Attachment  # noqa: PLC0415

    TopApp(Attachment(data_dir), Terms(allow_kill=allow_kill)).run()
