"""The commands that concern strategies: deploy, undeploy, pause, resume, reload."""

from __future__ import annotations

import re
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import click

from cli.arguments import (
    Exact,
    complete_strategy,
    given_one,
    portfolio_option,
    reason_option,
    strategy_argument,
)
from cli.output import data_dir_option, example, json_option
from cli.telling import tell_engine
from ops.control.commands import Deploy, Pause, ReloadConfig, ReloadStrategy, Resume, Undeploy

_BARE_WORD = re.compile(r"[\w.:/+-]+")
"""Text that TOML would want in quotes, such as 5m, and that cannot be a misspelt list or table."""


@click.command(
    epilog=example(
        "understudy deploy breakout --as second --symbols SIM.A,SIM.B --capital 0.25",
        "understudy deploy my_strategy.py --as mine --param fast_period=10 --param timeframe=5m",
    )
)
@click.argument("use", metavar="FILE|NAME", type=click.Path())
@click.option("--as", "strategy", metavar="ID", help="Its id. Default: the name of the file or strategy.")
@portfolio_option
@click.option("--symbols", default="", metavar="A,B", help="What it plays. Default: every symbol.")
@click.option("--capital", type=Exact(), default="1", show_default=True, help="Its share of the starting cash.")
@click.option(
    "--param", "parameters", multiple=True, metavar="KEY=VALUE", help="A parameter, as TOML has it. Repeatable."
)
@data_dir_option
@json_option
def deploy(
    use: str,
    strategy: str | None,
    portfolio: str,
    symbols: str,
    capital: Decimal,
    parameters: tuple[str, ...],
    data_dir: Path,
    as_json: bool,
) -> None:
    """Put a strategy into the game: a FILE of your own, or the NAME of a ready-made one."""
    command = Deploy(
        use=code_reference(use),
        strategy=strategy or _name_of(use),
        portfolio=portfolio,
        symbols=tuple(symbol for symbol in symbols.split(",") if symbol),
        capital=capital,
        parameters=dict(_parameter(text) for text in parameters),
    )
    tell_engine(data_dir, command, as_json=as_json)


@click.command(epilog=example("understudy undeploy cross", "understudy undeploy cross --close"))
@strategy_argument
@click.option("--keep", is_flag=True, help="Keep what it holds, under its protective stops.")
@click.option("--close", is_flag=True, help="Close what it holds at the market.")
@data_dir_option
@json_option
def undeploy(strategy: str, keep: bool, close: bool, data_dir: Path, as_json: bool) -> None:
    """Take STRATEGY out of the game, its entries canceled.

    Without --keep or --close nothing is done while it holds something.
    """
    flags: dict[Literal["keep", "close"], bool] = {"keep": keep, "close": close}
    positions = given_one(flags)
    tell_engine(data_dir, Undeploy(strategy=strategy, positions=positions or "refuse"), as_json=as_json)


@click.command(epilog=example('understudy pause cross --reason "news"'))
@strategy_argument
@reason_option
@data_dir_option
@json_option
def pause(strategy: str, reason: str, data_dir: Path, as_json: bool) -> None:
    """Ignore the signals of STRATEGY and cancel its entries; it goes on being told the market."""
    tell_engine(data_dir, Pause(strategy=strategy, reason=reason), as_json=as_json)


@click.command(epilog=example("understudy resume cross"))
@strategy_argument
@data_dir_option
@json_option
def resume(strategy: str, data_dir: Path, as_json: bool) -> None:
    """Listen to STRATEGY again, from its next signal on."""
    tell_engine(data_dir, Resume(strategy=strategy), as_json=as_json)


@click.command(
    epilog=example(
        "understudy reload cross",
        "understudy reload mine --from my_strategy_v2.py",
        "understudy reload --confirm",
    )
)
@click.argument("strategy", required=False, shell_complete=complete_strategy)
@click.option("--from", "use", metavar="FILE|NAME", help="Take the code from there, and from there on.")
@click.option("--confirm", is_flag=True, help="Configuration: let limits become looser too.")
@data_dir_option
@json_option
def reload(strategy: str | None, use: str | None, confirm: bool, data_dir: Path, as_json: bool) -> None:
    """Give the running STRATEGY the code that its file holds now; its state is carried over, or the code refused.

    Without STRATEGY the configuration is read again: what is tighter applies at once, what is looser only with
    --confirm, and what cannot change while the engine runs is named.
    """
    if strategy is None and use is not None:
        raise click.UsageError(f"--from {use} gives code, and there is no STRATEGY to take it. Name one.")
    if strategy is not None and confirm:
        raise click.UsageError("--confirm is for the configuration. Leave it out, or leave out STRATEGY.")
    if strategy is None:
        tell_engine(data_dir, ReloadConfig(confirm=confirm), as_json=as_json)
    else:
        code = None if use is None else code_reference(use)
        tell_engine(data_dir, ReloadStrategy(strategy=strategy, use=code), as_json=as_json)


def code_reference(use: str) -> str:
    """A file as an absolute path, for the engine may run elsewhere; a ready-made strategy's name as it is.

    Raises UsageError for what looks like a file and is none.
    """
    path, class_name = _split(use)
    if path.is_file():
        return f"{path.absolute()}{class_name}"
    if path.suffix or len(path.parts) > 1:
        raise click.UsageError(f"{path}: there is no such file. Correct the path.")
    return use


def _split(use: str) -> tuple[Path, str]:
    head, colon, tail = use.rpartition(":")
    return (Path(head), f":{tail}") if colon and tail.isidentifier() else (Path(use), "")


def _name_of(use: str) -> str:
    return _split(use)[0].stem


def _parameter(text: str) -> tuple[str, Any]:
    """`fast_period=10` as its name and value."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise click.UsageError(f"--param {text!r} has no value. Write it as --param key=value.")
    try:
        parsed = tomllib.loads(f"value = {value}")
    except tomllib.TOMLDecodeError:
        parsed = {}
    if set(parsed) == {"value"} and isinstance(parsed["value"], bool | int | float | str | list):
        return name.strip(), parsed["value"]
    if _BARE_WORD.fullmatch(value):
        return name.strip(), value
    raise click.UsageError(
        f'--param {text!r}: {value!r} is no value in TOML. Write a number, true, false, a list or "text".'
    )
