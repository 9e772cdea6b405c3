"""Answers of an engine that never ran: eight symbols, two portfolios, four strategies, at a chosen moment."""

from __future__ import annotations

from decimal import Decimal
from math import sin
from typing import Any

import msgspec

from messages import SECOND_NS, PortfolioId, PositionReport, StrategyId, Symbol
from ops.control.answers import (
    ActorLine,
    FillRow,
    LaneLine,
    OrderRow,
    PortfolioView,
    Status,
    StrategyLine,
    SymbolLine,
    View,
)

START_NS = 1_767_623_400 * SECOND_NS
PRICES = {"A": 182.40, "B": 64.15, "C": 411.80, "D": 27.35, "E": 98.70, "F": 12.05, "G": 233.10, "H": 54.60}
STRATEGIES = {"basket": "steady", "breakout": "swift", "cross": "swift", "reversion": "steady"}
HELD = {"basket": {"SIM.A": "87", "SIM.E": "160", "SIM.G": "68"}, "cross": {"SIM.B": "350", "SIM.C": "54"}}


def view_at(step: int, **changes: Any) -> View:
    """The answer half a second times `step` after the beginning; `changes` replace fields of it."""
    seq = 1200 + 130 * step
    time_ns = START_NS + 15 * step * SECOND_NS
    view = View(
        seq=seq,
        durable_seq=seq,
        time_ns=time_ns,
        status=status_at(step, seq=seq, time_ns=time_ns),
        symbols=tuple(_symbol(place, step, time_ns) for place in range(len(PRICES))),
        strategies=tuple(_strategy(name, step) for name in STRATEGIES),
        portfolios=tuple(_portfolio(name, step) for name in ("steady", "swift")),
        orders=tuple(_order(number, time_ns) for number in range(12, 0, -1)),
        fills=tuple(_fill(number, time_ns) for number in range(9, 0, -1)),
        actors=tuple(_actors(step)),
    )
    return msgspec.structs.replace(view, **changes)


def status_at(step: int, *, seq: int = 1200, time_ns: int = START_NS, **changes: Any) -> Status:
    """An engine that trades well."""
    status = Status(
        protocol=1,
        version="0.1.0",
        data_dir="/home/ada/demo-data",
        book="k7f2",
        epoch=1,
        state="trading",
        engine_pid=4711,
        guardian_pid=4710,
        engine_starts=1,
        clean_start=True,
        hung_actor=None,
        started_ns=START_NS,
        uptime_seconds=0.5 * step,
        recovery_seconds=0.05,
        replayed_inputs=0,
        source="simulated-market:7",
        source_ended=False,
        seq=seq,
        durable_seq=seq,
        time_ns=time_ns,
        lag_seconds=0.02,
        inputs_per_second=258.4,
        messages_per_second=1240.0,
        lanes=tuple(
            LaneLine(lane=name, waiting=0, limit=10_000, total=seq, rate=258.4, conflated=0, dropped=0)
            for name in ("control", "executions", "market")
        ),
        actors=22,
        actors_not_running=0,
        restarts=0,
        dead_letters=0,
        conflated=0,
        refused=0,
        orders_sent=12,
        orders_approved=12,
        fills=9,
        denied=0,
        halted={},
        halted_symbols={},
        checkpoint_seq=seq - 90,
        checkpoint_age_seconds=7.4,
        journal_bytes=1 << 20,
        disk_free_bytes=1 << 34,
        memory_bytes=71 << 20,
        open_files=24,
        threads=6,
        slow_handlers=0,
        warnings=(),
    )
    return msgspec.structs.replace(status, **changes)


def with_actor(view: View, name: str, **changes: Any) -> View:
    """The same answer with one actor changed."""
    actors = tuple(msgspec.structs.replace(a, **changes) if a.name == name else a for a in view.actors)
    return msgspec.structs.replace(view, actors=actors)


def _price(place: int, step: int) -> float:
    start = list(PRICES.values())[place]
    return start * (1 + 0.004 * sin(step / (5 + place) + place) + 0.0004 * sin(step * 1.7 + place))


def _symbol(place: int, step: int, time_ns: int) -> SymbolLine:
    name = f"SIM.{list(PRICES)[place]}"
    price = round(_price(place, step), 2)
    return SymbolLine(
        symbol=name,
        bid=price - 0.01,
        ask=round(price + 0.02, 2),
        last=price,
        time_ns=time_ns,
        is_halted=name == "SIM.F",
        is_stale=name == "SIM.H",
        handled=150 * step,
        rate=31.4 + place,
        conflated=0,
        refused=0,
    )


