"""What people command is carried out, and within the input that brings it.

a person orders           -> the order is judged, or refused for a reason that holds
a person cancels an order -> that leaves, or is refused since the order is over
positions are closed      -> an exit is judged, or what stands in its way is canceled; and entries are
trading is halted         -> what works and is no protective stop is canceled
trading is released       -> nothing is denied for a halt any more

Mail of an actor that has failed waits, and is carried out later: such seeds are excused.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from messages import (
    AnyMessage,
    BooksAdjusted,
    CancelOrder,
    ClosePositions,
    CommandRefused,
    HaltTrading,
    OrderApproved,
    OrderCanceled,
    OrderDenied,
    OrderExpired,
    OrderFillBusted,
    OrderFillCorrected,
    OrderFilled,
    OrderNotFound,
    OrderRejected,
    OrderReplaced,
    OrderReported,
    OrderStatus,
    OrderType,
    OrderUnknown,
    ReleaseTrading,
    ReplaceOrder,
    RequestCancel,
    RequestOrder,
    SubmitOrder,
    TradingHalted,
)
from ops.control.strategy_commands import MANUAL
from ops.drill.judge.command_conduct import REQUEST_MAX_AGE_NS, terms_of
from ops.drill.judge.conduct import Conduct
from ops.drill.judge.endings import OVER

_WORKS = (OrderStatus.ACCEPTED, OrderStatus.PARTIALLY_FILLED)

_BLOCKED = "entries"
"""The control that denies what opens a position in a halt."""

_ON_THE_WAY = ("symbol", "router", "portfolio", "venue")
"""The actors that carry commands out."""

_ZERO = Decimal(0)

_Key = tuple[str, str]


@dataclass(slots=True)
class _Order:
    """One that has left. `is_asked`: its cancel has, too; `is_doubtful`: nobody here may know how it stands."""

    terms: SubmitOrder
    filled: Decimal = _ZERO
    change: ReplaceOrder | None = None
    quantities: list[Decimal] = field(default_factory=list)
    """Those that were asked for beside that of its terms."""
    is_over: bool = False
    is_asked: bool = False
    is_doubtful: bool = False

    @property
    def all_quantities(self) -> list[Decimal]:
        """Those that it may have."""
        return [self.terms.quantity, *self.quantities]

    @property
    def works(self) -> bool:
        """Whether it is open for certain, and nothing was asked of it that would end it."""
        return not (self.is_over or self.is_asked or self.is_doubtful)

    @property
    def may_be_left_alone(self) -> bool:
        """Whether an exit may wait for what becomes of it."""
        return self.is_doubtful or (self.is_asked and not self.is_over)


class ObedienceConduct:
    """The commands of one simulation, and what each led to.

    `fail` as in `Conduct`; `held` is what each strategy holds of each symbol, which is `uncertain` of some.
    """

    def __init__(
        self, fail: Callable[[str, str], None], held: Mapping[_Key, Decimal], uncertain: Collection[str]
    ) -> None:
        self._fail = fail
        self._held = held
        self._uncertain = uncertain
        self._orders: dict[str, _Order] = {}
        self._input: AnyMessage | None = None
        self._now_ns = 0
        self._halted_ns = 0
        self._is_flattening = False
        self._is_free = False
        self._halted_symbols: set[str] = set()
        self._adjusted: set[str] = set()
        self._new: set[str] = set()
        self._exits: set[_Key] = set()
        self._refused: set[str] = set()
        self._judged: set[tuple[object, ...]] = set()

    def see_input(self, message: AnyMessage, time_ns: int, *, conduct: Conduct) -> None:
        """The next input, and when it was handled (ns, the engine's clock); its `conduct` has seen it."""
        if not conduct.is_excused(*_ON_THE_WAY):
            self._see_end_of_input()
        self._input, self._now_ns = message, time_ns
        self._is_free &= not conduct.is_held
        self._new, self._exits, self._refused, self._judged = set(), set(), set(), set()
        match message:
            case HaltTrading(time_ns=given_ns, flatten=flatten):
                self._halted_ns = given_ns
                self._is_flattening |= flatten
            case ReleaseTrading():
                self._is_flattening = False
                self._halted_symbols.clear()

    def see_effect(self, message: AnyMessage, *, conduct: Conduct) -> None:
        """What the input led to; its `conduct` has seen it."""
        match message:
            case OrderApproved(order=order):
                self._is_free = True
                self._see_judged(order)
            case OrderDenied(order=order) if order is not None:
                self._see_judged(order)
                self._see_denied(message, conduct=conduct)
            case SubmitOrder(client_order_id=order_id):
                self._new.add(order_id)
                self._orders.setdefault(order_id, _Order(message))
            case CommandRefused(subject=subject):
                self._refused.add(subject)
            case TradingHalted(symbol=str(symbol)):
                self._halted_symbols.add(symbol)
            case BooksAdjusted(symbol=str(symbol)):
                self._adjusted.add(symbol)
            case CancelOrder() | ReplaceOrder():
                self._see_changed(message)
            case _:
                self._see_news(message)

    def _see_judged(self, order: SubmitOrder) -> None:
        if not order.protective:
            self._exits.add((order.strategy_id, order.symbol))
            self._judged.add((order.strategy_id, *terms_of(order)))

    def _see_changed(self, command: CancelOrder | ReplaceOrder) -> None:
        known = self._orders.get(command.client_order_id)
        if known is None:
            return
        self._exits.add((known.terms.strategy_id, known.terms.symbol))
        if isinstance(command, ReplaceOrder):
            known.change = command
            known.quantities += [] if command.quantity is None else [command.quantity]
        else:
            known.is_asked = True

    def _see_news(self, event: AnyMessage) -> None:
        known = self._orders.get(getattr(event, "client_order_id", ""))
        if known is None:
            return
        match event:
            case OrderFilled():
                known.filled += event.quantity
                known.is_doubtful |= known.is_over
                filled, quantities = max(known.filled, event.cumulative_quantity), known.all_quantities
                if filled >= min(quantities):
                    is_all_told = known.filled == filled == max(quantities)
                    known.is_over, known.is_doubtful = True, not is_all_told
            case OrderCanceled() | OrderExpired():
                known.is_over, known.is_doubtful = True, False
            case OrderRejected():
                known.is_over, known.is_doubtful = True, True  # it may be said of another copy of its request
            case OrderReported(status=status) if status in OVER:
                known.is_over, known.is_doubtful = True, event.filled_quantity > known.filled
            case OrderReplaced(quantity=quantity):
                known.is_doubtful |= known.change is None or known.change.quantity not in (None, quantity)
                known.change = None
            case OrderUnknown() | OrderNotFound() | OrderFillBusted() | OrderFillCorrected():
                known.is_doubtful = True
            case OrderReported(status=status) if status not in _WORKS:
                known.is_doubtful = True

    def _see_denied(self, denied: OrderDenied, *, conduct: Conduct) -> None:
        is_for_a_halt = any(each.control == _BLOCKED and not each.passed for each in denied.verdicts)
        if not is_for_a_halt or conduct.is_excused(*_ON_THE_WAY):
            return
        if not conduct.block and denied.symbol not in self._halted_symbols:
            self._fail("C54", f"{denied.client_order_id} is denied for a halt, and there is none: {denied.reason}")

    def _see_end_of_input(self) -> None:
        """All that the last input has led to is known."""
        match self._input:
            case RequestOrder():
                self._see_request(self._input)
            case RequestCancel(client_order_id=order_id):
                self._see_cancel(order_id)
            case ClosePositions(symbol=symbol, strategy_id=strategy_id):
                self._see_exits(symbol, strategy_id)
                self._see_entries(symbol, strategy_id)
            case HaltTrading(flatten=flatten):
                self._see_halted()
                if flatten:
                    self._see_exits(None, None)

    def _see_request(self, request: RequestOrder) -> None:
        if request.portfolio_id in self._refused:
            is_old = self._now_ns - request.time_ns > REQUEST_MAX_AGE_NS or request.time_ns < self._halted_ns
            if self._is_free and not is_old and not self._is_flattening:
                self._fail("C37", f"an order of {request.symbol} is refused, and nothing keeps it back")
        elif (MANUAL, *terms_of(request)) not in self._judged:
            self._fail("C37", f"a person orders {request.quantity} {request.symbol}, and nothing comes of it")

    def _see_cancel(self, order_id: str) -> None:
        known = self._orders.get(order_id)
        if order_id in self._refused:
            if known is not None and not (known.is_over or known.is_doubtful):
                self._fail("C37", f"the cancel of {order_id} is refused, which is open")
        elif known is None or not (known.is_asked or known.is_doubtful):
            self._fail("C37", f"a person cancels {order_id}, and nothing comes of it")

    def _see_halted(self) -> None:
        for order_id, known in self._orders.items():
            if known.works and not known.terms.protective and order_id not in self._new:
                self._fail("C53", f"{order_id} works, trading is halted, and it is not canceled")

    def _see_exits(self, symbol: str | None, strategy_id: str | None) -> None:
        for key, held in self._held.items():
            by, of = key
            is_certain = bool(by and held) and of not in self._uncertain and of not in self._adjusted
            is_meant = strategy_id in (None, by) and symbol in (None, of)
            is_heeded = key in self._exits or self._is_on_its_way(key, held)
            if is_certain and is_meant and self._is_free and not is_heeded:
                self._fail("C53", f"{held} {of} of {by} are to be closed, and nothing comes of it")

    def _see_entries(self, symbol: str | None, strategy_id: str | None) -> None:
        for order_id, known in self._orders.items():
            order = known.terms
            is_meant = strategy_id in (None, order.strategy_id) and symbol in (None, order.symbol)
            is_entry = not order.protective and order.order_type is not OrderType.MARKET
            if is_meant and is_entry and known.works and order_id not in self._new:
                self._fail("C53", f"{order_id} works, its position is to be closed, and it is not canceled")

    def _is_on_its_way(self, key: _Key, held: Decimal) -> bool:
        """Whether an exit works, or waits for what becomes of another order."""
        return any(
            each.may_be_left_alone or (not each.is_over and each.terms.side.sign * held < 0)
            for each in self._of(key)
            if each.may_be_left_alone or not each.terms.protective
        )

    def _of(self, key: _Key) -> Iterator[_Order]:
        return (each for each in self._orders.values() if (each.terms.strategy_id, each.terms.symbol) == key)
