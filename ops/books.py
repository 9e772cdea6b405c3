"""The books of a data directory: orders, fills, positions and cash, drawn up from the journal alone.

They are folded from what was recorded, apart from the actors that traded it, so they are a check on those too. All
of it is read-only, and works while the engine runs as it does after it has stopped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Protocol

import msgspec

from messages import (
    AnyMessage,
    BooksAdjusted,
    CancelOrder,
    EngineStarted,
    ExecutionId,
    Instrument,
    OrderAccepted,
    OrderApproved,
    OrderCanceled,
    OrderCancelRejected,
    OrderDenied,
    OrderEvent,
    OrderExpired,
    OrderFillBusted,
    OrderFillCorrected,
    OrderFilled,
    OrderRejected,
    OrderReplaced,
    OrderReplaceRejected,
    OrderReported,
    OrderStatus,
    OrderUnknown,
    PortfolioOpened,
    Recorded,
    ReplaceOrder,
    SubmitOrder,
    Turn,
    VenueOrderId,
)
from ops._positions import Holding
from ops._recorded_config import outcomes_are_effects
from ops.book_lines import ZERO, FillLine, OrderLine, PortfolioLine, PositionLine
from ops.errors import BooksError
from ops.export import in_order

_ENDINGS: Mapping[type[OrderEvent], OrderStatus] = {
    OrderCanceled: OrderStatus.CANCELED,
    OrderRejected: OrderStatus.REJECTED,
    OrderExpired: OrderStatus.EXPIRED,
}
FINAL = frozenset({*_ENDINGS.values(), OrderStatus.FILLED, OrderStatus.DENIED})
"""Statuses of orders that will execute no more."""

Marks = Mapping[tuple[str, str], Decimal]
"""By portfolio and symbol, the price at which a holding is valued."""


class ReadableJournal(Protocol):
    """What the books need of a journal; `storage` has it on disk and in memory."""

    @property
    def first_seq(self) -> int:
        """The oldest input that is kept."""

    @property
    def last_seq(self) -> int:
        """The newest durable input, 0 if there is none."""

    def read(self, after_seq: int = 0) -> Iterator[Turn]:
        """Whole turns."""

    def read_effects(self, after_seq: int = 0) -> Iterator[Recorded]:
        """Effects only."""


class Books:
    """Orders, fills, positions and cash after all that was told to `record`, in the order in which it happened.

    `instruments` tell what a unit of each symbol is worth.
    """

    def __init__(self, instruments: Iterable[Instrument] = ()) -> None:
        self.orders: dict[str, OrderLine] = {}
        self.fills: list[FillLine] = []
        self._opened: dict[str, PortfolioOpened] = {}
        self._cash: dict[str, Decimal] = {}
        self._holdings: dict[tuple[str, str, str], Holding] = {}
        self._multipliers: dict[str, Decimal] = {each.symbol: each.multiplier for each in instruments}
        self._counted: dict[tuple[str, str], OrderFilled | None] = {}
        self._filled_up_to: dict[str, dict[Decimal, None]] = {}
        self._recounted: dict[
            str, None
        ] = {}  # orders in which the venue took something back, and counts on from less
        self._notionals: dict[str, Decimal] = {}
        self._counted_ns: dict[str, int] = {}

    @property
    def held(self) -> list[tuple[str, str]]:
        """Portfolios with the symbols of which they hold something, sorted: what needs a mark."""
        return sorted({(key[0], key[2]) for key, holding in self._holdings.items() if holding.quantity})

    def record(self, message: AnyMessage) -> None:
        """Note one message; what is no business of the books is passed over. Raises BooksError."""
        match message:
            case SubmitOrder():
                self._intend(message, OrderStatus.SUBMITTED, message.time_ns)
            case OrderApproved(order=order):
                self._intend(order, OrderStatus.INITIALIZED, message.time_ns)
            case OrderDenied(order=order):
                if order is not None:
                    self._intend(order, OrderStatus.DENIED, message.time_ns, reason=message.reason)
            case OrderFilled():
                self._fill(message)
            case OrderFillBusted(execution_id=execution_id):
                self._undo(message, execution_id)
            case OrderFillCorrected():
                self._correct(message)
            case BooksAdjusted():
                self._adjust(message)
            case OrderEvent():
                self._change(message)
            case CancelOrder() | ReplaceOrder():
                self._ask(message)
            case PortfolioOpened(portfolio_id=portfolio_id):
                self._opened.setdefault(portfolio_id, message)
                self._cash.setdefault(portfolio_id, message.cash)
            case Instrument(symbol=symbol):
                self._multipliers[symbol] = message.multiplier
            case _:
                pass

    def positions(self, marks: Marks) -> list[PositionLine]:
        """Every position that ever was, by portfolio, strategy and symbol; `marks` values what is held."""
        return [
            _position_line(key, holding, marks.get((key[0], key[2])))
            for key, holding in sorted(self._holdings.items())
        ]

    def portfolios(self, marks: Marks) -> list[PortfolioLine]:
        """Every portfolio that was opened or has traded, by id."""
        lines = self.positions(marks)
        return [self._portfolio_line(portfolio_id, lines) for portfolio_id in sorted(self._cash)]

    def _intend(self, order: SubmitOrder, status: OrderStatus, time_ns: int, *, reason: str = "") -> None:
        known = self.orders.get(order.client_order_id)
        if known is not None:
            if status is OrderStatus.SUBMITTED and known.status is OrderStatus.INITIALIZED:
                known.status, known.updated_ns = status, time_ns
            return  # the same id sent again after nobody answered is the same order
        self.orders[order.client_order_id] = OrderLine(
            client_order_id=order.client_order_id,
            time_ns=order.time_ns,
            updated_ns=time_ns,
            portfolio_id=order.portfolio_id,
            strategy_id=order.strategy_id,
            symbol=order.symbol,
            side=order.side,
            order_type=order.order_type,
            time_in_force=order.time_in_force,
            quantity=order.quantity,
            limit_price=order.limit_price,
            stop_price=order.stop_price,
            protective=order.protective,
            status=status,
            venue_id=order.venue_id,
            reason=reason,
        )

    def _ask(self, command: CancelOrder | ReplaceOrder) -> None:
        line = self._line(command)
        if line.status not in FINAL:
            is_cancel = isinstance(command, CancelOrder)
            line.status = OrderStatus.PENDING_CANCEL if is_cancel else OrderStatus.PENDING_REPLACE
            line.updated_ns = command.time_ns

    def _change(self, event: OrderEvent) -> None:
        line = self._line(event)
        line.updated_ns = max(line.updated_ns, event.time_ns)
        match event:
            case OrderCanceled(reason=reason) | OrderRejected(reason=reason) | OrderExpired(reason=reason):
                if line.status is not OrderStatus.FILLED:
                    line.status, line.reason = _ENDINGS[type(event)], reason
            case OrderReported(status=status, filled_quantity=filled) if status in FINAL:
                if line.status not in FINAL and filled <= line.filled_quantity:
                    line.status, line.reason = status, event.reason
            case OrderReported(venue_order_id=venue_order_id):
                line.venue_order_id = venue_order_id
                line.quantity, line.limit_price, line.stop_price = (
                    event.quantity,
                    event.limit_price,
                    event.stop_price,
                )
                is_known = event.filled_quantity == line.filled_quantity
                is_new = event.asked_ns > self._counted_ns.get(line.client_order_id, 0)
                _go_on(line, reopens=is_known and is_new and _is_short(line))
            case OrderAccepted(venue_order_id=venue_order_id):
                line.venue_order_id = venue_order_id
                if line.status in (OrderStatus.INITIALIZED, OrderStatus.SUBMITTED, OrderStatus.UNKNOWN):
                    line.status = _standing(line)
            case OrderReplaced(quantity=quantity, limit_price=limit_price, stop_price=stop_price):
                is_raised = quantity > line.quantity
                line.quantity, line.limit_price, line.stop_price = quantity, limit_price, stop_price
                _go_on(line, reopens=is_raised and _is_short(line))
            case OrderCancelRejected(reason=reason) | OrderReplaceRejected(reason=reason):
                if line.status not in FINAL:
                    line.status, line.reason = _standing(line), reason
            case OrderUnknown(reason=reason):
                if line.status not in FINAL:
                    line.status, line.reason = OrderStatus.UNKNOWN, reason
            case _:
                pass

    def _fill(self, fill: OrderFilled) -> None:
        line = self._line(fill)
        if self._is_counted(fill):
            return
        notional = self._notionals.get(fill.client_order_id, ZERO) + fill.quantity * fill.price
        self._notionals[fill.client_order_id] = notional
        line.filled_quantity += fill.quantity
        line.average_price = notional / line.filled_quantity
        line.commission += fill.commission
        self._counted_ns[fill.client_order_id] = fill.time_ns
        line.venue_order_id = fill.venue_order_id
        line.updated_ns = max(line.updated_ns, fill.time_ns)
        if line.filled_quantity >= line.quantity or line.status not in FINAL:
            line.status = _standing(line)
        self._book(fill)

    def _undo(self, event: OrderFillBusted | OrderFillCorrected, execution_id: ExecutionId) -> None:
        """Take an execution out again, or never count it if it has not been told yet."""
        line = self._line(event)
        fill = self._counted.get((event.client_order_id, execution_id))
        self._counted[event.client_order_id, execution_id] = None
        self._recounted[event.client_order_id] = None
        if fill is None:
            return
        notional = self._notionals[fill.client_order_id] = (
            self._notionals[fill.client_order_id] - fill.quantity * fill.price
        )
        line.filled_quantity -= fill.quantity
        line.average_price = notional / line.filled_quantity if line.filled_quantity else None
        line.commission -= fill.commission
        self._counted_ns[fill.client_order_id] = event.time_ns
        _go_on(line)
        undone = msgspec.structs.replace(fill, side=fill.side.opposite, commission=-fill.commission)
        self._move(undone)
        self.fills = [
            each
            for each in self.fills
            if (each.client_order_id, each.execution_id) != (fill.client_order_id, fill.execution_id)
        ]

    def _correct(self, event: OrderFillCorrected) -> None:
        by_id = (event.client_order_id, event.execution_id)
        if by_id in self._counted and self._counted[by_id] is not None:
            return
        self._undo(event, event.earlier_execution_id)
        if by_id in self._counted:  # the correction was undone in its turn, which was heard before
            return
        line = self._line(event)
        self._fill(
            OrderFilled(
                client_order_id=event.client_order_id,
                portfolio_id=event.portfolio_id,
                strategy_id=event.strategy_id,
                symbol=event.symbol,
                time_ns=event.time_ns,
                execution_id=event.execution_id,
                venue_order_id=VenueOrderId(line.venue_order_id or ""),
                side=event.side,
                quantity=event.quantity,
                price=event.price,
                cumulative_quantity=line.filled_quantity + event.quantity,
                commission=event.commission,
                currency=self._opened[event.portfolio_id].currency if event.portfolio_id in self._opened else "",
            )
        )

    def _adjust(self, adjusted: BooksAdjusted) -> None:
        """Take in what a venue's word changed: cash, or units of a symbol, whoever they concern."""
        portfolio_id, symbol, left = adjusted.portfolio_id, adjusted.symbol, adjusted.amount
        if symbol is None:
            self._cash[portfolio_id] = self._cash.get(portfolio_id, ZERO) + left
            return
        for part in adjusted.parts:
            self._holding(portfolio_id, part.strategy_id, symbol).shift(part.quantity, adjusted.price)
            left -= part.quantity
        if left:
            self._holding(portfolio_id, "", symbol).shift(left, adjusted.price)

    def _holding(self, portfolio_id: str, strategy_id: str, symbol: str) -> Holding:
        multiplier = self._multipliers.get(symbol, Decimal(1))
        return self._holdings.setdefault((portfolio_id, strategy_id, symbol), Holding(multiplier=multiplier))

    def _move(self, fill: OrderFilled) -> None:
        holding = self._holding(fill.portfolio_id, fill.strategy_id, fill.symbol)
        self._cash[fill.portfolio_id] = self._cash.get(fill.portfolio_id, ZERO) + holding.add(fill)

    def _book(self, fill: OrderFilled) -> None:
        self._move(fill)
        self.fills.append(
            FillLine(
                time_ns=fill.time_ns,
                execution_id=fill.execution_id,
                client_order_id=fill.client_order_id,
                portfolio_id=fill.portfolio_id,
                strategy_id=fill.strategy_id,
                symbol=fill.symbol,
                side=fill.side,
                quantity=fill.quantity,
                price=fill.price,
                commission=fill.commission,
                currency=fill.currency,
            )
        )

    def _is_counted(self, fill: OrderFilled) -> bool:
        """Whether this execution was told before: by its id, or by the venue's cumulative quantity after it."""
        by_id = (fill.client_order_id, fill.execution_id)
        filled_up_to = self._filled_up_to.setdefault(fill.client_order_id, {})
        is_told = fill.cumulative_quantity in filled_up_to and fill.client_order_id not in self._recounted
        if by_id in self._counted or is_told:
            return True
        self._counted[by_id] = fill
        filled_up_to[fill.cumulative_quantity] = None
        return False

    def _line(self, message: OrderEvent | CancelOrder | ReplaceOrder) -> OrderLine:
        line = self.orders.get(message.client_order_id)
        if line is None:
            raise BooksError(
                f"{type(message).__name__} of order {message.client_order_id}, which the journal never submitted. "
                f"Check it with `understudy journal verify`."
            )
        return line

    def _portfolio_line(self, portfolio_id: str, lines: list[PositionLine]) -> PortfolioLine:
        mine = [line for line in lines if line.portfolio_id == portfolio_id]
        unrealized = [line.unrealized_pnl for line in mine]
        worth = [self._worth(line) for line in mine]
        opened = self._opened.get(portfolio_id)
        return PortfolioLine(
            portfolio_id=portfolio_id,
            currency=opened.currency if opened else "",
            cash=self._cash[portfolio_id],
            equity=None if None in worth else sum((w for w in worth if w is not None), self._cash[portfolio_id]),
            realized_pnl=sum((line.realized_pnl for line in mine), ZERO),
            unrealized_pnl=None if None in unrealized else sum((u for u in unrealized if u is not None), ZERO),
            commission=sum((line.commission for line in mine), ZERO),
            orders=sum(order.portfolio_id == portfolio_id for order in self.orders.values()),
            fills=sum(fill.portfolio_id == portfolio_id for fill in self.fills),
            open_positions=sum(line.quantity != 0 for line in mine),
        )

    def _worth(self, line: PositionLine) -> Decimal | None:
        if not line.quantity:
            return ZERO
        holding = self._holdings[line.portfolio_id, line.strategy_id, line.symbol]
        return None if line.mark_price is None else holding.value(line.mark_price)


