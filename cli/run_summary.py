"""What a run says at its end."""

from __future__ import annotations

from pathlib import Path

import click

from cli.output import Column, money_text, print_line, print_table, time_text
from ops.inspection import read_orders_and_fills
from ops.summary import RunSummary

SHOWN = 10
"""Orders and fills that are shown, the latest ones."""


def print_summary(summary: RunSummary, data_dir: Path) -> None:
    """The closing page: the latest orders and fills, the portfolios, the actors, the digest."""
    orders, fills = read_orders_and_fills(data_dir)
    click.echo(f"Orders: {summary.orders} sent, {summary.denied} denied. The latest:")
    print_table(orders[-SHOWN:], _ORDERS, none="  none")
    click.echo(f"\nFills: {summary.fills}. The latest:")
    print_table(fills[-SHOWN:], _FILLS, none="  none")
    for portfolio in summary.portfolios:
        click.echo(f"\nPortfolio {portfolio.portfolio_id}, in {portfolio.currency}:")
        print_table(portfolio.positions, _POSITIONS, none="  no positions")
        print_table([portfolio], _PORTFOLIO, none="")
    click.echo("\nActors:")
    for actor in summary.actors:
        name = "  " * actor.depth + actor.name
        restarts = f", {actor.restarts} restarts" if actor.restarts else ""
        print_line(f"  {name:<32} {actor.status}, {actor.handled:,} messages{restarts}")
    refused = sum(summary.refused.values())
    if refused:
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in summary.refused.items())
        click.echo(f"\nMarket data refused: {refused:,} ({reasons})")
    click.echo(
        f"\n{summary.inputs:,} inputs of {summary.source} in {summary.seconds:,.1f} s "
        f"({summary.inputs_per_second:,.0f}/s)\ndigest {summary.digest}"
    )
    if not summary.ended:
        click.echo("The data has not ended. The same command goes on from here.")


_ORDERS = (
    Column("time_ns", "time", time_text),
    Column("client_order_id", "client_order_id"),
    Column("symbol", "symbol"),
    Column("side", "side"),
    Column("quantity", "quantity", right=True),
    Column("average_price", "average_price", money_text, right=True),
    Column("status", "status"),
)
_FILLS = (
    Column("time_ns", "time", time_text),
    Column("client_order_id", "client_order_id"),
    Column("symbol", "symbol"),
    Column("side", "side"),
    Column("quantity", "quantity", right=True),
    Column("price", "price", money_text, right=True),
    Column("commission", "commission", money_text, right=True),
)
_POSITIONS = (
    Column("strategy_id", "strategy"),
    Column("symbol", "symbol"),
    Column("quantity", "quantity", right=True),
    Column("average_price", "average_price", money_text, right=True),
    Column("mark_price", "mark_price", money_text, right=True),
    Column("realized_pnl", "realized_pnl", money_text, right=True),
    Column("unrealized_pnl", "unrealized_pnl", money_text, right=True),
)
_PORTFOLIO = (
    Column("cash", "cash", money_text, right=True),
    Column("equity", "equity", money_text, right=True),
    Column("realized_pnl", "realized_pnl", money_text, right=True),
    Column("unrealized_pnl", "unrealized_pnl", money_text, right=True),
    Column("commission", "commission", money_text, right=True),
)
