"""What a strategy wants of one symbol, in the terms that orders are made of."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from messages import (
    Instrument,
    OrderCanceled,
    OrderEvent,
    OrderExpired,
    OrderFillCorrected,
    OrderFilled,
    OrderRejected,
    OrderReported,
    OrderStatus,
    OrderType,
    Side,
    Signal,
    SignalPriced,
    SubmitOrder,
    TimeInForce,
)
from rules.orders import OrderState
from rules.sizing import target_quantity, to_limit_price, to_stop_price

_ZERO = Decimal(0)


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A wanted position and the terms of the orders that lead to it; fit for a checkpoint.

    `quantity` is in units, negative if short; `None` if the signal could not be turned into one (`reason`): then
    what is held stays, and nothing is ordered. `protective_stop_price` guards a position of the target's
    direction; `exit_stop_price` guards what is still held on the way to flat or to the other side. What guards a
    position on its way, or one that no quantity is known for, is for the side `held` when the target was set.
    `limit_price` and `stop_price` are rounded for an order of the `side` that led to it then, the `other_` ones for
    one of the other side: what is held may have moved past it.

    Its portfolio marks it, with `msgspec.structs.replace`; a new signal makes a new, unmarked one:
    `is_denied`       an order for it was denied, rejected, expired, or ended by the venue: order no more.
    `is_stopped_out`  its protective stop was hit: open nothing more, and cancel what is working for it.
    `is_protection_denied`  its protective stop was refused, or ended at the venue: leave it, a person was told.
    `is_flatten`      a halt is to close what is held: no signal changes that until trading is released.
    `is_close`        a person closes what is held: that its strategy plays no more does not change that.
    `is_left_alone`   its strategy plays no more: nothing is opened for it, also where less is held by now.
    """

    quantity: Decimal | None
    order_type: OrderType = OrderType.MARKET
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    protective_stop_price: Decimal | None = None
    exit_stop_price: Decimal | None = None
    reason: str = ""
    is_denied: bool = False
    is_stopped_out: bool = False
    is_protection_denied: bool = False
    is_flatten: bool = False
    is_left_alone: bool = False
    is_close: bool = False
    held: Side | None = None
    side: Side | None = None
    other_limit_price: Decimal | None = None
    other_stop_price: Decimal | None = None

    def prices(self, side: Side) -> tuple[Decimal | None, Decimal | None]:
        """Limit and stop price of an order of that side for it."""
        if side is self.side or self.side is None:
            return self.limit_price, self.stop_price
        return self.other_limit_price, self.other_stop_price

    def closes(self, position: Decimal) -> bool:
        """Whether it leads away from this position, which was held when it was set."""
        is_held = self.held is not None and self.held.sign * position > 0
        return is_held and self.quantity is not None and self.quantity * position <= 0

    def guard_price(self, position: Decimal) -> Decimal | None:
        """The stop price that is to guard this position; `None` for none.

        A position of the other side than was held has come about by an execution that was taken back: the stop of
        the one before would lie on the wrong side of the market.
        """
        if self.quantity is not None and self.quantity * position > 0:
            return self.protective_stop_price
        if self.held is not None and self.held.sign * position < 0:
            return None
        return self.protective_stop_price if self.quantity is None else self.exit_stop_price


def target_of(
    priced: SignalPriced,
    *,
    equity: Decimal | None,
    instrument: Instrument | None,
    position: Decimal = _ZERO,
    previous: Target | None = None,
) -> Target:
    """The target that a signal sets, for a strategy with this `equity`, `position` and `previous` target.

    A position that is left keeps the guard that `previous` gave it until it is closed, and a signal that comes
    to nothing leaves that guard alone.
    """
    signal = priced.signal
    guard, held = guard_of(previous, position)
    if instrument is None:
        text = f"instrument {signal.symbol} is unknown"
        return Target(quantity=None, protective_stop_price=guard, reason=text, held=held)
    sized = target_quantity(priced, equity=equity, instrument=instrument)
    wanted = sized.quantity
    if wanted is None:
        return Target(quantity=None, protective_stop_price=guard, reason=sized.reason, held=held)
    side = Side.BUY if wanted > position else Side.SELL
    limit_price, stop_price = _prices(signal, instrument, side)
    other_limit_price, other_stop_price = _prices(signal, instrument, side.opposite)
    protected = wanted or position
    is_for_what_is_held = not wanted and held is not None and signal.value * held.sign >= 0
    protective = to_stop_price(signal.protective_stop_price, instrument, Side.SELL if protected > 0 else Side.BUY)
    target = Target(
        quantity=wanted,
        order_type=signal.order_type,
        limit_price=limit_price,
        stop_price=stop_price,
        time_in_force=signal.time_in_force,
        protective_stop_price=protective if wanted else None,
        exit_stop_price=protective if is_for_what_is_held and protective is not None else guard,
        reason=sized.reason,
        held=held,
        side=side,
        other_limit_price=other_limit_price or limit_price,
        other_stop_price=other_stop_price or stop_price,
    )
    if missing := _missing_price(signal, target, protective=protective):
        return Target(quantity=None, protective_stop_price=guard, reason=missing, held=held)
    return target


