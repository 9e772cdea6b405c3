"""Commands that wait for the wire: those of one order strictly in order, cancels before orders before questions.

An order has at most one request under way. A question that waits behind everything else of its order is not asked
twice. Pure, and for one thread.
"""

from __future__ import annotations

from collections import deque

from gateways.broker.requests import AnyCommand
from messages import CancelOrder, QueryAccount, QueryOrder

_CANCELS, _ORDERS, _QUESTIONS = range(3)
_ACCOUNT_LANE = ""  # no order's id


class WaitingCommands:
    """Holds at most `limit` commands, and cancels beyond that: twice as many in all."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lanes: dict[str, deque[AnyCommand]] = {}
        self._ready: tuple[deque[str], ...] = (deque(), deque(), deque())
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def put(self, command: AnyCommand) -> bool:
        """Let a command wait for its turn. False, and it is not kept, if there is no room."""
        name = _lane_of(command)
        lane = self._lanes.get(name)
        if lane and isinstance(command, QueryOrder | QueryAccount) and isinstance(lane[-1], type(command)):
            lane[-1] = command
            return True
        if self._count >= (2 * self._limit if isinstance(command, CancelOrder) else self._limit):
            return False
        self._count += 1
        if lane is None:
            self._lanes[name] = deque((command,))
            self._ready[_rank(command)].append(name)
        else:
            lane.append(command)
        return True

    def take(self) -> AnyCommand | None:
        """The command to send next. Nothing else of its order is given out until `done`."""
        for names in self._ready:
            if names:
                self._count -= 1
                return self._lanes[names.popleft()].popleft()
        return None

    def done(self, command: AnyCommand) -> None:
        """A command that was taken is answered, or given up."""
        name = _lane_of(command)
        lane = self._lanes[name]
        if lane:
            self._ready[_rank(lane[0])].append(name)
        else:
            del self._lanes[name]


def _lane_of(command: AnyCommand) -> str:
    return _ACCOUNT_LANE if isinstance(command, QueryAccount) else command.client_order_id


def _rank(command: AnyCommand) -> int:
    match command:
        case CancelOrder():
            return _CANCELS
        case QueryOrder() | QueryAccount():
            return _QUESTIONS
    return _ORDERS
