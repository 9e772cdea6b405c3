"""Clocks, and recorded data on its way into the core: how far it may go now, and from where it goes on."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.kernel import Clock, CoreThread, Kernel, PacedClock, RealClock, SourceFeed, VirtualClock, begin
from actors.kernel import clock as clock_module
from actors.kernel import feed as feed_module
from tests.actors.kernel._actors import START_NS, STARTED, Counter, Entry, Quotes

SECOND_NS = 1_000_000_000


class Hands:
    """The hands of the machine's clocks, which the test moves."""

    def __init__(self) -> None:
        self.monotonic_ns = 5_000_000_000
        self.time_ns = START_NS

    def pass_seconds(self, seconds: float) -> None:
        self.monotonic_ns += int(seconds * SECOND_NS)
        self.time_ns += int(seconds * SECOND_NS)


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    """What the core's one clock reads."""
    hands = Hands()
    reading = SimpleNamespace(monotonic_ns=lambda: hands.monotonic_ns, time_ns=lambda: hands.time_ns)
    monkeypatch.setattr(clock_module, "time", reading)
    return hands


def begun_kernel(clock: Clock, count: int) -> Kernel:
    """A kernel with one counter, fed one quote a second."""
    kernel = Kernel(clock=clock)
    Entry.start(kernel)
    Counter.start(kernel, "a")
    begin(kernel, STARTED)
    kernel.feed = SourceFeed(Quotes(count, ("a",)))
    return kernel


