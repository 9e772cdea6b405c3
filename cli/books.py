"""The commands that show the books of a data directory: digest, orders, fills, positions, portfolio."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import click

from cli.output import (
    Column,
    data_dir_option,
    example,
    json_option,
    money_text,
    print_json,
    print_table,
    time_text,
)
from ops.book_lines import FillLine, OrderLine
from ops.books import FINAL
from ops.errors import UsageError
from ops.inspection import read_digest, read_orders_and_fills, value_books

_Line = TypeVar("_Line", OrderLine, FillLine)

_ORDER_COLUMNS = (
    Column("time_ns", "time", time_text),
    Column("client_order_id", "client_order_id"),
    Column("symbol", "symbol"),
    Column("side", "side"),
    Column("order_type", "type"),
    Column("quantity", "quantity", right=True),
    Column("filled_quantity", "filled", right=True),
    Column("average_price", "average_price", money_text, right=True),
    Column("status", "status"),
    Column("reason", "reason"),
)
_FILL_COLUMNS = (
    Column("time_ns", "time", time_text),
    Column("execution_id", "execution_id"),
    Column("client_order_id", "client_order_id"),
    Column("symbol", "symbol"),
    Column("side", "side"),
    Column("quantity", "quantity", right=True),
    Column("price", "price", money_text, right=True),
    Column("commission", "commission", money_text, right=True),
    Column("currency", "currency"),
)
_POSITION_COLUMNS = (
    Column("portfolio_id", "portfolio"),
    Column("strategy_id", "strategy"),
    Column("symbol", "symbol"),
    Column("quantity", "quantity", right=True),
    Column("average_price", "average_price", money_text, right=True),
    Column("mark_price", "mark_price", money_text, right=True),
    Column("realized_pnl", "realized_pnl", money_text, right=True),
    Column("unrealized_pnl", "unrealized_pnl", money_text, right=True),
    Column("commission", "commission", money_text, right=True),
)
_PORTFOLIO_COLUMNS = (
    Column("portfolio_id", "portfolio"),
    Column("currency", "currency"),
    Column("cash", "cash", money_text, right=True),
    Column("equity", "equity", money_text, right=True),
    Column("realized_pnl", "realized_pnl", money_text, right=True),
    Column("unrealized_pnl", "unrealized_pnl", money_text, right=True),
    Column("commission", "commission", money_text, right=True),
    Column("orders", "orders", right=True),
    Column("fills", "fills", right=True),
    Column("open_positions", "open_positions", right=True),
)


@click.command(epilog=example("understudy digest --data-dir ./data"))
@data_dir_option
@json_option
def digest(data_dir: Path, as_json: bool) -> None:
    """Tell what a finished run did in one number.

    The digest is SHA-256 over every trading effect and the final books. The same input gives the same digest,
    whether or not actors or the process were killed on the way.
    """
    found = read_digest(data_dir)
    if as_json:
        print_json({"digest": found})
    else:
        click.echo(found)


@click.command(epilog=example("understudy orders --open --symbol SIM.A"))
@data_dir_option
@click.option("--open", "only_open", is_flag=True, help="Only orders that may still execute.")
@click.option("--symbol", help="Only orders in this symbol.")
@click.option("--strategy", help="Only orders of this strategy.")
@json_option
def orders(data_dir: Path, only_open: bool, symbol: str | None, strategy: str | None, as_json: bool) -> None:
    """List the orders of a data directory, oldest first, as they stand."""
    found, _ = read_orders_and_fills(data_dir)
    lines = [line for line in found if not (only_open and line.status in FINAL)]
    _print_lines(_chosen(lines, symbol, strategy), _ORDER_COLUMNS, as_json=as_json, none="No orders.")


@click.command(epilog=example("understudy fills --strategy cross --json"))
@data_dir_option
@click.option("--symbol", help="Only executions in this symbol.")
@click.option("--strategy", help="Only executions for this strategy.")
@json_option
def fills(data_dir: Path, symbol: str | None, strategy: str | None, as_json: bool) -> None:
    """List the executions of a data directory, oldest first, each counted once."""
    _, found = read_orders_and_fills(data_dir)
    _print_lines(_chosen(found, symbol, strategy), _FILL_COLUMNS, as_json=as_json, none="No fills.")


@click.command(epilog=example("understudy positions --data-dir ./data"))
@data_dir_option
@json_option
def positions(data_dir: Path, as_json: bool) -> None:
    """List what each strategy holds of each symbol.

    The mark is the engine's own if the run has ended, else the last price in the journal. A position that is
    flat again stays, for the profit it made.
    """
    _print_lines(value_books(data_dir).positions, _POSITION_COLUMNS, as_json=as_json, none="No positions.")


@click.command(epilog=example("understudy portfolio", "understudy portfolio main --json"))
@click.argument("portfolio_id", required=False)
@data_dir_option
@json_option
def portfolio(portfolio_id: str | None, data_dir: Path, as_json: bool) -> None:
    """Show each portfolio's cash, equity and profit, or those of one portfolio.

    Equity is cash and positions at their marks, as `understudy positions` shows them; `-` while a held symbol
    has none.
    """
    found = value_books(data_dir).portfolios
    chosen = [line for line in found if portfolio_id in (None, line.portfolio_id)]
    if portfolio_id is not None and not chosen:
        known = ", ".join(line.portfolio_id for line in found) or "none"
        raise UsageError(f"there is no portfolio {portfolio_id} in {data_dir}; there is {known}.")
    if as_json and portfolio_id is not None:
        print_json(chosen[0])
    else:
        _print_lines(chosen, _PORTFOLIO_COLUMNS, as_json=as_json, none="No portfolios.")


def _chosen(lines: Sequence[_Line], symbol: str | None, strategy: str | None) -> list[_Line]:
    return [line for line in lines if symbol in (None, line.symbol) and strategy in (None, line.strategy_id)]


def _print_lines(lines: Sequence[object], columns: Sequence[Column], *, as_json: bool, none: str) -> None:
    if as_json:
        print_json(lines)
    else:
        print_table(lines, columns, none=none)
