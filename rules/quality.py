"""Which market data may be believed: each quote, trade and bar of a symbol is judged before anyone sees it.

A print is refused for a `Fault`; the first one found names it. What is in order costs one chain of comparisons,
written so that a NaN fails it (every comparison with NaN is false): anything unusual goes the slow way, where it
is looked at closely, and may still be accepted.

Outliers. A price may move from the last accepted one by `jump_fraction` per square root of a second, as a random
walk would (and never has less than a second); beyond that it is refused, unless it stays: `confirmations` refused
prints in a row that agree with each other (within `jump_fraction`) are a new level, and the last of them is
accepted. Of two quotes the nearest prices are compared, so that a narrow quote within a wide one is no jump. To
judge at no cost, a band is kept around the price last looked at closely, so narrow that within it no two prices
are a jump apart: with a half-width of j / (2 + j) the highest is 1 + j times the lowest.

Times. Quotes, trades and each length of bar keep their own order, because feeds send them on channels of their
own. The same time twice is in order: many prints share one. A time later than `now_ns` by more than
`lead_seconds_max` is refused: believed, it would make everything after it look old.
"""

from __future__ import annotations

from math import inf, isfinite, sqrt

from messages import SECOND_NS, Bar, PriceRange, Quote, Trade
from rules._quality_state import BarClose, Fault, PriceLevel, PriceSpan, QualityLimits, QualityState

__all__ = [
    "Fault",
    "QualityLimits",
    "QualityState",
    "describe_fault",
    "judge_bar",
    "judge_quote",
    "judge_trade",
    "missing_before",
]


_NOTHING = PriceSpan(0.0, 0.0, 0)


def judge_quote(state: QualityState, quote: Quote, now_ns: int, limits: QualityLimits) -> Fault | None:
    """Accept a quote (and remember it) or name its fault (and count it)."""
    level = state.quotes
    if (
        state.last_quote.time_ns <= quote.time_ns <= now_ns
        and level.low < quote.bid <= quote.ask < level.high
        and inf > quote.bid_size >= 0.0 <= quote.ask_size < inf
    ):
        state.last_quote = quote
        return None
    return _look_at_quote(state, quote, now_ns, limits)


def judge_trade(state: QualityState, trade: Trade, now_ns: int, limits: QualityLimits) -> Fault | None:
    """Accept a trade (and remember it) or name its fault (and count it)."""
    level = state.trades
    if (
        state.last_trade.time_ns <= trade.time_ns <= now_ns
        and level.low < trade.price < level.high
        and 0.0 <= trade.size < inf
    ):
        state.last_trade = trade
        return None
    return _look_at_trade(state, trade, now_ns, limits)


def judge_bar(state: QualityState, bar: Bar, now_ns: int, limits: QualityLimits) -> Fault | None:
    """Accept a vendor's bar (and remember its close) or name its fault (and count it).

    Intervals missing before it are added to `state.missing_bars`; a gap is no fault of the bar that ends it.
    """
    last = state.bars.get(bar.timeframe_ns)
    before = _NOTHING if last is None else last.accepted
    level = PriceLevel() if last is None else last.level
    span = PriceSpan(bar.close, bar.close, bar.time_ns)
    fault = _time_fault(bar.time_ns, before.time_ns, now_ns, limits) or _fault_in_bar(bar)
    fault = fault or _jump_fault(level, span, before, limits)
    if fault is not None:
        return _refuse(state, fault)
    state.missing_bars += missing_before(state, bar)
    state.bars[bar.timeframe_ns] = BarClose(span, level)
    return None


