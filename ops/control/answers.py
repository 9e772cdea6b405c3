"""What a running engine answers. Money is a decimal string in JSON; times are nanoseconds UTC, ages real seconds.

Everything here is a snapshot: taken in one moment, or of the last moment of the core in which it was asked.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from messages import PositionReport

PROTOCOL_VERSION = 1


class _Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Base of every answer. A field that is added later has a default."""


class LaneLine(_Answer, frozen=True, kw_only=True):
    """One lane of the ingress: `control`, `executions` or `market`.

    `total` counts what entered, `rate` the same per second of late. `conflated` counts market data that was
    replaced by newer of its kind and symbol before the core took it; `dropped` what was thrown away: always 0.
    """

    lane: str
    waiting: int
    limit: int
    total: int
    rate: float
    conflated: int
    dropped: int


class ActorLine(_Answer, frozen=True, kw_only=True):
    """One actor of the tree, parents before children; `depth` counts the supervisors above it.

    `kind` is supervisor, router, symbol, portfolio, strategy, venue or exchange. `status` is running, paused (a
    strategy whose signals are ignored), backing off, quarantined or stopped. `oldest_age_seconds` is how long the
    oldest message has waited, `None` if none waits. `crashes` counts failed attempts to handle a message,
    `restarts` how often its state was rebuilt for it to go on, `parked` messages set aside as dead letters,
    `undelivered` messages thrown away while it was quarantined, `conflated` market data replaced in its mailbox.
    `checkpoint_age_seconds` is the age of the checkpoint that holds it, `None` before the first.
    """

    name: str
    kind: str
    depth: int
    status: str
    mailbox: int
    oldest_age_seconds: float | None
    handled: int
    rate: float
    crashes: int
    restarts: int
    parked: int
    undelivered: int
    conflated: int
    checkpoint_age_seconds: float | None


class Concern(_Answer, frozen=True, kw_only=True):
    """A threshold of [alerts] that is passed now. `subject` is the actor, lane, symbol or disk concerned."""

    subject: str
    text: str


class Status(_Answer, frozen=True, kw_only=True):
    """How the engine is. `state` is recovering, trading, halted, idle (the source has ended) or stopping.

    `seq` is the last input, `durable_seq` the last one on disk, `time_ns` the engine's own time (that of the
    input), `lag_seconds` how far it is behind its schedule, or behind live data. `halted` tells why no
    position may be opened, per portfolio. `clean_start` is false if the process before ended otherwise than in
    order; `engine_starts` counts the engine processes of this guardian. `hung_actor` was running when the process
    before had to be replaced.
    """

    protocol: int
    version: str
    data_dir: str
    book: str
    epoch: int
    state: str
    engine_pid: int
    guardian_pid: int | None
    engine_starts: int
    clean_start: bool
    hung_actor: str | None
    started_ns: int
    uptime_seconds: float
    recovery_seconds: float
    replayed_inputs: int
    source: str
    source_ended: bool
    seq: int
    durable_seq: int
    time_ns: int
    lag_seconds: float
    inputs_per_second: float
    messages_per_second: float
    lanes: tuple[LaneLine, ...]
    actors: int
    actors_not_running: int
    restarts: int
    dead_letters: int
    conflated: int
    refused: int
    orders_sent: int
    orders_approved: int
    fills: int
    denied: int
    halted: dict[str, str]
    halted_symbols: dict[str, str]
    checkpoint_seq: int
    checkpoint_age_seconds: float | None
    journal_bytes: int
    disk_free_bytes: int
    memory_bytes: int
    open_files: int
    threads: int
    slow_handlers: int
    warnings: tuple[Concern, ...]


class SymbolLine(_Answer, frozen=True, kw_only=True):
    """One symbol's market: prices are 0 where there is none. `rate` is its records per second of late."""

    symbol: str
    bid: float
    ask: float
    last: float
    time_ns: int
    is_halted: bool
    is_stale: bool
    handled: int
    rate: float
    conflated: int
    refused: int


