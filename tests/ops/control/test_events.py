"""Events from the publisher to a watcher: what passes, what is dropped, and what the stream says of it."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from messages import ActorRestarted, Alert, AlertLevel, AnyMessage, Recorded, Side
from ops.control.client import ControlClient
from ops.control.events import BACKLOG_MAX, LINES_MAX, SUBSCRIPTIONS_MAX, EventHub, Subscription, Wanted
from ops.errors import ControlRefused, EngineNotAnswering
from ops.export import RecordKind, plain, record
from tests.ops.control._desk import NOON_NS, FixedDesk, served
from tests.recorded import accepted, approved, cancel, filled, order, rejected

BUY = order(1, Side.BUY, "100", second=1)
FILL = filled(BUY, "100", "10")
WAIT_SECONDS = 10.0


def alert(subject: str) -> Alert:
    return Alert(level=AlertLevel.WARNING, subject=subject, text="look", time_ns=NOON_NS)


def restarted(actor: str) -> ActorRestarted:
    return ActorRestarted(actor=actor, time_ns=NOON_NS, restarts=1, error="ValueError: no")


def effects(count: int) -> list[Recorded]:
    return [Recorded(seq, accepted(BUY)) for seq in range(1, count + 1)]


def on_a_loop(test: Callable[[EventHub], Awaitable[None]]) -> None:
    async def run() -> None:
        await asyncio.wait_for(test(EventHub()), WAIT_SECONDS)

    asyncio.run(run())


async def lines(subscription: Subscription, count: int) -> list[dict[str, object]]:
    """The next so many records at least, heartbeats left out."""
    told: list[dict[str, object]] = []
    while len(told) < count:
        chunk = await subscription.take(WAIT_SECONDS)
        told += [msgspec.json.decode(line) for line in chunk.splitlines()]
    return told


def test_a_watcher_is_told_each_effect_as_the_journal_exports_it(tmp_path: Path) -> None:
    desk = FixedDesk()
    with served(desk, tmp_path) as client:
        stream = client.events()
        desk.events.publish([Recorded(5, approved(BUY)), Recorded(6, FILL)])

        told = [next(stream), next(stream)]

    assert told == [
        plain(record(approved(BUY), seq=5, time_ns=BUY.time_ns, kind=RecordKind.EFFECT)),
        plain(record(FILL, seq=6, time_ns=FILL.time_ns, kind=RecordKind.OUTCOME)),
    ]


def test_each_watcher_is_told_what_it_asked_for_and_no_more(tmp_path: Path) -> None:
    desk = FixedDesk()
    with served(desk, tmp_path) as client:
        fills = client.events(types=["OrderFilled", "OrderRejected"])
        of_cross = client.events(strategy="cross")
        desk.events.publish([Recorded(1, alert("AAPL")), Recorded(2, accepted(BUY)), Recorded(3, FILL)])

        assert next(fills)["seq"] == 3
        assert [next(of_cross)["seq"], next(of_cross)["seq"]] == [2, 3]


def test_a_stream_ends_when_the_engine_goes_away(tmp_path: Path) -> None:
    desk = FixedDesk()
    with served(desk, tmp_path) as client:
        stream = client.events()
        desk.events.publish([Recorded(1, FILL)])
        assert next(stream)["seq"] == 1

    assert list(stream) == []


def test_a_client_can_be_closed_under_a_thread_that_watches(tmp_path: Path) -> None:
    desk = FixedDesk()
    with served(desk, tmp_path) as client:
        stream = client.events()
        watched: list[dict[str, object]] = []
        watcher = threading.Thread(target=lambda: watched.extend(stream))
        watcher.start()

        client.close()
        watcher.join(WAIT_SECONDS)

        assert not watcher.is_alive()
    assert watched == []


def test_a_watcher_that_leaves_is_forgotten_without_a_traceback(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    desk = FixedDesk()
    with caplog.at_level(logging.INFO), served(desk, tmp_path) as client:
        for _ in range(SUBSCRIPTIONS_MAX + 1):  # one too many, were the ones before still counted
            stream = client.events()
            client.close()
            while _is_watched(client, desk):
                desk.events.publish([Recorded(1, FILL)])
            assert list(stream) == []

    assert caplog.records == []


def test_an_unknown_filter_is_refused_at_once(tmp_path: Path) -> None:
    refusal = r'^"OrderFiled" is no type of event; did you mean OrderFilled\?'

    with served(FixedDesk(), tmp_path) as client, pytest.raises(ControlRefused, match=refusal):
        client.events(types=["OrderFiled"])


def test_nothing_is_kept_while_nobody_watches() -> None:
    async def test(hub: EventHub) -> None:
        hub.publish([Recorded(1, FILL)])
        subscription = hub.subscribe(Wanted())
        hub.publish([Recorded(2, FILL)])

        assert [line["seq"] for line in await lines(subscription, 1)] == [2]

    on_a_loop(test)


def test_many_effects_arrive_whole_and_in_order() -> None:
    async def test(hub: EventHub) -> None:
        subscription = hub.subscribe(Wanted())
        hub.publish(effects(100))
        hub.publish(effects(50))

        told = [line["seq"] for line in await lines(subscription, 150)]

        assert told == [*range(1, 101), *range(1, 51)]

    on_a_loop(test)


def test_what_a_slow_watcher_did_not_take_is_dropped_the_oldest_first_and_told() -> None:
    async def test(hub: EventHub) -> None:
        slow = hub.subscribe(Wanted())
        quick = hub.subscribe(Wanted())
        hub.publish(effects(LINES_MAX + 5))

        quick_told = await lines(quick, LINES_MAX + 5)
        slow_told = await lines(slow, LINES_MAX + 1)

        assert [line["seq"] for line in quick_told] == list(range(1, LINES_MAX + 6))
        assert slow_told[0] == {"type": "EventsDropped", "count": 5}
        assert [line["seq"] for line in slow_told[1:]] == list(range(6, LINES_MAX + 6))

    on_a_loop(test)


def test_a_loop_that_is_held_up_costs_the_publisher_no_memory_without_end() -> None:
    async def test(hub: EventHub) -> None:
        subscription = hub.subscribe(Wanted(types=frozenset({"OrderFilled"})))
        thousand = effects(1_000)
        for _ in range(BACKLOG_MAX // 1_000 + 3):
            hub.publish(thousand)
        hub.publish([Recorded(1, FILL)])

        told = await lines(subscription, 2)

        assert told[0] == {"type": "EventsDropped", "count": 4_000}
        assert told[1]["type"] == "OrderFilled"

    on_a_loop(test)


def test_a_stream_with_nothing_to_tell_gives_a_sign_of_life() -> None:
    async def test(hub: EventHub) -> None:
        subscription = hub.subscribe(Wanted())

        assert await subscription.take(0.001) == b'{"type":"Heartbeat"}\n'

    on_a_loop(test)


def test_a_closed_hub_ends_its_streams_after_what_waits() -> None:
    async def test(hub: EventHub) -> None:
        subscription = hub.subscribe(Wanted())
        subscription.offer(b"last\n")
        hub.close()

        assert await subscription.take(WAIT_SECONDS) == b"last\n"
        assert await subscription.take(WAIT_SECONDS) == b""

    on_a_loop(test)


def test_there_are_only_so_many_watchers() -> None:
    async def test(hub: EventHub) -> None:
        watchers = [hub.subscribe(Wanted()) for _ in range(SUBSCRIPTIONS_MAX)]
        with pytest.raises(EngineNotAnswering, match="32 watchers are told events already"):
            hub.subscribe(Wanted())
        hub.unsubscribe(watchers[0])

        hub.subscribe(Wanted())

    on_a_loop(test)


def test_publishing_after_the_loop_has_gone_harms_nobody() -> None:
    hub = EventHub()

    async def subscribe() -> None:
        hub.subscribe(Wanted())

    asyncio.run(subscribe())

    hub.publish([Recorded(1, FILL)])


def test_an_effect_is_encoded_only_if_somebody_wants_it() -> None:
    class Unreadable:
        """Cannot be recorded, and nobody asks for it."""

    async def test(hub: EventHub) -> None:
        subscription = hub.subscribe(Wanted(types=frozenset({"OrderFilled"})))
        hub.publish([Recorded(1, Unreadable()), Recorded(2, FILL)])  # type: ignore[arg-type]  # on purpose

        assert [line["seq"] for line in await lines(subscription, 1)] == [2]

    on_a_loop(test)


@pytest.mark.parametrize(
    ("wanted", "message", "passes"),
    [
        (Wanted(), FILL, True),
        (Wanted(types=frozenset({"OrderFilled"})), FILL, True),
        (Wanted(types=frozenset({"OrderRejected"})), FILL, False),
        (Wanted(symbol="AAPL"), FILL, True),
        (Wanted(symbol="MSFT"), FILL, False),
        (Wanted(strategy="cross"), rejected(BUY, "no"), True),
        (Wanted(strategy="other"), rejected(BUY, "no"), False),
        (Wanted(portfolio="main"), FILL, True),
        (Wanted(portfolio="second"), FILL, False),
        (Wanted(symbol="AAPL", strategy="other"), FILL, False),
        (Wanted(symbol="AAPL"), alert("AAPL"), True),
        (Wanted(symbol="AAPL"), alert("symbol/AAPL"), True),
        (Wanted(symbol="AAPL"), alert("strategy/AAPL"), False),
        (Wanted(strategy="cross"), restarted("strategy/cross"), True),
        (Wanted(strategy="cross"), restarted("symbol/cross"), False),
        (Wanted(portfolio="main"), alert("portfolio/main"), True),
        (Wanted(portfolio="main"), cancel(BUY), False),
    ],
)
def test_an_event_passes_if_it_concerns_all_that_is_wanted(
    wanted: Wanted, message: AnyMessage, passes: bool
) -> None:
    assert wanted.passes(message) is passes


def _is_watched(client: ControlClient, desk: FixedDesk) -> bool:
    client.dead_letters()  # a round trip through the server's loop, in which it can notice who has left
    return bool(desk.events.watchers)
