"""Whether what a broker accepted is what was intended: asked alike by every drill, apart from the engine's code."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from messages import SubmitOrder


def unlike_intent(intent: SubmitOrder, body: Mapping[str, str]) -> str:
    """The first term of the accepted body that is not the intent's, in words; empty if all are the same."""
    ours: dict[str, object] = {
        "symbol": intent.symbol,
        "side": intent.side.value,
        "type": intent.order_type.value,
        "time_in_force": intent.time_in_force.value,
        "qty": intent.quantity,
        "limit_price": intent.limit_price,
        "stop_price": intent.stop_price,
    }
    for name, value in ours.items():
        text = body.get(name)
        theirs = Decimal(text) if text is not None and isinstance(value, Decimal) else text
        if value != theirs:
            return f"{name} is {value} and {theirs} there"
    return ""
