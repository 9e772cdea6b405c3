"""The queue of timers: the latest word on a timer counts, and moving one often costs no memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from actors.kernel.timers import NEVER_NS, TimerQueue


def test_a_timer_that_was_moved_to_later_does_not_fire_at_its_earlier_time() -> None:
    timers = TimerQueue()
    timers.set("a", "x", 10)
    timers.set("a", "x", 20)
    assert timers.next_due_ns == 20
    assert timers.pop_due(15) is None
    fired = timers.pop_due(20)
    assert fired is not None
    assert fired.due_ns == 20


def test_a_timer_that_is_set_again_and_again_takes_no_more_memory() -> None:
    timers = TimerQueue()
    for count in range(10_000):
        timers.set("a", "same", 10**9)
        timers.set("a", "moved", 10**9 + count)
    assert len(timers) == 2
    assert len(timers._heap) < 200


_changes = st.lists(
    st.tuples(st.sampled_from(["set", "cancel", "pop"]), st.sampled_from("abc"), st.integers(0, 20)), max_size=60
)


@given(_changes)
def test_timers_fire_as_a_plain_list_of_them_would(changes: list[tuple[str, str, int]]) -> None:
    timers, plain = TimerQueue(), dict[str, tuple[int, int]]()
    for count, (kind, name, time_ns) in enumerate(changes):
        if kind == "set":
            timers.set("actor", name, time_ns)
            plain[name] = (time_ns, count)
        elif kind == "cancel":
            timers.cancel("actor", name)
            plain.pop(name, None)
        else:
            first = min(plain, key=lambda each: plain[each], default=None)
            fired = timers.pop_due(time_ns)
            if first is None or plain[first][0] > time_ns:
                assert fired is None
            else:
                assert fired is not None
                assert (fired.name, fired.due_ns) == (first, plain.pop(first)[0])
        assert timers.next_due_ns == min((due_ns for due_ns, _ in plain.values()), default=NEVER_NS)
        assert [entry.name for entry in timers.entries()] == sorted(plain, key=lambda each: plain[each])