def seconds_seen(kernel: Kernel) -> list[int]:
    """When the quotes that were handled are of."""
    return [(time_ns - START_NS) // SECOND_NS for time_ns in kernel.actors["a"].state.seen]


def test_virtual_time_is_the_datas_and_never_waits() -> None:
    clock = VirtualClock()

    assert clock.now_ns(7) == 7
    assert clock.horizon_ns() > 1 << 62
    assert clock.seconds_until(1 << 62) == 0.0


def test_real_time_is_the_wall_clocks_and_never_goes_back(hands: Hands) -> None:
    clock = RealClock()
    hands.time_ns = START_NS

    assert clock.now_ns(START_NS - 1) == START_NS
    assert clock.horizon_ns() == START_NS
    assert clock.seconds_until(START_NS + SECOND_NS // 2) == 0.5
    assert clock.seconds_until(START_NS - 1) == 0.0


@pytest.mark.parametrize("step_seconds", [60, -60])
def test_real_time_makes_up_for_a_step_of_the_system_clock_slowly(hands: Hands, step_seconds: int) -> None:
    clock = RealClock()
    hands.time_ns += step_seconds * SECOND_NS

    hands.pass_seconds(10)
    soon_ns = clock.horizon_ns()
    hands.pass_seconds(700)

    assert soon_ns == START_NS + 10 * SECOND_NS + (1 if step_seconds > 0 else -1) * SECOND_NS
    assert clock.horizon_ns() == hands.time_ns


def test_real_time_goes_on_from_the_last_input_if_the_clock_was_set_back_between_two_starts(hands: Hands) -> None:
    clock = RealClock()
    last_ns = START_NS + 60 * SECOND_NS

    assert clock.now_ns(last_ns) == last_ns
    hands.pass_seconds(10)
    assert clock.horizon_ns() == last_ns + 9 * SECOND_NS


def test_real_time_goes_on_at_once_from_where_a_machine_wakes_up(hands: Hands) -> None:
    clock = RealClock()

    hands.time_ns += 3600 * SECOND_NS

    assert clock.horizon_ns() == START_NS + 3600 * SECOND_NS


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan")])
def test_a_speed_that_is_none_is_refused(speed: float) -> None:
    with pytest.raises(ValueError, match=f"speed is {speed}; it must be above zero"):
        PacedClock(speed)


@pytest.mark.parametrize("speed", [0.5, 1.0, 60.0])
def test_paced_time_passes_so_many_times_as_fast_from_the_first_record_on(speed: float, hands: Hands) -> None:
    clock = PacedClock(speed)
    before = (clock.has_begun, clock.horizon_ns(), clock.now_ns(3))

    clock.begin(START_NS)
    hands.pass_seconds(4)

    assert before == (False, 0, 3)
    assert clock.has_begun
    assert clock.horizon_ns() == START_NS + int(4 * speed) * SECOND_NS
    assert clock.now_ns(0) == clock.horizon_ns()
    assert clock.seconds_until(clock.horizon_ns() + SECOND_NS) == pytest.approx(1 / speed)
    assert clock.seconds_until(START_NS) == 0.0


def test_a_set_back_wall_clock_does_not_stop_paced_time(hands: Hands) -> None:
    clock = PacedClock(1.0)
    clock.begin(START_NS)

    hands.pass_seconds(2)
    hands.time_ns = 0

    assert clock.horizon_ns() == START_NS + 2 * SECOND_NS


def test_a_paced_kernel_handles_what_is_due_and_its_timers_and_no_more(hands: Hands) -> None:
    kernel = begun_kernel(PacedClock(10.0), 100)
    seen = []
    kernel.timers.set("a", "alarm", START_NS + 5 * SECOND_NS + 1)

    with CoreThread(kernel):
        for _ in range(3):
            kernel.turn()
            seen.append(seconds_seen(kernel))
            hands.pass_seconds(0.45)

    assert seen[0] == [0]
    assert seen[1] == list(range(5))
    assert [second for second in seen[2] if second >= 0] == list(range(10))
    assert len(seen[2]) == 11  # and the timer


def test_a_paced_kernel_waits_until_the_next_record_is_due(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = begun_kernel(PacedClock(100.0), 3)
    waits: list[float] = []

    def wait(seconds: float | None) -> None:
        assert seconds is not None
        waits.append(seconds)
        hands.pass_seconds(seconds)

    monkeypatch.setattr(kernel.ingress, "wait", wait)
    kernel.run(lambda: kernel.stop("all handled") if kernel.feed is not None and kernel.feed.end_told else None)

    assert seconds_seen(kernel) == [0, 1, 2]
    assert waits == [pytest.approx(0.01), pytest.approx(0.01)]


def test_an_idle_kernel_looks_up_every_tenth_of_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel(clock=RealClock())
    waits: list[float | None] = []

    def wait(seconds: float | None) -> None:
        waits.append(seconds)
        kernel.stop("enough")

    monkeypatch.setattr(kernel.ingress, "wait", wait)
    kernel.run()

    assert waits == [0.1]


def test_a_feed_gives_records_in_order_tells_the_next_ones_time_and_its_end() -> None:
    feed = SourceFeed(Quotes(3, ("a",)))
    next_ns = feed.next_time_ns(-1)

    given_ns = [record.time_ns for record in feed.due(10, VirtualClock())]

    assert next_ns == START_NS
    assert given_ns == [START_NS + second * SECOND_NS for second in range(3)]
    assert (feed.ended, feed.next_time_ns(-1)) == (True, -1)
    assert list(feed.due(10, VirtualClock())) == []


def test_a_source_without_records_has_ended(hands: Hands) -> None:
    clock = PacedClock(1.0)
    feed = SourceFeed(Quotes(0, ("a",)))

    assert list(feed.due(10, clock)) == []
    assert feed.ended
    assert not clock.has_begun


@settings(max_examples=60, deadline=None)
@given(
    count=st.integers(0, 60),
    limits=st.lists(st.integers(1, 9), max_size=20),
    batch=st.integers(1, 11),
    keeps_state=st.booleans(),
)
def test_a_feed_goes_on_from_any_position(count: int, limits: list[int], batch: int, *, keeps_state: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(feed_module, "BATCH", batch)
        feed = SourceFeed(Quotes(count, ("a", "b")))
        for limit in limits:
            for _record in feed.due(limit, VirtualClock()):
                feed.position += 1
        state = feed.state() if keeps_state else None

        again = SourceFeed(Quotes(count, ("a", "b")))
        again.restore(state, feed.position)

        assert feed.position == min(count, sum(limits))
        assert again.position == feed.position
        assert take_all(again) == take_all(feed)


def take_all(feed: SourceFeed) -> list[Any]:
    """All that is left."""
    return list(feed.due(1000, VirtualClock()))
