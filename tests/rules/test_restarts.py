"""Erlang's restart rules, and the back-off on top of them."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages import SECOND_NS
from rules.restarts import (
    GiveUp,
    RestartAfter,
    RestartDecision,
    RestartHistory,
    RestartNow,
    RestartPolicy,
    SupervisionStrategy,
    affected_children,
    decide_restart,
)

CHILDREN = ["journal", "router", "symbol", "portfolio"]
NOON_NS = 43_200 * SECOND_NS


def fail_at(history: RestartHistory, policy: RestartPolicy, *seconds: float) -> list[RestartDecision]:
    return [
        decide_restart(history, policy, now_ns=NOON_NS + round(second * SECOND_NS), actor="strategy/sma")
        for second in seconds
    ]


def test_as_many_failures_as_max_restarts_within_the_window_are_restarted() -> None:
    decisions = fail_at(RestartHistory(), RestartPolicy(max_restarts=5), 0, 1, 2, 3, 4)

    assert not [decision for decision in decisions if isinstance(decision, GiveUp)]


def test_one_failure_more_than_max_restarts_within_the_window_is_too_many() -> None:
    decisions = fail_at(RestartHistory(), RestartPolicy(max_restarts=5), 0, 1, 2, 3, 4, 5)

    assert decisions[-1] == GiveUp("strategy/sma failed 6 times within 30 s; max_restarts is 5")


def test_a_failure_exactly_as_old_as_the_window_still_counts() -> None:
    decisions = fail_at(RestartHistory(), RestartPolicy(max_restarts=1, within_seconds=30), 0, 30)

    assert isinstance(decisions[-1], GiveUp)


def test_a_failure_one_nanosecond_older_than_the_window_no_longer_counts() -> None:
    history = RestartHistory()
    policy = RestartPolicy(max_restarts=1, within_seconds=30)
    decide_restart(history, policy, now_ns=NOON_NS, actor="a")

    decision = decide_restart(history, policy, now_ns=NOON_NS + 30 * SECOND_NS + 1, actor="a")

    assert isinstance(decision, RestartAfter)


def test_no_restart_is_granted_when_max_restarts_is_zero() -> None:
    assert isinstance(fail_at(RestartHistory(), RestartPolicy(max_restarts=0), 0)[0], GiveUp)


def test_the_first_restart_is_at_once_and_later_ones_wait_twice_as_long_up_to_the_most() -> None:
    policy = RestartPolicy(max_restarts=100, jitter_fraction=0.0)

    decisions = fail_at(RestartHistory(), policy, *[0] * 12)

    waits = [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0, 30.0]
    assert decisions == [RestartNow(), *[RestartAfter(round(wait * SECOND_NS)) for wait in waits]]


def test_a_child_that_ran_for_healthy_seconds_is_restarted_at_once_again() -> None:
    policy = RestartPolicy(healthy_seconds=300)

    decisions = fail_at(RestartHistory(), policy, 0, 300)

    assert decisions == [RestartNow(), RestartNow()]


def test_a_child_that_ran_a_nanosecond_less_than_healthy_seconds_waits() -> None:
    history = RestartHistory()
    decide_restart(history, RestartPolicy(), now_ns=NOON_NS, actor="a")

    decision = decide_restart(history, RestartPolicy(), now_ns=NOON_NS + 300 * SECOND_NS - 1, actor="a")

    assert isinstance(decision, RestartAfter)


def test_health_is_counted_from_the_delayed_restart_not_from_the_failure() -> None:
    history = RestartHistory()
    policy = RestartPolicy(jitter_fraction=0.0)
    fail_at(history, policy, 0, 1)

    assert isinstance(fail_at(history, policy, 301.05)[0], RestartAfter)
    assert history.last_restart_ns == NOON_NS + round(301.25 * SECOND_NS)


@given(actor=st.text(max_size=30), restarts=st.integers(2, 40))
def test_jitter_stays_within_its_fraction_and_is_the_same_every_time(actor: str, restarts: int) -> None:
    policy = RestartPolicy(max_restarts=100)
    plain = RestartPolicy(max_restarts=100, jitter_fraction=0.0)
    runs = []
    for each in (policy, policy, plain):
        history = RestartHistory()
        runs.append([decide_restart(history, each, now_ns=NOON_NS, actor=actor) for _ in range(restarts)][-1])

    first, second, bare = runs

    assert first == second
    assert isinstance(first, RestartAfter)
    assert isinstance(bare, RestartAfter)
    assert 0.8 * bare.delay_ns - 1 <= first.delay_ns <= 1.2 * bare.delay_ns + 1


def test_jitter_differs_between_actors() -> None:
    delays = set()
    for name in ("a", "b", "c"):
        history = RestartHistory()
        decide_restart(history, RestartPolicy(), now_ns=NOON_NS, actor=name)
        delays.add(str(decide_restart(history, RestartPolicy(), now_ns=NOON_NS, actor=name)))

    assert len(delays) == 3


@given(gaps=st.lists(st.floats(0, 100), max_size=60), max_restarts=st.integers(0, 6))
def test_no_window_ever_holds_more_restarts_than_the_budget(gaps: list[float], max_restarts: int) -> None:
    policy = RestartPolicy(max_restarts=max_restarts)
    history = RestartHistory()
    now_ns, granted = NOON_NS, []
    for gap in gaps:
        now_ns += round(gap * SECOND_NS)
        if not isinstance(decide_restart(history, policy, now_ns=now_ns, actor="a"), GiveUp):
            granted.append(now_ns)

    assert len(history.recent_ns) <= max_restarts
    for moment in granted:
        assert sum(0 <= moment - earlier <= 30 * SECOND_NS for earlier in granted) <= max_restarts


def test_a_history_survives_its_checkpoint() -> None:
    history = RestartHistory()
    fail_at(history, RestartPolicy(), 0, 1)

    assert msgspec.msgpack.decode(msgspec.msgpack.encode(history), type=RestartHistory) == history


@pytest.mark.parametrize(
    ("strategy", "affected"),
    [
        (SupervisionStrategy.ONE_FOR_ONE, ["router"]),
        (SupervisionStrategy.REST_FOR_ONE, ["router", "symbol", "portfolio"]),
        (SupervisionStrategy.ONE_FOR_ALL, CHILDREN),
    ],
)
def test_a_strategy_names_the_children_to_restart_in_start_order(
    strategy: SupervisionStrategy, affected: list[str]
) -> None:
    assert affected_children(strategy, CHILDREN, "router") == affected


def test_a_stranger_cannot_fail_under_a_supervisor() -> None:
    with pytest.raises(ValueError, match="ghost is no child of this supervisor; it has journal, router"):
        affected_children(SupervisionStrategy.ONE_FOR_ONE, CHILDREN, "ghost")


@pytest.mark.parametrize(
    "field",
    [
        {"max_restarts": -1},
        {"within_seconds": 0.0},
        {"within_seconds": float("nan")},
        {"first_delay_seconds": -0.1},
        {"max_delay_seconds": float("inf")},
        {"healthy_seconds": 0.0},
        {"jitter_fraction": 1.0},
        {"jitter_fraction": -0.01},
    ],
)
def test_a_restart_policy_out_of_range_is_refused_with_its_value(field: dict[str, float]) -> None:
    name, value = next(iter(field.items()))

    with pytest.raises(ValueError, match=f"{name} is {value}; it must be"):
        RestartPolicy(**field)  # type: ignore[arg-type]  # one dict for fields of several types