def read_books(journal: ReadableJournal, *, instruments: Iterable[Instrument] = ()) -> Books:
    """The books up to the journal's last durable input; `instruments` tell what a unit of each symbol is worth.

    Raises BooksError if the beginning of the journal was deleted, or if it contradicts itself; JournalCorrupt.
    """
    effects_only = only_effects_matter(journal)
    books = Books(instruments)
    for _, message in business(journal, effects_only=effects_only):
        books.record(message)
    return books


def only_effects_matter(journal: ReadableJournal) -> bool:
    """Whether the books can pass over inputs: no venue outside answers.

    Raises BooksError if the beginning of the journal was deleted: nothing is known then of what was held.
    """
    if journal.first_seq > 1:
        raise BooksError(
            f"the journal begins with input {journal.first_seq}: earlier days were deleted, so what was held "
            f"before is not known. Put the deleted days back to draw up the books."
        )
    first = next(journal.read(), None)
    start = first.taken.inputs[0] if first is not None and first.taken.inputs else None
    return isinstance(start, EngineStarted) and outcomes_are_effects(start.config)


def business(
    journal: ReadableJournal, after_seq: int = 0, *, effects_only: bool
) -> Iterator[tuple[int, AnyMessage]]:
    """Effects, and inputs too unless `effects_only`: as they happened, each with its input's number."""
    if effects_only:
        yield from ((recorded.seq, recorded.message) for recorded in journal.read_effects(after_seq))
        return
    for turn in journal.read(after_seq):
        yield from ((seq, message) for seq, _, message, _ in in_order(turn) if seq > after_seq)