def _prices(signal: Signal, instrument: Instrument, side: Side) -> tuple[Decimal | None, Decimal | None]:
    """Limit and stop price of an order of that side, as far as its type has them and they can be ordered."""
    has_limit = signal.order_type in (OrderType.LIMIT, OrderType.STOP_LIMIT)
    has_stop = signal.order_type in (OrderType.STOP, OrderType.STOP_LIMIT)
    limit_price = to_limit_price(signal.limit_price, instrument, side) if has_limit else None
    return limit_price, to_stop_price(signal.stop_price, instrument, side) if has_stop else None


def opened_by(position: Decimal) -> Side | None:
    """The side of the orders that lead to such a position; `None` if nothing is held."""
    if not position:
        return None
    return Side.BUY if position > 0 else Side.SELL


def guard_of(target: Target | None, position: Decimal) -> tuple[Decimal | None, Side | None]:
    """The stop price that guards what is held, and its side; of what is still to be held if nothing is yet."""
    if target is None:
        return None, opened_by(position)
    side = opened_by(position or target.quantity or _ZERO) or target.held
    return (None if side is None else target.guard_price(position or Decimal(side.sign))), side


def left_alone(target: Target, position: Decimal) -> Target:
    """The target of a strategy that plays no more: what it holds stays, under the guard that it has.

    What an entry executes while it is being canceled is closed at the market, under that guard.
    """
    guard, held = guard_of(target, position)
    return msgspec.structs.replace(
        target,
        quantity=position,
        order_type=OrderType.MARKET,
        limit_price=None,
        stop_price=None,
        side=None,
        protective_stop_price=guard if position else None,
        exit_stop_price=guard,
        held=held,
        is_flatten=False,
        is_close=False,
        is_left_alone=True,
    )


def is_being_closed(target: Target) -> bool:
    """Whether a halt is about to close what is held, and nothing has kept it from it."""
    return target.is_flatten and not target.is_denied


def is_closed_by_a_person(target: Target) -> bool:
    """Whether a person is about to close what is held, and nothing has kept it from it."""
    return target.is_close and not target.is_denied


def refused(target: Target, order: SubmitOrder) -> Target:
    """The target after an order for it was denied by us or refused by the venue."""
    if order.protective:
        return msgspec.structs.replace(target, is_protection_denied=True)
    return msgspec.structs.replace(target, is_denied=True)


def what_is_lost(before: Target, after: Target, position: Decimal) -> str:
    """What a person must know of what is held, since news of an order has changed its target; empty if nothing."""
    if after.is_protection_denied and not before.is_protection_denied and (position or after.quantity):
        return "are not guarded any more, nor what follows: the stop"
    if is_being_closed(before) and not is_being_closed(after) and position:
        return "are not closed: the exit"
    return ""


def after_event(
    target: Target, event: OrderEvent, state: OrderState, *, was_canceling: bool, undone: bool = False
) -> Target:
    """The target after an event of an order in its symbol.

    An order that we had asked to cancel (`was_canceling`) was the target's no more: its end tells nothing of it. A
    correction in whose place another execution was `undone` is no news of a stop.
    """
    match event:
        case OrderFilled() | OrderFillCorrected() if state.order.protective and not undone:
            return msgspec.structs.replace(target, is_stopped_out=True)
        case OrderRejected() | OrderExpired() | OrderCanceled() if not (was_canceling or state.is_open):
            return refused(target, state.order)
        case OrderReported(status=OrderStatus.REJECTED | OrderStatus.EXPIRED | OrderStatus.CANCELED):
            return target if was_canceling else refused(target, state.order)
    return target


def _missing_price(signal: Signal, target: Target, *, protective: Decimal | None) -> str:
    if target.order_type in (OrderType.LIMIT, OrderType.STOP_LIMIT) and target.limit_price is None:
        return f"limit_price of the signal is {signal.limit_price}; it must be a number above zero"
    if target.order_type in (OrderType.STOP, OrderType.STOP_LIMIT) and target.stop_price is None:
        return f"stop_price of the signal is {signal.stop_price}; it must be a number above zero"
    if protective is None and signal.protective_stop_price != 0:
        return f"protective_stop_price is {signal.protective_stop_price}; it must be a number above zero, or 0"
    return ""
