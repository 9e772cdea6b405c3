"""What tests of the risk controls share: one order judged under limits that are wide but for those named."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from messages import (
    OrderApproved,
    OrderDenied,
    OrderType,
    Side,
    SubmitOrder,
)
from rules.limits import RiskLimits
from rules.risk import judge_order
from tests.rules._market import context
from tests.rules._orders import order

D = Decimal


def judge(submit: SubmitOrder, known: dict[str, Any] | None = None, **limits: Any) -> OrderApproved | OrderDenied:
    wide = {"max_position_fraction": D(100), "max_gross_exposure_fraction": D(100)}
    wide |= {"max_order_value_fraction": D(100), "max_price_deviation_fraction": D(100), "min_cash": D("-1e9")}
    return judge_order(submit, limits=RiskLimits(**{**wide, **limits}), context=context(**(known or {})))


def failed(verdict: OrderApproved | OrderDenied) -> list[str]:
    return [each.control for each in verdict.verdicts if not each.passed]


def limit_order(price: str, quantity: str = "10", side: Side = Side.BUY) -> SubmitOrder:
    return order(quantity, side, order_type=OrderType.LIMIT, limit_price=D(price))


def sale(quantity: str, **terms: Any) -> SubmitOrder:
    return order(quantity, Side.SELL, **terms)


def stop(quantity: str, **terms: Any) -> SubmitOrder:
    return sale(quantity, order_type=OrderType.STOP, stop_price=D(90), protective=True, **terms)