class StrategyLine(_Answer, frozen=True, kw_only=True):
    """One strategy at work, and its own ledger. Money is `None` while a held symbol has no mark.

    `use` is its ready-made name or its file; `code` the first digits of the SHA-256 of its source text, empty for
    ready-made ones; `reloads` counts changes of its code while it ran. `reason` is why it does not play.
    """

    strategy_id: str
    portfolio_id: str
    use: str
    code: str
    reloads: int
    status: str
    reason: str
    symbols: tuple[str, ...]
    capital: Decimal
    equity: Decimal | None
    realized_pnl: Decimal
    unrealized_pnl: Decimal | None
    open_positions: int
    open_orders: int
    orders: int
    handled: int
    crashes: int
    restarts: int


class PortfolioView(_Answer, frozen=True, kw_only=True):
    """One portfolio's books as its actor has them, at input `View.seq`.

    `starting_cash` is what it was opened with. `venue_cash` and `venue_positions` are what its venue says it has,
    where the venue is simulated; `None` where that is not known at this moment.
    """

    portfolio_id: str
    venue_id: str
    currency: str
    starting_cash: Decimal
    cash: Decimal
    equity: Decimal | None
    realized_pnl: Decimal
    unrealized_pnl: Decimal | None
    commission: Decimal
    halted: str
    halted_symbols: dict[str, str]
    limits: dict[str, Any]
    positions: tuple[PositionReport, ...]
    venue_cash: Decimal | None
    venue_positions: dict[str, Decimal] | None


class OrderRow(_Answer, frozen=True, kw_only=True):
    """One order as the venue's actor has it. `updated_ns` is when it last changed."""

    client_order_id: str
    portfolio_id: str
    strategy_id: str
    symbol: str
    side: str
    order_type: str
    quantity: Decimal
    filled_quantity: Decimal
    limit_price: Decimal | None
    stop_price: Decimal | None
    average_price: Decimal | None
    status: str
    protective: bool
    time_ns: int
    updated_ns: int
    reason: str


class FillRow(_Answer, frozen=True, kw_only=True):
    """One execution of late."""

    seq: int
    time_ns: int
    execution_id: str
    client_order_id: str
    portfolio_id: str
    strategy_id: str
    symbol: str
    side: str
    quantity: Decimal
    price: Decimal


class View(_Answer, frozen=True, kw_only=True):
    """All that a screen shows, in one answer. Orders and fills are the latest ones, newest first."""

    seq: int
    durable_seq: int
    time_ns: int
    status: Status
    symbols: tuple[SymbolLine, ...]
    strategies: tuple[StrategyLine, ...]
    portfolios: tuple[PortfolioView, ...]
    orders: tuple[OrderRow, ...]
    fills: tuple[FillRow, ...]
    actors: tuple[ActorLine, ...]


class HandledMessage(_Answer, frozen=True, kw_only=True):
    """A message that an actor handled lately: the engine's time then, its type and its fields."""

    time_ns: int
    type: str
    fields: dict[str, Any]


class ActorDetail(_Answer, frozen=True, kw_only=True):
    """One actor from inside: its state, as JSON has it, its last messages, oldest first, and its timers."""

    line: ActorLine
    state: dict[str, Any]
    messages: tuple[HandledMessage, ...]
    timers: dict[str, int]
    children: tuple[str, ...]


class DeadLetterLine(_Answer, frozen=True, kw_only=True):
    """A message that was set aside because it kept crashing its receiver. `seq` and `actor` name it.

    `is_durable` is false until the next checkpoint has stored it.
    """

    seq: int
    actor: str
    time_ns: int
    type: str
    message: Any
    error: str
    traceback: str
    is_durable: bool = True


class CommandDone(_Answer, frozen=True, kw_only=True):
    """A command that was carried out and is durable.

    `seq` is the input that it became, 0 if it became none. `text` says in one line what came of it. `records` are
    the input and its effects, as `understudy journal export` writes them. `notes` are what could not be done, or
    needs another command, one line each.
    """

    seq: int
    text: str
    records: tuple[dict[str, Any], ...] = ()
    notes: tuple[str, ...] = ()


class Refused(_Answer, frozen=True, kw_only=True):
    """The body of every answer that is no success: one line, and the exit code that a command ends with.

    1, it failed; 2, it was asked wrongly.
    """

    error: str
    exit_code: int
