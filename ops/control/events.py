"""Effects on their way from the committer to whoever watches the engine.

committer: publish -> backlog, bounded -> server's loop: filter, encode once -> one queue per watcher, bounded

Nothing here ever waits for a watcher. What does not fit is dropped, the oldest first, and told as `EventsDropped`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from messages import AnyMessage, Recorded
from ops.control.wire import DROPPED_TYPE, HEARTBEAT_TYPE
from ops.errors import EngineNotAnswering
from ops.export import RecordKind, kind_of, record

BACKLOG_MAX = 20_000
"""Effects that may wait for the server's loop."""
LINES_MAX = 2_000
"""Encoded events that may wait for one watcher: with every order's verdicts in them, about 5 MB."""
SUBSCRIPTIONS_MAX = 32

_SLICE = 16
"""Effects told in one go. Between two the loop polls its sockets, which hands the interpreter to the core."""
_CHUNK_LINES_MAX = 200

_HEARTBEAT = msgspec.json.encode({"type": HEARTBEAT_TYPE}) + b"\n"
_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events a watcher wants; what is left empty lets all pass.

    An alert, or the restart of an actor, belongs to the symbol, strategy or portfolio that it names.
    """

    types: frozenset[str] = frozenset()
    symbol: str = ""
    strategy: str = ""
    portfolio: str = ""

    def passes(self, message: AnyMessage) -> bool:
        """Whether this event is wanted."""
        if self.types and type(message).__name__ not in self.types:
            return False
        return (
            _concerns(message, "symbol", self.symbol, actor=f"symbol/{self.symbol}")
            and _concerns(message, "strategy_id", self.strategy, actor=f"strategy/{self.strategy}")
            and _concerns(message, "portfolio_id", self.portfolio, actor=f"portfolio/{self.portfolio}")
        )


class EventHub:
    """One publisher, any number of watchers up to SUBSCRIPTIONS_MAX.

    Each counter has one writing thread, and `deque` appends and pops whole: so no lock, on which the committer
    could be held up by a thread that waits for the interpreter.
    """

    def __init__(self) -> None:
        self._subscriptions: tuple[Subscription, ...] = ()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._backlog: deque[list[Recorded]] = deque()
        self._batch: Iterator[Recorded] = iter(())
        self._is_awake = False
        self._published = 0  # written by the publisher, as is _shed
        self._shed = 0
        self._taken = 0  # written by the loop, as is _shed_told
        self._shed_told = 0

    @property
    def watchers(self) -> int:
        """How many are told events now."""
        return len(self._subscriptions)

    def publish(self, effects: list[Recorded]) -> None:
        """Hand over effects that are durable. For one thread; never waits, never raises, free if nobody watches."""
        if not self._subscriptions:
            return
        self._backlog.append(effects)
        self._published += len(effects)
        while self._published - self._shed - self._taken > BACKLOG_MAX:
            try:
                self._shed += len(self._backlog.popleft())
            except IndexError:
                break
        if not self._is_awake:
            self._wake()

    def subscribe(self, wanted: Wanted) -> Subscription:
        """A new watcher, told all that is published from now on. On the loop.

        Raises EngineNotAnswering if there are as many as there may be.
        """
        if len(self._subscriptions) >= SUBSCRIPTIONS_MAX:
            raise EngineNotAnswering(
                f"{SUBSCRIPTIONS_MAX} watchers are told events already. End one, then ask again."
            )
        self._loop = asyncio.get_running_loop()
        subscription = Subscription(wanted)
        self._subscriptions = (*self._subscriptions, subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Forget a watcher. On the loop."""
        self._subscriptions = tuple(s for s in self._subscriptions if s is not subscription)

    def close(self) -> None:
        """End every watcher's stream. On the loop."""
        for subscription in self._subscriptions:
            subscription.end()
        self._subscriptions = ()

    def _wake(self) -> None:
        assert self._loop is not None, "whoever subscribed did so on a loop"
        self._is_awake = True
        try:
            self._loop.call_soon_threadsafe(self._spread)
        except RuntimeError:  # the loop has closed: the engine ends
            self._is_awake = False

    def _spread(self) -> None:
        """Tell the watchers a slice of what waits, and come back for the rest."""
        self._tell_shed()
        for _ in range(_SLICE):
            effect = next(self._batch, None)
            if effect is None:
                if not self._backlog:
                    self._rest()
                    return
                self._take_batch()
            else:
                self._tell(effect)
        asyncio.get_running_loop().call_soon(self._spread)

    def _take_batch(self) -> None:
        try:
            effects = self._backlog.popleft()
        except IndexError:  # the publisher has dropped it meanwhile
            return
        self._taken += len(effects)
        self._batch = iter(effects)

    def _rest(self) -> None:
        self._is_awake = False
        if self._backlog:  # published after the last look, when nobody had to be woken
            self._wake()

    def _tell(self, effect: Recorded) -> None:
        watchers = [s for s in self._subscriptions if s.wanted.passes(effect.message)]
        if watchers:
            line = encode_event(effect)
            for watcher in watchers:
                watcher.offer(line)

    def _tell_shed(self) -> None:
        count = self._shed - self._shed_told
        if count:
            self._shed_told += count
            for watcher in self._subscriptions:
                watcher.lose(count)


class Subscription:
    """One watcher's queue of encoded events. On the loop only."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self._lines: deque[bytes] = deque()
        self._dropped = 0
        self._is_open = True
        self._changed = asyncio.Event()

    def offer(self, line: bytes) -> None:
        """Queue one event; the oldest makes room if there is none."""
        if len(self._lines) >= LINES_MAX:
            self._lines.popleft()
            self._dropped += 1
        self._lines.append(line)
        self._changed.set()

    def lose(self, count: int) -> None:
        """So many events were dropped before they came here; some of them may not have been wanted."""
        self._dropped += count
        self._changed.set()

    def end(self) -> None:
        """Nothing more comes."""
        self._is_open = False
        self._changed.set()

    async def take(self, timeout_seconds: float) -> bytes:
        """What waits, as lines of JSON; a heartbeat if nothing comes in time; nothing at all at the end."""
        if not (self._lines or self._dropped) and self._is_open:
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), timeout_seconds)
            except TimeoutError:
                return _HEARTBEAT
        told = []
        if self._dropped:
            told.append(_encoder.encode({"type": DROPPED_TYPE, "count": self._dropped}) + b"\n")
            self._dropped = 0
        while self._lines and len(told) < _CHUNK_LINES_MAX:
            told.append(self._lines.popleft())
        return b"".join(told)


def encode_event(effect: Recorded) -> bytes:
    """An effect as its line in a stream. `time_ns` is the message's own: an effect has that of its input."""
    message = effect.message
    kind = kind_of(message, RecordKind.EFFECT)
    told = record(message, seq=effect.seq, time_ns=getattr(message, "time_ns", 0), kind=kind)
    return _encoder.encode(told) + b"\n"


def _concerns(message: AnyMessage, field: str, name: str, *, actor: str) -> bool:
    if not name:
        return True
    told = getattr(message, field, None)
    if told is not None:
        return bool(told == name)
    return getattr(message, "subject", "") in (name, actor) or getattr(message, "actor", "") == actor
