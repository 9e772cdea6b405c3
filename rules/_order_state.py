"""What is known of one order, and the table of its legal transitions. Public names are told by `rules.orders`."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from messages import ExecutionId, OrderFillBusted, OrderFilled, OrderStatus, ReplaceOrder, SubmitOrder, VenueOrderId
from rules._coverage import Stretch

_S = OrderStatus
ENDINGS = frozenset({_S.FILLED, _S.CANCELED, _S.REJECTED, _S.EXPIRED})
_LIVE = frozenset({_S.UNKNOWN, _S.ACCEPTED, _S.PARTIALLY_FILLED, _S.PENDING_CANCEL, _S.PENDING_REPLACE})

TERMINAL = ENDINGS | {_S.DENIED}
"""Statuses in which the venue will do no more for the order."""

_AWAITED = frozenset({_S.SUBMITTED, _S.UNKNOWN, _S.PENDING_CANCEL, _S.PENDING_REPLACE})

TRANSITIONS: Mapping[OrderStatus, frozenset[OrderStatus]] = {
    _S.INITIALIZED: ENDINGS | _LIVE | {_S.DENIED, _S.SUBMITTED},
    _S.SUBMITTED: ENDINGS | _LIVE,
    _S.UNKNOWN: (ENDINGS | _LIVE) - {_S.PENDING_CANCEL, _S.PENDING_REPLACE},
    _S.ACCEPTED: ENDINGS | _LIVE,
    _S.PARTIALLY_FILLED: (ENDINGS | _LIVE) - {_S.REJECTED},  # ACCEPTED again if its executions are taken back
    _S.PENDING_CANCEL: ENDINGS | _LIVE | {_S.SUBMITTED},
    _S.PENDING_REPLACE: ENDINGS | _LIVE | {_S.SUBMITTED},
    # An ending is final but for a fill that comes late, and these words of the venue that undo it:
    # Its quantity had been raised before it filled; its executions may have been taken back since
    _S.FILLED: frozenset({_S.PARTIALLY_FILLED, _S.ACCEPTED, _S.UNKNOWN}),
    # It was canceled because it was not found, and then was found or sent again
    _S.CANCELED: frozenset({_S.FILLED, _S.SUBMITTED, _S.ACCEPTED, _S.PARTIALLY_FILLED}),
    _S.REJECTED: frozenset({_S.FILLED, _S.UNKNOWN}),  # it executes all the same
    _S.DENIED: frozenset({_S.FILLED, _S.UNKNOWN}),  # the same
    _S.EXPIRED: frozenset({_S.FILLED}),
}
"""Where an order may go from each status; staying is always legal."""

ZERO = Decimal(0)
LARGEST = Decimal(10) ** 15  # beyond it 28 digits no longer hold a quantity times a price exactly


class OrderState(msgspec.Struct, kw_only=True):
    """All that is known of one order; mutable, changed only by `evolve`, and fit for a checkpoint.

    `quantity`, `limit_price` and `stop_price` are the terms as the venue last confirmed them. `executions` maps
    the execution ids known to what each added, 0 for one that was taken back; `booked` their prices and
    commissions. `covered` says which stretches of the cumulative quantity they fill; once executions were taken
    back and the sums do not come out, it says nothing any more, and they count by their ids alone
    (`is_counted_by_id`). `revived` are those told once more since the last report though they were taken back: a
    report that does not tell that, too, is of before it. `was_not_found` marks an order CANCELED because the venue
    did not know it: the one ending from which it may be sent again under the same id. `was_refused` one that it had
    accepted and then refused, which may be said of another copy of its request: the second time it counts. Counts:
    `duplicates` of fills, `ignored` of other events without effect. `replaced_ns` is when the venue last told of
    changed terms, `counted_ns` when what is filled changed last.
    """

    order: SubmitOrder
    status: OrderStatus
    quantity: Decimal
    limit_price: Decimal | None
    stop_price: Decimal | None
    filled_quantity: Decimal = ZERO
    filled_notional: Decimal = ZERO
    commission: Decimal = ZERO
    venue_order_id: VenueOrderId | None = None
    is_accepted: bool = False
    executions: dict[ExecutionId, Decimal] = {}
    booked: dict[ExecutionId, tuple[Decimal, Decimal]] = {}
    covered: list[Stretch] = []
    is_counted_by_id: bool = False
    revived: list[ExecutionId] = []
    is_cancel_pending: bool = False
    pending_replace: ReplaceOrder | None = None
    was_cancel_rejected: bool = False
    was_replace_rejected: bool = False
    was_not_found: bool = False
    was_refused: bool = False
    duplicates: int = 0
    ignored: int = 0
    reason: str = ""
    last_time_ns: int = 0
    replaced_ns: int = 0
    counted_ns: int = 0

    @property
    def is_open(self) -> bool:
        """Whether the venue may still act on it, or be told to: everything but an ending, UNKNOWN included."""
        return self.status not in TERMINAL

    @property
    def may_turn_up(self) -> bool:
        """Whether it may work at the venue though it is over here: the venue did not know it, or it counts as
        filled by an execution that turns out to have been taken back.
        """
        return self.was_not_found or self.status is OrderStatus.FILLED

    @property
    def is_awaited(self) -> bool:
        """Whether the venue owes an answer: to the order, to a cancel or change of it, or to how it stands."""
        return self.status in _AWAITED

    @property
    def average_price(self) -> Decimal | None:
        """Mean price of the fills, `None` before the first. Derived from an exact sum, so it does not drift."""
        return self.filled_notional / self.filled_quantity if self.filled_quantity else None

    @property
    def leaves_quantity(self) -> Decimal:
        """The most that may still execute; a replacement in flight counts at the larger of both quantities."""
        if self.status in TERMINAL:
            return ZERO
        return max(greatest_quantity(self) - self.filled_quantity, ZERO)

    @property
    def missing_quantity(self) -> Decimal:
        """What the venue says is filled beyond the executions that it has told us of."""
        return self.covered[-1][1] - self.filled_quantity if self.covered else ZERO

    @property
    def has_undone(self) -> bool:
        """Whether the venue took an execution back: what is told of others may be of before that, or behind it."""
        return ZERO in self.executions.values()

    @property
    def overfilled_quantity(self) -> Decimal:
        """What is filled beyond the order's quantity."""
        return max(self.filled_quantity - greatest_quantity(self), ZERO)


