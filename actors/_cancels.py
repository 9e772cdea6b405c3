"""A portfolio's cancels: what it gives up, and asks for until it is over, though not at every refusal anew.

an order is given up -> CancelOrder -> canceled, or over otherwise
                                    -> refused, or lost: asked for again once the venue says that the order works,
                                       10 s after a refusal at the earliest
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors._portfolio_state import Plot
from messages import SECOND_NS, CancelOrder, ClientOrderId, OrderStatus
from rules.orders import evolve

if TYPE_CHECKING:
    from actors.portfolio import PortfolioActor

REFUSED_PAUSE_NS = 10 * SECOND_NS
"""How long an order whose cancel was refused is left alone: a venue that refuses them all is not flooded."""

CANCEL_TIMER = "cancel"


class Cancels:
    """The part of a portfolio actor that takes orders back."""

    def __init__(self, portfolio: PortfolioActor) -> None:
        self._portfolio = portfolio

    def ask(self, order_id: ClientOrderId, reason: str) -> None:
        """Ask the venue to cancel an order, unless it has just refused that."""
        portfolio, order = self._portfolio, self._portfolio.state.orders[order_id]
        if order_id in portfolio.state.cancel_refused_ns:
            return
        command = CancelOrder(
            client_order_id=order_id,
            venue_id=portfolio.venue_id,
            symbol=order.order.symbol,
            time_ns=portfolio.now_ns,
            reason=reason,
        )
        evolve(order, command)
        portfolio.link.note_asked(order_id)
        portfolio.tell_venue(command)

    def give_up_entries(self, plot: Plot, reason: str) -> None:
        """Cancel the working orders of one strategy in one symbol, but for its protective stop."""
        for order_id in plot.open_orders:
            order = self._portfolio.state.orders[order_id]
            if order.order.protective:
                continue
            self._portfolio.state.given_up[order_id] = reason
            if not order.is_cancel_pending:
                self.ask(order_id, reason)

    def give_up_what_opens(self, plot: Plot, reason: str) -> None:
        """Cancel what would open a position: an exit does, too, once what it was to close is gone."""
        for order_id in plot.open_orders:
            if self._portfolio.standing.opens(self._portfolio.state.orders[order_id]):
                self.give_up(order_id, reason)

    def give_up(self, order_id: ClientOrderId, reason: str) -> None:
        """Cancel an order, and go on until it is over."""
        self._portfolio.state.given_up[order_id] = reason
        self.ask_if_given_up(order_id)

    def ask_if_given_up(self, order_id: ClientOrderId) -> None:
        """The venue tells that an order works, perhaps one that was to be canceled: our request has not arrived."""
        order, reason = self._portfolio.state.orders[order_id], self._portfolio.state.given_up.get(order_id)
        is_asked = order.is_cancel_pending or order.was_cancel_rejected or order.status is OrderStatus.UNKNOWN
        if reason is not None and not is_asked:
            self.ask(order_id, reason)

    def on_refused(self, order_id: ClientOrderId) -> None:
        """Leave the order alone for a while."""
        portfolio, refused_ns = self._portfolio, self._portfolio.state.cancel_refused_ns
        if not refused_ns:
            portfolio.set_timer(CANCEL_TIMER, portfolio.now_ns + REFUSED_PAUSE_NS)
        refused_ns[order_id] = portfolio.now_ns

    def on_timer(self) -> None:
        """See anew to orders that were left alone for long enough."""
        portfolio, refused_ns = self._portfolio, self._portfolio.state.cancel_refused_ns
        due_ns = portfolio.now_ns - REFUSED_PAUSE_NS
        for order_id in [each for each, at_ns in refused_ns.items() if at_ns <= due_ns]:
            del refused_ns[order_id]
            order = portfolio.state.orders.get(order_id)
            if order is not None and order.is_open:
                self.ask_if_given_up(order_id)
                portfolio.pursue(order.order.strategy_id, order.order.symbol)
        if refused_ns:
            portfolio.set_timer(CANCEL_TIMER, min(refused_ns.values()) + REFUSED_PAUSE_NS)
