"""The configuration: one TOML file, decoded into one frozen struct, checked whole before anything starts.

    [engine]            how often a checkpoint is taken
    [storage]           where the data directory is
    [source]            what is traded on: recorded data (`replay`) or a simulated market (`market`)
    [venue.<id>]        where orders go
    [portfolio.<id>]    cash, limits
    [strategy.<id>]     which strategy plays, for which portfolio, on which symbols

A table that is left out has the default that stands beside it here, so an empty file is a whole configuration but
for its source. Nothing reads the file or the environment after this.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from gateways.market import SimulatedMarketSettings
from gateways.simulated import SimulatedVenueSettings
from ops._config_errors import explain, moved, nearest, not_finite, one_of, refuse, show
from ops.errors import ConfigError
from rules.limits import RiskLimits

__all__ = [
    "Config",
    "EngineSettings",
    "MarketSettings",
    "PortfolioSettings",
    "SourceSettings",
    "StorageSettings",
    "StrategySettings",
    "VenueSettings",
    "decode_config",
    "default_config",
    "encode_config",
    "load_config",
    "parse_config",
]

DEFAULT_CASH = Decimal(100_000)
DEFAULT_STRATEGY = "moving_average_cross"
ID_LENGTH_MAX = 24
_ID = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?", re.ASCII)

MarketSettings = SimulatedMarketSettings
Positive = Annotated[float, Meta(gt=0)]
Count = Annotated[int, Meta(ge=1)]
Name = Annotated[str, Meta(min_length=1)]
Parameter = bool | int | float | str | list[Any]
"""What a strategy's own settings may be; the strategy says which it has and checks them."""


class _Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every table."""


class EngineSettings(_Settings, frozen=True, kw_only=True):
    """How often a checkpoint is taken: when either interval has passed."""

    checkpoint_interval_seconds: Positive = 60.0
    checkpoint_interval_inputs: Count = 100_000


class StorageSettings(_Settings, frozen=True, kw_only=True):
    """Where the engine keeps what it does.

    `journal_reserve_mib` is disk space held back, so that cancels and fills can be written on a full disk.
    """

    data_dir: Name = "./data"
    journal_reserve_mib: Count = 4


class SourceSettings(_Settings, frozen=True, kw_only=True):
    """Where market data comes from: files to `replay`, or a simulated `market`; one of the two.

    `replay` names files and folders below `root`. `speed` is how many times as fast as it was recorded the data
    is given; "max" is as fast as the engine can.
    """

    replay: tuple[Name, ...] = ()
    root: Name = "."
    market: MarketSettings | None = None
    speed: Literal["max"] | Positive = 1.0


class VenueSettings(
    SimulatedVenueSettings, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="simulated"
):
    """`kind = "simulated"`: a venue inside the engine, which fills orders at the market data's prices."""


class PortfolioSettings(_Settings, frozen=True, kw_only=True):
    """One portfolio. `currency` is that of its cash; left out, the quote currency of the instruments."""

    cash: Decimal = DEFAULT_CASH
    currency: Name | None = None
    venue: Name = "paper"
    limits: RiskLimits = RiskLimits()


class StrategySettings(_Settings, frozen=True, kw_only=True):
    """One strategy at work. `use` is the name of a ready-made one, or the path of a Python file.

    `symbols` left empty means every symbol of the source; `capital` is the fraction of the portfolio's cash that
    it may size its orders by.
    """

    use: Name = DEFAULT_STRATEGY
    portfolio: Name = "main"
    symbols: tuple[Name, ...] = ()
    capital: Decimal = Decimal(1)
    parameters: dict[str, Parameter] = {}


class Config(_Settings, frozen=True, kw_only=True):
    """All settings of one engine: what a run is a function of, beside its inputs."""

    engine: EngineSettings = EngineSettings()
    storage: StorageSettings = StorageSettings()
    source: SourceSettings = SourceSettings()
    venues: dict[str, VenueSettings] = msgspec.field(
        name="venue", default_factory=lambda: {"paper": VenueSettings()}
    )
    portfolios: dict[str, PortfolioSettings] = msgspec.field(
        name="portfolio", default_factory=lambda: {"main": PortfolioSettings()}
    )
    strategies: dict[str, StrategySettings] = msgspec.field(
        name="strategy", default_factory=lambda: {"cross": StrategySettings()}
    )


def load_config(path: Path, *, source: SourceSettings | None = None) -> Config:
    """The configuration in a file; `source`, if given, takes the place of the one there. Raises ConfigError."""
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}. Name an existing TOML file.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text at byte {error.start}. Save it as UTF-8.") from error
    return parse_config(text, name=str(path), source=source)


