"""One engine process's end of the wire: what a gateway is to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from gateways.broker import AnyCommand, Reply, Translator
from messages import (
    SECOND_NS,
    AnyMessage,
    PortfolioId,
    QueryAccount,
    SubmitOrder,
    VenueConnected,
    VenueDisconnected,
    VenueId,
)
from ops.drill.judge.conduct import Conduct
from ops.drill.simulation.disk import BOOK
from ops.drill.simulation.faults import Fault
from ops.drill.simulation.world import World

if TYPE_CHECKING:
    from ops.drill.simulation.wire import Wire

TIMEOUT_NS = 5 * SECOND_NS
"""How long a gateway waits for an answer."""

LATE_NS = 4 * SECOND_NS
"""How long after that a request may still arrive: an engine asks on for `REQUEST_MAX_NS` before it gives up."""

VENUE, PORTFOLIO = VenueId("broker"), PortfolioId("main")

BUSY, BROKEN = Reply(429, {"code": "too_many_requests"}), Reply(503, None)


class Connection:
    """A gateway as `actors.kernel.ports` has it: requests of one order go one behind the other."""

    def __init__(
        self,
        world: World,
        wire: Wire,
        *,
        put: Callable[[AnyMessage], None],
        clock_ns: Callable[[], int],
        boundary: Callable[[str], None],
        conduct: Conduct,
    ) -> None:
        """`put` gives the engine a message; `clock_ns` tells the engine's time, which is stamped on it.

        `boundary` is told where the process may be killed, and may raise; `conduct` of all that leaves or is told.
        """
        self.is_open = True
        self.translator = Translator(venue_id=VENUE, portfolio_id=PORTFOLIO, book=BOOK, currency="USD")
        self._world = world
        self._wire = wire
        self._put = put
        self._clock_ns = clock_ns
        self._boundary = boundary
        self._conduct = conduct
        self._waiting: dict[int, AnyCommand] = {}
        self._count = 0
        self._last_arrival_ns: dict[str, int] = {}

    def release(self, message: AnyMessage) -> None:
        """Send one command, behind those of the same order. Raises Killed as the seed has it."""
        self._boundary("before a send")
        self._conduct.see_sent(message)
        self._send(cast("AnyCommand", message))
        self._boundary("after a send")

    def put(self, message: AnyMessage) -> None:
        """Give the engine a message, unless it is gone."""
        if self.is_open:
            self._put(message)

    def tell_connected(self) -> None:
        """Updates come from now on."""
        self.put(VenueConnected(venue_id=VENUE, time_ns=self._clock_ns()))

    def tell_disconnected(self, reason: str) -> None:
        """Nothing comes any more."""
        self.put(VenueDisconnected(venue_id=VENUE, time_ns=self._clock_ns(), reason=reason))

    def receive_in(self, delay_ns: int, update: Mapping[str, Any]) -> None:
        """An update is under way."""
        self._world.after(delay_ns, lambda: self._read(update))

    def _read(self, update: Mapping[str, Any]) -> None:
        told = self.translator.update(update, self._clock_ns())
        self._conduct.see_update(update, told)
        self._put_all(told)

    def answered(self, number: int, command: AnyCommand, reply: Reply) -> None:
        """An answer has come. A late one is dropped, or not: a gateway may have been as slow as the wire."""
        is_late = self._waiting.pop(number, None) is None
        if self.is_open and not (is_late and self._world.draw.random() < 0.5):
            self._put_all(self.translator.answers_to(command, reply, self._clock_ns()))

    def _give_up(self, number: int) -> None:
        command = self._waiting.pop(number, None)
        if command is not None and self.is_open:
            self._put_all(self.translator.answers_to(command, None, self._clock_ns()))

    def _put_all(self, messages: list[AnyMessage]) -> None:
        for message in messages:
            self.put(message)

    def _send(self, command: AnyCommand) -> None:
        world, status = self._world, self._wire.standing(command)
        name = "" if isinstance(command, QueryAccount) else command.client_order_id
        arrival_ns = max(world.now_ns + world.latency_ns(), self._last_arrival_ns.get(name, 0) + 1)
        self._last_arrival_ns[name] = arrival_ns
        self._count += 1
        number = self._count
        self._waiting[number] = command
        if world.strikes(Fault.REQUEST_FORGOTTEN, status):
            return
        world.after(TIMEOUT_NS, lambda: self._give_up(number))
        if world.strikes(Fault.REQUEST_LOST, status):
            return
        if world.strikes(Fault.REQUEST_LATE, status):
            arrival_ns = world.now_ns + TIMEOUT_NS + world.draw.randrange(LATE_NS)
        if world.strikes(Fault.ERROR_BEFORE, status):
            reply = world.draw.choice((BUSY, BROKEN))
            world.at(arrival_ns, lambda: self.answered(number, command, reply))
            return
        world.at(arrival_ns, lambda: self._wire.arrive(self, number, command))
        if isinstance(command, SubmitOrder) and world.strikes(Fault.REQUEST_DOUBLED, status):
            request = self.translator.request_of(command)
            again_ns = arrival_ns + world.latency_ns() + world.seldom.randrange(world.swarm.doubled_within_ns)
            world.at(again_ns, lambda: self._wire.arrive_again(request))