def _standing(line: OrderLine) -> OrderStatus:
    """Where a working order stands, by what is filled of it."""
    if line.filled_quantity >= line.quantity:
        return OrderStatus.FILLED
    return OrderStatus.PARTIALLY_FILLED if line.filled_quantity else OrderStatus.ACCEPTED


def _go_on(line: OrderLine, *, reopens: bool = False) -> None:
    """Let an order stand by what is filled of it, unless it is over and nothing `reopens` it."""
    if reopens or line.status not in FINAL:
        line.status = _standing(line)


def _is_short(line: OrderLine) -> bool:
    """Whether it counts as filled, and less is: it was raised, or executions were taken back. It may work on."""
    return line.status is OrderStatus.FILLED and line.filled_quantity < line.quantity


def _position_line(key: tuple[str, str, str], holding: Holding, mark_price: Decimal | None) -> PositionLine:
    held_mark = mark_price if holding.quantity else None
    unrealized = (
        ZERO if not holding.quantity else None if held_mark is None else holding.value(held_mark) - holding.cost
    )
    return PositionLine(
        portfolio_id=key[0],
        strategy_id=key[1],
        symbol=key[2],
        quantity=holding.quantity,
        average_price=holding.average_price,
        mark_price=held_mark,
        realized_pnl=holding.realized_pnl,
        unrealized_pnl=unrealized,
        commission=holding.commission,
    )
