"""The tables of a configuration, as frozen structs. `[x]` of the file is the field `x` of `ops.config.Config`."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from gateways.market import SimulatedMarketSettings
from gateways.simulated import SimulatedVenueSettings
from messages.control import AlertLevel
from ops.secrets import SecretRef
from rules.limits import RiskLimits

DEFAULT_CASH = Decimal(100_000)
DEFAULT_STRATEGY = "moving_average_cross"

MarketSettings = SimulatedMarketSettings
Positive = Annotated[float, Meta(gt=0)]
Count = Annotated[int, Meta(ge=1)]
Name = Annotated[str, Meta(min_length=1)]
Parameter = bool | int | float | str | list[Any]
"""What a strategy's own settings may be; the strategy says which it has and checks them."""


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every table."""


class EngineSettings(Table, frozen=True, kw_only=True):
    """How often a checkpoint is taken (when either interval has passed), and how long the engine may hang.

    After `hang_seconds` without a turn, which only C code that cannot be broken into reaches, the engine's process
    is replaced.
    """

    checkpoint_interval_seconds: Positive = 60.0
    checkpoint_interval_inputs: Count = 100_000
    hang_seconds: Annotated[float, Meta(ge=1.5)] = 2.0


class StorageSettings(Table, frozen=True, kw_only=True):
    """Where the engine keeps what it does.

    `journal_reserve_mib` is disk space held back, so that cancels and fills can be written on a full disk.
    """

    data_dir: Name = "./data"
    journal_reserve_mib: Count = 4


class RetentionSettings(Table, frozen=True, kw_only=True):
    """How much of the past is kept: days of the journal (`None` keeps all), and log files of `log_mib` each."""

    journal_days: Count | None = None
    log_mib: Count = 10
    log_files: Count = 5


class LogSettings(Table, frozen=True, kw_only=True):
    """The least severe line that standard error shows."""

    level: Literal["debug", "info", "warning", "error"] = "warning"


class AlertSettings(Table, frozen=True, kw_only=True):
    """When the engine warns: each threshold passed is a concern in `status`, and an alert.

    Alerts of `level` and above are sent to the URL behind `webhook`.
    """

    level: AlertLevel = AlertLevel.WARNING
    webhook: SecretRef | None = None
    mailbox_depth: Count = 1_000
    oldest_age_seconds: Positive = 1.0
    conflated_per_minute: Count = 60
    lag_seconds: Positive = 5.0
    disk_free_mib: Count = 512
    memory_mib: Count = 2_048
    checkpoint_age_seconds: Positive = 600.0


class AlpacaFeedSettings(Table, frozen=True, kw_only=True):
    """Live data of these symbols from Alpaca, with the keys of the Alpaca venue: `sip` is paid for."""

    symbols: tuple[Name, ...]
    feed: Literal["iex", "sip"] = "iex"


class SourceSettings(Table, frozen=True, kw_only=True):
    """Where market data comes from: files to `replay`, a simulated `market` or `alpaca`; one of the three.

    `replay` names files and folders below `root`. `speed` is how many times as fast as it was recorded the data
    is given; "max" is as fast as the engine can.
    """

    replay: tuple[Name, ...] = ()
    root: Name = "."
    market: MarketSettings | None = None
    alpaca: AlpacaFeedSettings | None = None
    speed: Literal["max"] | Positive = 1.0


class VenueSettings(
    SimulatedVenueSettings, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="simulated"
):
    """`kind = "simulated"`: a venue inside the engine, which fills orders at the market data's prices."""


class AlpacaVenueSettings(Table, frozen=True, kw_only=True, tag_field="kind", tag="alpaca"):
    """`kind = "alpaca"`: an account at Alpaca; real money only with `paper = false`."""

    paper: bool = True
    key_id: SecretRef
    secret_key: SecretRef


class PracticeVenueSettings(Table, frozen=True, kw_only=True, tag_field="kind", tag="practice"):
    """`kind = "practice"`: the practice broker, in a process of its own, at `url`."""

    url: Name


AnyVenueSettings = VenueSettings | AlpacaVenueSettings | PracticeVenueSettings


class PortfolioSettings(Table, frozen=True, kw_only=True):
    """One portfolio. `currency` is that of its cash; left out, the quote currency of the instruments."""

    cash: Decimal = DEFAULT_CASH
    currency: Name | None = None
    venue: Name = "paper"
    limits: RiskLimits = RiskLimits()


class StrategySettings(Table, frozen=True, kw_only=True):
    """One strategy at work. `use` is the name of a ready-made one, or the path of a Python file.

    `symbols` left empty means every symbol of the source; `capital` is the fraction of the portfolio's cash that
    it may size its orders by.
    """

    use: Name = DEFAULT_STRATEGY
    portfolio: Name = "main"
    symbols: tuple[Name, ...] = ()
    capital: Decimal = Decimal(1)
    parameters: dict[str, Parameter] = {}
