"""The table of risk controls. Each looks at one order and returns its verdict with the value and the limit.

A control fails closed: what is missing or no number never passes. A value exactly at its limit does.

    control             blocks                                                  lets reducing orders pass
    instrument          what we do not know, or know under another name         no
    currency            what is quoted in another currency than the account's   no
    numbers             an order or books with a number that is none            no
    halted              a symbol whose trading the venue has stopped            no
    entries             everything, while the kill switch says so               yes
    price               no, a crossed or a senseless market price               no
    price_age           a price that is old, or from the future                 yes: an exit cannot wait for a feed
    grid                quantities and prices between lots and ticks            quantity yes, prices no
    price_collar        limit prices far from the market                        no
    order_value         an order worth more than an amount                      yes
    order_value_fraction    ... or than a fraction of equity                    yes
    position            a position worth more than a fraction of equity         yes
    gross_exposure      all positions worth more than a fraction of equity      yes
    cash                purchases that cash does not cover                      yes
    short               sales of what is not held, unless shorting is allowed   it sells what is held
    duplicate           an id used before; the same order again at once         no; protective ones may repeat
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from messages import SECOND_NS, ControlVerdict, OrderType, Side
from rules._order_case import ZERO, OrderCase, is_number

Control = Callable[[OrderCase], ControlVerdict]

_LONGEST_TEXT = 24
_MOST_STEPS = Decimal(10) ** 27  # more than that cannot be counted in 28 digits
_EXEMPT = "reduces the position"


def instrument(case: OrderCase) -> ControlVerdict:
    """The instrument is known, under the order's symbol."""
    symbol = case.order.symbol
    found = case.context.instrument
    if found is None:
        return ControlVerdict("instrument", False, "none", symbol, f"instrument {symbol} is unknown")
    if found.symbol != symbol:
        reason = f"the instrument at hand is {found.symbol}, the order is for {symbol}"
        return ControlVerdict("instrument", False, found.symbol, symbol, reason)
    return ControlVerdict("instrument", True, found.symbol, symbol)


def currency(case: OrderCase) -> ControlVerdict:
    """The instrument is quoted in the account's currency: we convert none."""
    ours = case.context.currency
    found = case.context.instrument
    theirs = "unknown" if found is None else found.quote_currency
    if theirs == ours:
        return ControlVerdict("currency", True, theirs, ours)
    reason = f"{case.order.symbol} is quoted in {theirs}, the account is in {ours}"
    return ControlVerdict("currency", False, theirs, ours, reason)


def numbers(case: OrderCase) -> ControlVerdict:
    """Every number of the order and of our books for its symbol is one."""
    if not case.fault:
        return ControlVerdict("numbers", True, "sound", "sound")
    return ControlVerdict("numbers", False, case.fault, "sound", f"{case.fault}; nothing can be judged by it")


def halted(case: OrderCase) -> ControlVerdict:
    """The venue trades the symbol."""
    if not case.context.halted:
        return ControlVerdict("halted", True, "trading", "trading")
    return ControlVerdict("halted", False, "halted", "trading", f"{case.order.symbol} is halted")


def entries(case: OrderCase) -> ControlVerdict:
    """Nobody has stopped the opening of positions."""
    blocked = case.context.entries_blocked
    if not blocked:
        return ControlVerdict("entries", True, "allowed", "allowed")
    if case.is_reducing:
        return ControlVerdict("entries", True, "blocked", "allowed", _EXEMPT)
    return ControlVerdict("entries", False, "blocked", "allowed", f"opening positions is blocked: {blocked}")


def price(case: OrderCase) -> ControlVerdict:
    """There is a market price to judge by."""
    if case.price is not None:
        return ControlVerdict("price", True, _text(case.price), "above 0")
    context = case.context
    quoted = f"bid {context.bid:g}, ask {context.ask:g}, last {context.last:g}"
    return ControlVerdict(
        "price", False, quoted, "above 0", f"no price of {case.order.symbol} to judge by: {quoted}"
    )


