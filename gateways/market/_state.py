"""Where a simulated market stands: enough to go on from here without making what came before again."""

from __future__ import annotations

import msgspec

from messages import Quote, SymbolHalted, Trade


class RandomState(msgspec.Struct, frozen=True, array_like=True):
    """What `random.Random.getstate` tells."""

    version: int
    words: tuple[int, ...]
    gauss_next: float | None = None


class SymbolState(msgspec.Struct, array_like=True):
    """One symbol: its fair price, how far its log volatility is from the mean, and its present quote in ticks.

    `halted_until_ns` is 0 while it trades.
    """

    price: float
    log_volatility: float = 0.0
    bid_ticks: int = 0
    ask_ticks: int = 0
    halted_until_ns: int = 0


class SimulatedMarketState(msgspec.Struct, kw_only=True):
    """`day` counts days from 1970-01-01 and `step` steps within its session; `days_left` includes `day`.

    `pending` are records that were made and not yet given. `settings` is a digest of the terms that the state
    belongs to.
    """

    settings: str
    random: RandomState
    day: int
    days_left: int
    step: int = 0
    market_log_volatility: float = 0.0
    symbols: list[SymbolState]
    pending: list[Quote | Trade | SymbolHalted] = []
