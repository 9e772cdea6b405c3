"""Judge an order: every order, every control, in this one place. The controls are in `rules.controls`."""

from __future__ import annotations

from messages import OrderApproved, OrderDenied, SignalPriced, SubmitOrder
from rules._order_case import RiskContext, Submission, order_case
from rules.controls import CONTROLS
from rules.limits import RiskLimits

__all__ = ["RiskContext", "RiskLimits", "Submission", "judge_order"]


def judge_order(
    order: SubmitOrder, *, limits: RiskLimits, context: RiskContext, signal: SignalPriced | None = None
) -> OrderApproved | OrderDenied:
    """Allow or deny one order, with the verdict of every control. Does not raise, whatever the numbers are.

    No I/O and no clock: the same inputs give the same verdict. `signal` is what asked for the order; it is
    passed on, so that the chain from opinion to fill can be shown.
    """
    case = order_case(order, limits, context)
    verdicts = tuple([control(case) for control in CONTROLS])
    failed = [verdict.reason for verdict in verdicts if not verdict.passed]
    if failed:
        return OrderDenied(
            client_order_id=order.client_order_id,
            portfolio_id=order.portfolio_id,
            strategy_id=order.strategy_id,
            symbol=order.symbol,
            time_ns=context.now_ns,
            order=order,
            verdicts=verdicts,
            reason="; ".join(failed),
            signal=signal,
        )
    return OrderApproved(
        client_order_id=order.client_order_id,
        portfolio_id=order.portfolio_id,
        strategy_id=order.strategy_id,
        symbol=order.symbol,
        time_ns=context.now_ns,
        order=order,
        verdicts=verdicts,
        signal=signal,
    )