def price_age(case: OrderCase) -> ControlVerdict:
    """The price is fresh."""
    limits, context = case.limits, case.context
    oldest_ns = max(limits.price_max_age_seconds * SECOND_NS, limits.price_max_age_intervals * context.interval_ns)
    age_ns = context.now_ns - context.price_time_ns
    value, limit = f"{age_ns / SECOND_NS:g} s", f"{oldest_ns / SECOND_NS:g} s"
    if -limits.price_max_ahead_seconds * SECOND_NS <= age_ns <= oldest_ns and context.price_time_ns > 0:
        return ControlVerdict("price_age", True, value, limit)
    if case.is_reducing:
        return ControlVerdict("price_age", True, value, limit, _EXEMPT)
    if context.price_time_ns <= 0:
        return ControlVerdict("price_age", False, "never", limit, f"{case.order.symbol} was never priced")
    return ControlVerdict("price_age", False, value, limit, f"the price is {value} old, at most {limit} is allowed")


def grid(case: OrderCase) -> ControlVerdict:
    """Quantity and prices are whole lots and ticks; an odd remainder may be closed."""
    found, order = case.context.instrument, case.order
    if found is None or case.fault:
        return _not_judged(case, "grid")
    limit = f"lot {found.lot_size}, tick {found.tick_size}"
    for name, number, step in (
        ("quantity", ZERO if case.is_reducing else order.quantity, found.lot_size),
        ("limit_price", order.limit_price or ZERO, found.tick_size),
        ("stop_price", order.stop_price or ZERO, found.tick_size),
    ):
        if number >= step * _MOST_STEPS or number % step:
            reason = f"{name} {number} is no multiple of {step}"
            return ControlVerdict("grid", False, _text(number), limit, reason)
    return ControlVerdict("grid", True, _text(order.quantity), limit)


def price_collar(case: OrderCase) -> ControlVerdict:
    """A limit price lies near the market: one far away is a slip of the hand or of a unit."""
    most = case.limits.max_price_deviation_fraction
    order = case.order
    if order.order_type not in (OrderType.LIMIT, OrderType.STOP_LIMIT):
        return ControlVerdict("price_collar", True, "no limit price", _text(most))
    if case.fault or case.price is None or order.limit_price is None:
        return _not_judged(case, "price_collar")
    away = abs(order.limit_price - case.price)
    value = f"{away / case.price:.6f}"
    if away <= most * case.price:
        return ControlVerdict("price_collar", True, value, _text(most))
    reason = (
        f"limit_price {order.limit_price} is {value} of the price away from {case.price}, at most {most} is allowed"
    )
    return ControlVerdict("price_collar", False, value, _text(most), reason)


def order_value(case: OrderCase) -> ControlVerdict:
    """The order is worth no more than an amount."""
    most = case.limits.max_order_value
    if most is None:
        return ControlVerdict("order_value", True, _text(case.value), "none")
    return _at_most(case, "order_value", case.value, most, what="order is worth")


def order_value_fraction(case: OrderCase) -> ControlVerdict:
    """The order is worth no more than a fraction of equity."""
    most = _of_equity(case, case.limits.max_order_value_fraction)
    return _at_most(case, "order_value_fraction", case.value, most, what="order is worth")


def position(case: OrderCase) -> ControlVerdict:
    """What the account may come to hold of the symbol is worth no more than a fraction of equity."""
    most = _of_equity(case, case.limits.max_position_fraction)
    return _at_most(case, "position", case.position_value, most, what="position may come to be worth")


def gross_exposure(case: OrderCase) -> ControlVerdict:
    """All that the account may come to hold, long and short, is worth no more than a fraction of equity."""
    worth = None
    others = case.context.other_gross_exposure
    if others is not None and is_number(others) and others >= 0:
        worth = None if case.reach_value is None else others + case.reach_value
    most = _of_equity(case, case.limits.max_gross_exposure_fraction)
    return _at_most(case, "gross_exposure", worth, most, what="positions may come to be worth")


def cash(case: OrderCase) -> ControlVerdict:
    """Cash covers a purchase and all open ones, and `min_cash` is left."""
    limits, context = case.limits, case.context
    limit = _text(limits.min_cash)
    if case.order.side is Side.SELL:
        return ControlVerdict("cash", True, "sale", limit)
    if case.is_reducing:
        return ControlVerdict("cash", True, "not counted", limit, _EXEMPT)
    if limits.allow_margin:
        return ControlVerdict("cash", True, "margin", limit, "margin is allowed")
    has, held = context.cash, context.cash_held
    if case.value is None or has is None or held is None or not (is_number(has) and is_number(held)) or held < 0:
        return _not_judged(case, "cash")
    left = has - held - case.value
    if left >= limits.min_cash:
        return ControlVerdict("cash", True, _text(left), limit)
    return ControlVerdict(
        "cash", False, _text(left), limit, f"cash left would be {_text(left)}, min_cash is {limit}"
    )