def parse_config(text: str, *, name: str, source: SourceSettings | None = None) -> Config:
    """The configuration in a text; `name` is what errors call it. Raises ConfigError."""
    raw = _parse_toml(text, name)
    for key, value in not_finite(raw):
        raise ConfigError(f"{name}: {refuse(key, value, 'a finite number', 'Correct it.')}")
    for old, new in moved(raw):
        raise ConfigError(f"{name}: {old} is now {new}. Move it to [{new.partition('.')[0]}].")
    try:
        config = msgspec.convert(raw, Config)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{name}: {explain(error, raw=raw, kind=Config)}") from error
    if source is not None:
        config = msgspec.structs.replace(config, source=source)
    for problem in _problems(config):
        raise ConfigError(f"{name}: {problem}")
    return config


def default_config(source: SourceSettings) -> Config:
    """One paper portfolio of 100,000 with the moving-average cross on every symbol of the source."""
    config = Config(source=source)
    for problem in _problems(config):
        raise ConfigError(problem)
    return config


def encode_config(config: Config) -> bytes:
    """The configuration as JSON, as the journal keeps it: the same bytes for the same settings."""
    return msgspec.json.encode(config, order="deterministic")


def decode_config(data: bytes) -> Config:
    """The configuration behind `encode_config`. Raises ConfigError if this version has other settings."""
    try:
        return msgspec.json.decode(data, type=Config)
    except msgspec.DecodeError as error:
        raise ConfigError(
            f"the recorded configuration cannot be read: {error}. Use the version that recorded it."
        ) from error


def _parse_toml(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        lines = text.split("\n")
        said = str(error).replace("at end of document", f"at line {len(lines)}, column {len(lines[-1]) + 1}")
        raise ConfigError(f"{name}: {said[0].lower()}{said[1:]}. Correct the TOML there.") from error


def _problems(config: Config) -> Iterable[str]:
    """What types cannot say, one line each: references, sums, and which settings exclude each other."""
    yield from _source_problems(config.source)
    for section, names in (
        ("venue", config.venues),
        ("portfolio", config.portfolios),
        ("strategy", config.strategies),
    ):
        yield from _id_problems(section, names)
    for portfolio_id, portfolio in config.portfolios.items():
        path = f"portfolio.{portfolio_id}"
        yield from _reference_problems(f"{path}.venue", portfolio.venue, config.venues, section="venue")
        if portfolio.cash <= 0:
            yield refuse(f"{path}.cash", portfolio.cash, "above zero", f"Leave it out for {DEFAULT_CASH}.")
    for strategy_id, strategy in config.strategies.items():
        path = f"strategy.{strategy_id}"
        yield from _reference_problems(
            f"{path}.portfolio", strategy.portfolio, config.portfolios, section="portfolio"
        )
        if not 0 < strategy.capital <= 1:
            yield refuse(f"{path}.capital", strategy.capital, "above 0 and at most 1", "Leave it out for 1.")
        yield from _repeated(f"{path}.symbols", strategy.symbols)
    yield from _capital_problems(config)


def _source_problems(source: SourceSettings) -> Iterable[str]:
    if source.replay and source.market is not None:
        yield (
            f"source.replay is {show(source.replay)} and source.market is given too; a source is one of the two. "
            f"Remove one."
        )
    elif not source.replay and source.market is None:
        yield (
            "source.replay is missing, and so is source.market; it must be a list of files, or a simulated market. "
            'Add replay = ["<file>"] or market = { seed = 7 } under [source].'
        )
    yield from _repeated("source.replay", source.replay)


def _id_problems(section: str, names: Mapping[str, object]) -> Iterable[str]:
    if not names:
        yield f"{section} is empty; it must hold at least one table. Add [{section}.<id>], or leave it out."
    for name in names:
        if len(name) > ID_LENGTH_MAX or not _ID.fullmatch(name):
            yield refuse(
                f"the id in [{section}.{show(name)}]",
                name,
                f"1 to {ID_LENGTH_MAX} letters, digits, _ or -, a letter or digit at both ends",
                "It becomes part of order ids; rename it.",
            )


def _reference_problems(path: str, value: str, known: Mapping[str, object], *, section: str) -> Iterable[str]:
    if value not in known:
        meant = nearest(value, known)
        cure = f"Did you mean {show(meant)}?" if meant else f"Correct it, or add [{section}.{value}]."
        yield refuse(path, value, one_of(known), cure)


def _repeated(path: str, values: Iterable[str]) -> Iterable[str]:
    seen: dict[str, None] = {}
    for value in values:
        if value in seen:
            yield f"{path} names {show(value)} twice; each must be named once. Remove one."
        seen[value] = None


def _capital_problems(config: Config) -> Iterable[str]:
    for portfolio_id in config.portfolios:
        shares = {
            name: strategy.capital
            for name, strategy in config.strategies.items()
            if strategy.portfolio == portfolio_id
        }
        total = sum(shares.values(), Decimal(0))
        if total > 1:
            terms = " + ".join(f"{name} {share}" for name, share in shares.items())
            yield (
                f"strategy.*.capital for portfolio {show(portfolio_id)} is {terms} = {total}; "
                f"it must be at most 1 in all. Give each strategy a smaller capital."
            )