def _positions(strategy_id: str, step: int) -> list[PositionReport]:
    reports = []
    for symbol, quantity in HELD.get(strategy_id, {}).items():
        place = list(PRICES).index(symbol[-1])
        average = Decimal(str(list(PRICES.values())[place]))
        mark = Decimal(str(round(_price(place, step), 2)))
        reports.append(
            PositionReport(
                portfolio_id=PortfolioId(STRATEGIES[strategy_id]),
                strategy_id=StrategyId(strategy_id),
                symbol=Symbol(symbol),
                quantity=Decimal(quantity),
                average_price=average,
                mark_price=mark,
                realized_pnl=Decimal("18.20"),
                unrealized_pnl=Decimal(quantity) * (mark - average),
                commission=Decimal(0),
            )
        )
    return reports


def _strategy(strategy_id: str, step: int) -> StrategyLine:
    held = _positions(strategy_id, step)
    return StrategyLine(
        strategy_id=strategy_id,
        portfolio_id=STRATEGIES[strategy_id],
        use=strategy_id,
        code="",
        reloads=0,
        status="running",
        reason="",
        symbols=tuple(f"SIM.{letter}" for letter in PRICES),
        capital=Decimal(50_000),
        equity=Decimal(50_000),
        realized_pnl=sum((each.realized_pnl for each in held), Decimal(0)),
        unrealized_pnl=sum((each.unrealized_pnl or Decimal(0) for each in held), Decimal(0)),
        open_positions=len(held),
        open_orders=0,
        orders=3 * len(held),
        handled=40 * step,
        crashes=0,
        restarts=0,
    )


def _portfolio(portfolio_id: str, step: int) -> PortfolioView:
    held = [each for name in STRATEGIES if STRATEGIES[name] == portfolio_id for each in _positions(name, step)]
    cost = sum((each.quantity * (each.average_price or 0) for each in held), Decimal(0))
    cash = Decimal(100_000) - cost
    worth = sum((each.quantity * (each.mark_price or 0) for each in held), Decimal(0))
    return PortfolioView(
        portfolio_id=portfolio_id,
        venue_id="paper",
        currency="USD",
        starting_cash=Decimal(100_000),
        cash=cash,
        equity=cash + worth,
        realized_pnl=Decimal(0),
        unrealized_pnl=worth - cost,
        commission=Decimal(0),
        halted="",
        halted_symbols={},
        limits={},
        positions=tuple(held),
        venue_cash=cash,
        venue_positions={each.symbol: each.quantity for each in held},
    )


def _order(number: int, time_ns: int) -> OrderRow:
    place = number % len(PRICES)
    is_done = number not in (12, 7)
    price = Decimal(str(list(PRICES.values())[place]))
    return OrderRow(
        client_order_id=f"k7f2-{list(STRATEGIES)[number % 4]}-{number}",
        portfolio_id="steady",
        strategy_id=list(STRATEGIES)[number % 4],
        symbol=f"SIM.{list(PRICES)[place]}",
        side="sell" if number % 3 == 0 else "buy",
        order_type="stop" if number == 7 else "market",
        quantity=Decimal(10 * number + 3),
        filled_quantity=Decimal(10 * number + 3) if is_done else Decimal(0),
        limit_price=None,
        stop_price=price if number == 7 else None,
        average_price=price if is_done else None,
        status="filled" if is_done else "accepted",
        protective=number == 7,
        time_ns=time_ns - (12 - number) * 7 * SECOND_NS,
        updated_ns=time_ns - (12 - number) * 7 * SECOND_NS,
        reason="",
    )


def _fill(number: int, time_ns: int) -> FillRow:
    order = _order(number, time_ns)
    return FillRow(
        seq=1000 + number,
        time_ns=order.updated_ns,
        execution_id=f"x{number}",
        client_order_id=order.client_order_id,
        portfolio_id=order.portfolio_id,
        strategy_id=order.strategy_id,
        symbol=order.symbol,
        side=order.side,
        quantity=order.quantity,
        price=order.average_price or order.stop_price or Decimal(0),
    )


def _actors(step: int) -> list[ActorLine]:
    tree = [("root", "supervisor", 0), ("supervisor/venues", "supervisor", 1), ("venue/paper", "venue", 2)]
    tree += [("exchange/paper", "exchange", 2), ("supervisor/market", "supervisor", 1), ("router", "router", 2)]
    tree += [(f"symbol/SIM.{letter}", "symbol", 2) for letter in PRICES]
    tree += [("supervisor/portfolios", "supervisor", 1)]
    tree += [(f"portfolio/{name}", "portfolio", 2) for name in ("steady", "swift")]
    tree += [("supervisor/strategies", "supervisor", 1)]
    tree += [(f"strategy/{name}", "strategy", 2) for name in STRATEGIES]
    return [
        ActorLine(
            name=name,
            kind=kind,
            depth=depth,
            status="running",
            mailbox=0,
            oldest_age_seconds=None,
            handled=0 if kind == "supervisor" else 137 * step + 11 * place,
            rate=0.0,
            crashes=0,
            restarts=0,
            parked=0,
            undelivered=0,
            conflated=0,
            checkpoint_age_seconds=7.4,
        )
        for place, (name, kind, depth) in enumerate(tree)
    ]
