"""By which figures orders are judged: all that is held, and all that is open, counts.

let pass as a sale         -> strategy and account hold so much, besides what open orders sell
let pass, since it reduces -> strategy and account hold so much, besides what open orders close
denied though it reduces   -> by no control that lets pass what reduces; a stop by none of duplicates
order's value              -> no less than at the price that it may execute at
exposure, position         -> no less than what is held may come to with the open orders of either side
cash                       -> no more than what is there besides what open purchases may cost

What is certain of an order is counted, and no more: of one that was changed or is in doubt the judge says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation

from messages import (
    AnyMessage,
    BooksAdjusted,
    ControlVerdict,
    OrderApproved,
    OrderCanceled,
    OrderExpired,
    OrderFillBusted,
    OrderFillCorrected,
    OrderFilled,
    OrderNotFound,
    OrderRejected,
    OrderReported,
    OrderStatus,
    PortfolioOpened,
    Quote,
    ReplaceOrder,
    Side,
    SubmitOrder,
)

_EXEMPT = "reduces the position"
"""What a control says of an order that it lets pass for that."""

_LET_REDUCE = frozenset(
    ("entries", "price_age", "order_value", "order_value_fraction", "position", "gross_exposure", "cash")
)
"""Controls that let pass what reduces a position."""

_WORKS = (OrderStatus.ACCEPTED, OrderStatus.UNKNOWN)
_EXACT = Decimal("1.000001")
"""Figures are told with ten digits at least."""

_ZERO = Decimal(0)


class ControlConduct:
    """The controls of one simulation. `fail` as in `Conduct`; `held` is what each strategy holds of each symbol."""

    def __init__(self, fail: Callable[[str, str], None], held: Mapping[tuple[str, str], Decimal]) -> None:
        self._fail = fail
        self._held = held
        self._open: dict[str, tuple[SubmitOrder, Decimal]] = {}
        self._unclear: dict[str, str] = {}
        self._cash: Decimal | None = None
        self._lowest: dict[str, Decimal] = {}

    def see_input(self, message: AnyMessage) -> None:
        """The next input."""
        if isinstance(message, Quote):
            bid = Decimal(str(message.bid))
            self._lowest[message.symbol] = min(bid, self._lowest.get(message.symbol, bid))

    def see_effect(self, message: AnyMessage) -> None:
        """What the input led to."""
        match message:
            case PortfolioOpened(cash=cash):
                self._cash = cash
            case OrderApproved(order=order):
                self._open[order.client_order_id] = order, order.quantity
            case OrderFilled():
                self._see_filled(message)
            case OrderFillBusted() | OrderFillCorrected() | BooksAdjusted():
                self._cash = None
                if not isinstance(message, BooksAdjusted):
                    self._open.pop(message.client_order_id, None)
            case OrderCanceled() | OrderExpired():
                self._open.pop(message.client_order_id, None)
                self._unclear.pop(message.client_order_id, None)
            case OrderRejected() | OrderNotFound() | ReplaceOrder():
                self._open.pop(message.client_order_id, None)
                self._unclear[message.client_order_id] = message.symbol
            case OrderReported(client_order_id=order_id) if order_id in self._open:
                if message.status not in _WORKS or message.quantity != self._open[order_id][0].quantity:
                    del self._open[order_id]
                    self._unclear[order_id] = message.symbol

    def see_approved(self, approved: OrderApproved, *, is_all_certain: bool) -> None:
        """An order is approved, and it is certain who holds what of its symbol."""
        order, figures = approved.order, {each.control: each.value for each in approved.verdicts}
        self._see_free(approved)
        if any(each.reason == _EXEMPT for each in approved.verdicts):
            if not order.protective:
                self._see_reducing(order)
            return
        value = _number(figures.get("order_value", ""))
        if value is None or order.protective:
            return
        self._see_least(order, "order_value", figures, order.quantity * _least_price(order))
        price, held = value / order.quantity, self._held_of(order.symbol)
        own, other = self._leaves(order.symbol, order.side), self._leaves(order.symbol, order.side.opposite)
        after = order.side.sign * held + own + order.quantity
        self._see_least(order, "position", figures, after * price)
        elsewhere = self._exposure_beside(order.symbol) if is_all_certain else _ZERO
        reach = max(after, other - order.side.sign * held) * price
        self._see_least(order, "gross_exposure", figures, reach + elsewhere)
        if order.side is Side.BUY and is_all_certain and self._cash is not None:
            left = _number(figures.get("cash", ""))
            most = self._cash - self._cost_of_purchases() - value
            if left is not None and left > most + abs(most) * (_EXACT - 1):
                self._fail("C38", f"{order.client_order_id} is said to leave {left} of cash, and leaves {most}")

    def see_denied(self, order: SubmitOrder, verdicts: Sequence[ControlVerdict]) -> None:
        """An order is denied, and it is certain who holds what of its symbol."""
        failed = {each.control for each in verdicts if not each.passed}
        if order.protective and "duplicate" in failed:
            self._fail("C38", f"{order.client_order_id}, a stop, is denied as a duplicate")
        is_alone = order.symbol not in self._unclear.values() and all(
            each.symbol != order.symbol for each, _ in self._orders()
        )
        mine, all_held = self._held.get((order.strategy_id, order.symbol), _ZERO), self._held_of(order.symbol)
        is_reducing = is_alone and order.quantity <= min(-order.side.sign * mine, -order.side.sign * all_held)
        if is_reducing and (wrong := sorted(failed & _LET_REDUCE)):
            self._fail("C38", f"{order.client_order_id} reduces what is held, and is denied by {', '.join(wrong)}")

    def _see_filled(self, fill: OrderFilled) -> None:
        if self._cash is not None:
            self._cash -= fill.side.sign * fill.quantity * fill.price + fill.commission
        if fill.client_order_id in self._open:
            order, leaves = self._open[fill.client_order_id]
            self._open[fill.client_order_id] = order, leaves - fill.quantity
            if leaves <= fill.quantity:
                del self._open[fill.client_order_id]

    def _see_free(self, approved: OrderApproved) -> None:
        """What a sale finds to sell, where shorting is not allowed, is held and not on offer yet.

        A stop looks at its strategy alone.
        """
        order = approved.order
        told = next((_number(each.limit) for each in approved.verdicts if each.control == "short"), None)
        if order.side is Side.BUY or told is None:
            return
        mine = self._held.get((order.strategy_id, order.symbol), _ZERO)
        free = mine - self._leaves(order.symbol, Side.SELL, order.strategy_id)
        if not order.protective:
            free = min(free, self._held_of(order.symbol) - self._leaves(order.symbol, Side.SELL))
        if told > free:
            self._fail("C38", f"{order.client_order_id} is said to find {told} to sell, and {free} are free")

    def _see_reducing(self, order: SubmitOrder) -> None:
        """It closes what its strategy holds, and what the account does, besides what is being closed."""
        mine = self._held.get((order.strategy_id, order.symbol), _ZERO)
        for whose, held, closing in (
            (order.strategy_id, mine, self._leaves(order.symbol, order.side, order.strategy_id)),
            ("the account", self._held_of(order.symbol), self._leaves(order.symbol, order.side)),
        ):
            if order.quantity > -order.side.sign * held - closing:
                self._fail(
                    "C38",
                    f"{order.client_order_id} counts as reducing, and {whose} holds {held}, of which {closing} go",
                )

    def _see_least(self, order: SubmitOrder, control: str, figures: Mapping[str, str], least: Decimal) -> None:
        told = _number(figures.get(control, ""))
        if told is not None and told * _EXACT < least:
            self._fail("C38", f"{order.client_order_id} is judged by {control} {told}, and it is {least}")

    def _held_of(self, symbol: str) -> Decimal:
        return sum((units for (_, of), units in self._held.items() if of == symbol), _ZERO)

    def _leaves(self, symbol: str, side: Side, strategy_id: str | None = None) -> Decimal:
        """What is open for certain."""
        return sum(
            (
                leaves
                for order, leaves in self._orders()
                if (order.symbol, order.side) == (symbol, side) and strategy_id in (None, order.strategy_id)
            ),
            _ZERO,
        )

    def _exposure_beside(self, symbol: str) -> Decimal:
        """What all else that is held may come to be worth with its open orders, at least."""
        worth = _ZERO
        for other in [each for each in self._lowest if each != symbol]:
            held = self._held_of(other)
            buys, sells = self._leaves(other, Side.BUY), self._leaves(other, Side.SELL)
            worth += max(abs(held), abs(held + buys), abs(held - sells)) * self._lowest[other]
        return worth

    def _cost_of_purchases(self) -> Decimal:
        """What open purchases cost at least; at the market, by the lowest price that there was."""
        return sum(
            (
                leaves * (order.limit_price or order.stop_price or self._lowest.get(order.symbol, _ZERO))
                for order, leaves in self._orders()
                if order.side is Side.BUY
            ),
            _ZERO,
        )

    def _orders(self) -> Iterator[tuple[SubmitOrder, Decimal]]:
        return iter(self._open.values())


def _least_price(order: SubmitOrder) -> Decimal:
    """At which an order is worth at least what it is judged by: its own limit, or the stop that it waits for."""
    if order.side is Side.BUY and order.limit_price is not None:
        return order.limit_price
    return max(order.limit_price or _ZERO, order.stop_price or _ZERO)


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None
