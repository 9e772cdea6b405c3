"""One strategy fails, the others trade on: each order and fill of theirs is as if it had not been there."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance._command import Summary, exported, run, run_and_kill, understudy

MARKET = """
[source.market]
seed = 5
days = 1
rate = 0.2
symbols = [
    { symbol = "CALM", price = 90 },
    { symbol = "WILD", price = 30, annual_volatility = 0.6 },
    { symbol = "THIN", price = 12, spread_bps = 12 },
]

[portfolio.main]
limits = { max_gross_exposure_fraction = 100, max_position_fraction = 100, allow_margin = true, min_cash = -1e6 }

[strategy.cross]
use = "moving_average_cross"
capital = 0.3
symbols = ["CALM", "WILD"]

[strategy.revert]
use = "mean_reversion"
capital = 0.3
symbols = ["CALM", "WILD"]
"""
ITS_OWN_PORTFOLIO = """
[venue.paper]

[venue.elsewhere]

[portfolio.other]
venue = "elsewhere"

[strategy.broken]
use = "{file}"
portfolio = "other"
"""
THE_SAME_PORTFOLIO = """
[strategy.broken]
use = "{file}"
capital = 0.3
symbols = ["THIN"]
"""
STRATEGY = """
import queue
import re

from messages import Bar
from strategies import Strategy, StrategyParameters, StrategyState, Timeframe

MINUTE_NS = 60_000_000_000


class Broken(Strategy):
    class Parameters(StrategyParameters, frozen=True):
        timeframe: Timeframe = "1m"

    class State(StrategyState):
        bars: int = 0

    def on_bar(self, bar: Bar) -> None:
        self.state.bars += 1
        self.target_weight(bar.symbol, 0.5 * (self.state.bars % 2), reason="to and fro")
        {failure}
