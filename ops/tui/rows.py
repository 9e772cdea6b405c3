"""What each table shows: its columns, and its rows out of one answer of the engine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import partial

from messages import PositionReport
from ops.control.answers import ActorLine, FillRow, OrderRow, StrategyLine, SymbolLine, View
from ops.tui import figures
from ops.tui.curves import sparkline
from ops.tui.history import History
from ops.tui.table import Cell, Column, Row
from ops.tui.ticker import TickerLine

ZERO = Decimal(0)
RUNNING = "running"

SYMBOLS = (
    Column("symbol", 8),
    Column("bid", 9, right=True, rank=3),
    Column("ask", 9, right=True, rank=4),
    Column("last", 9, right=True),
    Column("", 12, grows=True),
    Column("position", 8, right=True),
    Column("in/s", 5, right=True, rank=2),
    Column("", 6, rank=1),
)
STRATEGIES = (
    Column("strategy", 10, grows=True),
    Column("portfolio", 9, rank=4),
    Column("P&L", 10, right=True),
    Column("realized", 10, right=True, rank=2),
    Column("pos", 3, right=True, rank=3),
    Column("orders", 6, right=True, rank=1),
    Column("restarts", 8, right=True, rank=5),
    Column("status", 11),
)
PORTFOLIOS = (
    Column("portfolio", 10),
    Column("equity", 12, right=True),
    Column("P&L", 10, right=True),
    Column("", 7, right=True),
    Column("cash", 12, right=True, rank=2),
    Column("", 12, grows=True),
)
ACTORS = (
    Column("actor", 20, grows=True),
    Column("status", 11),
    Column("mail", 4, right=True, rank=3),
    Column("handled", 7, right=True),
    Column("crashes", 7, right=True),
    Column("restarts", 8, right=True, rank=1),
    Column("saved", 6, right=True, rank=4),
)
ORDERS = (
    Column("time", 8),
    Column("order", 12, grows=True, rank=1),
    Column("", 4),
    Column("quantity", 8, right=True),
    Column("symbol", 8),
    Column("type", 10, rank=4),
    Column("price", 9, right=True),
    Column("status", 9),
)
FILLS = (
    Column("time", 8),
    Column("order", 12, grows=True, rank=1),
    Column("", 4),
    Column("quantity", 8, right=True),
    Column("symbol", 8),
    Column("price", 9, right=True),
    Column("value", 12, right=True, rank=2),
)
POSITIONS = (
    Column("position", 10, grows=True),
    Column("symbol", 8),
    Column("quantity", 8, right=True),
    Column("average", 9, right=True, rank=3),
    Column("mark", 9, right=True, rank=2),
    Column("P&L", 10, right=True),
)
EVENTS = (Column("time", 8), Column("event", 7), Column("", 20, grows=True))

_SIDES = {"buy": "$gain", "sell": "$loss"}
_ENDED_BADLY = {"denied", "rejected", "unknown"}


def symbol_rows(view: View, history: History) -> list[Row]:
    """One for each symbol, in the engine's order, with what all portfolios hold of it."""
    held: dict[str, Decimal] = {}
    for portfolio in view.portfolios:
        for position in portfolio.positions:
            held[position.symbol] = held.get(position.symbol, ZERO) + position.quantity
    return [_symbol_row(line, history, held.get(line.symbol, ZERO)) for line in view.symbols]


def _symbol_row(line: SymbolLine, history: History, held: Decimal) -> Row:
    prices = tuple(history.prices.get(line.symbol, ()))
    trend = "$gain" if len(prices) > 1 and prices[-1] >= prices[0] else "$loss"
    note, style = ("halted", "$error") if line.is_halted else ("stale", "$warning") if line.is_stale else ("", "")
    if not note and line.conflated:
        note, style = f"c {figures.count(line.conflated)}", "$quiet"
    return Row(
        line.symbol,
        (
            Cell(line.symbol, "$name"),
            Cell(figures.price(line.bid)),
            Cell(figures.price(line.ask)),
            Cell(figures.price(line.last)),
            Cell(partial(_thin_sparkline, prices), trend),
            Cell(figures.quantity(held) if held else "", "$name"),
            Cell(figures.rate(line.rate), "$quiet"),
            Cell(note, style),
        ),
        actor=f"symbol/{line.symbol}",
    )


def strategy_rows(view: View, history: History, now: float) -> list[Row]:
    """One for each strategy at work; its P&L is since the beginning."""
    return [_strategy_row(line, history, now) for line in view.strategies]


def _strategy_row(line: StrategyLine, history: History, now: float) -> Row:
    actor = f"strategy/{line.strategy_id}"
    pnl = None if line.unrealized_pnl is None else line.realized_pnl + line.unrealized_pnl
    return Row(
        line.strategy_id,
        (
            Cell(line.strategy_id, "$name"),
            Cell(line.portfolio_id, "$quiet"),
            Cell(figures.signed(pnl), figures.style_of(pnl)),
            Cell(figures.signed(line.realized_pnl), figures.style_of(line.realized_pnl)),
            Cell(str(line.open_positions)),
            Cell(figures.count(line.orders)),
            Cell(str(line.restarts) if line.restarts else "", "$warning"),
            _status(line.status),
        ),
        actor=actor,
        style=history.flash(actor, now),
    )


