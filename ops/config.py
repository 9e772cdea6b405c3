"""The configuration: one TOML file, decoded into one frozen struct, checked whole before anything starts.

    [engine]            how often a checkpoint is taken, when a hung engine is replaced
    [storage]           where the data directory is
    [retention]         how much of the past is kept
    [log]               what standard error shows
    [alerts]            when the engine warns, and whom
    [source]            what is traded on: recorded data (`replay`), a simulated market (`market`), or `alpaca`
    [symbol.<name>]     which market data of a symbol is believed
    [venue.<id>]        where orders go
    [portfolio.<id>]    cash, limits
    [strategy.<id>]     which strategy plays, for which portfolio, on which symbols

A table that is left out has the default that stands beside it here, so an empty file is a whole configuration but
for its source. Variables such as `UNDERSTUDY_STORAGE__DATA_DIR` change single settings of it; nothing reads the
file or the environment after this. `docs/configuration.md` lists every key.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec

from ops._config_checks import problems, symbol_problems
from ops._config_environment import Overrides, override
from ops._config_errors import explain, moved, not_finite, refuse
from ops._config_tables import (
    AlertSettings,
    AlpacaFeedSettings,
    AlpacaVenueSettings,
    AnyVenueSettings,
    EngineSettings,
    LogSettings,
    MarketSettings,
    PortfolioSettings,
    PracticeVenueSettings,
    RetentionSettings,
    SourceSettings,
    StorageSettings,
    StrategySettings,
    Table,
    VenueSettings,
)
from ops.errors import ConfigError
from rules.quality import QualityLimits

__all__ = [
    "AlertSettings",
    "AlpacaFeedSettings",
    "AlpacaVenueSettings",
    "AnyVenueSettings",
    "Config",
    "EngineSettings",
    "LogSettings",
    "MarketSettings",
    "PortfolioSettings",
    "PracticeVenueSettings",
    "RetentionSettings",
    "SourceSettings",
    "StorageSettings",
    "StrategySettings",
    "VenueSettings",
    "check_symbols",
    "decode_config",
    "default_config",
    "encode_config",
    "load_config",
    "parse_config",
    "quality_limits",
    "unsupported",
]

NO_ENVIRONMENT: Mapping[str, str] = MappingProxyType({})


class Config(Table, frozen=True, kw_only=True):
    """All settings of one engine: what a run is a function of, beside its inputs."""

    engine: EngineSettings = EngineSettings()
    storage: StorageSettings = StorageSettings()
    retention: RetentionSettings = RetentionSettings()
    log: LogSettings = LogSettings()
    alerts: AlertSettings = AlertSettings()
    source: SourceSettings = SourceSettings()
    symbols: dict[str, QualityLimits] = msgspec.field(name="symbol", default_factory=dict)
    venues: dict[str, AnyVenueSettings] = msgspec.field(
        name="venue", default_factory=lambda: {"paper": VenueSettings()}
    )
    portfolios: dict[str, PortfolioSettings] = msgspec.field(
        name="portfolio", default_factory=lambda: {"main": PortfolioSettings()}
    )
    strategies: dict[str, StrategySettings] = msgspec.field(
        name="strategy", default_factory=lambda: {"cross": StrategySettings()}
    )


def load_config(
    path: Path, *, source: SourceSettings | None = None, environ: Mapping[str, str] = NO_ENVIRONMENT
) -> Config:
    """The configuration in a file, changed by the environment; `source`, if given, replaces the one there.

    Raises ConfigError.
    """
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}. Name an existing TOML file.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text at byte {error.start}. Save it as UTF-8.") from error
    return parse_config(text, name=str(path), source=source, environ=environ)


def parse_config(
    text: str,
    *,
    name: str,
    source: SourceSettings | None = None,
    environ: Mapping[str, str] = NO_ENVIRONMENT,
) -> Config:
    """The configuration in a text; `name` is what errors call it. Raises ConfigError."""
    raw = _parse_toml(text, name)
    for old, new in moved(raw):
        raise ConfigError(f"{name}: {old} is now {new}. Move it to [{new.partition('.')[0]}].")
    for key, value in not_finite(raw):
        raise ConfigError(f"{name}: {refuse(key, value, 'a finite number', 'Correct it.')}")
    return _checked(raw, prefix=f"{name}: ", source=source, overrides=override(raw, Config, environ))


def default_config(source: SourceSettings, environ: Mapping[str, str] = NO_ENVIRONMENT) -> Config:
    """One paper portfolio of 100,000 with the moving-average cross on every symbol of the source.

    Raises ConfigError.
    """
    raw: dict[str, Any] = {}
    return _checked(raw, prefix="", source=source, overrides=override(raw, Config, environ))


def encode_config(config: Config) -> bytes:
    """The configuration as JSON, as the journal keeps it: the same bytes for the same settings, and no secret."""
    return msgspec.json.encode(config, order="deterministic")


def decode_config(data: bytes) -> Config:
    """The configuration behind `encode_config`. Raises ConfigError if this version has other settings."""
    try:
        return msgspec.json.decode(data, type=Config)
    except msgspec.DecodeError as error:
        raise ConfigError(
            f"the recorded configuration cannot be read: {error}. Use the version that recorded it."
        ) from error


def quality_limits(config: Config, symbol: str) -> QualityLimits:
    """Which market data of a symbol is believed: as its table says, or the defaults."""
    return config.symbols.get(symbol) or QualityLimits()


def check_symbols(config: Config, known: Iterable[str]) -> None:
    """Raises ConfigError for a table [symbol.<name>] whose symbol is not among those of the opened source."""
    for problem in symbol_problems(config, known):
        raise ConfigError(problem)


def unsupported(config: Config) -> str | None:
    """What this version cannot run of a configuration that is in order, with the cure; `None` if it can."""
    venues = (f"venue.{name}" for name, venue in config.venues.items() if isinstance(venue, AlpacaVenueSettings))
    asked = "source.alpaca" if config.source.alpaca is not None else next(venues, None)
    if asked is None:
        return None
    return (
        f"{asked} asks for Alpaca, for which this version has no gateway; the configuration itself is in order. "
        "Trade on the simulated market meanwhile: understudy init --template paper"
    )


def _parse_toml(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        lines = text.split("\n")
        said = str(error).replace("at end of document", f"at line {len(lines)}, column {len(lines[-1]) + 1}")
        raise ConfigError(f"{name}: {said[0].lower()}{said[1:]}. Correct the TOML there.") from error


def _checked(raw: dict[str, Any], *, prefix: str, source: SourceSettings | None, overrides: Overrides) -> Config:
    """Raw values as a configuration. Raises ConfigError that names the file, or the variable at fault."""
    _say_kinds(raw)
    try:
        config = msgspec.convert(raw, Config)
    except msgspec.ValidationError as error:
        raise ConfigError(overrides.tell(explain(error, raw=raw, kind=Config), prefix=prefix)) from error
    if source is not None:
        config = msgspec.structs.replace(config, source=source)
    for problem in problems(config):
        raise ConfigError(overrides.tell(problem, prefix=prefix))
    return config


def _say_kinds(raw: dict[str, Any]) -> None:
    """A venue that does not say its kind is simulated."""
    venues = raw.get("venue")
    for venue in venues.values() if isinstance(venues, dict) else ():
        if isinstance(venue, dict):
            venue.setdefault("kind", "simulated")