"""
RAISES = 'if bar.symbol == "THIN" and bar.time_ns // MINUTE_NS % 50 == 0: raise RuntimeError("a bad bar")'
HANGS = {
    "an endless loop": "while self.state.bars > 100: pass",
    "a wait for what never comes": "if self.state.bars > 100: queue.SimpleQueue().get()",
    "a runaway regular expression": 'if self.state.bars > 100: re.match(r"(a+)+$", "a" * 60 + "b")',
}
FAULTS = {
    "a signal that is no number": 'self.target_weight(bar.symbol, float("nan"), reason="lost")',
    "signals without end": 'for _ in range(100_000): self.target_weight(bar.symbol, 0.1, reason="lost")',
    "a state that cannot be saved": "self.state.bars = self",
    "an exit": "raise SystemExit",
    "a start that hangs": """

    def on_start(self) -> None:
        while True:
            pass""",
}
OF_ORDERS = ("SubmitOrder", "OrderDenied", "OrderAccepted", "OrderFilled", "CancelOrder", "OrderCanceled")
ABOUT_IT = ("side", "quantity", "order_type", "price", "limit_price", "stop_price", "commission", "reason")

Doing = tuple[Any, ...]


def configured(folder: Path, *, failure: str, broken: str) -> Path:
    """A configuration with the healthy strategies, and a broken one beside them if `broken` says where."""
    file = folder / "broken.py"
    file.write_text(STRATEGY.format(failure=failure))
    config = folder / "market.toml"
    config.write_text(MARKET + broken.format(file=file))
    return config


def doings(data_dir: Path) -> list[Doing]:
    """What the healthy strategies did, in order, ids without the book."""
    return [
        (record["type"], record["time_ns"], order_id, record["symbol"], *(record.get(name) for name in ABOUT_IT))
        for record in exported(data_dir)
        if record["type"] in OF_ORDERS
        for order_id in [record["client_order_id"].partition("-")[2]]
        if not order_id.startswith("broken-")
    ]


def status_of(summary: Summary, actor: str) -> str:
    return next(str(each["status"]) for each in summary["actors"] if each["name"] == actor)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[Doing]:
    """What the healthy strategies do where there is no other."""
    folder = tmp_path_factory.mktemp("undisturbed")
    summary = run("--config", configured(folder, failure="", broken=""), data_dir=folder / "data")
    assert summary["restarts"] == 0
    assert summary["fills"] > 50
    return doings(folder / "data")


@pytest.mark.parametrize("place", [ITS_OWN_PORTFOLIO, THE_SAME_PORTFOLIO], ids=["its_own", "the_same"])
def test_a_strategy_that_raises_again_and_again_changes_nothing_for_the_others(
    place: str, undisturbed: list[Doing], tmp_path: Path
) -> None:
    config = configured(tmp_path, failure=RAISES, broken=place)

    summary = run("--config", config, data_dir=tmp_path / "data")

    assert summary["restarts"] >= 20
    assert summary["dead_letters"] >= 7
    assert status_of(summary, "strategy/broken") == "running"
    assert any(
        record["client_order_id"].partition("-")[2].startswith("broken-") for record in fills(tmp_path / "data")
    )
    assert doings(tmp_path / "data") == undisturbed


def fills(data_dir: Path) -> list[dict[str, Any]]:
    return [record for record in exported(data_dir) if record["type"] == "OrderFilled"]


@dataclass(frozen=True)
class Hung:
    """A run in which the broken strategy hung."""

    config: Path
    data_dir: Path
    summary: Summary
    records: list[dict[str, Any]]


@pytest.fixture(scope="module", params=list(HANGS.values()), ids=list(HANGS))
def hung(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Hung:
    folder = tmp_path_factory.mktemp("hung")
    config = configured(folder, failure=request.param, broken=THE_SAME_PORTFOLIO)
    summary = run("--config", config, data_dir=folder / "data")
    return Hung(config, folder / "data", summary, list(exported(folder / "data")))


def test_a_strategy_that_hangs_is_broken_off_and_quarantined_and_the_others_trade_on(
    hung: Hung, undisturbed: list[Doing]
) -> None:
    restarts = [record["error"] for record in hung.records if record["type"] == "ActorRestarted"]
    alerts = [record for record in hung.records if record["type"] == "Alert" and record["level"] == "critical"]

    assert set(restarts) == {"HandlerBroken: strategy/broken was still handling one message after 1 s"}
    assert [alert["subject"] for alert in alerts] == ["strategy/broken"]
    assert alerts[0]["text"].startswith("quarantined: 3 messages in a row could not be handled")
    assert status_of(hung.summary, "strategy/broken") == "quarantined"
    assert doings(hung.data_dir) == undisturbed


def test_a_run_with_a_quarantined_strategy_replays_to_the_same_digest(hung: Hung) -> None:
    replayed = understudy("replay", "--json", "--data-dir", hung.data_dir).summary()

    assert replayed["digest"] == hung.summary["digest"]


@pytest.mark.parametrize("hung", [HANGS["an endless loop"]], ids=["an endless loop"], indirect=True)
def test_a_run_killed_after_a_quarantine_goes_on_to_the_same_digest(
    hung: Hung, undisturbed: list[Doing], tmp_path: Path
) -> None:
    quarantined_at = next(record["seq"] for record in hung.records if record["type"] == "Alert")

    killed = run_and_kill("--config", hung.config, data_dir=tmp_path / "killed", at_seq=quarantined_at + 1)
    resumed = run("--config", hung.config, data_dir=tmp_path / "killed")

    assert killed.code == -signal.SIGKILL
    assert resumed["resumed_from"] > quarantined_at
    assert status_of(resumed, "strategy/broken") == "quarantined"
    assert resumed["digest"] == hung.summary["digest"]
    assert doings(tmp_path / "killed") == undisturbed


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_whatever_a_strategy_does_stays_its_own_and_replays(
    fault: str, undisturbed: list[Doing], tmp_path: Path
) -> None:
    config = configured(tmp_path, failure=fault, broken=ITS_OWN_PORTFOLIO)

    summary = run("--config", config, data_dir=tmp_path / "data")
    replayed = understudy("replay", "--json", "--data-dir", tmp_path / "data").summary()

    assert doings(tmp_path / "data") == undisturbed
    assert replayed["digest"] == summary["digest"]
