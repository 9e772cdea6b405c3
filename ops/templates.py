"""The configuration files that `understudy init` writes: every key, set or commented out with its default.

A line `#key = value` is a setting that is left out and would have this value; `# text` is for people. So taking the
`#` from the beginning of every such line changes nothing.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum
from pathlib import Path

import msgspec

from ops._config_types import keys_of, type_of_key
from ops._setting_words import NOT_UNITS, section
from ops.errors import UsageError
from ops.secrets import SecretRef
from strategies import load_strategy

EXAMPLE = "(an example)"
"""Stands in the comment of a setting that has no default: what is shown there is one of many values."""

_COMMENT_COLUMN = 44
_WIDTH = 116
_EXAMPLES: Mapping[str, object] = {
    "retention.journal_days": 30,
    "alerts.webhook": SecretRef(env="ALERT_WEBHOOK"),
    "source.market.symbols": ({"symbol": "SIM.A", "price": 182.4},),
    "portfolio.<id>.currency": "USD",
    "portfolio.<id>.limits.max_order_value": Decimal(25_000),
}
_PARAMETERS = "parameters of "
_TABLES_OF_THEIR_OWN = frozenset({"market", "alpaca", "limits", "parameters"})


@dataclass(frozen=True)
class Table:
    """One table of a file: which section of the configuration it is, what it is called, and what is set in it."""

    place: str
    name: str
    given: Mapping[str, object] = field(default_factory=dict)
    shown: tuple[str, ...] = ()
    """The keys to show; all of them, if empty."""
    left_out: bool = False


@dataclass(frozen=True)
class Template:
    """One file that `understudy init` can write. `then` are commands to try next, `{file}` being the file."""

    title: str
    tables: tuple[Table, ...]
    then: tuple[str, ...]


_RUNNING = tuple(Table(name, name) for name in ("engine", "storage", "retention", "log", "alerts"))
_SYMBOL = "symbol.<name>"
_SIMULATED = Table('venue.<id>, kind = "simulated"', "venue.paper", {"kind": "simulated"})


def _portfolio(name: str, *, cash: int, limits: Mapping[str, object]) -> tuple[Table, ...]:
    path = f"portfolio.{name}"
    return (
        Table("portfolio.<id>", path, {"cash": Decimal(cash), "venue": "paper"}),
        Table("portfolio.<id>.limits", f"{path}.limits", limits),
    )


def _strategy(
    name: str, use: str, *, portfolio: str, capital: str, parameters: Mapping[str, object]
) -> tuple[Table, ...]:
    path = f"strategy.{name}"
    given = {"use": use, "portfolio": portfolio, "capital": Decimal(capital)}
    return (
        Table("strategy.<id>", path, given),
        Table(f"{_PARAMETERS}{use}", f"{path}.parameters", parameters),
    )


_CAREFUL = {"max_position_fraction": Decimal("0.25"), "max_order_value_fraction": Decimal("0.25")}

TEMPLATES: Mapping[str, Template] = {
    "paper": Template(
        "Paper trading on a simulated market: no key, no network, and it never closes.",
        (
            *_RUNNING,
            Table("source", "source", {"speed": 1.0}, shown=("speed",)),
            Table("source.market", "source.market", {"seed": 7, "days": 3650, "continuous": True}),
            Table(_SYMBOL, 'symbol."SIM.A"', left_out=True),
            _SIMULATED,
            *_portfolio("main", cash=100_000, limits=_CAREFUL),
            *_portfolio("swing", cash=50_000, limits={}),
            *_strategy(
                "cross", "moving_average_cross", portfolio="main", capital="0.5", parameters={"timeframe": "1s"}
            ),
            *_strategy("reversion", "mean_reversion", portfolio="main", capital="0.5", parameters={}),
            *_strategy("breakout", "breakout", portfolio="swing", capital="1", parameters={}),
        ),
        ("understudy run --config {file}",),
    ),
    "replay": Template(
        "Trading on recorded data, as fast as the engine can. Name your own data under [source].",
        (
            *_RUNNING,
            Table(
                "source",
                "source",
                {"replay": ("data.toml",), "root": ".", "speed": "max"},
                shown=("replay", "root", "speed"),
            ),
            Table(_SYMBOL, 'symbol."EUR/USD"', left_out=True),
            _SIMULATED,
            *_portfolio("main", cash=100_000, limits={}),
            *_strategy("cross", "moving_average_cross", portfolio="main", capital="1", parameters={}),
        ),
        ("understudy run --config {file} --exit-at-end",),
    ),
    "alpaca": Template(
        "Paper trading at Alpaca. This version checks the file, and has no gateway to Alpaca yet.",
        (
            *_RUNNING,
            Table("source", "source", {}, shown=("speed",)),
            Table("source.alpaca", "source.alpaca", {"symbols": ("AAPL", "MSFT"), "feed": "iex"}),
            Table(_SYMBOL, 'symbol."AAPL"', left_out=True),
            Table(
                'venue.<id>, kind = "alpaca"',
                "venue.paper",
                {
                    "kind": "alpaca",
                    "paper": True,
                    "key_id": SecretRef(env="APCA_API_KEY_ID"),
                    "secret_key": SecretRef(env="APCA_API_SECRET_KEY"),
                },
            ),
            *_portfolio("main", cash=100_000, limits=_CAREFUL),
            *_strategy("cross", "moving_average_cross", portfolio="main", capital="1", parameters={}),
        ),
        ("understudy run --config {file}", "understudy init --template paper paper.toml"),
    ),
}


def render(template: Template, *, file: str) -> str:
    """The text of a template, as it stands in a file of that name."""
    head = [
        template.title,
        f"Try it: {template.then[0].format(file=file)}",
        "",
        "A line that begins with # and a key shows a setting that is left out, with the value that it has then.",
        "Variables change single settings: UNDERSTUDY_STORAGE__DATA_DIR=/srv/data sets data_dir in [storage].",
        "Every key is explained in docs/configuration.md.",
    ]
    lines = [f"# {line}".rstrip() for line in head]
    explained: set[str] = set()
    for table in template.tables:
        lines += ["", *_table(table, is_first=table.place not in explained)]
        explained.add(table.place)
    return "\n".join(lines) + "\n"


def write_new(path: Path, text: str, *, force: bool) -> None:
    """Write a file that is not there yet, whole or not at all; with `force`, in the place of one that is.

    Raises UsageError.
    """
    is_begun = False
    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            is_begun = True
            file.write(text)
    except FileExistsError as error:
        raise UsageError(f"{path} exists. Name another file, or give --force to replace it.") from error
    except OSError as error:
        if is_begun and not force:  # else it may be somebody's, or no file at all
            path.unlink(missing_ok=True)
        raise UsageError(f"{path} cannot be written: {error.strerror}. Name another file.") from error


def as_toml(value: object) -> str:
    """A value as a TOML file has it, in one line."""
    match value:
        case bool():
            return str(value).lower()
        case Decimal():
            return f"{value.normalize():f}"
        case int() | float() | date():
            return str(value)
        case Enum():
            return as_toml(value.value)
        case str():
            return json.dumps(value, ensure_ascii=False)
        case dict():
            return (
                f"{{ {', '.join(f'{key} = {as_toml(item)}' for key, item in value.items())} }}" if value else "{}"
            )
        case list() | tuple():
            return f"[{', '.join(as_toml(item) for item in value)}]"
        case _:
            return as_toml(msgspec.to_builtins(value, builtin_types=(Decimal, date)))


def _table(table: Table, *, is_first: bool) -> Iterator[str]:
    """A table; what its keys are for is told once in a file."""
    if table.place.startswith(_PARAMETERS):
        yield from _parameters(table)
        return
    about = section(table.place)
    if is_first:
        yield from textwrap.wrap(about.about, _WIDTH, initial_indent="# ", subsequent_indent="# ")
    yield f"{'#' if table.left_out else ''}[{table.name}]"
    for key, (unit, meaning) in about.words.items():
        if key in _TABLES_OF_THEIR_OWN or (table.shown and key not in table.shown):
            continue
        example = _EXAMPLES.get(f"{table.place}.{key}")
        default = type_of_key(about.kind, key)[1] if example is None else example
        comment = meaning if unit in NOT_UNITS else f"{unit}; {meaning}"
        if key not in table.given and example is not None:
            comment = f"{comment if is_first else ''} {EXAMPLE}".lstrip()
        elif not is_first:
            comment = ""
        yield from _setting(table, key, default, comment)


def _parameters(table: Table) -> Iterator[str]:
    """A strategy's own settings, which its docstring explains."""
    kind = load_strategy(table.place.removeprefix(_PARAMETERS)).Parameters
    yield f"[{table.name}]"
    for key in keys_of(kind):
        default = type_of_key(kind, key)[1]
        is_source_s = key == "timeframe" and key not in table.given
        comment = f"left out: the shortest bars of recorded data, else 1m {EXAMPLE}" if is_source_s else ""
        yield from _setting(table, key, default, comment)


def _setting(table: Table, key: str, default: object, comment: str) -> Iterator[str]:
    """A key in one line, its comment beside it and, if that is long, below."""
    is_given = key in table.given
    setting = f"{'' if is_given else '#'}{key} = {as_toml(table.given[key] if is_given else default)}"
    column = max(_COMMENT_COLUMN, len(setting) + 2)
    first, *more = textwrap.wrap(comment, _WIDTH - column - 2, break_on_hyphens=False) or [""]
    yield f"{setting:<{column}}# {first}" if first else setting
    for line in more:
        yield f"{'':<{column}}# {line}"
