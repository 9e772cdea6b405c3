"""What the answer to a question about an order must tell before it counts."""

from __future__ import annotations

from messages import ExecutionId, OrderEvent, OrderFillBusted, OrderFillCorrected, OrderFilled, OrderReported
from rules.orders import OrderState

QUESTIONS_BEFORE_BELIEVED = 10
"""Answers to as many questions in a row, minutes of them, that lack the same are no copy's that lags."""


def is_of_before(state: OrderState, event: OrderEvent, told: list[ExecutionId]) -> bool:
    """Whether an answer lacks executions that are known of an order of which some were taken back.

    A copy of the venue's that lags has told it: its sum may be right by chance. `told` are the executions that were
    told since the order was asked for, those of the event included from now on.
    """
    match event:
        case OrderFilled() | OrderFillBusted():
            told.append(event.execution_id)
        case OrderFillCorrected():
            told += event.execution_id, event.earlier_execution_id
        case OrderReported() if event.asked_ns and state.has_undone:
            return any(each not in told for each in state.executions)
    return False


def tells_enough(state: OrderState, event: OrderEvent, *, is_news: bool) -> bool:
    """Whether an event ends the question about an order: the answer does.

    So does other news, unless the venue took executions back: then only the answer tells of all of them.
    """
    if isinstance(event, OrderReported):
        return event.asked_ns > 0 or not state.has_undone
    return is_news and not state.has_undone
