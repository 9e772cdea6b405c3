"""Events as lines of text: what of the live stream is worth a person's eye, and how it is said."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableSequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any

from ops.tui import figures

SAME_ORDER_LINES = 12


@dataclass(frozen=True, slots=True)
class Filled:
    """What one order's executions come to so far; `value` is quantity times price."""

    client_order_id: str
    side: str
    symbol: str
    strategy_id: str
    quantity: Decimal
    value: Decimal


@dataclass(frozen=True, slots=True)
class TickerLine:
    """One thing that happened: when (0 where the engine had no time), what kind in one word, and the rest.

    `filled` is what a line about executions tells in figures.
    """

    time_ns: int
    word: str
    text: str
    style: str = ""
    filled: Filled | None = None


Record = Mapping[str, Any]


def ticker_line(record: Record) -> TickerLine | None:
    """The line for one record of the event stream; `None` for what is not shown."""
    say = _SAYINGS.get(str(record.get("type")))
    return None if say is None else say(record)


def with_earlier(told: TickerLine, lines: MutableSequence[TickerLine]) -> TickerLine:
    """A line about executions, with what the order's earlier ones came to; their line is taken away.

    Only the newest lines, which come first, are looked at: `SAME_ORDER_LINES` of them.
    """
    if (now := told.filled) is None:
        return told
    for place, line in enumerate(islice(lines, SAME_ORDER_LINES)):
        before = line.filled
        if before is not None and before.client_order_id == now.client_order_id:
            del lines[place]
            together = replace(now, quantity=before.quantity + now.quantity, value=before.value + now.value)
            return _fill_line(told.time_ns, together)
    return told


def _submitted(record: Record) -> TickerLine:
    price = record.get("limit_price") or record.get("stop_price")
    kind = str(record["order_type"]).replace("_", " ")
    terms = f"{kind} {_number(price)}" if price else f"at {kind}"
    stop = ", protective" if record.get("protective") else ""
    return _line(record, "order", f"{_deal(record)} {terms}{stop}  {record['strategy_id']}")


def _filled(record: Record) -> TickerLine:
    filled = Filled(
        client_order_id=str(record["client_order_id"]),
        side=str(record["side"]),
        symbol=str(record["symbol"]),
        strategy_id=str(record["strategy_id"]),
        quantity=Decimal(str(record["quantity"])),
        value=Decimal(str(record["quantity"])) * Decimal(str(record["price"])),
    )
    return _fill_line(int(record["time_ns"]), filled)


def _fill_line(time_ns: int, filled: Filled) -> TickerLine:
    price = figures.price(float(filled.value / filled.quantity))
    text = f"{filled.side} {figures.quantity(filled.quantity)} {filled.symbol} at {price}  {filled.strategy_id}"
    return TickerLine(time_ns, "fill", text, "$gain" if filled.side == "buy" else "$loss", filled)


def _refused(word: str) -> Callable[[Record], TickerLine]:
    def say(record: Record) -> TickerLine:
        reason = record.get("reason") or ""
        text = f"{record['symbol']}  {record['strategy_id']}" + (f": {reason}" if reason else "")
        return _line(record, word, text, "$warning")

    return say


def _restarted(record: Record) -> TickerLine:
    text = f"{record['actor']} crashed and runs again, restart {record['restarts']}: {record['error']}"
    return _line(record, "healed", text, "$rose-text")


def _parked(record: Record) -> TickerLine:
    return _line(
        record, "parked", f"a message that keeps crashing {record['actor']}: {record['error']}", "$warning"
    )


def _quarantined(record: Record) -> TickerLine:
    return _line(record, "out", f"strategy/{record['strategy_id']} is quarantined: {record['reason']}", "$error")


def _halted(record: Record) -> TickerLine:
    what = record.get("symbol") or "everything"
    return _line(record, "halt", f"{record['portfolio_id']} trades {what} no more: {record['reason']}", "$error")


def _alert(record: Record) -> TickerLine:
    style = {"critical": "$error", "warning": "$warning"}.get(str(record["level"]), "")
    return _line(record, "alert", f"{record['subject']}: {record['text']}", style)


def _dropped(record: Record) -> TickerLine:
    return TickerLine(0, "gap", f"{record['count']:,} events are not shown: they came too fast", "$quiet")


_SAYINGS: dict[str, Callable[[Record], TickerLine]] = {
    "SubmitOrder": _submitted,
    "OrderFilled": _filled,
    "OrderDenied": _refused("denied"),
    "OrderRejected": _refused("reject"),
    "OrderCanceled": _refused("cancel"),
    "OrderExpired": _refused("expire"),
    "OrderUnknown": _refused("unknown"),
    "ActorRestarted": _restarted,
    "MessageParked": _parked,
    "StrategyQuarantined": _quarantined,
    "TradingHalted": _halted,
    "Alert": _alert,
    "EventsDropped": _dropped,
}
SHOWN_TYPES = tuple(name for name in _SAYINGS if name != "EventsDropped")
"""What is asked of the event stream."""


def _line(record: Record, word: str, text: str, style: str = "") -> TickerLine:
    return TickerLine(int(record["time_ns"]), word, text.replace("\n", " "), style)


def _deal(record: Record) -> str:
    return f"{record['side']} {_number(record['quantity'])} {record['symbol']}"


def _number(value: object) -> str:
    try:
        return figures.quantity(Decimal(str(value)))
    except InvalidOperation:
        return str(value)
