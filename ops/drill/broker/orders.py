"""One order as the broker keeps it.

    pending_new -> new -> partially_filled -> filled
          |         |            |
          +---------+------------+--> canceled | expired | rejected      closed once, closed for ever

On the way the word may be `held`, `suspended`, `pending_replace`, `pending_cancel` or anything a person puts
there: they say what is going on, and never that the order is closed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal

from ops.drill.broker.replies import Document
from ops.drill.broker.rules import ZERO
from ops.drill.broker.terms import Terms, text

AVERAGE_PRICE_STEP = Decimal("0.000000001")
"""An average seldom ends; it is rounded, half to even, to nine places. Nothing is computed from it."""


@dataclass(slots=True, eq=False)
class Order:
    """A live view for judges: read it, never change it. Quantities are units; times are ns."""

    order_id: str
    client_order_id: str
    terms: Terms
    submitted_ns: int
    is_manual: bool = False
    first_terms: Terms = field(init=False)
    """As submitted, before any replace."""
    updated_ns: int = field(init=False)
    filled_qty: Decimal = ZERO
    filled_value: Decimal = ZERO
    """Sum of quantity x price over the executions that count."""
    closed: str | None = None
    """The final status once the order is closed: filled, canceled, expired or rejected."""
    reason: str | None = None
    is_acknowledged: bool = False
    is_triggered: bool = False
    is_cancel_pending: bool = False
    replacement: Terms | None = None
    """The terms that a pending replace would bring."""
    hold: str | None = None
    """`held` or `suspended` while the symbol is halted."""
    odd_word: str | None = None
    """A status word put there from outside; it stays until something happens to the order."""

    def __post_init__(self) -> None:
        self.first_terms = self.terms
        self.updated_ns = self.submitted_ns

    @property
    def is_open(self) -> bool:
        """Can anything still happen to it, but for busts and corrections?"""
        return self.closed is None

    @property
    def remaining(self) -> Decimal:
        """Units still to be executed; a closed order has them too, but they will not be."""
        return self.terms.qty - self.filled_qty

    @property
    def awaits_trigger(self) -> bool:
        """Is it a stop order that has not been triggered?"""
        return self.terms.stop_price is not None and not self.is_triggered

    @property
    def average_price(self) -> Decimal | None:
        """Mean price of the executions that count, to nine places; None without any."""
        if not self.filled_qty:
            return None
        return (self.filled_value / self.filled_qty).quantize(AVERAGE_PRICE_STEP, ROUND_HALF_EVEN).normalize()

    @property
    def status(self) -> str:
        """The status word of the wire."""
        if self.closed is not None:
            return self.closed
        if self.odd_word is not None:
            return self.odd_word
        if self.is_cancel_pending:
            return "pending_cancel"
        if self.replacement is not None:
            return "pending_replace"
        if self.hold is not None:
            return self.hold
        if not self.is_acknowledged:
            return "pending_new"
        return "partially_filled" if self.filled_qty else "new"

    def document(self) -> Document:
        """The order as the wire shows it at this moment."""
        terms, average = self.terms, self.average_price
        return {
            "id": self.order_id,
            "client_order_id": self.client_order_id,
            "symbol": terms.symbol,
            "side": terms.side,
            "type": terms.type,
            "time_in_force": terms.time_in_force,
            "qty": text(terms.qty),
            "filled_qty": text(self.filled_qty),
            "avg_price": None if average is None else text(average),
            "limit_price": None if terms.limit_price is None else text(terms.limit_price),
            "stop_price": None if terms.stop_price is None else text(terms.stop_price),
            "status": self.status,
            "reason": self.reason,
            "submitted_ns": self.submitted_ns,
            "updated_ns": self.updated_ns,
        }
