"""Whatever is done at the broker, in any order and under any rules: its books and its news hold together."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.simulation.broker.walk import Walk

STEPS = 150
SEEDS = range(120)
EVENTS = (
    "calculated",
    "canceled",
    "expired",
    "fill",
    "held",
    "new",
    "order_cancel_rejected",
    "order_replace_rejected",
    "partial_fill",
    "pending_cancel",
    "pending_replace",
    "rejected",
    "replaced",
    "restated",
    "suspended",
    "trade_bust",
    "trade_correct",
)


@pytest.mark.parametrize("start", range(0, len(SEEDS), 20))
def test_books_news_and_bodies_hold_together_at_every_step(start: int) -> None:
    for seed in SEEDS[start : start + 20]:
        walk = Walk(seed)

        walk.run(STEPS)

        assert [before for body, before in walk.handed_out if repr(body) != before] == [], f"seed {seed}"


def test_the_walks_meet_every_kind_of_news() -> None:
    met: Counter[str] = Counter()

    for seed in SEEDS:
        walk = Walk(seed)
        walk.run(STEPS // 2)
        met.update(walk.mirror.events)

    assert sorted(met) == sorted(EVENTS)
    assert [event for event, count in met.items() if count < 10] == []


def test_the_same_seed_walks_the_same_way() -> None:
    first, second = Walk(7), Walk(7)

    first.run(STEPS)
    second.run(STEPS)

    assert [text for _, text in first.handed_out] == [text for _, text in second.handed_out]
