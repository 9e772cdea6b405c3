"""From a strategy's opinion to a quantity, and from the market's `float` to our `Decimal`.

This is the one place where market data becomes money: by the shortest text that reads back as the same float
(`repr`), then onto the instrument's grid. Whatever is no number comes out as `None`, never as a default.
"""

from __future__ import annotations

import math
from decimal import Decimal
from enum import Enum

import msgspec

from messages import Instrument, OrderType, Side, SignalKind, SignalPriced

LARGEST = Decimal(10) ** 15
"""Prices and quantities beyond this are refused: 28 digits would no longer hold their product exactly."""

_ZERO = Decimal(0)


class Rounding(Enum):
    """Where a price goes that lies between two ticks."""

    DOWN = "down"
    UP = "up"
    NEAREST = "nearest"
    """Half a tick goes up."""


class SizedTarget(msgspec.Struct, frozen=True):
    """The position that a signal asks for, in units, negative if short; `None` with the reason if there is none."""

    quantity: Decimal | None
    reason: str = ""


def to_decimal(value: float) -> Decimal | None:
    """The decimal number that the float is written as; `None` for NaN, infinity and what is too large to book."""
    if not math.isfinite(value):
        return None
    number = Decimal(repr(value))
    return number if abs(number) <= LARGEST else None


def to_tick(price: float, instrument: Instrument, rounding: Rounding) -> Decimal | None:
    """The price on the instrument's grid; `None` unless it is then a number above zero."""
    number = to_decimal(price)
    if number is None or number <= 0:
        return None
    tick = instrument.tick_size
    steps, rest = divmod(number, tick) if number / tick < LARGEST else (_ZERO, _ZERO)
    if rest and (rounding is Rounding.UP or (rounding is Rounding.NEAREST and rest * 2 >= tick)):
        steps += 1
    return steps * tick if steps > 0 else None


def to_limit_price(price: float, instrument: Instrument, side: Side) -> Decimal | None:
    """A limit never worse than asked for: a buyer's goes down to the tick, a seller's up."""
    return to_tick(price, instrument, Rounding.DOWN if side is Side.BUY else Rounding.UP)


def to_stop_price(price: float, instrument: Instrument, side: Side) -> Decimal | None:
    """A stop never touched earlier than asked for: a buyer's goes up to the tick, a seller's down."""
    return to_tick(price, instrument, Rounding.UP if side is Side.BUY else Rounding.DOWN)


def to_quantity(value: float, instrument: Instrument) -> Decimal | None:
    """Units of the instrument, rounded toward zero to whole lots; `None` if `value` is no number."""
    number = to_decimal(value)
    return None if number is None else to_lots(number, instrument)


def to_lots(quantity: Decimal, instrument: Instrument) -> Decimal | None:
    """The quantity rounded toward zero to whole lots; `None` if it is too large to be held."""
    lot = instrument.lot_size
    if not quantity.is_finite() or max(abs(quantity), abs(quantity) / lot) > LARGEST:
        return None
    return quantity // lot * lot + _ZERO


def target_quantity(priced: SignalPriced, *, equity: Decimal | None, instrument: Instrument) -> SizedTarget:
    """The position that the signal asks for, given the equity of its strategy's own ledger.

    A weight is of `equity`, at the price that the order is likely to pay at worst: its limit or stop price if
    it has one, else the ask for a long and the bid for a short position, else the last price. A wish to be flat
    needs neither price nor equity.
    """
    signal = priced.signal
    value = to_decimal(signal.value)
    if value is None:
        return SizedTarget(None, f"{signal.kind.value} is {signal.value}; it must be a number")
    if value == 0:
        return SizedTarget(_ZERO)
    if signal.kind is SignalKind.TARGET_QUANTITY:
        wanted = value
    else:
        price = _sizing_price(priced, side=Side.BUY if value > 0 else Side.SELL)
        if price is None:
            return SizedTarget(None, f"no price of {signal.symbol} to size by")
        if equity is None or not equity.is_finite() or not 0 < equity <= LARGEST:
            return SizedTarget(None, f"equity of {signal.strategy_id} is {equity}; it must be above zero")
        wanted = equity * value / (price * instrument.multiplier)
    quantity = to_lots(wanted, instrument)
    if quantity is None:
        return SizedTarget(
            None, f"{signal.kind.value} {signal.value} comes to {wanted:.3g} units; too many to hold"
        )
    return SizedTarget(quantity, "" if quantity else f"less than one lot of {instrument.lot_size}")


def _sizing_price(priced: SignalPriced, *, side: Side) -> Decimal | None:
    signal = priced.signal
    match signal.order_type:
        case OrderType.LIMIT | OrderType.STOP_LIMIT:
            price = signal.limit_price
        case OrderType.STOP:
            price = signal.stop_price
        case OrderType.MARKET:
            best = priced.ask if side is Side.BUY else priced.bid
            price = best if best != 0 else priced.last
    number = to_decimal(price)
    return number if number is not None and number > 0 else None