def missing_before(state: QualityState, bar: Bar) -> int:
    """How many whole intervals of the bar's length lie between it and the last accepted one, 0 for the first."""
    last = state.bars.get(bar.timeframe_ns)
    if last is None:
        return 0
    return max(0, (bar.time_ns - last.accepted.time_ns) // bar.timeframe_ns - 1)


def describe_fault(fault: Fault, print_: Quote | Trade | Bar, state: QualityState) -> str:
    """One line for a person: which symbol, what was wrong, and the value."""
    kind = type(print_).__name__.lower()
    return f"{print_.symbol} {kind} refused, {fault.value}: {_evidence(fault, print_, state)}"


def _look_at_quote(state: QualityState, quote: Quote, now_ns: int, limits: QualityLimits) -> Fault | None:
    before = _span_of_quote(state.last_quote)
    fault = _time_fault(quote.time_ns, before.time_ns, now_ns, limits) or _fault_in_quote(quote, limits)
    fault = fault or _jump_fault(state.quotes, _span_of_quote(quote), before, limits)
    if fault is not None:
        return _refuse(state, fault)
    state.last_quote = quote
    return None


def _look_at_trade(state: QualityState, trade: Trade, now_ns: int, limits: QualityLimits) -> Fault | None:
    before = _span_of_trade(state.last_trade)
    fault = _time_fault(trade.time_ns, before.time_ns, now_ns, limits) or _fault_in_trade(trade)
    fault = fault or _jump_fault(state.trades, _span_of_trade(trade), before, limits)
    if fault is not None:
        return _refuse(state, fault)
    state.last_trade = trade
    return None


def _time_fault(time_ns: int, last_ns: int, now_ns: int, limits: QualityLimits) -> Fault | None:
    if time_ns < last_ns:
        return Fault.BACKWARDS
    if time_ns > now_ns + limits.lead_seconds_max * SECOND_NS:
        return Fault.EARLY
    return None


def _fault_in_quote(quote: Quote, limits: QualityLimits) -> Fault | None:
    bid, ask = quote.bid, quote.ask
    if not (isfinite(bid) and isfinite(ask)):
        return Fault.NOT_FINITE
    if bid < 0 or ask < 0:
        return Fault.NOT_POSITIVE
    if not (0.0 <= quote.bid_size < inf and 0.0 <= quote.ask_size < inf):
        return Fault.BAD_SIZE
    if bid == 0 and ask == 0:
        return Fault.NO_SIDE
    if bid == 0 or ask == 0:
        return None
    mid = (bid + ask) / 2
    if bid - ask > limits.crossed_fraction_max * mid:
        return Fault.CROSSED
    return Fault.WIDE if ask - bid > limits.spread_fraction_max * mid else None


def _fault_in_trade(trade: Trade) -> Fault | None:
    if not isfinite(trade.price):
        return Fault.NOT_FINITE
    if trade.price <= 0:
        return Fault.NOT_POSITIVE
    return None if 0.0 <= trade.size < inf else Fault.BAD_SIZE


def _fault_in_bar(bar: Bar) -> Fault | None:
    ranges = (PriceRange(bar.open, bar.high, bar.low, bar.close), bar.bid, bar.ask)
    for prices in ranges:
        fault = None if prices is None else _fault_in_range(prices)
        if fault is not None:
            return fault
    return None if 0.0 <= bar.volume < inf else Fault.BAD_SIZE


def _fault_in_range(prices: PriceRange) -> Fault | None:
    numbers = (prices.open, prices.high, prices.low, prices.close)
    if not all(isfinite(number) for number in numbers):
        return Fault.NOT_FINITE
    if min(numbers) <= 0:
        return Fault.NOT_POSITIVE
    if not (prices.low <= prices.open <= prices.high and prices.low <= prices.close <= prices.high):
        return Fault.BAD_RANGE
    return None


def _jump_fault(level: PriceLevel, span: PriceSpan, before: PriceSpan, limits: QualityLimits) -> Fault | None:
    """Judge a print against the last accepted one; keeps the level's band and its count of suspects."""
    seconds = max(1.0, (span.time_ns - before.time_ns) / SECOND_NS)
    if before.time_ns and not _is_near(span, before, limits.jump_fraction * sqrt(seconds)):
        suspect = level.suspect
        agrees = (
            suspect is not None and level.suspects_since == before and _is_near(span, suspect, limits.jump_fraction)
        )
        level.suspects = level.suspects + 1 if agrees else 1
        level.suspect, level.suspects_since = span, before
        if level.suspects < limits.confirmations:
            return Fault.OUTLIER
    middle = (span.low + span.high) / 2
    half_width = limits.jump_fraction / (2 + limits.jump_fraction)
    level.low, level.high = middle * (1 - half_width), middle * (1 + half_width)
    level.suspects, level.suspect, level.suspects_since = 0, None, None
    return None


def _is_near(span: PriceSpan, reference: PriceSpan, fraction: float) -> bool:
    """Whether the nearest prices of the two are no more than a fraction of the reference apart."""
    if span.low > reference.high:
        return span.low - reference.high <= fraction * reference.high
    return reference.low - span.high <= fraction * reference.low


def _refuse(state: QualityState, fault: Fault) -> Fault:
    state.refused[fault] = state.refused.get(fault, 0) + 1
    return fault


def _span_of_quote(quote: Quote) -> PriceSpan:
    """From bid to ask, or the reverse if they cross; the only side where one is missing."""
    bid, ask = quote.bid or quote.ask, quote.ask or quote.bid
    return PriceSpan(min(bid, ask), max(bid, ask), quote.time_ns)


def _span_of_trade(trade: Trade) -> PriceSpan:
    return PriceSpan(trade.price, trade.price, trade.time_ns)


def _evidence(fault: Fault, print_: Quote | Trade | Bar, state: QualityState) -> str:
    if fault in (Fault.BACKWARDS, Fault.EARLY):
        return f"time_ns {print_.time_ns}, last accepted {_last(print_, state).time_ns}"
    match print_:
        case Quote(bid=bid, ask=ask, bid_size=bid_size, ask_size=ask_size):
            shown = f"bid {bid} ask {ask} sizes {bid_size} {ask_size}"
        case Trade(price=price, size=size):
            shown = f"price {price} size {size}"
        case Bar():
            shown = (
                f"open {print_.open} high {print_.high} low {print_.low} close {print_.close} "
                f"volume {print_.volume} bid {print_.bid} ask {print_.ask}"
            )
    if fault is Fault.OUTLIER:
        last = _last(print_, state)
        shown += (
            f", last accepted {last.low}" if last.low == last.high else f", last accepted {last.low} to {last.high}"
        )
    return shown


def _last(print_: Quote | Trade | Bar, state: QualityState) -> PriceSpan:
    match print_:
        case Quote():
            return _span_of_quote(state.last_quote)
        case Trade():
            return _span_of_trade(state.last_trade)
        case Bar(timeframe_ns=timeframe_ns):
            last = state.bars.get(timeframe_ns)
            return _NOTHING if last is None else last.accepted
