"""The commands by which a person trades: signal, order, cancel, close. All of it passes every risk control. And the
one that takes the broker's word where the books differ from it.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Literal

import click

from cli.arguments import (
    Exact,
    Finite,
    complete_strategy,
    complete_symbol,
    portfolio_option,
    reason_option,
    strategy_argument,
)
from cli.output import data_dir_option, example, json_option
from cli.telling import require_yes, tell_engine
from ops.control.commands import Accept, Cancel, Close, PlaceOrder, SendSignal

_OrderType = Literal["market", "limit", "stop", "stop_limit"]


@click.command(
    epilog=example(
        "understudy signal cross SIM.A --weight 0.1",
        'understudy signal cross SIM.A --quantity 0 --reason "out before the news"',
    )
)
@strategy_argument
@click.argument("symbol", shell_complete=complete_symbol)
@click.option("--weight", type=Finite(), help="Hold this share of the strategy's equity; below 0, be short.")
@click.option("--quantity", type=Finite(), help="Hold so many units; below 0, be short.")
@click.option("--limit-price", type=Finite(), default=0.0, help="Enter at this price or better.")
@click.option("--protective-stop-price", type=Finite(), default=0.0, help="Leave at this price.")
@reason_option
@data_dir_option
@json_option
def signal(
    strategy: str,
    symbol: str,
    weight: float | None,
    quantity: float | None,
    limit_price: float,
    protective_stop_price: float,
    reason: str,
    data_dir: Path,
    as_json: bool,
) -> None:
    """Say an opinion on SYMBOL in the name of STRATEGY, which is then sized and judged as its own are."""
    if (weight is None) == (quantity is None):
        raise click.UsageError("a signal wants either a weight or a quantity. Give one of --weight and --quantity.")
    command = SendSignal(
        strategy=strategy,
        symbol=symbol,
        weight=weight,
        quantity=quantity,
        limit_price=limit_price,
        protective_stop_price=protective_stop_price,
        reason=reason,
    )
    tell_engine(data_dir, command, as_json=as_json)


@click.command(
    epilog=example(
        "understudy order buy SIM.A 100",
        "understudy order sell SIM.A 50 --limit-price 101.5 --time-in-force day",
    )
)
@click.argument("side", type=click.Choice(["buy", "sell"]), metavar="buy|sell")
@click.argument("symbol", shell_complete=complete_symbol)
@click.argument("quantity", type=Exact())
@portfolio_option
@click.option(
    "--type",
    "order_type",
    type=click.Choice(["market", "limit", "stop", "stop_limit"]),
    help="Default: what the prices given make it, else market.",
)
@click.option("--limit-price", type=Exact(), help="At this price or better.")
@click.option("--stop-price", type=Exact(), help="Once the market has reached this price.")
@click.option("--time-in-force", type=click.Choice(["day", "gtc", "ioc", "fok"]), default="gtc", show_default=True)
@reason_option
@data_dir_option
@json_option
def order(
    side: Literal["buy", "sell"],
    symbol: str,
    quantity: Decimal,
    portfolio: str,
    order_type: _OrderType | None,
    limit_price: Decimal | None,
    stop_price: Decimal | None,
    time_in_force: Literal["day", "gtc", "ioc", "fok"],
    reason: str,
    data_dir: Path,
    as_json: bool,
) -> None:
    """Place an order of your own, for QUANTITY units of SYMBOL. It is kept in the portfolio's ledger `manual`."""
    command = PlaceOrder(
        portfolio=portfolio,
        symbol=symbol,
        side=side,
        quantity=quantity,
        order_type=order_type or _type_by_prices(limit_price, stop_price),
        limit_price=limit_price,
        stop_price=stop_price,
        time_in_force=time_in_force,
        reason=reason,
    )
    tell_engine(data_dir, command, as_json=as_json)


@click.command(epilog=example("understudy cancel cross-3", "understudy cancel 4fk2p9-cross-3 --json"))
@click.argument("order")
@data_dir_option
@json_option
def cancel(order: str, data_dir: Path, as_json: bool) -> None:
    """Cancel what is left of ORDER: its client_order_id, or the end of it where that is unique (cross-3)."""
    tell_engine(data_dir, Cancel(order=order), as_json=as_json)


@click.command(epilog=example("understudy close SIM.A", "understudy close --all --strategy cross --yes"))
@click.argument("symbol", required=False, shell_complete=complete_symbol)
@click.option("--all", "close_all", is_flag=True, help="Close what is held of every symbol.")
@click.option("--strategy", shell_complete=complete_strategy, help="Only what this strategy holds.")
@portfolio_option
@reason_option
@click.option("--yes", is_flag=True, help="Do not ask before closing every symbol.")
@data_dir_option
@json_option
def close(
    symbol: str | None,
    close_all: bool,
    strategy: str | None,
    portfolio: str,
    reason: str,
    yes: bool,
    data_dir: Path,
    as_json: bool,
) -> None:
    """Close at the market what is held of SYMBOL, or of every symbol with --all."""
    if (symbol is None) != close_all:
        raise click.UsageError("it is not clear what to close. Give either SYMBOL or --all.")
    if close_all:
        of = f"portfolio {portfolio}" if strategy is None else f"{strategy} in portfolio {portfolio}"
        require_yes(yes, f"--all closes every position of {of} at the market.")
    command = Close(portfolio=portfolio, symbol=symbol, strategy=strategy, reason=reason)
    tell_engine(data_dir, command, as_json=as_json)


@click.command(epilog=example("understudy accept", 'understudy accept --reason "sold at the broker by hand" --yes'))
@portfolio_option
@reason_option
@click.option("--yes", is_flag=True, help="Do not ask before the books are changed.")
@data_dir_option
@json_option
def accept(portfolio: str, reason: str, yes: bool, data_dir: Path, as_json: bool) -> None:
    """Take the broker's word where books and account differ.

    The books of the portfolio become what the broker told last, of each position and of cash that has differed for
    three reports. Look first where the difference comes from: what is only on its way would be booked twice.
    """
    require_yes(yes, f"the books of portfolio {portfolio} take the broker's word for what differs.")
    tell_engine(data_dir, Accept(portfolio=portfolio, reason=reason), as_json=as_json)


def _type_by_prices(limit_price: Decimal | None, stop_price: Decimal | None) -> _OrderType:
    if stop_price is None:
        return "market" if limit_price is None else "limit"
    return "stop" if limit_price is None else "stop_limit"
