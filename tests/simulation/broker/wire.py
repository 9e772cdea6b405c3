"""A broker with one quoted symbol, and the bodies that are sent to it."""

from __future__ import annotations

from typing import Any

from ops.drill.broker import BrokerModel, BrokerRules, Reply

SYMBOLS = {"AAA": "0.01", "BBB": "0.05"}


def broker(*, cash: str = "100000", **rules: Any) -> BrokerModel:
    """AAA is quoted 99.90 to 100.00, 1000 units each, at 1 ns; BBB is not quoted."""
    model = BrokerModel(cash=cash, rules=BrokerRules(**rules), symbols=SYMBOLS)
    quote(model, "99.90", "100.00", at=1)
    return model


def quote(model: BrokerModel, bid: str, ask: str, *, sizes: tuple[str, str] = ("1000", "1000"), at: int) -> None:
    model.quote("AAA", bid, ask, *sizes, now_ns=at)


def body(client_order_id: str, side: str = "buy", qty: str = "10", **more: Any) -> dict[str, Any]:
    """A market day order for AAA, or the type that its prices make it."""
    kinds = {(False, False): "market", (True, False): "limit", (False, True): "stop", (True, True): "stop_limit"}
    kind = kinds["limit_price" in more, "stop_price" in more]
    terms = {"symbol": "AAA", "side": side, "type": kind, "time_in_force": "day", "qty": qty}
    return {"client_order_id": client_order_id, **terms, **more}


def submit(model: BrokerModel, sent: dict[str, Any], *, at: int) -> Reply:
    return model.request("POST", "/orders", sent, None, at)


def place(model: BrokerModel, client_order_id: str, side: str = "buy", *, at: int, **more: Any) -> None:
    """Submit an order that has to be taken on."""
    assert submit(model, body(client_order_id, side, **more), at=at).status == 200


def cancel(model: BrokerModel, client_order_id: str, *, at: int) -> Reply:
    return model.request("DELETE", f"/orders/{client_order_id}", None, None, at)


def replace(model: BrokerModel, client_order_id: str, *, at: int, **changes: str) -> Reply:
    return model.request("PATCH", f"/orders/{client_order_id}", changes, None, at)


def account(model: BrokerModel, *, at: int, since: int = 0) -> dict[str, Any]:
    reply = model.request("GET", "/account", None, {"since": str(since)}, at)
    assert isinstance(reply.body, dict)
    return reply.body


def code(reply: Reply) -> tuple[int, str | None]:
    """The status and the code of a refusal, None for what is none."""
    return reply.status, reply.body.get("code") if isinstance(reply.body, dict) else None


def story(model: BrokerModel) -> list[tuple[str, int, str]]:
    """The news since the last call: event, time and the order's status."""
    return [(u["event"], u["time_ns"], u["order"]["status"]) for u in model.take_updates()]
