"""A run that is over, and one that only looks so: an order that rests at the broker may execute at any time."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.drill.process.broker_client import PracticeBroker, practice_broker
from ops.drill.process.finishing import finish
from ops.drill.process.session import PRICES, RULES, Session, prepare_session

STRATEGY = """
from messages import OrderType
from strategies import Strategy, StrategyParameters, StrategyState


class Once(Strategy):
    class Parameters(StrategyParameters, frozen=True, kw_only=True):
        every: int = 1
        first: int = 0

    class State(StrategyState):
        is_done: bool = False

    def on_quote(self, quote):
        if not self.state.is_done and quote.symbol == "XYZ":
            self.state.is_done = True
            {wants}
"""
RESTS = (
    "self.target_quantity("
    "quote.symbol, 5, reason='a rest', order_type=OrderType.LIMIT, limit_price=quote.bid * 0.96)"
)


@pytest.mark.parametrize(("wants", "is_asked_again"), [(RESTS, True), ("pass", False)], ids=["rests", "nothing"])
def test_the_next_start_asks_the_broker_if_an_order_rests_there(
    tmp_path: Path, wants: str, is_asked_again: bool
) -> None:
    with practice_broker(PRICES, rules=RULES) as broker:
        session = session_of(tmp_path, broker, wants)
        assert session.run(session.data_dir("data")).returncode == 0
        before = broker.evidence()

        assert session.run(session.data_dir("data")).returncode == 0

        after = broker.evidence()
    assert bool(before.open_orders) is is_asked_again
    asked = after.requests_seen["GET /account"] - before.requests_seen["GET /account"]
    assert (asked > 0) is is_asked_again


def test_an_engine_that_does_not_start_again_is_a_fault(tmp_path: Path) -> None:
    with practice_broker(PRICES, rules=RULES) as broker:
        session = session_of(tmp_path, broker, RESTS)
        session.config.write_text("nonsense", "utf-8")

        verdict = finish(session, session.data_dir("data"), broker)

    (fault,) = verdict.faults
    assert fault.startswith("the next start ends with code 2: ")


def test_an_engine_that_does_not_end_in_time_is_a_fault(tmp_path: Path) -> None:
    with practice_broker(PRICES, rules=RULES) as broker:
        session = session_of(tmp_path, broker, RESTS)

        verdict = finish(session, session.data_dir("data"), broker, seconds=0.05)

    assert verdict.faults == ("the next start did not end within 0.05 s",)


def session_of(folder: Path, broker: PracticeBroker, wants: str) -> Session:
    """A session whose strategies do that once."""
    session = prepare_session(folder, broker, quotes=20)
    strategy = folder / "once.py"
    strategy.write_text(STRATEGY.format(wants=wants), "utf-8")
    config = session.config.read_text("utf-8")
    eager = next(line for line in config.splitlines() if line.startswith("use = "))
    session.config.write_text(config.replace(eager, f'use = "{strategy}"'), "utf-8")
    return session
