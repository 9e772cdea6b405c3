"""Our commands as requests of the broker's protocol, and what a reply to one is."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from messages import CancelOrder, ClientOrderId, QueryAccount, QueryOrder, ReplaceOrder, SubmitOrder

AnyCommand = SubmitOrder | CancelOrder | ReplaceOrder | QueryOrder | QueryAccount
"""What an engine releases to a gateway."""


class Request(NamedTuple):
    """One request: `body` is sent as JSON if there is one, `query` goes behind the path."""

    method: str
    path: str
    body: dict[str, str] | None = None
    query: dict[str, int] | None = None


class Reply(NamedTuple):
    """What came back: an HTTP status, and the JSON behind it, `None` if there was none."""

    status: int
    body: Any = None


def request_of(command: AnyCommand) -> Request:
    """The request that carries out a command. An order's id, which is its name there too, needs no escaping."""
    match command:
        case SubmitOrder():
            return Request("POST", "/orders", _terms(command))
        case CancelOrder():
            return Request("DELETE", _path(command.client_order_id))
        case ReplaceOrder():
            changed = {
                "qty": command.quantity,
                "limit_price": command.limit_price,
                "stop_price": command.stop_price,
            }
            body = {name: _plain(value) for name, value in changed.items() if value is not None}
            return Request("PATCH", _path(command.client_order_id), body)
        case QueryOrder():
            return Request("GET", _path(command.client_order_id))
        case QueryAccount():
            return Request("GET", "/account", query={"since": command.since_ns})


def _terms(order: SubmitOrder) -> dict[str, str]:
    body = {
        "client_order_id": order.client_order_id,
        "symbol": order.symbol,
        "side": order.side.value,
        "type": order.order_type.value,
        "time_in_force": order.time_in_force.value,
        "qty": _plain(order.quantity),
    }
    if order.limit_price is not None:
        body["limit_price"] = _plain(order.limit_price)
    if order.stop_price is not None:
        body["stop_price"] = _plain(order.stop_price)
    return body


def _path(order_id: ClientOrderId) -> str:
    return f"/orders/{order_id}"


def _plain(value: Decimal) -> str:
    """Digits only: not every reader takes an exponent."""
    return format(value, "f")
