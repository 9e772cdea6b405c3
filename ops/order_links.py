"""The links of the chain behind one order, from market data to what a fill did to the books.

Times are nanoseconds UTC; `seq` is the number of the input with which something happened.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from messages import AnyMessage, ControlVerdict, SignalPriced, SubmitOrder


class Handled(msgspec.Struct, frozen=True, kw_only=True):
    """One message that an actor handled; `told_by` is the index of the one, in the same input, that told it."""

    actor: str
    message: AnyMessage
    told_by: int | None


class InputLink(msgspec.Struct, frozen=True, kw_only=True):
    """What came in. `handled` is all that the actors were told because of it, in order, and `path` the indices of
    those that lead from the input to the order; both are empty if the input could not be run again.
    """

    link: str = "input"
    seq: int
    time_ns: int
    message: AnyMessage
    path: tuple[int, ...] = ()
    handled: tuple[Handled, ...] = ()


class SignalLink(msgspec.Struct, frozen=True, kw_only=True):
    """What the strategy wanted, and the prices at which it was judged. `seq` is `None` if it could not be found."""

    link: str = "signal"
    seq: int | None
    time_ns: int
    signal: SignalPriced


class RiskLink(msgspec.Struct, frozen=True, kw_only=True):
    """What risk said: every control's value and limit, and the reason if it refused.

    `order` is what it was asked about; `None` if the signal could not even be made into an order.
    """

    link: str = "risk"
    seq: int
    time_ns: int
    passed: bool
    reason: str
    order: SubmitOrder | None
    verdicts: tuple[ControlVerdict, ...]


class IntentLink(msgspec.Struct, frozen=True, kw_only=True):
    """The order as it was written down before any byte of it left."""

    link: str = "intent"
    seq: int
    time_ns: int
    order: SubmitOrder


class CommandLink(msgspec.Struct, frozen=True, kw_only=True):
    """What we asked of the venue later on, or concluded from its silence."""

    link: str = "command"
    seq: int
    time_ns: int
    message: AnyMessage
    input: AnyMessage


class MarketRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Market data as it stood in the journal."""

    seq: int
    time_ns: int
    message: AnyMessage


class OutcomeLink(msgspec.Struct, frozen=True, kw_only=True):
    """What the venue said, and the input with which it did. `market` is what an execution met: that input, or if it
    was none of the symbol's market data, the quote (else trade or bar) that stood then.
    """

    link: str = "outcome"
    seq: int
    time_ns: int
    event: AnyMessage
    input: AnyMessage
    market: MarketRecord | None = None


class PositionLink(msgspec.Struct, frozen=True, kw_only=True):
    """What a fill did to its strategy's holding of the symbol, and to what the strategy's ledger has realised.

    Money is in the quote currency, without commission, which is counted apart.
    """

    link: str = "position"
    seq: int
    time_ns: int
    portfolio_id: str
    strategy_id: str
    symbol: str
    quantity_before: Decimal
    quantity: Decimal
    average_price_before: Decimal | None
    average_price: Decimal | None
    realized_pnl: Decimal
    ledger_realized_pnl_before: Decimal
    ledger_realized_pnl: Decimal
    ledger_commission: Decimal


Link = InputLink | SignalLink | RiskLink | IntentLink | CommandLink | OutcomeLink | PositionLink


class OrderChain(msgspec.Struct, frozen=True, kw_only=True):
    """One order's chain, in the order in which it came about. `notes` say what of it could not be found out."""

    order: str
    status: str
    chain: tuple[Link, ...]
    notes: tuple[str, ...] = ()
