"""Random steps at a broker whose rules are drawn as well: whatever can be done there, in any order."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

from ops.drill.broker import BrokerModel, BrokerRules, Reply
from tests.simulation.broker.mirror import Mirror

SYMBOLS = {"AAA": "0.01", "BBB": "0.05"}


def drawn_rules(draw: random.Random) -> BrokerRules:
    """Any variant of the broker."""
    return BrokerRules(
        duplicates=draw.choice(["reject", "replay"]),
        shorting=draw.random() < 0.5,
        leverage=Decimal(draw.choice([1, 2])),
        wash_trade_refusal=draw.random() < 0.5,
        commission_per_share=Decimal(draw.choice(["0", "0.005"])),
        max_slice=draw.choice([None, Decimal(1), Decimal(7)]),
        ack_delay_ns=draw.choice([0, 5, 30]),
        cancel_delay_ns=draw.choice([0, 5, 30]),
        replace_delay_ns=draw.choice([0, 5, 30]),
        replace_race=draw.random() < 0.5,
        halted_orders=draw.choice(["hold", "refuse"]),
        day_end_ns=draw.choice([None, 150]),
    )


class Walk:
    """One broker, what was sent to it, and what it said."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.model = BrokerModel(cash="20000", rules=drawn_rules(self.draw), symbols=SYMBOLS)
        self.mirror = Mirror()
        self.time_ns = 0
        self.sent: list[dict[str, Any]] = []
        self.is_halted = dict.fromkeys(SYMBOLS, False)
        self.handed_out: list[tuple[Any, str]] = []
        self.quote()

    def run(self, steps: int) -> None:
        """Take that many steps, and look after each whether all is well."""
        actions = [self.submit] * 6 + [self.quote] * 6 + [self.cancel, self.replace] * 2
        actions += [self.repeat, self.look, self.undo, self.disturb, self.disturb]
        for _ in range(steps):
            self.time_ns += self.draw.randrange(8)
            self.draw.choice(actions)()
            updates = self.model.take_updates()
            self.keep(updates)
            self.mirror.take(updates)
            self.look_after()

    def look_after(self) -> None:
        """The books follow from the records, and the news alone leads to the same orders and positions."""
        self.model.check()
        for client_order_id, order in self.model.orders.items():
            told, is_now = self.mirror.orders[client_order_id], order.document()
            assert {**told, "reason": None} == {**is_now, "reason": None}
            assert self.mirror.filled.get(client_order_id, Decimal()) == order.filled_qty
        for symbol in SYMBOLS:
            assert self.mirror.positions.get(symbol, Decimal()) == self.model.position(symbol)
        if not self.model.rules.shorting and not {"trade_bust", "trade_correct"} & set(self.mirror.events):
            assert all(self.model.position(symbol) >= 0 for symbol in SYMBOLS)

    def keep(self, body: Any) -> None:
        """Remember how a body looked when it was handed out."""
        self.handed_out.append((body, repr(body)))

    def request(self, method: str, path: str, body: dict[str, Any] | None = None) -> Reply:
        reply = self.model.request(method, path, body, None, self.time_ns)
        self.keep(reply)
        return reply

    def submit(self) -> None:
        draw = self.draw
        kind = draw.choice(["market", "limit", "limit", "stop", "stop_limit"])
        body = {
            "client_order_id": f"c-{len(self.sent)}",
            "symbol": draw.choice(list(SYMBOLS)),
            "side": draw.choice(["buy", "buy", "sell"]),
            "type": kind,
            "time_in_force": draw.choice(["day", "gtc"] if "stop" in kind else ["day", "gtc", "ioc", "fok"]),
            "qty": str(draw.randrange(1, 30)),
        }
        if kind in ("limit", "stop_limit"):
            body["limit_price"] = self.price()
        if kind in ("stop", "stop_limit"):
            body["stop_price"] = self.price()
        self.sent.append(body)
        reply = self.request("POST", "/orders", body)
        if reply.status == 200:
            assert isinstance(reply.body, dict)
            self.mirror.orders[body["client_order_id"]] = reply.body

    def repeat(self) -> None:
        """Send a body once more, as it was or changed: there is never a second order."""
        if not self.model.accepted:
            return
        body = dict(self.draw.choice(self.model.accepted).body)
        if self.draw.random() < 0.5:
            body["qty"] = str(int(body["qty"]) + 1)
        self.model.advance(self.time_ns)
        counts = len(self.model.orders), len(self.model.accepted), len(self.model.executions)

        reply = self.request("POST", "/orders", body)

        assert (len(self.model.orders), len(self.model.accepted), len(self.model.executions)) == counts
        assert reply.status in (200, 422)

    def cancel(self) -> None:
        if self.draw.random() < 0.05:
            self.request("DELETE", "/orders")
        elif self.model.orders:
            self.request("DELETE", f"/orders/{self.any_order()}")

    def replace(self) -> None:
        if self.model.orders:
            changes = {
                "qty": str(self.draw.randrange(1, 30)),
                "limit_price": self.price(),
                "stop_price": self.price(),
            }
            field = self.draw.choice(list(changes))
            self.request("PATCH", f"/orders/{self.any_order()}", {field: changes[field]})

    def look(self) -> None:
        self.request("GET", "/account")
        if self.model.orders:
            assert self.request("GET", f"/orders/{self.any_order()}").status == 200

    def quote(self) -> None:
        for symbol in SYMBOLS:
            bid = Decimal(self.price())
            ask = bid + Decimal("0.05") * self.draw.randrange(3)
            sizes = str(self.draw.randrange(20)), str(self.draw.randrange(20))
            self.model.quote(symbol, bid, ask, *sizes, now_ns=self.time_ns)

    def undo(self) -> None:
        counting = self.model.counting_executions()
        if not counting:
            return
        execution = self.draw.choice(counting)
        if self.draw.random() < 0.5:
            self.keep(self.model.bust(execution.execution_id, now_ns=self.time_ns))
        else:
            qty = self.draw.randrange(1, int(execution.qty) + 1)
            self.model.correct(execution.execution_id, qty=str(qty), price=self.price(), now_ns=self.time_ns)

    def disturb(self) -> None:
        """What people and the market do at a broker."""
        model, draw = self.model, self.draw
        symbol = draw.choice(list(SYMBOLS))
        match draw.randrange(8):
            case 0:
                reply = model.manual_order(symbol, draw.choice(["buy", "sell"]), "3", now_ns=self.time_ns)
                if reply.status == 200:
                    assert isinstance(reply.body, dict)
                    self.mirror.orders[reply.body["client_order_id"]] = reply.body
            case 1:
                model.adjust_cash(draw.choice(["-0.35", "120"]), "fee or dividend", now_ns=self.time_ns)
            case 2:
                model.set_buying_power_reserve(draw.choice(["0", "5000"]))
            case 3 | 4:
                self.is_halted[symbol] = not self.is_halted[symbol]
                (model.halt if self.is_halted[symbol] else model.resume)(symbol)
            case 5:
                draw.choice([model.block, model.unblock, model.unblock])()
            case 6 if model.open_orders():
                model.set_status_word(draw.choice(model.open_orders()).client_order_id, "calculated")
            case 7 if model.open_orders():
                model.manual_cancel(draw.choice(model.open_orders()).client_order_id)

    def any_order(self) -> str:
        return self.draw.choice(list(self.model.orders))

    def price(self) -> str:
        return str(100 + Decimal("0.05") * self.draw.randrange(-10, 11))
