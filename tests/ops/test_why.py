"""Why an order came about: the whole chain, on real runs of a simulated market."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from shutil import copy
from typing import TypeVar

import pytest

from messages import Bar, OrderApproved, OrderFilled, Quote, Side, TimerFired
from ops._order_story import read_story
from ops.book_lines import OrderLine
from ops.config import StrategySettings
from ops.errors import UsageError
from ops.identity import recorded_instruments
from ops.inspection import read_orders_and_fills, value_books
from ops.order_links import InputLink, OrderChain, OutcomeLink, PositionLink, RiskLink, SignalLink
from ops.why import explain_order
from rules.limits import RiskLimits
from storage import DataDirectoryView, MemoryJournal
from tests.recorded import accepted, approved, filled, frames, order, quote, started
from tests.simulated_runs import (
    CROSS_FILE,
    Killed,
    change_recorded_code,
    config_of,
    kill_behind,
    run_to_end,
    run_with,
    stop_behind,
    with_latency,
)

_Link = TypeVar("_Link")


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("why") / "data"
    run_to_end(path)
    return path


def test_a_chain_leads_from_the_bar_to_the_position(data_dir: Path) -> None:
    found = explain_order(data_dir, "cross-1")

    assert [link.link for link in found.chain[:5]] == ["input", "signal", "risk", "intent", "outcome"]
    assert (found.chain[-1].link, found.status, found.notes) == ("position", "filled", ())
    came = _only(found, InputLink)
    assert [came.handled[index].actor for index in came.path] == [
        "symbol/SIM.A", "strategy/cross", "router", "symbol/SIM.A", "router", "portfolio/main",
    ]  # fmt: skip
    assert isinstance(came.message, TimerFired)
    bar = came.handled[came.path[1]].message
    assert isinstance(bar, Bar)
    assert bar.time_ns == came.time_ns == came.message.due_ns


def test_the_signal_and_the_verdict_are_those_that_the_journal_holds(data_dir: Path) -> None:
    found = explain_order(data_dir, "cross-1")

    risk = _only(found, RiskLink)
    assert risk.passed
    assert len(risk.verdicts) == 16
    with DataDirectoryView(data_dir) as view:
        verdict = next(r.message for r in view.journal.read_effects(0) if isinstance(r.message, OrderApproved))
    assert (verdict.verdicts, verdict.signal) == (risk.verdicts, _only(found, SignalLink).signal)


def test_every_fill_is_shown_with_the_market_data_that_it_met(data_dir: Path) -> None:
    fill_ids = [fill.client_order_id for fill in read_orders_and_fills(data_dir)[1]]
    busiest = max(fill_ids, key=fill_ids.count)

    found = explain_order(data_dir, busiest)

    fills = [link for link in found.chain if isinstance(link, OutcomeLink) and isinstance(link.event, OrderFilled)]
    assert len(fills) == fill_ids.count(busiest) > 1
    for link in fills:
        assert link.market is not None
        assert isinstance(link.market.message, Quote)
        assert link.market.seq <= link.seq


def test_what_all_orders_did_to_the_ledger_sums_to_the_books(data_dir: Path) -> None:
    orders = [order.client_order_id for order in _orders(data_dir)]

    with DataDirectoryView(data_dir) as view:
        stories = [read_story(view.journal, order_id, recorded_instruments(view)) for order_id in orders]

    links = [link for story in stories if story for link in story.links if isinstance(link, PositionLink)]
    books = value_books(data_dir).portfolios[0]
    assert len(links) == books.fills
    assert sum((link.realized_pnl for link in links), Decimal(0)) == books.realized_pnl
    assert max(links, key=lambda link: link.seq).ledger_realized_pnl == books.realized_pnl


def test_an_order_is_found_by_any_of_its_names(data_dir: Path) -> None:
    order = _orders(data_dir)[2]
    assert order.venue_order_id is not None

    found = [
        explain_order(data_dir, name).order for name in (order.client_order_id, "cross-3", order.venue_order_id)
    ]

    assert found == [order.client_order_id] * 3


def test_an_unknown_order_is_answered_with_the_nearest(data_dir: Path) -> None:
    nearest = _orders(data_dir)[1].client_order_id

    with pytest.raises(UsageError, match=f"no order cros-2 in the journal; the nearest are {nearest}"):
        explain_order(data_dir, "cros-2")
    with pytest.raises(UsageError, match=r"no order 777 in the journal; it has 22, from .*-cross-1 to .*-cross-22"):
        explain_order(data_dir, "777")


def test_a_denied_order_shows_where_it_stopped_and_why(tmp_path: Path) -> None:
    run_to_end(tmp_path, config_of(RiskLimits(max_order_value=Decimal(40_000))))

    found = explain_order(tmp_path, "cross-1")

    assert [link.link for link in found.chain] == ["input", "signal", "risk"]
    risk = _only(found, RiskLink)
    assert (found.status, risk.passed, risk.reason) == (
        "denied",
        False,
        next(verdict.reason for verdict in risk.verdicts if verdict.control == "order_value"),
    )
    assert [verdict.control for verdict in risk.verdicts if not verdict.passed] == ["order_value"]


def test_a_signal_that_no_order_could_be_made_of_has_a_chain_too(tmp_path: Path) -> None:
    file = tmp_path / "senseless.py"
    file.write_text(CROSS_FILE.read_text().replace("weight = stance *", 'weight = float("nan") * stance *'))
    run_to_end(tmp_path / "data", config_of(cross=StrategySettings(use=str(file))))

    found = explain_order(tmp_path / "data", "cross-1")

    assert [link.link for link in found.chain] == ["input", "signal", "risk"]
    assert (found.status, _only(found, RiskLink).order) == ("denied", None)


def test_an_order_that_waited_shows_the_signal_s_input_and_its_own(tmp_path: Path) -> None:
    run_to_end(tmp_path, with_latency(config_of(dips=StrategySettings(use="breakout"))))
    stop = next(order for order in _orders(tmp_path) if order.protective)

    found = explain_order(tmp_path, stop.client_order_id)

    assert [link.link for link in found.chain[:5]] == ["input", "signal", "input", "risk", "intent"]
    spoke, let_go = (link for link in found.chain if isinstance(link, InputLink))
    assert spoke.seq < let_go.seq
    assert spoke.handled[spoke.path[-2]].actor == "strategy/dips"
    assert isinstance(let_go.handled[let_go.path[-1]].message, OrderFilled)


def test_code_that_does_something_else_now_leaves_the_recorded_part(tmp_path: Path) -> None:
    file = Path(copy(CROSS_FILE, tmp_path / "mine.py"))
    data_dir = tmp_path / "data"
    run_to_end(data_dir, config_of(cross=StrategySettings(use=str(file))))
    before = explain_order(data_dir, "cross-1")

    change_recorded_code(data_dir, "weight = stance *", "weight = 0.5 * stance *")
    after = explain_order(data_dir, "cross-1")

    assert [link.link for link in after.chain] == [link.link for link in before.chain]
    assert after.chain[1:] == before.chain[1:]
    assert (_only(after, InputLink).path, _only(after, InputLink).seq) == ((), _only(before, InputLink).seq)
    assert "the run cannot be run again: input" in after.notes[0]
    assert "order.quantity" in after.notes[0]


def test_crashes_on_the_way_change_nothing_of_a_chain(tmp_path: Path, data_dir: Path) -> None:
    run_to_end(tmp_path, crash_seed=3)

    crashed, undisturbed = explain_order(tmp_path, "cross-9"), explain_order(data_dir, "cross-9")

    assert crashed.notes == ()
    assert _only(crashed, InputLink).path == _only(undisturbed, InputLink).path
    assert [type(link) for link in crashed.chain] == [type(link) for link in undisturbed.chain]


def test_a_late_order_is_explained_from_the_checkpoint_before_it(tmp_path: Path, data_dir: Path) -> None:
    last = _orders(data_dir)[-1]
    run_with(tmp_path, stop_behind(3000))
    with pytest.raises(Killed):
        run_with(tmp_path, kill_behind(7900))
    with DataDirectoryView(tmp_path) as view:
        checkpoint = view.state.latest_checkpoint()
    assert checkpoint is not None
    assert 3000 <= checkpoint.seq < 7000

    found = explain_order(tmp_path, _short(last))

    undisturbed = explain_order(data_dir, _short(last))
    assert found.notes == ()
    assert _only(found, InputLink).path == _only(undisturbed, InputLink).path
    assert [type(link) for link in found.chain] == [type(link) for link in undisturbed.chain]


def test_what_a_broker_said_is_told_once_and_books_what_it_did_once() -> None:
    buy = order(1, Side.BUY, "100", second=1)
    took, fill = accepted(buy), filled(buy, "100", "10")
    journal = MemoryJournal()
    journal.append(frames([started(), (quote(1, 9, 10), [approved(buy), buy]), (took, [took]), (fill, [fill])]))

    story = read_story(journal, buy.client_order_id, ())

    assert story is not None
    assert [(link.seq, link.link) for link in story.links] == [
        *((2, "risk"), (2, "intent")),
        *((3, "outcome"), (4, "outcome"), (4, "position")),
    ]


def _orders(path: Path) -> list[OrderLine]:
    return read_orders_and_fills(path)[0]


def _short(order: OrderLine) -> str:
    return order.client_order_id.partition("-")[2]


def _only(found: OrderChain, kind: type[_Link]) -> _Link:
    (link,) = (link for link in found.chain if isinstance(link, kind))
    return link
