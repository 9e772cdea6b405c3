"""What the simulated venue remembers: declared structs that can be encoded, and restored, at any time."""

from __future__ import annotations

from decimal import Decimal
from enum import IntEnum

import msgspec

from messages import (
    ClientOrderId,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderFilled,
    OrderRejected,
    OrderReplaced,
    OrderStatus,
    OrderType,
    PortfolioId,
    Quote,
    SubmitOrder,
    Symbol,
    VenueOrderId,
)

VenueEvent = OrderAccepted | OrderRejected | OrderFilled | OrderCanceled | OrderReplaced | OrderExpired
"""What can happen to an order for good; refused cancels and replaces change nothing and are not kept."""

ZERO = Decimal(0)


class Grain(IntEnum):
    """The kinds of market data, coarse to fine. A symbol matches on the finest kind seen for it."""

    NONE = 0
    BAR = 1
    TRADE = 2
    QUOTE = 3


class VenueOrder(msgspec.Struct, kw_only=True):
    """One order at the venue: its terms as they stand now, what it filled, and its history.

    `active_ns` is when its present terms arrived: nothing that happened before may fill it. `expires_ns` is 0
    for an order without an end. `has_rested` says that it met the market once without being done, from when on
    it fills at its limit and not better. `queue_ahead` is the size that must print at its limit before a
    print there may fill it. `hold_price` is what a buy reserves per unit, `held_cash` what it reserves in all.
    """

    order: SubmitOrder
    venue_order_id: VenueOrderId
    quantity: Decimal
    limit_price: Decimal | None
    stop_price: Decimal | None
    active_ns: int
    expires_ns: int = 0
    status: OrderStatus = OrderStatus.ACCEPTED
    is_triggered: bool = False
    has_rested: bool = False
    queue_ahead: Decimal = ZERO
    filled_quantity: Decimal = ZERO
    filled_notional: Decimal = ZERO
    fill_count: int = 0
    commission: Decimal = ZERO
    hold_price: Decimal = ZERO
    held_cash: Decimal = ZERO
    history: list[VenueEvent] = []

    @property
    def is_working(self) -> bool:
        """Whether it may still fill."""
        return self.status in (OrderStatus.ACCEPTED, OrderStatus.PARTIALLY_FILLED)

    @property
    def remaining(self) -> Decimal:
        """Units not filled yet."""
        return self.quantity - self.filled_quantity

    @property
    def acts_as(self) -> OrderType:
        """What it is for the matching: a triggered stop is a market order, a triggered stop-limit a limit."""
        kind = self.order.order_type
        if not self.is_triggered:
            return kind
        return OrderType.MARKET if kind is OrderType.STOP else OrderType.LIMIT


class SymbolBook(msgspec.Struct, kw_only=True):
    """What the venue knows of one symbol, and its working orders, oldest first.

    `bid_taken` and `ask_taken` are what our fills took of the sizes that the present quote shows.
    """

    quote: Quote | None = None
    last_price: float = 0.0
    grain: Grain = Grain.NONE
    bar_timeframe_ns: int = 0
    halted: bool = False
    bid_taken: Decimal = ZERO
    ask_taken: Decimal = ZERO
    working: list[ClientOrderId] = []


class SimulatedAccount(msgspec.Struct, kw_only=True):
    """What the venue says a portfolio has. `held_cash` is reserved for its working buys."""

    currency: str
    cash: Decimal
    held_cash: Decimal = ZERO
    positions: dict[Symbol, Decimal] = {}


class SimulatedVenueState(msgspec.Struct, kw_only=True):
    """Everything that a checkpoint must hold. `closed` lists the closed orders that are kept, oldest first."""

    last_id: int = 0
    orders: dict[ClientOrderId, VenueOrder] = {}
    closed: list[ClientOrderId] = []
    books: dict[Symbol, SymbolBook] = {}
    accounts: dict[PortfolioId, SimulatedAccount] = {}
