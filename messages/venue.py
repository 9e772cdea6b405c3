"""What passes between a venue and us that is not about one order: the connection, and how the account stands.

Quantities are signed, negative for short; cash is in the account's currency. Times are nanoseconds UTC.
"""

from __future__ import annotations

from decimal import Decimal

from messages._base import ClientOrderId, Message, PortfolioId, StrategyId, Symbol, VenueId


class VenueConnected(Message, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """The venue's updates reach us from now on; what it said before may be lost."""

    venue_id: VenueId
    time_ns: int


class VenueDisconnected(Message, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """The venue's updates do not reach us. Requests may still pass."""

    venue_id: VenueId
    time_ns: int
    reason: str


class QueryAccount(Message, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """Ask the venue how an account stands, and for every execution since `since_ns` by the venue's clock.

    The executions come back as order events, and behind them an `AccountReported`.
    """

    venue_id: VenueId
    portfolio_id: PortfolioId
    time_ns: int
    since_ns: int


class HeldPosition(Message, frozen=True, gc=False, array_like=True):
    """What an account holds of one symbol."""

    symbol: Symbol
    quantity: Decimal


class AccountReported(Message, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """How the venue says that an account stands; the answer to `QueryAccount`.

    `time_ns` is when it arrived, `venue_time_ns` the venue's clock as it was drawn up. `positions` are those that
    are not flat, `open_orders` the client order ids of all working orders, other people's included. The question is
    of `asked_ns` (0 if not told): an answer may come late.
    """

    venue_id: VenueId
    portfolio_id: PortfolioId
    time_ns: int
    venue_time_ns: int
    cash: Decimal
    positions: tuple[HeldPosition, ...]
    open_orders: tuple[ClientOrderId, ...]
    is_blocked: bool = False
    asked_ns: int = 0


class AccountDiffers(Message, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """The books and the venue disagree, and went on to: on a symbol's quantity or, with no symbol, on cash."""

    portfolio_id: PortfolioId
    time_ns: int
    ours: Decimal
    theirs: Decimal
    symbol: Symbol | None = None


class AcceptDifference(Message, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """A person takes the venue's word: its positions and cash, as it reported them last, go into the books."""

    portfolio_id: PortfolioId
    time_ns: int
    reason: str = ""


class AdjustedPart(Message, frozen=True, gc=False, array_like=True):
    """What a strategy was given of an adjustment; negative if it lost units."""

    strategy_id: StrategyId
    quantity: Decimal


class BooksAdjusted(Message, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """The books took the venue's word: `amount` more of a symbol, valued at `price`; with no symbol, of cash.

    `parts` tell what of it concerned strategies; the rest is nobody's.
    """

    portfolio_id: PortfolioId
    time_ns: int
    amount: Decimal
    price: Decimal
    symbol: Symbol | None = None
    reason: str = ""
    parts: tuple[AdjustedPart, ...] = ()
