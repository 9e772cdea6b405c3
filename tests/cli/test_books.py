"""digest, orders, fills, positions and portfolio, on a real data directory."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from cli.main import main
from messages import PortfolioId, PortfolioReport, PositionReport, StrategyId, Symbol
from ops.summary import SUMMARY_SETTING
from tests.recorded import Step, quote, small_run, started, write_data_directory

ENDED = json.dumps({"source": "day", "digest": "ab" * 32, "journal_inputs": 5}).encode()
"""What a run leaves that has ended with the last input of `small_run`."""


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("run") / "data"
    write_data_directory(path, small_run())
    return path


def test_orders_are_listed_as_they_stand(data_dir: Path) -> None:
    assert _table(data_dir, "orders") == [
        ["time", "client_order_id", "symbol", "side", "type", "quantity", "filled", "average_price", "status",
         "reason"],
        ["2026-01-05T14:30:01.000000Z", "bk-cross-1", "AAPL", "buy", "market", "100", "100", "11.00", "filled"],
        ["2026-01-05T14:30:02.000000Z", "bk-cross-2", "AAPL", "buy", "market", "1,000,000", "0", "-", "denied",
         "too", "much"],
        ["2026-01-05T14:30:03.000000Z", "bk-cross-3", "AAPL", "sell", "market", "60", "60", "13.00", "filled"],
        ["2026-01-05T14:30:04.000000Z", "bk-cross-4", "AAPL", "buy", "limit", "10", "0", "-", "accepted"],
    ]  # fmt: skip


def test_open_orders_can_be_asked_for_alone(data_dir: Path) -> None:
    assert [line["client_order_id"] for line in _json(data_dir, "orders", "--open")] == ["bk-cross-4"]


@pytest.mark.parametrize(("option", "count"), [("--symbol=AAPL", 4), ("--symbol=X", 0), ("--strategy=cross", 4)])
def test_orders_can_be_chosen_by_symbol_and_strategy(data_dir: Path, option: str, count: int) -> None:
    assert len(_json(data_dir, "orders", option)) == count


def test_an_order_in_json_has_every_term_exactly(data_dir: Path) -> None:
    assert _json(data_dir, "orders")[3] == {
        "client_order_id": "bk-cross-4",
        "time_ns": 1_767_623_404_000_000_000,
        "updated_ns": 1_767_623_404_000_000_000,
        "portfolio_id": "main",
        "strategy_id": "cross",
        "symbol": "AAPL",
        "side": "buy",
        "order_type": "limit",
        "time_in_force": "gtc",
        "quantity": "10",
        "limit_price": "9.5",
        "stop_price": None,
        "protective": False,
        "status": "accepted",
        "filled_quantity": "0",
        "average_price": None,
        "commission": "0",
        "venue_id": "paper",
        "venue_order_id": "v-bk-cross-4",
        "reason": "",
    }


def test_fills_are_listed_once_each(data_dir: Path) -> None:
    told = [(fill["execution_id"], fill["quantity"], fill["price"]) for fill in _json(data_dir, "fills")]

    assert told == [
        ("x-bk-cross-1-50", "50", "10"),
        ("x-bk-cross-1-100", "50", "12"),
        ("x-bk-cross-3-60", "60", "13"),
    ]


def test_positions_are_valued_at_the_last_price(data_dir: Path) -> None:
    assert _table(data_dir, "positions") == [
        ["portfolio", "strategy", "symbol", "quantity", "average_price", "mark_price", "realized_pnl",
         "unrealized_pnl", "commission"],
        ["main", "cross", "AAPL", "40", "11.00", "14.00", "120.00", "120.00", "1.50"],
    ]  # fmt: skip


def test_a_portfolio_shows_its_money(data_dir: Path) -> None:
    assert _table(data_dir, "portfolio", "main")[1] == [
        "main", "USD", "99,678.50", "100,238.50", "120.00", "120.00", "1.50", "4", "3", "1",
    ]  # fmt: skip
    assert _json(data_dir, "portfolio", "main")["equity"] == "100238.5"
    assert len(_json(data_dir, "portfolio")) == 1


def test_a_run_that_has_ended_is_valued_at_the_marks_of_the_engine(tmp_path: Path) -> None:
    position = PositionReport(
        portfolio_id=PortfolioId("main"),
        strategy_id=StrategyId("cross"),
        symbol=Symbol("AAPL"),
        quantity=Decimal(40),
        average_price=Decimal(11),
        mark_price=Decimal("13.75"),
        realized_pnl=Decimal(0),
        unrealized_pnl=None,
        commission=Decimal(0),
    )
    report = PortfolioReport(
        portfolio_id=PortfolioId("main"),
        currency="USD",
        cash=Decimal(0),
        equity=None,
        realized_pnl=Decimal(0),
        unrealized_pnl=None,
        commission=Decimal(0),
        positions=(position,),
    )
    ended = msgspec.json.encode({"digest": "ab", "journal_inputs": 5, "portfolios": [report]})
    write_data_directory(tmp_path, small_run(), settings={SUMMARY_SETTING: ended})

    assert _json(tmp_path, "positions")[0]["mark_price"] == "13.75"
    assert _json(tmp_path, "portfolio", "main")["equity"] == "100228.50"


def test_a_portfolio_that_is_not_there_is_a_misuse(data_dir: Path) -> None:
    result = CliRunner().invoke(main, ["portfolio", "mian", "--data-dir", str(data_dir)])

    assert result.exit_code == 2
    assert result.stderr == f"understudy: there is no portfolio mian in {data_dir}; there is main.\n"


def test_the_digest_of_a_finished_run_is_one_line(tmp_path: Path) -> None:
    write_data_directory(tmp_path, small_run(), settings={SUMMARY_SETTING: ENDED})

    assert _output(tmp_path, "digest") == "ab" * 32 + "\n"
    assert _json(tmp_path, "digest") == {"digest": "ab" * 32}


@pytest.mark.parametrize("settings", [{}, {SUMMARY_SETTING: ENDED}], ids=["begun", "ended and gone on with"])
def test_a_run_that_has_not_ended_has_no_digest(tmp_path: Path, settings: dict[str, bytes]) -> None:
    more: list[Step] = [(quote(5, 9, 10), [])] if settings else []
    write_data_directory(tmp_path, [*small_run(), *more], settings=settings)

    result = CliRunner().invoke(main, ["digest", "--data-dir", str(tmp_path)])

    assert (result.exit_code, result.stdout) == (2, "")
    assert "has not come to its end, so it has no digest yet" in result.stderr


def test_a_run_without_orders_says_so(tmp_path: Path) -> None:
    write_data_directory(tmp_path, [started()])

    assert _output(tmp_path, "orders") == "No orders.\n"
    assert _output(tmp_path, "positions") == "No positions.\n"
    assert _json(tmp_path, "fills") == []


def _output(data_dir: Path, *arguments: str) -> str:
    result = CliRunner().invoke(main, [*arguments, "--data-dir", str(data_dir)])
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def _table(data_dir: Path, *arguments: str) -> list[list[str]]:
    return [line.split() for line in _output(data_dir, *arguments).splitlines()]


def _json(data_dir: Path, *arguments: str) -> Any:
    return json.loads(_output(data_dir, *arguments, "--json"))
