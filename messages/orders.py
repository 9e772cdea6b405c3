"""Orders: what a strategy wants, what we tell a venue, and everything that can come of it.

Quantities, prices and cash are `Decimal`: quantity in units of the instrument, above zero; price in quote
currency per unit; commission in the account's currency. Times are nanoseconds UTC.
"""

from __future__ import annotations

from decimal import Decimal
from enum import Enum

from messages._base import (
    ClientOrderId,
    ExecutionId,
    Message,
    PortfolioId,
    StrategyId,
    Symbol,
    VenueId,
    VenueOrderId,
)


class Side(Enum):
    BUY = "buy"
    SELL = "sell"

    @property
    def sign(self) -> int:
        """+1 for BUY, -1 for SELL."""
        return 1 if self is Side.BUY else -1

    @property
    def opposite(self) -> Side:
        return Side.SELL if self is Side.BUY else Side.BUY


class OrderType(Enum):
    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"
    STOP_LIMIT = "stop_limit"


class TimeInForce(Enum):
    DAY = "day"
    GTC = "gtc"
    IOC = "ioc"
    FOK = "fok"


class OrderStatus(Enum):
    """Where an order stands. `rules.orders` holds the legal transitions as a table."""

    INITIALIZED = "initialized"
    DENIED = "denied"
    SUBMITTED = "submitted"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    PARTIALLY_FILLED = "partially_filled"
    PENDING_CANCEL = "pending_cancel"
    PENDING_REPLACE = "pending_replace"
    FILLED = "filled"
    CANCELED = "canceled"
    REJECTED = "rejected"
    EXPIRED = "expired"


class SignalKind(Enum):
    TARGET_WEIGHT = "target_weight"
    """`value` is the wanted position as a fraction of the strategy's equity; negative is short."""
    TARGET_QUANTITY = "target_quantity"
    """`value` is the wanted position in units of the instrument; negative is short."""


