"""The venue's answers, built from the order that they are about."""

from __future__ import annotations

from gateways.simulated._state import VenueOrder
from messages import (
    CancelOrder,
    OrderAccepted,
    OrderCanceled,
    OrderCancelRejected,
    OrderExpired,
    OrderNotFound,
    OrderRejected,
    OrderReplaced,
    OrderReplaceRejected,
    PortfolioId,
    QueryOrder,
    ReplaceOrder,
    StrategyId,
    SubmitOrder,
)

_NO_PORTFOLIO = PortfolioId("")  # the venue cannot know whose order an unknown id would have been
_NO_STRATEGY = StrategyId("")


def accepted(record: VenueOrder, now_ns: int) -> OrderAccepted:
    """The venue holds the order."""
    order = record.order
    return OrderAccepted(
        client_order_id=order.client_order_id,
        portfolio_id=order.portfolio_id,
        strategy_id=order.strategy_id,
        symbol=order.symbol,
        time_ns=now_ns,
        venue_order_id=record.venue_order_id,
    )


def rejected(order: SubmitOrder, reason: str, now_ns: int) -> OrderRejected:
    """The venue refused it."""
    return OrderRejected(
        client_order_id=order.client_order_id,
        portfolio_id=order.portfolio_id,
        strategy_id=order.strategy_id,
        symbol=order.symbol,
        time_ns=now_ns,
        reason=reason,
    )


def canceled(record: VenueOrder, reason: str, now_ns: int) -> OrderCanceled:
    """What is left will not execute."""
    order = record.order
    return OrderCanceled(
        client_order_id=order.client_order_id,
        portfolio_id=order.portfolio_id,
        strategy_id=order.strategy_id,
        symbol=order.symbol,
        time_ns=now_ns,
        reason=reason,
    )


def expired(record: VenueOrder, now_ns: int) -> OrderExpired:
    """Its day ended."""
    order = record.order
    return OrderExpired(
        client_order_id=order.client_order_id,
        portfolio_id=order.portfolio_id,
        strategy_id=order.strategy_id,
        symbol=order.symbol,
        time_ns=now_ns,
        reason="the day of a DAY order ended",
    )


def replaced(record: VenueOrder, now_ns: int) -> OrderReplaced:
    """Its terms are now those of the record."""
    order = record.order
    return OrderReplaced(
        client_order_id=order.client_order_id,
        portfolio_id=order.portfolio_id,
        strategy_id=order.strategy_id,
        symbol=order.symbol,
        time_ns=now_ns,
        quantity=record.quantity,
        limit_price=record.limit_price,
        stop_price=record.stop_price,
    )


def cancel_rejected(
    command: CancelOrder, order: SubmitOrder | None, reason: str, now_ns: int
) -> OrderCancelRejected:
    """Nothing is left to cancel."""
    return OrderCancelRejected(
        client_order_id=command.client_order_id,
        portfolio_id=order.portfolio_id if order else _NO_PORTFOLIO,
        strategy_id=order.strategy_id if order else _NO_STRATEGY,
        symbol=command.symbol,
        time_ns=now_ns,
        reason=reason,
    )


def replace_rejected(
    command: ReplaceOrder, order: SubmitOrder | None, reason: str, now_ns: int
) -> OrderReplaceRejected:
    """Its earlier terms stand."""
    return OrderReplaceRejected(
        client_order_id=command.client_order_id,
        portfolio_id=order.portfolio_id if order else _NO_PORTFOLIO,
        strategy_id=order.strategy_id if order else _NO_STRATEGY,
        symbol=command.symbol,
        time_ns=now_ns,
        reason=reason,
    )


def not_found(command: QueryOrder, now_ns: int) -> OrderNotFound:
    """The venue knows nothing of the id."""
    return OrderNotFound(
        client_order_id=command.client_order_id,
        portfolio_id=_NO_PORTFOLIO,
        strategy_id=_NO_STRATEGY,
        symbol=command.symbol,
        time_ns=now_ns,
    )
