"""Arguments and options that several commands have: names that the shell can complete, and exact numbers."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TypeVar

import click

from cli.output import DATA_DIR_VARIABLE, DEFAULT_DATA_DIR

COMPLETION_SECONDS = 0.5
"""How long the shell waits for an engine to name its actors."""

SECONDS_MAX = 1_000_000

_Command = TypeVar("_Command", bound=Callable[..., Any])
_Choice = TypeVar("_Choice", bound=str)
_Complete = Callable[[click.Context, click.Parameter, str], list[str]]


class Exact(click.ParamType[Decimal]):
    """A finite decimal number, kept as it is written."""

    name = "number"

    def convert(self, value: str | Decimal, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """The number behind the text."""
        try:
            number = Decimal(value)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite():
            self.fail(f"{value!r} is not a number such as 100 or 0.25.", param, ctx)
        return number


class Finite(click.ParamType[float]):
    """A number that is neither NaN nor infinite."""

    name = "number"

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number behind the text."""
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a number such as 100 or 0.25.", param, ctx)
        return number


def given_one(flags: Mapping[_Choice, bool]) -> _Choice | None:
    """The flag that is given, by its name without `--`; `None` if none is. Raises UsageError if two are."""
    given = [name for name, is_given in flags.items() if is_given]
    if len(given) > 1:
        raise click.UsageError(f"--{given[0]} and --{given[1]} contradict each other. Give one of them.")
    return given[0] if given else None


class Seconds(Finite):
    """A time to wait, in seconds, that the system can wait: above zero, and no more than eleven days."""

    name = "seconds"

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number behind the text."""
        number = super().convert(value, param, ctx)
        if not 0 < number <= SECONDS_MAX:
            self.fail(f"{value!r} is no time to wait: it must be above 0, and at most {SECONDS_MAX:,}.", param, ctx)
        return number


def _names_of(kind: str | None) -> _Complete:
    """Completes with the names of the running engine's actors: whole ones, or of one kind without it."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:  # noqa: ARG001  # click's
        from ops.control.client import ControlClient  # noqa: PLC0415  # only the shell asks
        from ops.errors import UnderstudyError  # noqa: PLC0415

        data_dir = ctx.params.get("data_dir") or os.environ.get(DATA_DIR_VARIABLE) or DEFAULT_DATA_DIR
        try:
            with ControlClient(Path(data_dir), timeout_seconds=COMPLETION_SECONDS) as client:
                actors = client.actors()
        except (UnderstudyError, OSError):  # nothing may be printed while a person types
            return []
        names = (a.name if kind is None else a.name.partition("/")[2] for a in actors if kind in (None, a.kind))
        return [name for name in names if name.startswith(incomplete)]

    return complete


complete_actor = _names_of(None)
complete_strategy = _names_of("strategy")
complete_symbol = _names_of("symbol")
complete_portfolio = _names_of("portfolio")

actor_argument: Callable[[_Command], _Command] = click.argument("actor", shell_complete=complete_actor)
strategy_argument: Callable[[_Command], _Command] = click.argument("strategy", shell_complete=complete_strategy)
reason_option: Callable[[_Command], _Command] = click.option(
    "--reason", default="", metavar="TEXT", help="Why, for the journal."
)
portfolio_option: Callable[[_Command], _Command] = click.option(
    "--portfolio", default="main", show_default=True, shell_complete=complete_portfolio, help="In this portfolio."
)