def short(case: OrderCase) -> ControlVerdict:
    """No sale beyond what strategy and account hold, less what open orders may sell."""
    context, order = case.context, case.order
    if order.side is Side.BUY or case.limits.allow_short:
        return ControlVerdict("short", True, "purchase" if order.side is Side.BUY else "allowed", "none")
    if case.fault:
        return _not_judged(case, "short")
    left = context.strategy_position - context.strategy_open_sell_quantity
    if not order.protective:
        left = min(left, context.position - context.open_sell_quantity)
    if order.quantity <= left:
        return ControlVerdict("short", True, _text(order.quantity), _text(left))
    free = _text(max(left, ZERO))
    reason = f"sells {_text(order.quantity)}, at most {free} is held and free; allow_short is off"
    return ControlVerdict("short", False, _text(order.quantity), _text(left), reason)


def duplicate(case: OrderCase) -> ControlVerdict:
    """The id is new, and the strategy did not send the same order a moment ago."""
    context, order = case.context, case.order
    after_ns = context.now_ns - case.limits.duplicate_window_seconds * SECOND_NS
    limit = f"{case.limits.duplicate_window_seconds:g} s"
    if context.is_id_known:
        return ControlVerdict("duplicate", False, "same id", limit, f"id {order.client_order_id} was used before")
    for sent in context.recent:
        if sent.client_order_id == order.client_order_id:
            return ControlVerdict(
                "duplicate", False, "same id", limit, f"id {order.client_order_id} was used before"
            )
        if (
            sent.time_ns > after_ns
            and sent.symbol == order.symbol
            and sent.quantity == order.quantity
            and sent.side is order.side
            and sent.strategy_id == order.strategy_id
            and sent.limit_price == order.limit_price
            and sent.stop_price == order.stop_price
            and not order.protective
        ):
            value = f"{(context.now_ns - sent.time_ns) / SECOND_NS:g} s"
            reason = f"the same order as {sent.client_order_id}, {value} before"
            return ControlVerdict("duplicate", False, value, limit, reason)
    return ControlVerdict("duplicate", True, "new", limit)


CONTROLS: tuple[Control, ...] = (
    instrument,
    currency,
    numbers,
    halted,
    entries,
    price,
    price_age,
    grid,
    price_collar,
    order_value,
    order_value_fraction,
    position,
    gross_exposure,
    cash,
    short,
    duplicate,
)
"""Every control, in the order in which their verdicts are shown."""


def _at_most(
    case: OrderCase, control: str, value: Decimal | None, most: Decimal | None, *, what: str
) -> ControlVerdict:
    if case.is_reducing:
        return ControlVerdict(control, True, _text(value), _text(most), _EXEMPT)
    if value is None or most is None:
        return _not_judged(case, control)
    if value <= most:
        return ControlVerdict(control, True, _text(value), _text(most))
    return ControlVerdict(
        control, False, _text(value), _text(most), f"{what} {_text(value)}, at most {_text(most)} is allowed"
    )


def _not_judged(case: OrderCase, control: str) -> ControlVerdict:
    """A number that the control needs is missing: the order does not pass."""
    context = case.context
    if case.fault:
        missing = case.fault
    elif context.instrument is None:
        missing = "the instrument is unknown"
    elif case.price is None:
        missing = "there is no price"
    elif control == "cash":
        missing = f"cash is {context.cash}, of which {context.cash_held} is held for open purchases"
    elif not is_number(context.equity):
        missing = f"equity is {context.equity}"
    else:
        missing = f"exposure of the other symbols is {context.other_gross_exposure}"
    return ControlVerdict(control, False, "unknown", "known", f"{control} cannot be judged: {missing}")


def _of_equity(case: OrderCase, fraction: Decimal) -> Decimal | None:
    equity = case.context.equity
    return fraction * equity if equity is not None and is_number(equity) else None


def _text(number: Decimal | None) -> str:
    """Equal numbers read alike, however they were computed: verdicts are part of a run's digest."""
    if number is None:
        return "unknown"
    text = str(number)
    if "E" in text or (text[-1] == "0" and "." in text):
        text = f"{number.normalize():f}"
    return text if len(text) <= _LONGEST_TEXT else f"{number:.10g}"
