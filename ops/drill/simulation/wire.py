"""What lies between an engine and its broker: requests, answers and updates, and all that goes wrong with them.

release -> request -> (lost, doubled) -> broker -> answer -> (lost, late, 5xx, stale) -> the engine's ingress
                                         broker -> update -> (lost, doubled, overtaken, mute) -> the same
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

from gateways.broker import AnyCommand, Reply, Request
from messages import SECOND_NS, CancelOrder, QueryAccount
from ops.drill.broker import BrokerModel
from ops.drill.simulation.connection import BROKEN, BUSY, TIMEOUT_NS, Connection
from ops.drill.simulation.faults import Fault
from ops.drill.simulation.world import World

ORDERS = "/orders/"
_REFUSALS = {
    "order_replace_rejected": Fault.REPLACE_RACE,
    "order_cancel_rejected": Fault.CANCEL_REFUSED,
}
NOT_NOW = Reply(422, {"code": "not_cancelable", "message": "not now", "status": "accepted"})
NOT_FOUND = Reply(404, {"code": "not_found", "message": "the copy has not heard of it"})


class Wire:
    """The network of one simulation. Engine processes come and go at one end; the broker stays."""

    def __init__(
        self,
        world: World,
        broker: BrokerModel,
        *,
        status_of: Callable[[str], str],
        on_refusal: Callable[[str], None],
        on_account: Callable[[int, bool], None],
        on_uncertain: Callable[[str], None],
    ) -> None:
        """`status_of` tells how an order stands for the engine: it is what coverage counts by.

        `on_refusal` is told of each order that the broker refuses, `on_account` of each answer about the account:
        as of when, and whether it is blocked; `on_uncertain` of symbols in which nobody can know what works: the
        broker's answer about an order was stale.
        """
        self._on_refusal = on_refusal
        self._on_account = on_account
        self._on_uncertain = on_uncertain
        self._world = world
        self._broker = broker
        self._status_of = status_of
        self._listener: Connection | None = None
        self._is_mute = False
        self._old_answers: dict[str, Reply] = {}
        self._lagging: dict[str, tuple[int, Reply]] = {}
        self._returning: Connection | None = None
        self._refusals = random.Random(f"refusals {world.swarm.seed}")  # noqa: S311  # a simulation, not a secret
        rules = world.swarm.rules
        self._delays_ns = {
            "POST": rules.ack_delay_ns,
            "DELETE": rules.cancel_delay_ns,
            "PATCH": rules.replace_delay_ns,
        }

    def connect(self, connection: Connection) -> None:
        """Its updates go there from now on, if it still is."""
        if not connection.is_open:
            return
        self._listener = connection
        self._is_mute = False
        connection.tell_connected()

    def disconnect(self, reason: str, *, outage_ns: int = SECOND_NS) -> None:
        """Nobody gets the updates until `connect`, after an outage of about that long."""
        listener, self._listener = self._listener, None
        if listener is not None:
            self._returning = listener
            listener.tell_disconnected(reason)
            self._world.after(self._world.latency_ns() + outage_ns, self.return_now)

    def return_now(self) -> None:
        """Whoever waits for the connection has it again."""
        returning, self._returning = self._returning, None
        if returning is not None:
            self.connect(returning)

    def drop(self, connection: Connection) -> None:
        """The engine at that end is gone."""
        connection.is_open = False
        if self._listener is connection:
            self._listener = None

    def mute(self, duration_ns: int) -> None:
        """Updates are swallowed for a while, and nobody is told."""
        self._is_mute = True
        self._world.after(duration_ns, self._unmute)

    def _unmute(self) -> None:
        self._is_mute = False

    # ---- requests

    def arrive(self, connection: Connection, number: int, command: AnyCommand) -> None:
        """A request is at the broker."""
        world, status = self._world, self.standing(command)
        refusal = self._refuses(command)
        answer = self._ask(connection.translator.request_of(command)) if refusal is None else refusal
        self.carry_updates()
        if world.strikes(Fault.RESPONSE_LOST, status):
            return
        if not isinstance(command, QueryAccount) and world.strikes(Fault.ERROR_AFTER, status):
            answer = world.draw.choice((BUSY, BROKEN))
        delay_ns = world.latency_ns()
        if world.strikes(Fault.RESPONSE_LATE, status):
            delay_ns += TIMEOUT_NS + world.draw.randrange(2 * SECOND_NS)
        world.after(delay_ns, lambda: connection.answered(number, command, answer))

    def _refuses(self, command: AnyCommand) -> Reply | None:
        """The broker's refusal of a cancel, just now, of an order that works; `None` if it is taken."""
        swarm = self._world.swarm
        rate = swarm.faults.get(Fault.CANCEL_REFUSED, 0.0) if swarm.refuses_cancels else 0.0
        is_cancel = isinstance(command, CancelOrder) and self._broker.is_open(command.client_order_id)
        if not (rate and self._world.is_faulty and is_cancel) or self._refusals.random() >= rate:
            return None
        self._world.note_hit(Fault.CANCEL_REFUSED, self.standing(command))
        return NOT_NOW

    def arrive_again(self, request: Request) -> None:
        """The same request once more, which nobody has sent, or awaits an answer to."""
        self._ask(request)
        self.carry_updates()

    def standing(self, command: AnyCommand) -> str:
        """How the order of a command stands for the engine."""
        return "" if isinstance(command, QueryAccount) else self._status_of(command.client_order_id)

    def _ask(self, request: Request) -> Reply:
        world = self._world
        broker_ns = world.now_ns + world.swarm.skew_ns
        replied = self._broker.request(request.method, request.path, request.body, request.query, broker_ns)
        reply = Reply(replied.status, replied.body)
        if world.swarm.skew_ns and world.is_faulty:
            world.note_hit(Fault.CLOCK_SKEW, self._standing(request))
        if request.method == "GET":
            told = self._as_it_was(request, reply)
            if told is not reply and isinstance(reply.body, dict) and "symbol" in reply.body:
                self._on_uncertain(reply.body["symbol"])
            if isinstance(told.body, dict) and "positions" in told.body:
                self._on_account(told.body["time_ns"], told.body["status"] != "ACTIVE")
            return told
        if delay_ns := self._delays_ns[request.method]:
            world.after(delay_ns, self.advance)
        self._note_refusal(request, reply)
        return reply

    def advance(self) -> None:
        """The broker does what is due: what it took its time for, and the end of its day."""
        self._broker.advance(self._world.now_ns + self._world.swarm.skew_ns)
        self.carry_updates()

    def _as_it_was(self, request: Request, reply: Reply) -> Reply:
        """How a copy answers that may not have heard of the latest news. A copy's order may be unknown to it."""
        world, path = self._world, request.path
        until_ns, old = self._lagging.get(path, (0, reply))
        if world.is_faulty and world.now_ns < until_ns:
            return old
        if path in self._old_answers and world.strikes(Fault.STALE_SNAPSHOT, self._standing(request)):
            return self._old_answers[path]
        if world.strikes(Fault.LAGGING_REPLICA, self._standing(request)):
            known = self._old_answers.get(path)
            if known is not None or path.startswith(ORDERS):
                old = known or NOT_FOUND
                self._lagging[path] = (world.now_ns + world.draw.randrange(world.swarm.lag_max_ns), old)
                return old
        self._old_answers[path] = reply
        return reply

    def _note_refusal(self, request: Request, reply: Reply) -> None:
        world = self._world
        code = reply.body.get("code") if isinstance(reply.body, dict) else None
        if request.method == "POST" and reply.status in (403, 422) and code != "duplicate_client_order_id":
            self._on_refusal((request.body or {})["client_order_id"])
        if code == "wash_trade":
            world.note_hit(Fault.WASH_TRADE, "submitted")
        elif request.method == "DELETE" and reply.status == 422:
            world.note_hit(Fault.CANCEL_REFUSED, self._standing(request))

    def _standing(self, request: Request) -> str:
        return self._status_of(request.path.rpartition("/")[2])

    # ---- updates

    def carry_updates(self) -> None:
        """Take the broker's news and send each on its way."""
        for update in self._broker.take_updates():
            self._note_what_happened(update)
            self._carry(update)

    def _carry(self, update: dict[str, Any]) -> None:
        world, listener = self._world, self._listener
        if listener is None or self._is_mute:
            return
        status = self._status_of(update["order"]["client_order_id"])
        if world.strikes(Fault.UPDATE_LOST, status):
            return
        delay_ns = world.latency_ns()
        if world.strikes(Fault.UPDATE_REORDERED, status):
            delay_ns += world.draw.randrange(world.draw.choice((3, 15)) * SECOND_NS)
        until_ns, _ = self._lagging.get(ORDERS + update["order"]["client_order_id"], (0, None))
        if world.is_faulty and world.now_ns < until_ns:  # the stream may come from the copy that lags
            delay_ns += world.draw.randrange(until_ns - world.now_ns)
        listener.receive_in(delay_ns, update)
        if world.strikes(Fault.UPDATE_DOUBLED, status):
            listener.receive_in(delay_ns + world.draw.randrange(world.swarm.told_again_within_ns), update)

    def _note_what_happened(self, update: Mapping[str, Any]) -> None:
        world, event, order = self._world, update["event"], update["order"]
        if event not in ("partial_fill", "fill", *_REFUSALS):
            return
        status = self._status_of(order["client_order_id"])
        if event in _REFUSALS:
            world.note_hit(_REFUSALS[event], status)
            return
        if event == "partial_fill":
            world.note_hit(Fault.PARTIAL_FILL, status)
        if any(order_id == order["client_order_id"] for _, order_id in self._broker.cancel_requests):
            world.note_hit(Fault.LATE_FILL, status)
