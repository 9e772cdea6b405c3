"""A message in one line for people."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from cli.output import money_text, plain_text, time_text
from messages import (
    TIMEFRAMES_NS,
    Alert,
    AnyMessage,
    Bar,
    Message,
    OrderApproved,
    OrderDenied,
    OrderFilled,
    OrderType,
    Quote,
    Signal,
    SignalKind,
    SignalPriced,
    SubmitOrder,
    TimerFired,
)

_NAMES = {length: name for name, length in TIMEFRAMES_NS.items()}
_OF_THE_ORDER = ("client_order_id", "portfolio_id", "strategy_id", "venue_id", "time_ns")


def message_line(message: AnyMessage) -> str:
    """Type and fields; what is empty, and what is said beside it, is left out."""
    match message:
        case Bar():
            length = timeframe_text(message.timeframe_ns)
            names = ("open", "high", "low", "close", "volume")
            return " ".join(["Bar", message.symbol, length, *_numbers(message, names)])
        case Quote():
            return " ".join(["Quote", message.symbol, *_numbers(message, ("bid", "ask", "bid_size", "ask_size"))])
        case SignalPriced():
            return " ".join(["SignalPriced", message.signal.symbol, *_numbers(message, ("bid", "ask", "last"))])
        case TimerFired(actor=actor, name=name):
            return f"TimerFired {name} of {actor}"
        case Signal():
            return f"Signal {signal_text(message)}"
        case SubmitOrder():
            return f"SubmitOrder {order_text(message)}"
        case OrderApproved():
            return f"OrderApproved {order_text(message.order)}"
        case OrderDenied():
            return f"OrderDenied {message.symbol}: {message.reason}"
        case OrderFilled():
            return (
                f"OrderFilled {message.side.value} {plain_text(message.quantity)} {message.symbol} at "
                f"{money_text(message.price)}, {plain_text(message.cumulative_quantity)} filled in all"
            )
        case Alert():
            return f"Alert {message.level.value}, {message.subject}: {message.text}"
        case _:
            return " ".join([type(message).__name__, *_fields(message)])


def order_text(order: SubmitOrder) -> str:
    """`buy 100 AAPL limit 9.50, gtc`."""
    terms = [order.side.value, plain_text(order.quantity), order.symbol, order.order_type.value]
    if order.order_type in (OrderType.STOP, OrderType.STOP_LIMIT):
        terms.append(f"at {money_text(order.stop_price)}")
    if order.order_type is OrderType.LIMIT:
        terms.append(money_text(order.limit_price))
    if order.order_type is OrderType.STOP_LIMIT:
        terms.append(f"limit {money_text(order.limit_price)}")
    kind = "protective, " if order.protective else ""
    return f"{' '.join(terms)}, {kind}{order.time_in_force.value}"


def signal_text(signal: Signal) -> str:
    """What the strategy wants."""
    unit = "of its equity" if signal.kind is SignalKind.TARGET_WEIGHT else "units"
    stop = signal.protective_stop_price
    protected = f", protective stop at {number_text(stop)}" if stop else ""
    wanted = f"{signal.kind.value} {number_text(signal.value)} {unit}"
    return f"{signal.symbol} {wanted}, {signal.order_type.value}{protected}"


def number_text(value: float) -> str:
    """A number of market data, without what only binary fractions have."""
    return f"{value:.10g}"


def timeframe_text(timeframe_ns: int) -> str:
    """`1m`; lengths that have no name in seconds."""
    return _NAMES.get(timeframe_ns, f"{timeframe_ns / 1e9:g}s")


def _numbers(message: AnyMessage, names: tuple[str, ...]) -> list[str]:
    return [f"{name} {number_text(getattr(message, name))}" for name in names]


def _fields(message: AnyMessage) -> list[str]:
    fields = [(name, getattr(message, name)) for name in message.__struct_fields__ if name not in _OF_THE_ORDER]
    told = [(name, value) for name, value in fields if value not in (None, "", ())]
    return [str(value) if name == "symbol" else f"{name} {_value(name, value)}" for name, value in told]


def _value(name: str, value: Any) -> str:
    match value:
        case int() if name.endswith("_ns"):
            return time_text(value)
        case Message():
            return type(value).__name__
        case float():
            return number_text(value)
        case Decimal():
            return plain_text(value)
        case bytes():
            return f"{len(value)} bytes"
        case tuple() | list():
            return f"{len(value)} items"
        case _:
            return plain_text(value)