class Evolution(msgspec.Struct, frozen=True, kw_only=True):
    """What one event did to an order.

    `fill` is what must go into the books: the execution, or that part of it which was not counted before;
    `None` if there is nothing to book. `undone` is what must go out of them again, before that. `needs_query`
    says that only the venue can tell how the order stands.
    `problem`, if not empty, is for a person: the venue said what cannot be true.
    """

    before: OrderStatus
    after: OrderStatus
    fill: OrderFilled | None = None
    undone: OrderFillBusted | None = None
    is_ignored: bool = False
    needs_query: bool = False
    missing_quantity: Decimal = ZERO
    overfilled_quantity: Decimal = ZERO
    problem: str = ""


class Effect(msgspec.Struct):
    """What the handler of one event found; `status` is where the order goes."""

    status: OrderStatus
    fill: OrderFilled | None = None
    undone: OrderFillBusted | None = None
    is_ignored: bool = False
    needs_query: bool = False
    problem: str = ""


def initial_state(order: SubmitOrder) -> OrderState:
    """The state of an order that exists on paper only."""
    return OrderState(
        order=order,
        status=OrderStatus.INITIALIZED,
        quantity=order.quantity,
        limit_price=order.limit_price,
        stop_price=order.stop_price,
        last_time_ns=order.time_ns,
    )


def known_status(state: OrderState) -> OrderStatus:
    """The status of an order of which the venue has told, by what is known of it."""
    if state.filled_quantity >= greatest_quantity(state):
        return OrderStatus.FILLED
    if state.is_cancel_pending:
        return OrderStatus.PENDING_CANCEL
    if state.pending_replace is not None:
        return OrderStatus.PENDING_REPLACE
    if state.filled_quantity > 0:
        return OrderStatus.PARTIALLY_FILLED
    return OrderStatus.ACCEPTED if state.is_accepted else OrderStatus.SUBMITTED


def greatest_quantity(state: OrderState) -> Decimal:
    """The order's quantity, or that of a replacement in flight if it is larger."""
    pending = state.pending_replace
    if pending is None or pending.quantity is None:
        return state.quantity
    return max(state.quantity, pending.quantity)
