"""One order before the risk controls: what they are told, and what follows from it for all of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal

import msgspec

from messages import ClientOrderId, Instrument, OrderType, Side, StrategyId, SubmitOrder, Symbol
from rules.limits import RiskLimits
from rules.sizing import LARGEST, to_decimal

ZERO = Decimal(0)


class Submission(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """An order that passed a short while ago, as far as a duplicate is known by it."""

    client_order_id: ClientOrderId
    strategy_id: StrategyId
    symbol: Symbol
    side: Side
    quantity: Decimal
    limit_price: Decimal | None
    stop_price: Decimal | None
    time_ns: int

    @classmethod
    def of(cls, order: SubmitOrder, *, time_ns: int) -> Submission:
        """What to remember of an order that passed at `time_ns`."""
        return cls(
            order.client_order_id,
            order.strategy_id,
            order.symbol,
            order.side,
            order.quantity,
            order.limit_price,
            order.stop_price,
            time_ns,
        )


class RiskContext(msgspec.Struct, kw_only=True):
    """What the portfolio knows at the moment of judgment; `None` for what it does not know.

    Quantities are of the order's symbol, positions negative if short. Open quantities (`leaves_quantity`) and what
    derives from them hold all open orders, UNKNOWN ones too, but not the order that is judged.
    `other_gross_exposure` is the sum over the other symbols of the larger of what each is and may become worth.
    `cash_held` is what open buys may still cost. `bid`, `ask`, `last` are 0 where there is none;
    `interval_ns` is the time between two prices of the symbol if its data comes in bars, else 0.
    `entries_blocked` is why no position may be opened at present, empty if it may: the kill switch.
    """

    instrument: Instrument | None
    currency: str
    equity: Decimal | None
    cash: Decimal | None
    cash_held: Decimal | None
    position: Decimal
    strategy_position: Decimal
    open_buy_quantity: Decimal
    open_sell_quantity: Decimal
    strategy_open_buy_quantity: Decimal
    strategy_open_sell_quantity: Decimal
    other_gross_exposure: Decimal | None
    bid: float
    ask: float
    last: float
    price_time_ns: int
    now_ns: int
    interval_ns: int = 0
    halted: bool = False
    entries_blocked: str = ""
    is_id_known: bool = False
    recent: Sequence[Submission] = ()


class OrderCase(msgspec.Struct, gc=False):
    """An order, its limits and context, and what every control needs to know of them.

    `fault` names a number that is none; then nothing else can be computed. `price` is what the market asks of
    this order: the ask for a purchase, the bid for a sale, else the last price; `None` if there is none.
    At the worst of the market's and the order's own prices, `value` is what the order is worth, `position_value`
    the position if it and all open orders of its side fill, `reach_value` the larger of that and the position if
    instead all open orders of the other side do.
    """

    order: SubmitOrder
    limits: RiskLimits
    context: RiskContext
    fault: str
    price: Decimal | None
    value: Decimal | None
    position_value: Decimal | None
    reach_value: Decimal | None
    is_reducing: bool


def order_case(order: SubmitOrder, limits: RiskLimits, context: RiskContext) -> OrderCase:
    """Look at an order once for all controls. Does not raise, whatever the numbers are."""
    fault = _fault(order, context)
    price = _market_price(order.side, context)
    case = OrderCase(
        order=order,
        limits=limits,
        context=context,
        fault=fault,
        price=price,
        value=None,
        position_value=None,
        reach_value=None,
        is_reducing=not fault and _is_reducing(order, context),
    )
    if price is not None and not fault and context.instrument is not None:
        unit_value = _worst_price(order, price) * context.instrument.multiplier
        bought = context.position + context.open_buy_quantity
        sold = context.position - context.open_sell_quantity
        after, other = (
            (bought + order.quantity, sold) if order.side is Side.BUY else (sold - order.quantity, bought)
        )
        case.value = order.quantity * unit_value
        case.position_value = abs(after) * unit_value
        case.reach_value = max(case.position_value, abs(other) * unit_value)
    return case


def is_number(number: Decimal | None) -> bool:
    """Whether it is known, finite and small enough to compute with."""
    return number is not None and number.is_finite() and -LARGEST <= number <= LARGEST


def _fault(order: SubmitOrder, context: RiskContext) -> str:
    for name, number in (
        ("quantity", order.quantity),
        ("limit_price", order.limit_price or ZERO),
        ("stop_price", order.stop_price or ZERO),
        ("position", context.position),
        ("strategy_position", context.strategy_position),
        ("open_buy_quantity", context.open_buy_quantity),
        ("open_sell_quantity", context.open_sell_quantity),
        ("strategy_open_buy_quantity", context.strategy_open_buy_quantity),
        ("strategy_open_sell_quantity", context.strategy_open_sell_quantity),
    ):
        if not (number.is_finite() and -LARGEST <= number <= LARGEST):
            return f"{name} is {number}"
    opens = (
        context.open_buy_quantity,
        context.open_sell_quantity,
        context.strategy_open_buy_quantity,
        context.strategy_open_sell_quantity,
    )
    return f"an open quantity is {min(opens)}" if min(opens) < 0 else ""


def _market_price(side: Side, context: RiskContext) -> Decimal | None:
    """A price that is no number, or a crossed market, spoils the others: then nothing is to be believed."""
    bid, ask, last = context.bid, context.ask, context.last
    if not (math.isfinite(bid) and math.isfinite(ask) and math.isfinite(last)) or min(bid, ask, last) < 0:
        return None
    if bid > ask > 0:
        return None
    best = ask if side is Side.BUY else bid
    price = to_decimal(best or last)
    return price if price is not None and price > 0 else None


def _worst_price(order: SubmitOrder, price: Decimal) -> Decimal:
    """A purchase pays at most its limit; a sale, or a stop, may meet a higher price than the market's."""
    limit_price = order.limit_price if order.order_type in (OrderType.LIMIT, OrderType.STOP_LIMIT) else None
    if limit_price is not None and order.side is Side.BUY:
        return limit_price
    stop_price = order.stop_price if order.order_type in (OrderType.STOP, OrderType.STOP_LIMIT) else None
    return max(price, limit_price or ZERO, stop_price or ZERO)


def _is_reducing(order: SubmitOrder, context: RiskContext) -> bool:
    """Whether it can only bring the strategy's position, and the account's, towards flat.

    A protective order need only do so for its strategy, whose loss it bounds.
    """
    if order.side is Side.SELL:
        of_strategy = context.strategy_position - context.strategy_open_sell_quantity
        of_account = context.position - context.open_sell_quantity
    else:
        of_strategy = -context.strategy_position - context.strategy_open_buy_quantity
        of_account = -context.position - context.open_buy_quantity
    return order.quantity <= of_strategy and (order.protective or order.quantity <= of_account)
