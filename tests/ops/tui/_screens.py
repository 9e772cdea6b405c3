"""The screen as text, and the screens that are kept as snapshots."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any

from textual.pilot import Pilot

from ops.books_check import Agreement, Verdict
from ops.tui.app import Terms, TopApp
from ops.tui.attachment import Happened, Seen
from tests.ops.tui._views import START_NS, view_at

SNAPSHOTS = Path(__file__).parent / "snapshots"
WIDE, SMALL = (140, 45), (80, 24)
STEPS = 40
AGREE = Verdict(agreement=Agreement.AGREE, seq=6270, text="books agree at input 6,270: engine = journal = venue")

SCREENS: dict[str, tuple[tuple[int, int], str]] = {
    "wide": (WIDE, "1"),
    "small-market": (SMALL, "1"),
    "small-actors": (SMALL, "2"),
    "small-orders": (SMALL, "3"),
    "small-money": (SMALL, "4"),
    "small-events": (SMALL, "5"),
}
"""By the name of the snapshot: the size, and the key that shows the page."""

EVENTS: tuple[dict[str, Any], ...] = (
    {"type": "SubmitOrder", "side": "buy", "quantity": "87", "symbol": "SIM.A", "order_type": "market",
     "strategy_id": "basket"},
    {"type": "OrderFilled", "side": "buy", "quantity": "80", "symbol": "SIM.A", "price": "182.40",
     "strategy_id": "basket", "client_order_id": "k7f2-basket-1"},
    {"type": "OrderFilled", "side": "buy", "quantity": "7", "symbol": "SIM.A", "price": "182.48",
     "strategy_id": "basket", "client_order_id": "k7f2-basket-1"},
    {"type": "OrderDenied", "symbol": "SIM.H", "strategy_id": "breakout", "reason": "the price is 75 s old"},
    {"type": "ActorRestarted", "actor": "strategy/cross", "restarts": 1, "error": "Crash: a drill"},
    {"type": "Alert", "level": "warning", "subject": "market", "text": "60 records conflated in a minute"},
)  # fmt: skip


def app_at_work(terms: Terms | None = None) -> TopApp:
    """A view without an engine, to be told what happens."""
    return TopApp(None, terms or Terms())


def feed(app: TopApp) -> None:
    """Half a minute of an engine that trades well."""
    for step in range(STEPS):
        app.take(Seen(view_at(step), AGREE))
    for place, record in enumerate(EVENTS):
        app.take(Happened({"time_ns": START_NS + place * 2_000_000_000, **record}))


def text_of(app: TopApp) -> str:
    """What is on the screen, without colours."""
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips) + "\n"


def drawn(name: str) -> str:
    """One of the screens above, as text."""
    size, key = SCREENS[name]

    async def draw() -> str:
        app = app_at_work()
        async with app.run_test(size=size) as pilot:
            feed(app)
            await pilot.press(key)
            await pilot.pause()
            return text_of(app)

    return asyncio.run(draw())


async def until(pilot: Pilot[None], condition: Callable[[], bool], *, timeout_seconds: float = 10.0) -> None:
    """Let the view work until something is so."""
    deadline = monotonic() + timeout_seconds
    while not condition():
        assert monotonic() < deadline, "it did not come to be"
        await pilot.pause(0.02)
