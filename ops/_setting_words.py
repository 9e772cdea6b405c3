"""Every key of the configuration in words: its unit and what it is for. Defaults and types are the tables' own.

`understudy init` and `docs/configuration.md` are written from this, so that they cannot say different things.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateways.market import SimulatedMarketSettings, SimulatedSymbol
from gateways.simulated import (
    BpsSlippage,
    NotionalCommission,
    PerFillCommission,
    PerShareCommission,
    SpreadSlippage,
    VolumeShareSlippage,
)
from ops._config_tables import (
    AlertSettings,
    AlpacaFeedSettings,
    AlpacaVenueSettings,
    EngineSettings,
    LogSettings,
    PortfolioSettings,
    PracticeVenueSettings,
    RetentionSettings,
    SourceSettings,
    StorageSettings,
    StrategySettings,
    VenueSettings,
)
from rules.limits import RiskLimits
from rules.quality import QualityLimits

Words = Mapping[str, tuple[str, str]]
"""By key: its unit, and what it is for."""


@dataclass(frozen=True)
class Section:
    """One table of the file. `place` is where it stands, `about` what it is for."""

    place: str
    kind: Any
    about: str
    words: Words


_VENUE_KIND = ("choice", "simulated (if left out), practice or alpaca")
_ORDER_MINIMUM = ("currency of the account", "at least this for an order that fills at all")

NOT_UNITS = frozenset(
    {
        "choice",
        "date",
        "id",
        "name or path",
        "path",
        "paths",
        "secret",
        "table",
        "tables",
        "text",
        "texts",
        "true/false",
    }
)
"""Kinds of values that stand where others have a unit, and that a value tells by itself."""

SECTIONS: tuple[Section, ...] = (
    Section(
        "engine",
        EngineSettings,
        "How often a checkpoint is taken, and when a hung engine is replaced.",
        {
            "checkpoint_interval_seconds": ("seconds", "a checkpoint is taken when this has passed"),
            "checkpoint_interval_inputs": ("inputs", "or when so many inputs have been journaled since the last"),
            "hang_seconds": (
                "seconds",
                "in C code, after which the process is replaced; Python is broken into after 1",
            ),
        },
    ),
    Section(
        "storage",
        StorageSettings,
        "Where the engine keeps what it does.",
        {
            "data_dir": ("path", "journal, checkpoints and control socket; one engine at a time"),
            "journal_reserve_mib": ("MiB", "held back, so that fills can be written on a full disk"),
        },
    ),
    Section(
        "retention",
        RetentionSettings,
        "How much of the past is kept.",
        {
            "journal_days": ("days", "of the journal kept; left out: all of them"),
            "log_mib": ("MiB", "size at which a log file is closed and the next one begun"),
            "log_files": ("files", "of the log kept, the latest ones, the one being written included"),
        },
    ),
    Section(
        "log",
        LogSettings,
        "What standard error shows; the log file has info and above.",
        {"level": ("choice", "least severe line shown: debug, info, warning or error")},
    ),
    Section(
        "alerts",
        AlertSettings,
        "When the engine warns: a threshold that is passed is shown by `understudy status`, and is an alert.",
        {
            "level": ("choice", "least severe alert sent to the webhook: info, warning or critical"),
            "webhook": ("secret", "a secret: where the URL is that alerts go to; left out: nowhere"),
            "mailbox_depth": ("messages", "waiting for one actor"),
            "oldest_age_seconds": ("seconds", "that a message has waited for its actor"),
            "conflated_per_minute": ("records", "of market data replaced by newer before they were handled"),
            "lag_seconds": ("seconds", "behind the schedule of the source, or behind live data"),
            "disk_free_mib": ("MiB", "less than this is left on the disk of the data directory"),
            "memory_mib": ("MiB", "of memory in use by the engine"),
            "checkpoint_age_seconds": ("seconds", "since the last checkpoint"),
        },
    ),
    Section(
        "source",
        SourceSettings,
        "Where market data comes from: one of replay, market and alpaca.",
        {
            "replay": ("paths", "data set descriptions (.toml), LEAN zips or folders; see docs/data-sets.md"),
            "root": ("path", "where file names of `replay` and in descriptions begin"),
            "market": ("table", "a simulated market, see [source.market]"),
            "alpaca": ("table", "live data, see [source.alpaca]"),
            "speed": ("times", 'as fast as recorded; "max" is as fast as the engine can'),
        },
    ),
    Section(
        "source.market",
        SimulatedMarketSettings,
        "A market that is invented: the same settings are the same market, to the last quote.",
        {
            "seed": ("number", "another seed is another market"),
            "symbols": ("tables", "what is traded, see [[source.market.symbols]]; left out: SIM.A to SIM.H"),
            "start": ("date", "the first day"),
            "days": ("days", "trading days, after which the source has ended"),
            "rate": ("records/s", "quotes and trades a second and symbol, on average"),
            "continuous": ("true/false", "all hours of all days instead of 14:30 to 21:00 UTC on weekdays"),
            "trade_fraction": ("fraction", "of the records that are trades, the others being quotes"),
            "market_volatility": ("fraction/year", "volatility that all symbols share, by their beta"),
            "volatility_swing": ("log", "standard deviation of log volatility: calm and wild stretches"),
            "volatility_memory_minutes": ("minutes", "in which volatility returns to its mean"),
            "jumps_per_day": ("jumps", "sudden moves a day and symbol"),
            "jump_size": ("fraction", "standard deviation of a jump"),
            "halting_jump": ("fraction", "a larger jump halts the symbol"),
            "halt_minutes": ("minutes", "that a halt lasts"),
            "overnight_gap": ("fraction", "standard deviation of the move between two sessions"),
        },
    ),
    Section(
        "source.market.symbols",
        SimulatedSymbol,
        "One invented instrument.",
        {
            "symbol": ("text", "its name"),
            "price": ("quote currency", "the first price"),
            "annual_volatility": ("fraction/year", "standard deviation of a year's log return"),
            "beta": ("number", "how much of the market's moves it makes"),
            "spread_bps": ("bps", "usual spread"),
            "activity": ("times", "multiplies the market's rate"),
            "typical_lots": ("lots", "median size of a side of a quote, and of a trade"),
            "tick_size": ("quote currency", "prices are multiples of it"),
            "lot_size": ("units", "quantities are multiples of it"),
            "asset_class": ("choice", "equity, forex, crypto, future, cfd or index"),
            "quote_currency": ("text", "in which it is priced"),
        },
    ),
    Section(
        "source.alpaca",
        AlpacaFeedSettings,
        "Live data of Alpaca, with the keys of the Alpaca venue.",
        {
            "symbols": ("texts", "what to listen to"),
            "feed": ("choice", "iex (free, one exchange) or sip (paid, all exchanges)"),
        },
    ),
    Section(
        "symbol.<name>",
        QualityLimits,
        "Which market data of one symbol is believed; each symbol without a table has the defaults.",
        {
            "jump_fraction": (
                "fraction",
                "move from the last price, per square root of a second, that is believed",
            ),
            "confirmations": ("records", "that agree on a price out of line, before it is believed"),
            "crossed_fraction_max": ("fraction", "of the middle, by which a bid may be above the ask"),
            "spread_fraction_max": ("fraction", "of the middle, that a spread may be"),
            "lead_seconds_max": ("seconds", "that a record's time may lie in the future"),
            "stale_after_seconds": ("seconds", "without a record, after which the symbol is stale"),
        },
    ),
    Section(
        'venue.<id>, kind = "simulated"',
        VenueSettings,
        "Where orders go: a venue inside the engine, which fills them at the prices of the source.",
        {
            "kind": _VENUE_KIND,
            "commission": ("table", "what it charges; see Commissions in docs/configuration.md"),
            "slippage": ("table", "how much worse than shown it fills; see Slippage there"),
            "seed": ("number", "of the latencies"),
            "latency_ms_min": ("ms", "least time that an order takes to arrive"),
            "latency_ms_max": ("ms", "most time that an order takes to arrive"),
            "trade_participation_max": ("fraction", "of a quote's or trade's size that may fill us"),
            "bar_participation_max": ("fraction", "of a bar's volume that may fill us"),
            "bar_market_price": ("choice", "price of a bar that fills market orders: open or close"),
            "day_end_seconds": ("seconds", "after 00:00 UTC, when DAY orders expire"),
            "allow_margin": ("true/false", "buys may take cash below zero"),
            "allow_short": ("true/false", "sells may exceed the position"),
            "hold_quantity_for_sells": ("true/false", "units in a working sell cannot be sold twice"),
            "closed_orders_kept": ("orders", "closed orders that the venue remembers"),
        },
    ),
    Section(
        'venue.<id>, kind = "alpaca"',
        AlpacaVenueSettings,
        "Where orders go: an account at Alpaca. Its keys are secrets, told by reference: "
        '{ env = "NAME" }, { file = "path" } or { credential = "name" }.',
        {
            "kind": _VENUE_KIND,
            "paper": ("true/false", "Alpaca's paper account; false trades with real money"),
            "key_id": ("secret", "where the API key is"),
            "secret_key": ("secret", "where the secret of the API key is"),
        },
    ),
    Section(
        'venue.<id>, kind = "practice"',
        PracticeVenueSettings,
        "Where orders go: a practice broker, a program of its own that outlives the engine. One portfolio trades "
        "there, at a speed that is a number.",
        {
            "kind": _VENUE_KIND,
            "url": ("text", "where it listens, such as http://127.0.0.1:8080"),
        },
    ),
    Section(
        "portfolio.<id>",
        PortfolioSettings,
        "Cash that strategies trade with, in books of its own.",
        {
            "cash": ("currency", "at the beginning"),
            "currency": ("text", "of the cash; left out: the quote currency of what it trades"),
            "venue": ("id", "where its orders go"),
            "limits": ("table", "what no order may exceed, see [portfolio.<id>.limits]"),
        },
    ),
    Section(
        "portfolio.<id>.limits",
        RiskLimits,
        "What no order of the portfolio may exceed. Tightened they apply at once, loosened once confirmed.",
        {
            "max_position_fraction": ("fraction of equity", "that a position may be worth"),
            "max_gross_exposure_fraction": ("fraction of equity", "that all positions may be worth"),
            "max_order_value": ("currency", "that an order may be worth; left out: no limit"),
            "max_order_value_fraction": ("fraction of equity", "that an order may be worth"),
            "min_cash": ("currency", "that purchases leave"),
            "allow_margin": ("true/false", "cash may go below zero"),
            "allow_short": ("true/false", "positions may go below zero"),
            "max_price_deviation_fraction": ("fraction", "of the market's price, that a limit price may lie away"),
            "price_max_age_seconds": ("seconds", "that the price an order is judged by may be old"),
            "price_max_age_intervals": ("bars", "that it may be old, whichever is longer"),
            "price_max_ahead_seconds": ("seconds", "that it may lie in the future"),
            "duplicate_window_seconds": ("seconds", "in which the same order again is a duplicate"),
        },
    ),
    Section(
        "strategy.<id>",
        StrategySettings,
        "A strategy at work; see docs/strategies.md.",
        {
            "use": (
                "name or path",
                "moving_average_cross, mean_reversion, breakout, rebalancing, or a Python file",
            ),
            "portfolio": ("id", "whose cash it trades with"),
            "symbols": ("texts", "what it trades; empty: every symbol of the source"),
            "capital": ("fraction", "of the portfolio's cash that it sizes by; at most 1 in all"),
            "parameters": ("table", "its own settings, see [strategy.<id>.parameters]"),
        },
    ),
    Section(
        'commission, kind = "per_share"',
        PerShareCommission,
        "So much for each unit.",
        {
            "per_share": ("currency of the account", "for each unit"),
            "minimum_per_order": _ORDER_MINIMUM,
        },
    ),
    Section(
        'commission, kind = "notional"',
        NotionalCommission,
        "A part of what is traded.",
        {"bps": ("bps", "of the notional"), "minimum_per_order": _ORDER_MINIMUM},
    ),
    Section(
        'commission, kind = "per_fill"',
        PerFillCommission,
        "The same for every fill.",
        {"per_fill": ("currency of the account", "for each fill")},
    ),
    Section('slippage, kind = "bps"', BpsSlippage, "A part of the price.", {"bps": ("bps", "of the price")}),
    Section(
        'slippage, kind = "spread"',
        SpreadSlippage,
        "A part of the spread; nothing where only one price is known.",
        {"fraction": ("fraction", "of the spread")},
    ),
    Section(
        'slippage, kind = "volume_share"',
        VolumeShareSlippage,
        "More, the more of a bar's volume is ours: price_impact times its square.",
        {"price_impact": ("fraction", "of the price, if all of the volume were ours")},
    ),
)


def section(place: str) -> Section:
    """The section that stands at a place, as it is written here."""
    return next(each for each in SECTIONS if each.place == place)
