"""`understudy demo`: the first minute."""

from __future__ import annotations

import queue
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from cli.arguments import Seconds
from cli.output import Folder, duration_text, example, json_option, print_json
from ops.errors import EXIT_FAILED, EXIT_FINE
from ops.own_process import python, python_path

if TYPE_CHECKING:
    from ops.demo import DemoEngine, DemoSummary, Watch
    from ops.tui.attachment import News

PLAIN_SECONDS = 20.0
_LOOK_SECONDS = 0.2


@click.command(
    epilog=example("understudy demo", "understudy demo --plain --seconds 10", "understudy demo --fresh --seed 11")
)
@click.option(
    "--data-dir",
    type=Folder(),
    default="./demo-data",
    show_default=True,
    help="Where the demo keeps its data; one that stopped there goes on.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=7, show_default=True, help="Another seed, another market."
)
@click.option("--fresh", is_flag=True, help="Remove what an earlier demo left there, and begin anew.")
@click.option(
    "--seconds",
    type=Seconds(),
    help=f"End after so long. Default: when you leave; {PLAIN_SECONDS:.0f} with --plain.",
)
@click.option("--plain", is_flag=True, help="Lines of text instead of the view, as without a terminal.")
@json_option
def demo(data_dir: Path, seed: int, fresh: bool, seconds: float | None, plain: bool, as_json: bool) -> int:
    """Watch an engine trade a simulated market: no key, no network, no configuration.

    Four strategies in two paper portfolios. In the view, c, h and p make the chosen actor crash, hang or choke, k
    kills the engine process, and ? shows the other keys; watch it heal, and the books agree. Ctrl-C ends in order.
    The same command goes on from there. --json prints nothing but the summary. Exit code 1 if the books differ.
    """
    began = time.monotonic()
    from ops.demo import DemoEngine, Watch, prepare, summed_up  # noqa: PLC0415  # not for --help

    config = prepare(data_dir, seed=seed, fresh=fresh)
    watch = Watch(began)
    engine = DemoEngine(_command(config, data_dir), python_path())
    _interrupt_when_told()
    try:
        engine.start()
        if plain or as_json or not (sys.stdin.isatty() and sys.stdout.isatty()):
            _print_lines(data_dir, engine, watch, PLAIN_SECONDS if seconds is None else seconds, silent=as_json)
        else:
            _show_view(data_dir, engine, watch, seconds)
    except KeyboardInterrupt:
        pass
    finally:
        run = engine.stop()
    summary = summed_up(data_dir, run, watch)
    if as_json:
        print_json(summary)
    else:
        _print_summary(summary)
    return EXIT_FAILED if summary.books_agree is False else EXIT_FINE


def _interrupt_when_told() -> None:
    """SIGTERM and a terminal that is closed end the demo as Ctrl-C does, its engine with it."""

    def interrupt(_number: int, _frame: object) -> NoReturn:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)


def _command(config: Path, data_dir: Path) -> list[str]:
    understudy = python("-c", "from cli.main import main; main()")
    return [*understudy, "run", "--config", str(config), "--data-dir", str(data_dir), "--json"]


def _print_lines(data_dir: Path, engine: DemoEngine, watch: Watch, seconds: float, *, silent: bool) -> None:
    """What happens, a line each, until the time is over or the engine has ended."""
    from ops.tui.attachment import Attachment  # noqa: PLC0415

    news: queue.SimpleQueue[News] = queue.SimpleQueue()
    attachment = Attachment(data_dir)
    attachment.start(news.put)
    try:
        while not engine.has_ended and (left := seconds - watch.seconds) > 0:
            try:
                told = news.get(timeout=min(left, _LOOK_SECONDS))
            except queue.Empty:
                continue
            for line in watch.lines(told):
                if not silent:
                    click.echo(line)
    finally:
        attachment.stop()


def _show_view(data_dir: Path, engine: DemoEngine, watch: Watch, seconds: float | None) -> None:
    from ops.tui.attachment import Attachment  # noqa: PLC0415
    from ops.tui.demo_view import DemoApp  # noqa: PLC0415

    try:
        DemoApp(Attachment(data_dir), engine, watch, seconds).run()
    finally:
        _interrupt_when_told()  # the view had these signals to itself
    click.echo("The engine ends in order...")


def _print_summary(summary: DemoSummary) -> None:
    from ops.tui.figures import money  # noqa: PLC0415

    first = summary.first_position_seconds
    position = "no position yet" if first is None else f"first position after {first:.1f} s"
    if summary.books_agree is None:
        click.echo(f"\nThe demo ran {duration_text(summary.seconds)}: the engine ended before it had begun.")
        return
    sign = "✔" if summary.books_agree else "✘"
    click.echo(f"\nThe demo ran {duration_text(summary.seconds)}; {position}.")
    click.echo(f"  cash      {money(summary.cash):>14} {summary.currency or ''}")
    click.echo(f"  equity    {money(summary.equity):>14} {summary.currency or ''}")
    click.echo(f"  orders    {summary.orders:>14,}, {summary.denied:,} denied")
    click.echo(f"  fills     {summary.fills:>14,}")
    click.echo(
        f"  restarts  {summary.restarts:>14,} of actors, {summary.engine_starts - 1:,} of the engine process, "
        f"{summary.dead_letters:,} dead letters"
    )
    click.echo(f"  {sign} {summary.books}")
    click.echo("\nNext:")
    for command in summary.next:
        click.echo(f"  {command}")
