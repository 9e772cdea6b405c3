"""`understudy run`."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.output import Column, example, json_option, money_text, print_json, print_table, time_text

if TYPE_CHECKING:
    from ops.config import Config, SourceSettings
    from ops.engine import Engine
    from ops.summary import RunSummary

SHOWN = 10
"""Orders and fills that the closing page shows, the latest ones."""


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
    type=click.Path(path_type=Path),
    help="Where journal and state are kept; a run begun there goes on. Default: ./data.",
)
@click.option("--crash-seed", type=int, metavar="SEED", help="A drill: crash every actor once on the way.")
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
    more: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Trade on recorded or simulated market data.

    Without --config: one paper portfolio of 100,000 in the currency of the data, and the moving-average cross on
    every symbol of it. A run that was cut off, by whatever, goes on where it stopped when the same command is
    given again.
    """
    if more and not replay:
        raise click.UsageError(f"{more[0]} belongs to no option. Give data as --replay {more[0]}.")
    from ops.running import run_engine  # noqa: PLC0415  # importing the engine takes a while

    config = _config(config_path, paths=(*replay, *more), root=root, market=market, speed=speed)
    logging.basicConfig(format="understudy: %(levelname)s %(message)s", level=logging.WARNING)
    directory = data_dir or Path(config.storage.data_dir)
    summary = run_engine(
        config,
        data_dir=directory,
        exit_at_end=exit_at_end,
        crash_seed=crash_seed,
        serve=nullcontext if exit_at_end else _served(),
    )
    if as_json:
        print_json(summary)
    else:
        _print_summary(summary, directory)


def _served() -> Callable[[Engine], AbstractContextManager[object]]:
    """A run that goes on until it is stopped can be asked; one that ends with its data is left alone."""
    from ops.serving import served  # noqa: PLC0415

    return served


def _config(
    path: Path | None,
    *,
    paths: tuple[Path, ...],
    root: Path | None,
    market: int | None,
    speed: str | float | None,
) -> Config:
    import msgspec  # noqa: PLC0415

    from ops.config import default_config, load_config, unsupported  # noqa: PLC0415
    from ops.errors import ConfigError  # noqa: PLC0415

    if paths and market is not None:
        raise click.UsageError("--replay and --market are both given; a run has one source. Leave one out.")
    source = _source(paths=paths, root=root, market=market)
    if path is not None:
        config = load_config(path, source=source, environ=os.environ)
    elif source is not None:
        config = default_config(source, os.environ)
    else:
        raise click.UsageError(
            "there is no source. Give --replay PATH, --market SEED, or --config FILE that names one."
        )
    if problem := unsupported(config):
        raise ConfigError(problem)
    if speed is None:
        return config
    return msgspec.structs.replace(config, source=msgspec.structs.replace(config.source, speed=speed))


def _source(*, paths: tuple[Path, ...], root: Path | None, market: int | None) -> SourceSettings | None:
    from ops.config import MarketSettings, SourceSettings  # noqa: PLC0415

    if paths:
        return SourceSettings(replay=tuple(str(path) for path in paths), root="." if root is None else str(root))
    if market is not None:
        return SourceSettings(market=MarketSettings(seed=market, days=1))
    return None


def _print_summary(summary: RunSummary, data_dir: Path) -> None:
    from ops.inspection import read_orders_and_fills  # noqa: PLC0415

    orders, fills = read_orders_and_fills(data_dir)
    click.echo(f"Orders: {summary.orders} sent, {summary.denied} denied. The latest:")
    print_table(orders[-SHOWN:], _ORDERS, none="  none")
    click.echo(f"\nFills: {summary.fills}. The latest:")
    print_table(fills[-SHOWN:], _FILLS, none="  none")
    for portfolio in summary.portfolios:
        click.echo(f"\nPortfolio {portfolio.portfolio_id}, in {portfolio.currency}:")
        print_table(portfolio.positions, _POSITIONS, none="  no positions")
        print_table([portfolio], _PORTFOLIO, none="")
    click.echo("\nActors:")
    for actor in summary.actors:
        name = "  " * actor.depth + actor.name
        restarts = f", {actor.restarts} restarts" if actor.restarts else ""
        click.echo(f"  {name:<32} {actor.status}, {actor.handled:,} messages{restarts}")
    refused = sum(summary.refused.values())
    if refused:
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in summary.refused.items())
        click.echo(f"\nMarket data refused: {refused:,} ({reasons})")
    click.echo(
        f"\n{summary.inputs:,} inputs of {summary.source} in {summary.seconds:,.1f} s "
        f"({summary.inputs_per_second:,.0f}/s)\ndigest {summary.digest}"
    )
    if not summary.ended:
        click.echo("The data has not ended. The same command goes on from here.")


_ORDERS = (
    Column("time_ns", "time", time_text),
    Column("client_order_id", "client_order_id"),
    Column("symbol", "symbol"),
    Column("side", "side"),
    Column("quantity", "quantity", right=True),
    Column("average_price", "average_price", money_text, right=True),
    Column("status", "status"),
)
_FILLS = (
    Column("time_ns", "time", time_text),
    Column("client_order_id", "client_order_id"),
    Column("symbol", "symbol"),
    Column("side", "side"),
    Column("quantity", "quantity", right=True),
    Column("price", "price", money_text, right=True),
    Column("commission", "commission", money_text, right=True),
)
_POSITIONS = (
    Column("strategy_id", "strategy"),
    Column("symbol", "symbol"),
    Column("quantity", "quantity", right=True),
    Column("average_price", "average_price", money_text, right=True),
    Column("mark_price", "mark_price", money_text, right=True),
    Column("realized_pnl", "realized_pnl", money_text, right=True),
    Column("unrealized_pnl", "unrealized_pnl", money_text, right=True),
)
_PORTFOLIO = (
    Column("cash", "cash", money_text, right=True),
    Column("equity", "equity", money_text, right=True),
    Column("realized_pnl", "realized_pnl", money_text, right=True),
    Column("unrealized_pnl", "unrealized_pnl", money_text, right=True),
    Column("commission", "commission", money_text, right=True),
)