class Signal(Message, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """A strategy's opinion on one symbol, before sizing and risk.

    It replaces the strategy's earlier opinion on that symbol. `protective_stop_price`, if above zero, asks the
    portfolio to keep a stop order at that price for as long as the position is open.
    """

    strategy_id: StrategyId
    symbol: Symbol
    time_ns: int
    kind: SignalKind
    value: float
    order_type: OrderType = OrderType.MARKET
    limit_price: float = 0.0
    stop_price: float = 0.0
    time_in_force: TimeInForce = TimeInForce.GTC
    protective_stop_price: float = 0.0
    reason: str = ""


class SignalPriced(Message, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """A signal with the market at which it is judged, stamped by the symbol's actor.

    `bid`, `ask` and `last` are the symbol's latest valid prices, 0 where there is none; `price_time_ns` is when
    they were told, 0 if never; `interval_ns` is how far apart its data comes when all is well (a bar's length),
    0 for quotes and trades.
    """

    signal: Signal
    bid: float
    ask: float
    last: float
    price_time_ns: int
    halted: bool = False
    interval_ns: int = 0


class ControlVerdict(Message, frozen=True, gc=False, array_like=True, tag=True):
    """What one risk control found: the value, the limit, and whether the order passed it."""

    control: str
    passed: bool
    value: str
    limit: str
    reason: str = ""


class SubmitOrder(Message, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """Our instruction to a venue. Durable before any byte of it leaves."""

    client_order_id: ClientOrderId
    venue_id: VenueId
    portfolio_id: PortfolioId
    strategy_id: StrategyId
    symbol: Symbol
    side: Side
    quantity: Decimal
    order_type: OrderType
    time_in_force: TimeInForce
    time_ns: int
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    protective: bool = False

    def __post_init__(self) -> None:
        _require_positive("quantity", self.quantity)
        if self.order_type in (OrderType.LIMIT, OrderType.STOP_LIMIT):
            _require_positive("limit_price", self.limit_price)
        if self.order_type in (OrderType.STOP, OrderType.STOP_LIMIT):
            _require_positive("stop_price", self.stop_price)


class CancelOrder(Message, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """Ask the venue to cancel what is left of an order."""

    client_order_id: ClientOrderId
    venue_id: VenueId
    symbol: Symbol
    time_ns: int
    reason: str = ""


class ReplaceOrder(Message, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """Ask the venue to change a working order's quantity or prices; `None` leaves a term as it is."""

    client_order_id: ClientOrderId
    venue_id: VenueId
    symbol: Symbol
    time_ns: int
    quantity: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None


class QueryOrder(Message, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """Ask the venue what became of an order whose outcome is UNKNOWN.

    A portfolio asks its venue's actor so, for an order of which it has not heard for long.
    """

    client_order_id: ClientOrderId
    venue_id: VenueId
    symbol: Symbol
    time_ns: int


class OrderEvent(Message, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """Base of all that can happen to one order."""

    client_order_id: ClientOrderId
    portfolio_id: PortfolioId
    strategy_id: StrategyId
    symbol: Symbol
    time_ns: int


class OrderApproved(OrderEvent, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """Risk let the order pass; the verdicts of all controls, and the signal that asked for it."""

    order: SubmitOrder
    verdicts: tuple[ControlVerdict, ...]
    signal: SignalPriced | None = None


class OrderDenied(OrderEvent, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """Our own risk refused the order; it never left."""

    order: SubmitOrder | None
    verdicts: tuple[ControlVerdict, ...]
    reason: str
    signal: SignalPriced | None = None


class OrderUnknown(OrderEvent, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """Nobody answered: it may be working. It counts against every limit until the venue tells."""

    reason: str


class OrderAccepted(OrderEvent, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """The venue holds the order."""

    venue_order_id: VenueOrderId


class OrderRejected(OrderEvent, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """The venue refused the order."""

    reason: str


class OrderFilled(OrderEvent, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """Part or all of an order executed at the venue.

    `cumulative_quantity` is what the venue says is filled in all, this execution included: the guard that
    makes an execution reported over two channels count once.
    """

    execution_id: ExecutionId
    venue_order_id: VenueOrderId
    side: Side
    quantity: Decimal
    price: Decimal
    cumulative_quantity: Decimal
    commission: Decimal
    currency: str

    def __post_init__(self) -> None:
        _require_positive("quantity", self.quantity)
        if not self.price.is_finite():
            raise ValueError(f"fill price is {self.price}; it must be a number")


class OrderFillBusted(OrderEvent, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """The venue took an execution back: that named by `execution_id`, whose terms are repeated."""

    execution_id: ExecutionId
    side: Side
    quantity: Decimal
    price: Decimal
    commission: Decimal


class OrderFillCorrected(OrderEvent, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """The venue put an execution, `execution_id`, in the place of another one.

    The `earlier_` fields repeat what that one was.
    """

    execution_id: ExecutionId
    side: Side
    quantity: Decimal
    price: Decimal
    commission: Decimal
    earlier_execution_id: ExecutionId
    earlier_quantity: Decimal
    earlier_price: Decimal
    earlier_commission: Decimal


class OrderCanceled(OrderEvent, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """The rest of the order will not execute, because we (or the venue) canceled it."""

    reason: str = ""


class OrderCancelRejected(OrderEvent, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """The venue would not cancel: usually it is already filled."""

    reason: str


class OrderReplaced(OrderEvent, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """The order's terms are now these."""

    quantity: Decimal
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None


class OrderReplaceRejected(OrderEvent, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """The venue would not change the order; its earlier terms stand."""

    reason: str


class OrderExpired(OrderEvent, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """Its time in force ended with quantity left."""

    reason: str = ""


class OrderNotFound(OrderEvent, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """The venue's answer to `QueryOrder`: it knows nothing of the order.

    The question is of `asked_ns` (0 if not told): an answer may come late, and is of no earlier than that.
    """

    asked_ns: int = 0


class OrderReported(OrderEvent, frozen=True, gc=False, array_like=True, tag=True, kw_only=True):
    """The venue's answer to `QueryOrder`: how the order stands, behind the events of all its executions.

    `status` is one of ACCEPTED (it works), PENDING_REPLACE (it works, and a change is being carried out), UNKNOWN
    (it works, and the venue's word does not tell whether a change is), FILLED, CANCELED, EXPIRED, REJECTED.
    `quantity` and the prices are its terms, `filled_quantity` is net of executions taken back. The question is of
    `asked_ns` (0 if not told): an answer may come late, and is of no earlier than that.
    """

    venue_order_id: VenueOrderId
    status: OrderStatus
    quantity: Decimal
    filled_quantity: Decimal
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    reason: str = ""
    asked_ns: int = 0


def _require_positive(name: str, value: Decimal | None) -> None:
    if value is None or not value.is_finite() or value <= 0:
        raise ValueError(f"{name} is {value}; it must be a number above zero")
