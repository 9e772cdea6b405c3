"""`understudy run`."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

import click
import msgspec

from cli.output import DATA_DIR_VARIABLE, DEFAULT_DATA_DIR, Folder, example, json_option
from cli.trading_run import RunOptions, configured, data_dir_of, say_what_came_of_it, trade
from ops.guardian import HANDLED
from ops.own_process import python, python_path


class Speed(click.ParamType[str | float]):
    """`max`, or how many times as fast as it was recorded."""

    name = "speed"

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> str | float:
        """`max` or a number above zero."""
        if value == "max":
            return "max"
        try:
            number = float(value)
        except ValueError:
            number = 0.0
        if not 0 < number < float("inf"):
            self.fail(f"{value!r} is neither max nor a number above zero, such as 1 or 60.", param, ctx)
        return number


@click.command(
    epilog=example(
        "understudy run --market 7 --speed max --exit-at-end",
        "understudy run --replay lean/forex --speed 60 --data-dir ./fx",
        "understudy run --config paper.toml",
    )
)
@click.option("--config", "config_path", type=click.Path(path_type=Path), help="Configuration, a TOML file.")
@click.option(
    "--replay",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="PATH...",
    help="Recorded data: a data set description (.toml), a LEAN zip or folder. May be given several times.",
)
@click.option("--root", type=click.Path(path_type=Path), help="Where file names in descriptions begin.")
@click.option("--market", type=int, metavar="SEED", help="A simulated market; the same seed is the same market.")
@click.option("--speed", type=Speed(), help="max, or times as fast as recorded. Default: 1, as recorded.")
@click.option("--exit-at-end", is_flag=True, help="End when the data ends, and say what came of it.")
@click.option(
    "--data-dir",
    type=Folder(),
    envvar=DATA_DIR_VARIABLE,
    show_envvar=True,
    help="Where journal and state are kept; a run begun there goes on. "
    f"Default: the configuration's, or {DEFAULT_DATA_DIR}.",
)
@click.option("--crash-seed", type=int, metavar="SEED", help="A drill: crash every actor once on the way.")
@click.option("--verbose", is_flag=True, help="Tell of every change of state, on standard error.")
@click.option(
    "--no-guardian",
    is_flag=True,
    help="Run the engine in this process. Nobody then starts another if it dies: for use below another supervisor.",
)
@click.argument("more", nargs=-1, type=click.Path(path_type=Path))
@json_option
def run(  # one parameter for each option
    config_path: Path | None,
    replay: tuple[Path, ...],
    root: Path | None,
    market: int | None,
    speed: str | float | None,
    exit_at_end: bool,
    data_dir: Path | None,
    crash_seed: int | None,
    verbose: bool,
    no_guardian: bool,
    more: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Trade on recorded or simulated market data.

    Without --config: one paper portfolio of 100,000 in the currency of the data, and the moving-average cross on
    every symbol of it. A run that was cut off, by whatever, goes on where it stopped when the same command is
    given again.

    This process becomes the guardian of the engine process: it starts another when that dies or hangs. The first
    Ctrl-C ends the engine in order, a second one at once, which is safe too.
    """
    if more and not replay:
        raise click.UsageError(f"{more[0]} belongs to no option. Give data as --replay {more[0]}.")
    options = RunOptions(
        config=None if config_path is None else str(config_path),
        replay=tuple(str(path) for path in (*replay, *more)),
        root=None if root is None else str(root),
        market=market,
        speed=speed,
        exit_at_end=exit_at_end,
        data_dir=None if data_dir is None else str(data_dir),
        crash_seed=crash_seed,
        as_json=as_json,
        verbose=verbose,
    )
    config = configured(options)
    directory = data_dir_of(options, config)
    if no_guardian:
        say_what_came_of_it(trade(options, config), options, directory)
    else:
        _become_guardian(options, directory, hang_seconds=config.engine.hang_seconds)


def _become_guardian(options: RunOptions, data_dir: Path, *, hang_seconds: float) -> NoReturn:
    """Put the guardian in place of this process, which has imported more than a guardian should hold."""
    engine = python("-m", "cli.engine", msgspec.json.encode(options).decode())
    guarded = json.dumps({"engine": engine, "data_dir": str(data_dir), "hang_seconds": hang_seconds})
    sys.stdout.flush()
    sys.stderr.flush()
    signal.pthread_sigmask(signal.SIG_BLOCK, HANDLED)  # what comes meanwhile waits until the guardian takes it
    os.execve(sys.executable, python("-S", "-m", "ops.guardian", guarded), os.environ | python_path())  # noqa: S606