def portfolio_rows(view: View, history: History) -> list[Row]:
    """One line for each portfolio, where there is no room for its curve."""
    rows = []
    for line in view.portfolios:
        pnl = None if line.equity is None else line.equity - line.starting_cash
        curve = history.equity.get(line.portfolio_id)
        values = curve.values if curve is not None else []
        name = line.portfolio_id if not line.halted else f"{line.portfolio_id} ⏹"
        cells = (
            Cell(name, "$error" if line.halted else "$name"),
            Cell(figures.money(line.equity), "bold"),
            Cell(figures.signed(pnl), figures.style_of(pnl)),
            Cell(figures.percent(pnl, line.starting_cash), figures.style_of(pnl)),
            Cell(figures.money(line.cash)),
            Cell(partial(_thin_sparkline, values), figures.style_of(pnl)),
        )
        rows.append(Row(line.portfolio_id, cells, actor=f"portfolio/{line.portfolio_id}"))
    return rows


def actor_rows(view: View, history: History, now: float) -> list[Row]:
    """The tree, parents before children, children set in."""
    return [_actor_row(line, history, now) for line in view.actors]


def _actor_row(line: ActorLine, history: History, now: float) -> Row:
    is_group = line.kind == "supervisor"
    return Row(
        line.name,
        (
            Cell(" " * line.depth + line.name.removeprefix("supervisor/"), "$quiet" if is_group else "$name"),
            _status(line.status),
            Cell(figures.count(line.mailbox) if line.mailbox else "", "$warning"),
            Cell(figures.count(line.handled), "$quiet" if is_group else ""),
            Cell(figures.count(line.crashes) if line.crashes else "", "$error"),
            Cell(figures.count(line.restarts) if line.restarts else "", "$warning"),
            Cell(figures.age(line.checkpoint_age_seconds), "$quiet"),
        ),
        actor=line.name,
        style=history.flash(line.name, now),
    )


def order_rows(orders: Sequence[OrderRow]) -> list[Row]:
    """Newest first."""
    return [_order_row(line) for line in orders]


def _order_row(line: OrderRow) -> Row:
    price = line.average_price or line.limit_price or line.stop_price
    style = "$error" if line.status in _ENDED_BADLY else "" if line.status == "filled" else "$quiet"
    part = line.filled_quantity and line.filled_quantity < line.quantity
    amount = f"{line.filled_quantity:f}/{line.quantity:f}" if part else figures.quantity(line.quantity)
    return Row(
        line.client_order_id,
        (
            Cell(figures.clock(line.updated_ns), "$quiet"),
            Cell(_own_part(line.client_order_id)),
            Cell(line.side, _SIDES.get(line.side, "")),
            Cell(amount),
            Cell(line.symbol, "$name"),
            Cell(line.order_type.replace("_", " ") + (" ⛨" if line.protective else ""), "$quiet"),
            Cell(figures.price(float(price)) if price else ""),
            Cell(line.status.replace("_", " ").replace("partially filled", "part"), style),
        ),
        actor=f"strategy/{line.strategy_id}",
    )


def fill_rows(fills: Sequence[FillRow]) -> list[Row]:
    """Newest first."""
    return [
        Row(
            f"{line.client_order_id} {line.execution_id}",
            (
                Cell(figures.clock(line.time_ns), "$quiet"),
                Cell(_own_part(line.client_order_id)),
                Cell(line.side, _SIDES.get(line.side, "")),
                Cell(figures.quantity(line.quantity)),
                Cell(line.symbol, "$name"),
                Cell(figures.price(float(line.price))),
                Cell(figures.money(line.quantity * line.price), "$quiet"),
            ),
            actor=f"strategy/{line.strategy_id}",
        )
        for line in fills
    ]


def position_rows(view: View) -> list[Row]:
    """What is held now, by strategy and symbol; what is flat again is left out."""
    return [_position_row(each) for line in view.portfolios for each in line.positions if each.quantity]


def _position_row(line: PositionReport) -> Row:
    return Row(
        f"{line.portfolio_id} {line.strategy_id} {line.symbol}",
        (
            Cell(line.strategy_id, "$name"),
            Cell(line.symbol),
            Cell(figures.quantity(line.quantity)),
            Cell(figures.price(float(line.average_price or 0))),
            Cell(figures.price(float(line.mark_price or 0))),
            Cell(figures.signed(line.unrealized_pnl), figures.style_of(line.unrealized_pnl)),
        ),
        actor=f"strategy/{line.strategy_id}",
    )


def event_rows(lines: Iterable[TickerLine]) -> list[Row]:
    """In the order given."""
    return [
        Row(
            str(place),
            (
                Cell(figures.clock(line.time_ns) if line.time_ns else "", "$quiet"),
                Cell(line.word, line.style),
                Cell(line.text, line.style if line.style in ("$error", "$warning", "$rose-text") else ""),
            ),
        )
        for place, line in enumerate(lines)
    ]


def _status(status: str) -> Cell:
    style = {RUNNING: "$gain", "paused": "$warning", "backing off": "$warning", "stopped": "$quiet"}
    return Cell(status, style.get(status, "$error"))


def _own_part(client_order_id: str) -> str:
    """The id without the book that begins it: `cross-3`."""
    _, _, rest = client_order_id.partition("-")
    return rest or client_order_id


def _thin_sparkline(values: Sequence[float], width: int) -> str:
    """All values on one line, each character standing for an equal share of them."""
    if len(values) <= width:
        return sparkline(values, width)
    return sparkline([values[(index + 1) * len(values) // width - 1] for index in range(width)], width)
